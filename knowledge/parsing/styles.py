"""Which styles hide: CSS as far as it is needed to tell."""

from __future__ import annotations

import re

from knowledge.parsing.terms import Hidden

_SPACE = re.compile(r"\s+")
_HIDES = (
    *("display:none", "visibility:hidden", "visibility:collapse", "font-size:0", "opacity:0"),
    *("text-indent:-999", "left:-999", "top:-999", "clip:rect(0", "clip-path:inset(100%)"),
    *("mso-hide:all", "max-height:0", "height:0px;overflow:hidden"),
)
_VISIBLE_AFTER_ALL = re.compile(r"(?:font-size|opacity|max-height):0(?:\.\d*[1-9]|[1-9])")
_COLOUR = re.compile(r"(?:^|;)color:([^;]{1,60})")
_NUMBERS = re.compile(r"\d{1,3}(?:\.\d{1,4})?%?")
_LIGHT = 0xF0
_TRANSPARENT = ("transparent", "rgba(0,0,0,0)")


def hides(style: str) -> Hidden | None:
    """Return how a style attribute or a block of declarations hides what it is on, if it does."""
    plain = _SPACE.sub("", style[:4000]).lower()
    kept = _VISIBLE_AFTER_ALL.sub("", plain)
    if any(mark in kept for mark in _HIDES):
        return Hidden.STYLED
    colour = _COLOUR.search(plain)
    if colour and _invisible(colour[1].removesuffix("!important")):
        return Hidden.WHITE
    return None


def coloured(style: str) -> bool:
    """Say whether a style gives a ground of its own, on which white may be read."""
    return "background" in style.lower()


def hiding_selectors(sheet: str) -> dict[str, Hidden]:
    """Return the plain selectors of a style sheet (`tag`, `.class`, `#id`) that hide."""
    found: dict[str, Hidden] = {}
    for rule in sheet.split("}"):
        selectors, brace, declarations = rule.rpartition("{")
        how = hides(declarations) if brace and not coloured(declarations) else None
        if how is not None:
            for selector in selectors.rpartition("{")[2].split(","):
                found[selector.strip().lower()] = how
    return found


def light(colour: str) -> bool:
    """Say whether `rrggbb` or `rgb` is white, or nearly."""
    if len(colour) == 3:  # noqa: PLR2004  one digit a channel
        colour = "".join(digit * 2 for digit in colour)
    try:
        channels = bytes.fromhex(colour[:6])
    except ValueError:
        return False
    return len(channels) == 3 and min(channels) >= _LIGHT  # noqa: PLR2004  red, green, blue


def _invisible(colour: str) -> bool:
    if colour in ("white", *_TRANSPARENT):
        return True
    if colour.startswith("#"):
        return light(colour[1:])
    if colour.startswith("rgb"):
        numbers = _NUMBERS.findall(colour)
        if len(numbers) == 4 and float(numbers[3].rstrip("%")) == 0:  # noqa: PLR2004  with alpha
            return True
        return len(numbers) >= 3 and all(_bright(number) for number in numbers[:3])  # noqa: PLR2004  as above
    return False


def _bright(number: str) -> bool:
    share = float(number.rstrip("%")) / (100 if number.endswith("%") else 255)
    return share >= _LIGHT / 255
