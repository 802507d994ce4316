"""Stages of training: what a model was made to do, and so how it must be asked."""

from __future__ import annotations

from enum import StrEnum


class Stage(StrEnum):
    """The four training variants of the lessons, in the order they build on one another."""

    BASE = "base"
    INSTRUCT = "instruct"
    REASONING = "reasoning"
    FINE_TUNED = "fine-tuned"
