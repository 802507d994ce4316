"""A demo as a page to read, in Markdown."""

from __future__ import annotations

from bot.board import Board
from bot.captions import figures_line, recording_line


def as_markdown(board: Board) -> str:
    """Return a demo as a page to read; what was written stands in fences longer than any in it."""
    opened = board.opened
    if opened is None:
        return ""
    lines = [f"# {opened.curated.title if opened.curated else 'Demo'}", ""]
    lines += [recording_line(board), ""] if opened.recorded else []
    lines += ["Prompt:", "", _fenced(opened.prompt), ""]
    lines.append(
        f"Line-up: {opened.title}. Seed {opened.seed}, temperature {opened.temperature}, "
        f"at most {opened.num_predict} tokens. Ollama {opened.engine_version or 'unknown'}."
    )
    lines += [f"- {line}" for line in (*opened.fairness, *opened.notices)]
    for pane in board.panes:
        seat = pane.seat
        about = ", ".join(part for part in (seat.parameter_size, seat.quantization) if part)
        lines += ["", f"## {seat.contender.name}: {seat.contender.tag}", ""]
        lines.append(f"{about}{', ' if about else ''}digest {seat.digest[:12] or 'unknown'}")
        lines += [f"- {line}" for line in (*pane.notices, pane.sentence) if line]
        lines += ["", figures_line(pane.figures), ""]
        if pane.prompted is not None:
            lines += [f"What it saw ({pane.prompted.how}):", "", _fenced(pane.prompted.text), ""]
        if pane.thinking:
            lines += ["Thinking:", "", _fenced(pane.thinking), ""]
        lines += ["Answer:", "", _fenced(pane.text)]
    if opened.curated:
        lines += ["", f"What to notice: {opened.curated.notice}", "", f"Why: {opened.curated.why}"]
    return "\n".join(lines) + "\n"


def _fenced(text: str) -> str:
    longest = run = 0
    for character in text:
        run = run + 1 if character == "`" else 0
        longest = max(longest, run)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"
