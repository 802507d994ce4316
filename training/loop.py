"""The loop: batches into weights, with a schedule, a record of the loss, and checkpoints."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch
from transformers import LlamaForCausalLM

from training.batches import IGNORED, Batches

CHECKPOINT_EVERY = 100
WARMUP = 40
DECAY = 0.35
"""The share of the steps, at the end, over which the learning rate falls to nothing."""


@dataclass(frozen=True, slots=True)
class Course:
    """How a stage is trained: steps, and the learning rate between warm-up and decay."""

    steps: int
    rate: float


@dataclass(slots=True)
class Diary:
    """What a training run was like: the loss (nats a token) by step, and what was seen."""

    losses: list[tuple[int, float]] = field(default_factory=list)
    tokens: int = 0
    examples: int = 0
    seconds: float = 0.0


def train(
    model: LlamaForCausalLM,
    batches: Batches,
    course: Course,
    folder: Path,
    tell: Callable[[str], None],
) -> Diary:
    """Train `model`, from the checkpoint in `folder` where there is one; return its diary."""
    optimizer = torch.optim.AdamW(_groups(model), lr=course.rate, betas=(0.9, 0.98), fused=True)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda s: _share(s, course.steps))
    saved = folder / "checkpoint.pt"
    diary, first = Diary(), 0
    if saved.exists():
        state = torch.load(saved, weights_only=True)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        schedule.load_state_dict(state["schedule"])
        diary, first = Diary(**json.loads(state["diary"])), state["step"]
        tell(f"goes on from step {first}")
    model.train()
    running = 0.0
    for step in range(first, course.steps):
        began = time.monotonic()
        batch = batches(step)
        loss = _loss(model, batch.tokens, batch.labels, batch.positions)
        loss.backward()  # type: ignore[no-untyped-call]  # torch
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        value = loss.item()
        running = value if not running else 0.95 * running + 0.05 * value
        diary.tokens += batch.tokens.numel()
        diary.examples += batch.examples
        diary.seconds += time.monotonic() - began
        if (step + 1) % 10 == 0:
            diary.losses.append((step + 1, round(running, 4)))
        if (step + 1) % 50 == 0:
            pace = diary.tokens / diary.seconds
            tell(f"step {step + 1}/{course.steps}  loss {running:.4f}  {pace:.0f} tokens/s")
        if (step + 1) % CHECKPOINT_EVERY == 0 or step + 1 == course.steps:
            _save(saved, model, optimizer, schedule, diary, step + 1)
    model.eval()  # type: ignore[no-untyped-call]  # ships no types
    return diary


def _share(step: int, steps: int) -> float:
    """Warm-up, a plateau, and a straight way down (warmup-stable-decay)."""
    left = (steps - step) / (DECAY * steps)
    return min(1.0, (step + 1) / WARMUP, max(left, 0.0))


def _groups(model: LlamaForCausalLM) -> list[dict[str, object]]:
    matrices = [p for p in model.parameters() if p.dim() > 1]
    vectors = [p for p in model.parameters() if p.dim() <= 1]
    return [{"params": matrices, "weight_decay": 0.05}, {"params": vectors, "weight_decay": 0.0}]


def _loss(
    model: LlamaForCausalLM,
    tokens: torch.Tensor,
    labels: torch.Tensor,
    positions: torch.Tensor | None,
) -> torch.Tensor:
    """Return the mean loss of the tokens that are learnt, each predicted from those before it."""
    with torch.autocast(tokens.device.type, torch.bfloat16):
        hidden = model.model(
            input_ids=tokens, position_ids=positions, use_cache=False
        ).last_hidden_state[:, :-1]
        wanted = labels[:, 1:]
        learnt = wanted != IGNORED
        logits = model.lm_head(hidden[learnt])
    return torch.nn.functional.cross_entropy(logits.float(), wanted[learnt])


def _save(
    path: Path,
    model: LlamaForCausalLM,
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LambdaLR,
    diary: Diary,
    step: int,
) -> None:
    state = {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "schedule": schedule.state_dict(),
        "diary": json.dumps({name: getattr(diary, name) for name in Diary.__slots__}),
        "step": step,
    }
    beside = path.with_suffix(".new")
    torch.save(state, beside)
    beside.replace(path)
