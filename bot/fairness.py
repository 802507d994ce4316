"""Is a line-up a fair comparison? Where its models differ in more than their training, say so."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from bot.panes import Seat

_TOLERANCE = 0.05  # 8.0B and 8.03B are one size
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMBT]?)", re.IGNORECASE)
_UNIT = {"": 1.0, "K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}


def fairness(seats: Sequence[Seat]) -> tuple[str, ...]:
    """Return a line for each respect in which the set is not matched; none where it is.

    Compared are lineage and version, which the line-up states, and what the engine says of each
    model: number of parameters, quantisation, digest.
    """
    there = [seat for seat in seats if seat.installed]
    lines = [
        _differing(there, "lineage", lambda s: f"{s.contender.lineage} {s.contender.version}"),
        _differing(there, "parameters", lambda s: s.parameter_size, _same_size),
        _differing(there, "quantisation", lambda s: s.quantization),
        *(_moved(seat) for seat in there),
        *_doubles(there),
        _unknown([seat.contender.tag for seat in there if seat.contender.provider]),
    ]
    return tuple(dict.fromkeys(line for line in lines if line))


def parameters(text: str) -> float | None:
    """Read a number of parameters as Ollama writes it: `8.0B`, `751.63M`."""
    found = _SIZE.fullmatch(text.strip())
    return float(found[1]) * _UNIT[found[2].upper()] if found else None


def _same_size(one: str, other: str) -> bool:
    a, b = parameters(one), parameters(other)
    if a is None or b is None:
        return one == other
    return abs(a - b) <= _TOLERANCE * max(a, b)


def _differing(
    seats: Sequence[Seat],
    what: str,
    value: Callable[[Seat], str],
    same: Callable[[str, str], bool] = lambda one, other: one.casefold() == other.casefold(),
) -> str:
    """Return a line that lists the values with who has them, if there is more than one."""
    groups: dict[str, list[str]] = {}
    for seat in seats:
        found = value(seat)
        if not found:  # the engine does not say
            continue
        known = next((key for key in groups if same(key, found)), found)
        groups.setdefault(known, []).append(seat.contender.name)
    if len(groups) < 2:  # noqa: PLR2004  one value is no difference
        return ""
    listed = ", ".join(f"{key} ({' and '.join(names)})" for key, names in groups.items())
    return f"Not matched in {what}: {listed}."


def _moved(seat: Seat) -> str:
    wanted, tag = seat.contender.digest, seat.contender.tag
    if wanted and seat.digest and not seat.digest.startswith(wanted):
        return (
            f"{tag} is not the build the line-up was written for: "
            f"digest {seat.digest[:12]}, not {wanted}."
        )
    stated, found = seat.contender.quantization, seat.quantization
    if found and stated.casefold() != found.casefold():
        return f"{tag} is {found}, and the line-up says {stated}."
    return ""


def _unknown(rented: Sequence[str]) -> str:
    if not rented:
        return ""
    return (
        f"Rented, so that size, weights, quantisation and template cannot be checked: "
        f"{' and '.join(rented)}. Seconds include the network."
    )


def _doubles(seats: Sequence[Seat]) -> list[str]:
    """Name different tags with the same weights: a comparison of a thing with itself."""
    lines = []
    for at, one in enumerate(seats):
        for other in seats[at + 1 :]:
            tags = one.contender.tag, other.contender.tag
            if one.digest and one.digest == other.digest and tags[0] != tags[1]:
                lines.append(
                    f"{tags[0]} and {tags[1]} are the same file, digest {one.digest[:12]}."
                )
    return lines
