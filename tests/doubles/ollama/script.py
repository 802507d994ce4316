"""What a fake model says, and how it fails."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from tests.doubles.ollama.request import FakeRequest

Tokens = Sequence[str] | Callable[[FakeRequest], Sequence[str]]

FaultKind = Literal[
    "not_found",  # 404
    "refused",  # 400
    "out_of_memory",  # 500 while loading
    "crash",  # 500, the runner died
    "busy",  # 503
    "html",  # 200 with a page that is not JSON
    "slow_first_token",  # `seconds` of silence before the first line, then all is well
    "hang",  # `seconds` of silence after `after` lines
    "reset",  # TCP reset after `after` lines
    "error_line",  # an error line after `after` lines
    "eof",  # a clean end without a done line after `after` lines
    "malformed",  # a line that is not JSON after `after` lines
    "fieldless",  # a line without message or response after `after` lines
    "thinking_only",  # all of num_predict is spent on thinking
    "endless",  # the tokens are repeated until num_predict ends them
    "linger",  # a whole answer, and then a connection that stays open for `seconds`
    "bytes",  # `data` as it stands after `after` lines, and then the rest
    "drip",  # `data` again and again for `seconds` after `after` lines, and then the rest
    "redirect",  # 307 to the address in `text`
    "length",  # done_reason length after `after` lines
]

_REPEAT_LIMIT = 30  # equal tokens in a row after which Ollama ends a stream without a word


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to fail. `text` replaces the error text where the fault has one."""

    kind: FaultKind
    after: int = 2
    seconds: float = 3600.0
    text: str = ""
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class FakeModel:
    """A scripted model: what it says, how fast (0 = at once) and what it is on paper.

    `pull_seconds` is how long its download takes, `load_seconds` how long a cold load takes and
    `first_token_seconds` how long the prompt is read; `prompt_tokens` replaces the number of its
    words. `loaded` is the state at start. A `base` model's chat template passes the turns on
    unmarked and drops the system prompt.
    """

    tag: str
    tokens: Tokens = ("Hello", ", ", "world", ".")
    thinking: Tokens = ()
    tokens_per_second: float = 0.0
    pull_seconds: float = 0.0
    load_seconds: float = 0.0
    first_token_seconds: float = 0.0
    prompt_tokens: int | None = None
    capabilities: tuple[str, ...] = ("completion",)
    base: bool = False
    loaded: bool = True
    text_in_final: bool = False
    size: int = 2_019_393_189
    parameter_size: str = "3.2B"
    quantization: str = "Q4_K_M"
    family: str = "llama"
    context_length: int = 131_072

    @property
    def name(self) -> str:
        """The tag as Ollama lists it: always with a part after the colon."""
        return full_name(self.tag)

    @property
    def digest(self) -> str:
        """A stable hexadecimal digest, without its algorithm."""
        return hashlib.sha256(self.name.encode()).hexdigest()

    @property
    def template(self) -> str:
        """The Go template that `/api/show` prints."""
        if self.base:
            return "{{ .Prompt }}"
        return "{{ range .Messages }}<|{{ .Role }}|>{{ .Content }}<|end|>{{ end }}<|assistant|>"

    def render(self, request: FakeRequest) -> str:
        """Return the text the model would read."""
        if request.body.get("raw"):
            return str(request.body.get("prompt", ""))
        turns = [
            (str(turn.get("role", "")), str(turn.get("content", "")))
            for turn in request.body.get("messages")
            or [{"role": "user", "content": request.body.get("prompt", "")}]
        ]
        if self.base:
            return "".join(content for role, content in turns if role != "system")
        return "".join(f"<|{role}|>{content}<|end|>" for role, content in turns) + "<|assistant|>"


@dataclass(frozen=True, slots=True)
class Step:
    """One token: of the answer or of the thinking."""

    text: str = ""
    thinking: str = ""


def full_name(tag: str) -> str:
    """Return `tag` with `:latest` where it has no tag part."""
    return tag if ":" in tag.rpartition("/")[2] else f"{tag}:latest"


def _read(tokens: Tokens, request: FakeRequest) -> Sequence[str]:
    return tokens(request) if callable(tokens) else tokens


def _spoken(model: FakeModel, request: FakeRequest, fault: Fault | None) -> Iterator[Step]:
    kind = fault.kind if fault else None
    thinks = "thinking" in model.capabilities and request.body.get("think") is not False
    thinking = _read(model.thinking, request)
    if kind == "thinking_only":
        yield from (Step(thinking=token) for token in itertools.cycle((*thinking, "hm", " so")))
    if thinks:
        yield from (Step(thinking=token) for token in thinking)
    tokens = _read(model.tokens, request)
    yield from (Step(text=token) for token in tokens)
    while kind == "endless":
        yield from (Step(text=token) for token in tokens or (" again", " and"))


def steps(
    model: FakeModel, request: FakeRequest, fault: Fault | None
) -> Iterator[Step | Literal["stop", "length", "cut"]]:
    """Yield the tokens and then why they ended; `cut` = Ollama closes without a done line.

    Held to: `num_predict` (unset = ten contexts), stop strings, and Ollama's
    own limit on equal tokens in a row.
    """
    limit = int(request.options.get("num_predict", -1))
    if limit < 0:
        limit = 10 * int(request.options.get("num_ctx", 4096))
    if fault and fault.kind == "length":
        limit = min(limit, fault.after)
    stops = [str(stop) for stop in request.options.get("stop") or ()]
    written, previous, equal = "", "", 0
    for count, step in enumerate(_spoken(model, request, fault)):
        if count >= limit:
            yield "length"
            return
        written += step.text
        stop_at = min((written.find(s) for s in stops if s in written), default=-1)
        if stop_at >= 0:
            # Characters of a stop string that went out with earlier tokens stay out there.
            yield Step(text=step.text[: max(0, stop_at - len(written) + len(step.text))])
            yield "stop"
            return
        token = (step.text + step.thinking).strip()
        equal = equal + 1 if token == previous else 1
        previous = token
        yield step
        if equal > _REPEAT_LIMIT:
            yield "cut"
            return
    yield "stop"
