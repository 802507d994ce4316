"""Whatever stands on a page, Discord takes the request that shows it."""

from hypothesis import given
from hypothesis import strategies as st

from bot.present.body import Body
from bot.present.components import Attached, Button, Choice, Page, Select
from tests.doubles.discord import limits

TEXT = st.text(max_size=4500)
LINES = st.lists(TEXT, max_size=5).map(tuple)
CHOICES = st.lists(st.builds(Choice, TEXT.filter(bool), TEXT.filter(bool), TEXT), min_size=1)


@st.composite
def pages(draw: st.DrawFn) -> Page:
    """Draw a page of any texts, buttons, choices and file."""
    labels = draw(st.lists(st.text(min_size=1, max_size=200), max_size=7))
    choices = draw(CHOICES | st.none())
    file = draw(st.sampled_from([None, Attached("answer.md", b"x")]))
    return Page(
        draw(LINES),
        draw(st.text(max_size=10_001)),
        draw(LINES),
        tuple(Button(label, f"ask:{i}") for i, label in enumerate(labels)),
        Select(draw(TEXT), "choose", tuple(choices)) if choices else None,
        file,
    )


@given(pages())
def test_a6_d19_no_page_is_longer_than_discord_takes(page: Page) -> None:
    """At most 4,000 characters of text, 40 components, and each of them within its lengths."""
    payload = Body(page).payload
    assert list(limits.check_message(payload, payload)) == []
    assert payload["allowed_mentions"] == {"parse": []}
    assert payload["flags"] & 4
