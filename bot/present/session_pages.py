"""The pages of a session: its plan, its agenda, its summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum

from bot.calendar import Session
from bot.present.answer import one_line
from bot.present.components import Button, Page, Style
from bot.present.lessons import ABOUT
from bot.present.sanitise import sanitise
from bot.sessions import Ends
from knowledge.lesson import Lesson

PLAN, AGENDA = "session", "agenda"
"""The families of controls: of a plan, and of an agenda."""
LONGEST_TITLE = 100
_NAMED, _HEADINGS = 30, 20


class Verb(StrEnum):
    """What a press means."""

    CONFIRM = "confirm"
    DISCARD = "discard"
    HERE = "here"
    LESSON = "lesson"
    DEMO = "demo"
    VOTE = "vote"
    QUIZ = "quiz"
    END = "end"
    READ = "read"


PARTS = {
    Verb.LESSON: "lesson",
    Verb.DEMO: "demo",
    Verb.VOTE: "blind demo with a vote",
    Verb.QUIZ: "live quiz",
}
"""What an organiser begins from the agenda, as the summary names it."""


def plan_page(session: Session, content: str, zone: str) -> Page:
    """Return the preview of a session that is not confirmed."""
    return Page(
        (
            f"**{_title(session)}** would begin {_when(session)} in <#{session.channel}>.",
            content,
            f"-# You wrote it in {one_line(zone, 64)} time; everybody sees it in their own.",
        ),
        buttons=(
            _button("Plan it", Verb.CONFIRM, session, Style.PRIMARY),
            _button("Discard", Verb.DISCARD, session),
        ),
    )


def planned_page(session: Session, calendar: str) -> Page:
    """Return what its organiser reads when a session is planned."""
    line = f"✅ **{_title(session)}** begins {_when(session)} in <#{session.channel}>."
    return Page((line, calendar, "-# `/session list` shows all, `/session cancel` takes one back."))


def list_page(sessions: Sequence[Session], contents: Sequence[str]) -> Page:
    """Return the sessions of a server."""
    if not sessions:
        return Page(("No session is planned here. Organisers plan one with `/session plan`.",))
    lines = [
        f"- **{_title(one)}**, {'runs since' if one.state == 'open' else 'begins'} {_when(one)} "
        f"in <#{one.channel}>{f': {content}' if content else ''}"
        for one, content in zip(sessions, contents, strict=True)
    ]
    return Page(("**Sessions**", "\n".join(lines)))


def agenda_page(session: Session, content: str, here: int) -> Page:
    """Return the message with which a session begins."""
    parts = (
        (Verb.LESSON, "Lesson", session.lesson),
        (Verb.DEMO, "Demo", session.demo),
        (Verb.VOTE, "Vote blind", session.demo),
        (Verb.QUIZ, "Quiz", "of the lesson, or of all"),
    )
    there = f"{here} member{'' if here == 1 else 's'} here so far. " if here else ""
    organiser = (
        f"<@{session.planned_by}> and other organisers" if session.planned_by else "Organisers"
    )
    return Page(
        (
            f"🎓 **{_title(session)}** begins now.",
            content,
            f"{there}Press **I am here**, so that you are counted and named in the summary.",
            f"-# {organiser} begin each part with its button.",
        ),
        buttons=(
            _button("I am here", Verb.HERE, session, Style.PRIMARY),
            *(_button(label, verb, session) for verb, label, there_ in parts if there_),
            _button("End", Verb.END, session, Style.DANGER),
        ),
    )


def over_page(session: Session, content: str) -> Page:
    """Return what is left of the agenda after the end."""
    return Page((f"🎓 **{_title(session)}** is over.", content))


def summary_page(over: Ends) -> Page:
    """Return what became of a session."""
    here, session = over.attendees, over.session
    named = ", ".join(f"<@{member}>" for member in here[:_NAMED])
    more = f" and {len(here) - _NAMED} more" if len(here) > _NAMED else ""
    who = f"**{len(here)} here:** {named}{more}" if here else "Nobody pressed **I am here**."
    counts = Counter(session.ran)
    parts = [f"{part}{f' ({n} times)' if n > 1 else ''}" for part, n in counts.items()]
    left = f", {over.gaps} of them left open by the lessons (`/gaps`)" if over.gaps else ""
    return Page(
        (
            f"🎓 **Summary of {_title(session)}**, <t:{session.starts:.0f}:f>",
            who,
            f"**Begun:** {', '.join(parts) or 'nothing from the agenda'}",
            f"**Questions to me in this channel:** {over.asked}{left}",
        )
    )


def lesson_page(lesson: Lesson) -> Page:
    """Return a lesson as a group begins it: what it is about, and the way into it for each."""
    headings = [f"- {one_line(p.heading, 120)}" for p in lesson.passages[:_HEADINGS]]
    more = len(lesson.passages) - _HEADINGS
    headings += [f"- and {more} more"] if more > 0 else []
    return Page(
        (
            f"📖 **{one_line(sanitise(lesson.title), 120)}**",
            sanitise(lesson.summary),
            sanitise("\n".join(headings)),
        ),
        below=("-# Each opens it for themselves.",),
        buttons=(
            Button("Read", f"{AGENDA}:{Verb.READ}:{lesson.slug}", Style.PRIMARY),
            Button("Ask about this", f"{ABOUT}:{lesson.slug}"),
        ),
    )


def _title(session: Session) -> str:
    return one_line(sanitise(session.title), LONGEST_TITLE)


def _when(session: Session) -> str:
    """Return the time as Discord shows it: in everybody's own zone, and how long until then."""
    return f"<t:{session.starts:.0f}:F> (<t:{session.starts:.0f}:R>)"


def _button(label: str, verb: Verb, session: Session, style: Style = Style.SECONDARY) -> Button:
    family = PLAN if session.state == "draft" else AGENDA
    return Button(label, f"{family}:{verb}:{session.id}", style)
