"""Presses: who answers which control."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.present import (
    agenda,
    answer_controls,
    blind,
    consent,
    curation,
    dailies,
    demo_controls,
    desk,
    following,
    gaps,
    lessons,
    live_quiz,
    models,
    panel,
    predict,
    privacy,
    quiz_desk,
    review,
    scores,
    sessions,
    stats,
)
from bot.present.controls import Controls
from bot.present.predict_desk import PredictDesk

if TYPE_CHECKING:  # it imports this
    from bot.client.bot import StudyBot


def controls_of(bot: StudyBot) -> Controls:
    """Return the controls of a bot's desks."""
    controls = Controls()
    controls.add(answer_controls.FAMILY, bot.desk.press)
    controls.add(desk.GOING_ON, bot.desk.go_on)
    controls.add(following.FAMILY, bot.desk.follow)
    controls.add(lessons.ABOUT, bot.desk.about)
    controls.add(lessons.FAMILY, bot.reader.press)
    controls.add(privacy.FAMILY, bot.privacy.press)
    controls.add(panel.FAMILY, bot.panel.press)
    controls.add(curation.FAMILY, bot.curation.press)
    controls.add(dailies.FAMILY, bot.daily_desk.press)
    controls.add(quiz_desk.FAMILY, bot.quiz_desk.press)
    controls.add(review.FAMILY, bot.review_desk.press)
    controls.add(live_quiz.FAMILY, bot.live_desk.press)
    controls.add(gaps.FAMILY, bot.gap_desk.press)
    controls.add(answer_controls.MENTOR, bot.mentor_desk.press)
    controls.add(scores.FAMILY, bot.score_desk.press)
    controls.add(stats.FAMILY, bot.stats_desk.press)
    controls.add(demo_controls.FAMILY, bot.demo_desk.press)
    controls.add(sessions.FAMILY, bot.session_desk.press)
    controls.add(agenda.FAMILY, bot.agenda_desk.press)
    controls.add(consent.FAMILY, bot.consent.press)
    controls.add(blind.FAMILY, bot.vote_desk.press)
    controls.add(models.FAMILY, bot.model_desk.press)
    controls.add(predict.FAMILY, PredictDesk(bot.demos).press)
    return controls
