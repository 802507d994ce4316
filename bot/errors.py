"""Every failure a person may see, with the sentence they read.

    BotError
    ├── of the start       SettingsInvalid, DiscordUnreachable, ContentInvalid, FolderBusy
    ├── of what is kept    IndexUnavailable, MemoryUnavailable, ArchiveInvalid
    ├── of the lessons     DocumentRefused, DocumentUnknown, GapUnknown, LibraryUnwritable
    ├── of a question      QuestionInvalid, FigureInvalid, AttachmentRefused, CardUnreadable
    ├── of a quiz          NothingToAsk
    ├── of who may when    QueueFull, MemberBusy, ConsentMissing
    ├── of a demo          DemoUnknown, LineupUnknown, ModelsMissing
    ├── of a pull          NotOffered, PullRunning, NoRoom
    └── EngineError        a model could not write, or not to its end
        ├── EngineUnreachable, EngineBusy, EngineStalled, EngineProtocol, EngineResting
        ├── EngineFailed ── EngineCrashed
        └── ModelMissing, RequestRefused, RentalUnavailable, ToysUnusable

A front end catches `BotError` once and shows `sentence`; anything else is a
defect of ours and is shown as such, without its trace.
"""

from __future__ import annotations

import math
from collections.abc import Sequence


class BotError(Exception):
    """A failure whose `sentence` may be shown to anybody: no path, trace or secret in it."""

    exit_code = 1
    """What the program ends with when this ends it."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class SettingsInvalid(BotError):
    """A setting cannot be used; the sentence names it and says what would do."""

    exit_code = 78  # EX_CONFIG of sysexits: a supervisor need not try again


class DiscordUnreachable(BotError):
    """Discord did not let the bot in, however often it tried."""

    exit_code = 75  # EX_TEMPFAIL: trying again later may help

    def __init__(self, minutes: float) -> None:
        super().__init__(
            f"Discord could not be reached for {minutes:.0f} minutes. Look at this machine's "
            "network and at https://discordstatus.com, then start again."
        )


class ContentInvalid(BotError):
    """Content files hold faults; `faults` has one line for each, for the author."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        count = len(self.faults)
        noun = "fault" if count == 1 else "faults"
        super().__init__(f"{count} {noun} in the content files: " + "; ".join(self.faults))


class IndexUnavailable(BotError):
    """The passages cannot be searched now; the sentence says what mends it."""


class MemoryUnavailable(BotError):
    """What is remembered cannot be read or written now; answers go on without it."""


class FolderBusy(BotError):
    """Another process owns the data folder; the sentence names it."""

    exit_code = 78  # as for SettingsInvalid

    def __init__(self, owner: str) -> None:
        super().__init__(f"{owner} runs on this data folder. Stop it, or use another DATA_DIR.")


class ArchiveInvalid(BotError):
    """A backup cannot be made or used; the sentence says why."""


class DocumentRefused(BotError):
    """A file cannot be added to the lessons; the sentence says why."""


class DocumentUnknown(BotError):
    """No document of this server has this id."""

    def __init__(self) -> None:
        super().__init__("I know no such document here. It may have been removed.")


class GapUnknown(BotError):
    """No open question has this id, or more than one has."""

    def __init__(self) -> None:
        super().__init__("I know no such open question. `gaps` lists them with their ids.")


class LibraryUnwritable(BotError):
    """Added documents cannot be written to the data folder, or taken out of it."""

    def __init__(self) -> None:
        super().__init__(
            "The data folder cannot be written. When an organiser has mended that: reindex."
        )


class QuestionInvalid(BotError):
    """There is nothing in the question that could be answered."""


class FigureInvalid(BotError):
    """A calculator was given what it cannot reckon with; the sentence says what would do."""

    exit_code = 2


class NothingToAsk(BotError):
    """There is no such lesson, or it asks nothing."""


class QueueFull(BotError):
    """The bot took as many questions as it can hold."""

    def __init__(self, bound: int, expected_seconds: float | None = None) -> None:
        when = "in a minute"
        if expected_seconds is not None:
            when = f"later: they take about {max(expected_seconds / 60, 1):.0f} min"
        super().__init__(
            f"I have {bound} questions waiting, which is all I can hold. Try again {when}."
        )


class MemberBusy(BotError):
    """This member already has as many questions waiting as is fair to the others."""

    def __init__(self, waiting: int) -> None:
        super().__init__(
            f"You already have {waiting} questions waiting, which is as many as is fair. "
            "Let one finish, or stop it, and ask again."
        )


class AttachmentRefused(BotError):
    """A file that came with a command is too large, or cannot be fetched."""


class CardUnreadable(BotError):
    """A file is no run card, or not whole."""


class DemoUnknown(BotError):
    """No curated demo has this name."""


class LineupUnknown(BotError):
    """No line-up has this name, or none has the stages that were wished for."""


class ModelsMissing(BotError):
    """Nothing of a line-up is there; `pulls` has the line that installs each model.

    `lacks` says why rented ones cannot be asked.
    """

    def __init__(self, title: str, tags: Sequence[str], lacks: Sequence[str] = ()) -> None:
        self.pulls = tuple(f"ollama pull {tag}" for tag in tags)
        sentence = " ".join([f"No model of the line-up “{title}” is installed.", *lacks])
        if tags:
            sentence += f" An organiser can run: {'; '.join(self.pulls)}"
        super().__init__(sentence)


class ConsentMissing(BotError):
    """A prompt would leave for `hosts`, and nobody here agreed to that."""

    exit_code = 77  # EX_NOPERM of sysexits

    def __init__(self, hosts: Sequence[str]) -> None:
        self.hosts = tuple(hosts)
        super().__init__(
            f"This line-up rents models: your prompt would go to {' and '.join(hosts)}. "
            "Nobody here has agreed to that yet."
        )


class NotOffered(BotError):
    """A model is not among those that may be pulled."""

    def __init__(self, tag: str) -> None:
        super().__init__(
            f"I pull the models that line-ups name, and the one that answers; {tag} is none of "
            "them. Whoever runs me can add a line-up, or pull it by hand."
        )


class PullRunning(BotError):
    """Another model is being pulled; one at a time."""

    def __init__(self, tag: str) -> None:
        super().__init__(f"I am pulling {tag} already. Wait for it, or stop it.")


class NoRoom(BotError):
    """A model does not fit on the disk, or leaves too little; sizes in bytes."""

    def __init__(self, tag: str, size: int, free: int) -> None:
        needs = f" and {tag} takes about {size / 1e9:.1f} GB" if size else ""
        super().__init__(
            f"There is too little room on the disk: {free / 1e9:.1f} GB are free{needs}. "
            "Nothing was begun or it was stopped; delete a model first (ollama rm)."
        )


class EngineError(BotError):
    """A model could not write, or not to its end."""

    def __init__(self, model: str, sentence: str) -> None:
        super().__init__(sentence)
        self.model = model


class EngineUnreachable(EngineError):
    """No engine answers at its address."""

    def __init__(self, model: str) -> None:
        super().__init__(model, f"The engine that runs {model} cannot be reached.")


class EngineBusy(EngineError):
    """The engine refused for load (HTTP 503), for `seconds` where it says so."""

    def __init__(self, model: str, seconds: float | None = None) -> None:
        when = "in a minute" if seconds is None else f"in {math.ceil(seconds)} s"
        super().__init__(model, f"The engine that runs {model} is busy. Try again {when}.")


class EngineStalled(EngineError):
    """The engine went silent for longer than the limit."""

    def __init__(self, model: str, seconds: float) -> None:
        super().__init__(model, f"{model} wrote nothing for {seconds:.0f} s, so I stopped waiting.")


class EngineFailed(EngineError):
    """The engine gave up with an error of its own, or the connection to it broke."""


class EngineCrashed(EngineFailed):
    """The engine ran out of memory or its runner died loading: another try would fail too."""


class EngineProtocol(EngineError):
    """The engine sent something that is not its protocol."""

    def __init__(self, model: str) -> None:
        super().__init__(model, f"The engine that runs {model} sent something I cannot read.")


class EngineResting(EngineError):
    """The engine failed just now, as `cause` says, and is left alone for `seconds`."""

    def __init__(self, cause: EngineError, seconds: float) -> None:
        when = f"in {math.ceil(seconds)} s" if seconds > 0 else "just now"
        super().__init__(cause.model, f"{cause.sentence} I try it again {when}.")
        self.cause = cause
        self.seconds = seconds


class ModelMissing(EngineError):
    """The model is not installed there; the sentence carries the line that installs it."""

    def __init__(self, model: str) -> None:
        super().__init__(
            model, f"{model} is not installed. An organiser can run: ollama pull {model}"
        )


class RequestRefused(EngineError):
    """The engine will not take this request (HTTP 400)."""


class RentalUnavailable(EngineError):
    """A rented model cannot be asked from here: it is off, or its key or library is missing."""


class ToysUnusable(EngineError):
    """A file of the toys is missing or not the one that was trained, or cannot be written."""
