"""One source of truth: pyproject.toml says what is needed, the locks say all of it exactly."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parent.parent
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
RUN = ROOT / "requirements.lock"
DEV = ROOT / "requirements-dev.lock"
RENTING = [ROOT / f"requirements-hosted-{name}.lock" for name in ("openai", "anthropic")]
ALL = [RUN, DEV, *RENTING]
Needs = dict[NormalizedName, set[str]]
"""Names of distributions, with the extras asked of each."""

APART = canonicalize_name("torch")
"""Installed by itself, from an index of its own, and in no lock."""


@dataclass(frozen=True)
class Entry:
    """One distribution of a lock, and its hashes."""

    requirement: Requirement
    hashes: tuple[str, ...]

    @property
    def version(self) -> str:
        """The pinned version."""
        (pin,) = self.requirement.specifier
        return pin.version

    @property
    def here(self) -> bool:
        """Whether it is for this platform and Python."""
        marker = self.requirement.marker
        return marker is None or marker.evaluate()


def locked(path: Path) -> dict[str, Entry]:
    """Read a lock; fails on a line that is neither a pin nor its hash.

    Of a distribution that stands there for several platforms, this one's is kept.
    """
    entries: dict[str, Entry] = {}
    for line in path.read_text("utf-8").replace("\\\n", " ").splitlines():
        pin, *hashes = line.split(" --hash=")
        assert not pin.startswith("-"), f"an option stands in {path.name}: {line}"
        requirement = Requirement(pin.strip())
        name = canonicalize_name(requirement.name)
        entry = Entry(requirement, tuple(item.strip() for item in hashes))
        both = name in entries and entries[name].here and entry.here
        assert not both, f"{name} stands twice in {path.name} for one platform"
        if name not in entries or entry.here:
            entries[name] = entry
    return entries


LOCKS = {path: locked(path) for path in ALL}
EACH = pytest.mark.parametrize("path", ALL, ids=lambda path: path.name)


def direct(path: Path) -> dict[str, Requirement]:
    """Return what pyproject.toml asks for, for the program or for what is installed beside it."""
    if path == RUN:
        wanted: list[str] = PROJECT["project"]["dependencies"]
    else:
        wanted = grouped(path.stem.removeprefix("requirements-"))
    found = [Requirement(text) for text in wanted]
    return {canonicalize_name(requirement.name): requirement for requirement in found}


def grouped(name: str) -> list[str]:
    """Return what a dependency group asks for, with what it includes."""
    lines: list[str | dict[str, str]] = PROJECT["dependency-groups"][name]
    own = [line for line in lines if isinstance(line, str)]
    included = [line["include-group"] for line in lines if isinstance(line, dict)]
    return [*own, *(text for group in included for text in grouped(group))]


def needs(name: NormalizedName, extras: Iterable[str]) -> Needs:
    """Return what an installed distribution needs here: names and extras."""
    found: Needs = {}
    for text in requires(name) or ():
        requirement = Requirement(text)
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            found.setdefault(canonicalize_name(requirement.name), set()).update(requirement.extras)
    return found


def torch_needs() -> Needs:
    """Return what torch's CPU build needs, as pyproject.toml tells the maker of the lock."""
    (told,) = PROJECT["tool"]["uv"]["dependency-metadata"]
    assert told["name"] == APART
    return {canonicalize_name(Requirement(text).name): set() for text in told["requires-dist"]}


def closure(wanted: Iterable[Requirement]) -> set[NormalizedName]:
    """Return everything that must be installed here for `wanted`, itself included."""
    seen: Needs = {}
    todo = [(canonicalize_name(r.name), set(r.extras)) for r in wanted]
    while todo:
        name, extras = todo.pop()
        if name in seen and extras <= seen[name]:
            continue
        seen[name] = seen.get(name, set()) | extras
        try:
            further = torch_needs() if name == APART else needs(name, seen[name])
        except PackageNotFoundError:
            pytest.fail(f"{name} is needed and not installed")
        todo += further.items()
    return set(seen)


@EACH
def test_every_direct_dependency_is_pinned_and_locked_at_that_version(path: Path) -> None:
    for name, requirement in direct(path).items():
        pins = list(requirement.specifier)
        assert [pin.operator for pin in pins] == ["=="], f"{requirement} is no exact pin"
        if name != APART:
            assert name in LOCKS[path], f"{name} is not in {path.name}: run `make lock`"
            assert LOCKS[path][name].version == pins[0].version


@EACH
def test_every_entry_is_one_public_version_with_hashes(path: Path) -> None:
    for name, entry in LOCKS[path].items():
        assert entry.requirement.url is None, name
        assert [pin.operator for pin in entry.requirement.specifier] == ["=="], name
        assert Version(entry.version).local is None, name
        assert entry.hashes, name
        assert all(value.startswith("sha256:") for value in entry.hashes), name


@EACH
def test_no_path_no_address_and_no_index_stands_in_a_lock(path: Path) -> None:
    text = path.read_text("utf-8")
    for forbidden in ("://", "file:", "--index", "--extra-index", "--find-links", "/", "#"):
        assert forbidden not in text


@EACH
def test_nothing_of_the_cuda_build_is_locked(path: Path) -> None:
    assert APART not in LOCKS[path]
    assert not [n for n in LOCKS[path] if n.startswith(("nvidia", "cuda", "triton"))]


@pytest.mark.parametrize("path", ALL[1:], ids=lambda path: path.name)
def test_what_is_installed_beside_the_program_changes_nothing_of_it(path: Path) -> None:
    for name in LOCKS[RUN].keys() & LOCKS[path].keys():
        run, other = LOCKS[RUN][name], LOCKS[path][name]
        assert (run.version, run.hashes) == (other.version, other.hashes), name


@EACH
def test_everything_a_locked_distribution_needs_is_locked(path: Path) -> None:
    """What is installed here tells what it needs; markers are evaluated for this machine."""
    held = set(LOCKS[RUN]) | set(LOCKS[path])
    assert closure(direct(path).values()) - {APART} <= held


@EACH
def test_nothing_is_locked_that_nothing_needs(path: Path) -> None:
    """An entry with a marker for another platform is not looked at."""
    here = {name for name, entry in LOCKS[path].items() if entry.here}
    assert here <= closure(direct(path).values())


@EACH
def test_what_is_installed_is_what_is_locked(path: Path) -> None:
    for name, entry in LOCKS[path].items():
        if entry.here:
            assert version(name) == entry.version, f"{name}: run `make test` from the start"


def test_every_tool_that_the_makefile_fetches_is_pinned_exactly() -> None:
    text = (ROOT / "Makefile").read_text("utf-8")
    fetched = re.findall(r"(?:pip install --quiet|--from) (\S+)", text)
    assert len(fetched) > 2
    assert not [tool for tool in fetched if not re.fullmatch(r"[\w-]+==[\d.]+", tool)]
