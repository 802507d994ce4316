"""S23 and fairness: a model that is not what the line-up says is told, by its digest too."""

from dataclasses import replace

import pytest

from bot.fairness import fairness
from bot.lineup import Contender
from bot.panes import Seat
from knowledge.stage import Stage

WANTED = "0123456789ab"
SEAT = Seat(
    Contender.model_validate(
        {
            "stage": Stage.INSTRUCT,
            "tag": "tiny:1b-instruct-q4_K_M",
            "lineage": "Tiny",
            "version": "1",
            "quantization": "Q4_K_M",
            "grade": "A",
            "source": "a test",
            "digest": WANTED,
        }
    ),
    digest=WANTED + "c" * 52,
    parameter_size="1.0B",
    quantization="Q4_K_M",
)


def test_the_build_that_the_line_up_was_written_for_is_told_of_by_nothing() -> None:
    assert fairness([SEAT]) == ()


@pytest.mark.parametrize("installed", [True, False])
def test_other_weights_under_the_same_tag_are_told_with_both_digests(*, installed: bool) -> None:
    moved = replace(SEAT, digest="f" * 64, installed=installed)
    told = (
        f"{SEAT.contender.tag} is not the build the line-up was written for: "
        f"digest {'f' * 12}, not {WANTED}."
    )
    assert fairness([moved]) == ((told,) if installed else ())


def test_another_quantisation_than_the_line_up_says_is_told() -> None:
    told = fairness([replace(SEAT, quantization="Q8_0")])
    assert told == (f"{SEAT.contender.tag} is Q8_0, and the line-up says Q4_K_M.",)


def test_one_file_under_two_tags_is_told() -> None:
    other = SEAT.contender.model_copy(update={"tag": "tiny:1b-chat-q4_K_M"})
    (told,) = fairness([SEAT, replace(SEAT, contender=other)])
    assert "are the same file" in told
