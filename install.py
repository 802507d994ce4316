"""Install everything into .venv: `python3 install.py [--dev]`. Called by the Makefile.

`--hosted-openai` and `--hosted-anthropic` add what renting models at a provider needs.

Needs only Python 3.11+ with venv. torch comes first and by itself, because its
CPU build lies on an index of its own; everything else comes from the lock
files, checked by hash. Writes to standard error only. A second call with
nothing to do returns at once.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "installed.json"
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
OLDEST = (3, 11)
BESIDE = {
    "dev": "Installing the tools that check the code",
    "hosted-openai": "Installing what speaks to OpenAI and servers that speak its format",
    "hosted-anthropic": "Installing what speaks to Anthropic",
}
"""What can be installed beside the program, each from its own lock file."""


def say(text: str) -> None:
    """Tell the person something, beside the program's own output."""
    print(text, file=sys.stderr, flush=True)


def fail(text: str) -> None:
    """Stop with one sentence that says what mends it."""
    say(text)
    raise SystemExit(1)


def run(doing: str, command: list[str]) -> bool:
    """Run `command`, telling every few seconds that it still runs; True when it succeeded."""
    say(f"{doing} …")
    done = threading.Event()
    started = time.monotonic()

    def tick() -> None:
        while not done.wait(5):
            say(f"  still at it, {time.monotonic() - started:.0f} s")

    ticker = threading.Thread(target=tick, daemon=True)
    ticker.start()
    try:
        return subprocess.run(command, stdout=sys.stderr, cwd=HERE, check=False).returncode == 0
    finally:
        done.set()
        ticker.join()


def use_new_enough_python() -> None:
    """Go on with a newer Python when this one is too old and another is on the PATH."""
    if sys.version_info >= OLDEST:
        return
    for minor in (14, 13, 12, 11):
        found = shutil.which(f"python3.{minor}")
        if found:
            os.execv(found, [found, *sys.argv])  # noqa: S606  the interpreter found on the PATH
    fail(f"This needs Python 3.11 or newer; this is {sys.version.split()[0]}.")


def make_venv() -> None:
    """Create .venv, unless a working one is there."""
    if PYTHON.exists() and subprocess.run([str(PYTHON), "-c", ""], check=False).returncode == 0:
        return
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    missing = (
        "Python's venv module is missing. On Debian or Ubuntu this mends it:\n"
        f"    sudo apt-get install -y python{version}-venv"
    )
    if subprocess.run([sys.executable, "-c", "import venv, ensurepip"], check=False).returncode:
        fail(missing)
    command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    if not run("Making a virtual environment in .venv", command):
        fail(missing)


def pinned_torch() -> str:
    """Return torch's exact pin from pyproject.toml, such as `torch==2.13.0`."""
    found = re.search(r'"(torch==[\w.]+)"', (HERE / "pyproject.toml").read_text("utf-8"))
    if found is None:
        raise SystemExit("pyproject.toml pins no torch.")
    return found.group(1)


def reachable(url: str) -> bool:
    """Say whether `url` answers within a few seconds."""
    try:
        with urllib.request.urlopen(f"{url}/torch/", timeout=5):  # noqa: S310  a fixed https address
            return True
    except (urllib.error.URLError, TimeoutError, OSError):
        return False


def pip(doing: str, *arguments: str) -> bool:
    """Run pip inside .venv."""
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    return run(doing, [*command, *arguments])


def install_torch() -> None:
    """Install torch by itself: the CPU build where its index answers, else what pip finds."""
    pin = pinned_torch()
    doing = f"Installing {pin} (CPU build, about 200 MB)"
    if reachable(CPU_INDEX) and pip(doing, "--index-url", CPU_INDEX, pin):
        return
    if not pip(f"Installing {pin}", pin):
        fail(f"pip could not install {pin}: is the network there?")


def install_locked(name: str, doing: str) -> None:
    """Install exactly what the lock file `name` holds, checked by hash."""
    if not pip(doing, "--no-deps", "--require-hashes", "-r", name):
        fail(f"pip could not install {name}: is the network there?")


def digest(*names: str) -> str:
    """Fingerprint of the files that decide what is installed."""
    parts = [(HERE / name).read_bytes() for name in names]
    return hashlib.sha256(b"\0".join([*parts, pinned_torch().encode()])).hexdigest()


def main() -> None:
    """Install the program, and what the options ask for beside it."""
    use_new_enough_python()
    given = {argument.removeprefix("--") for argument in sys.argv[1:]}
    if unknown := given - set(BESIDE):
        fail(f"install.py knows no --{' and no --'.join(sorted(unknown))}.")
    wanted = {"run": digest("requirements.lock")}
    for name in BESIDE.keys() & given:
        wanted[name] = digest("requirements.lock", f"requirements-{name}.lock")
    make_venv()
    found = json.loads(STAMP.read_text("utf-8")) if STAMP.exists() else {}
    if all(found.get(part) == value for part, value in wanted.items()):
        return
    if found.get("run") != wanted["run"]:
        install_torch()
        install_locked("requirements.lock", "Installing the bot's libraries")
    for name in BESIDE.keys() & given:
        if found.get(name) != wanted[name]:
            install_locked(f"requirements-{name}.lock", BESIDE[name])
    STAMP.write_text(json.dumps({**found, **wanted}), "utf-8")
    say("Everything is installed.")


if __name__ == "__main__":
    main()
