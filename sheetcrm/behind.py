"""Which records, or offers, are behind a number of the report.

A number is named by what it counts and by where it stands: `won` of the month
2026-10, `reached` of the stage Qualified. What is counted is said in `funnel`;
here the same sets are handed out instead of their size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from sheetcrm.columns import fold
from sheetcrm.funnel import GROUPINGS, Fact, expected_when, happenings, how_far, is_expected, month_of
from sheetcrm.offer_figures import OFFER_GROUPINGS, OfferFact, sent_in, was_sent

if TYPE_CHECKING:
    from sheetcrm.model import Event
    from sheetcrm.pipeline import Pipeline

__all__ = ["NUMBERS", "OFFERS", "WHERE", "offers_behind", "records_behind"]

NUMBERS: Mapping[str, Callable[[Fact], bool]] = {
    "records": lambda fact: True,
    "open": lambda fact: fact.outcome == "open",
    "won": lambda fact: fact.outcome == "won",
    "lost": lambda fact: fact.outcome == "lost",
    "not_counted": lambda fact: fact.outcome == "lost" and not fact.reason_counts,
    "expected": is_expected,
}
"""What is counted over records as they stand now."""

IN_A_MONTH = ("created", "converted", "won", "lost")
"""What happened in a month, whatever came later."""

WHERE = (*GROUPINGS, "stage", "last_stage", "reason", "competitor", "currency", "created_in", "expected_in", "month")
"""By what a number can be narrowed down."""


OFFERS: Mapping[str, Callable[[OfferFact], bool]] = {
    "offers_sent": was_sent,
    "offers_accepted": lambda offer: was_sent(offer) and offer.state == "accepted",
    "offers_rejected": lambda offer: was_sent(offer) and offer.state == "rejected",
}
"""What is counted over offers."""


def offers_behind(number: str, where: Mapping[str, str | None], offers: Iterable[OfferFact]) -> list[OfferFact]:
    """The offers that a number counts. Raises `ValueError` for a place that the report does not have."""
    _refuse_unknown(where, (*OFFER_GROUPINGS, "month"))
    chosen = [offer for offer in offers if OFFERS[number](offer)]
    for name, word in where.items():
        if name == "month":
            chosen = sent_in(chosen, [word or ""])
        else:
            chosen = [offer for offer in chosen if (word or "") in OFFER_GROUPINGS[name](offer)]
    return chosen


def _refuse_unknown(where: Iterable[str], known: Sequence[str]) -> None:
    for name in where:
        if name not in known:
            raise ValueError(f"This number is narrowed down by {', '.join(known)}; not by {name!r}.")


def records_behind(
    number: str,
    where: Mapping[str, str | None],
    facts: Sequence[Fact],
    events: Iterable[Event],
    pipeline: Pipeline,
    months_ahead: Sequence[str],
) -> list[tuple[Fact, date | None]]:
    """The records that a number counts, and the day where it counts what happened in a month.

    `months_ahead` are those that the report shows of what is expected. Raises
    `ValueError` for a number or a place that the report does not have.
    """
    _refuse_unknown(where, WHERE)
    places = ((name, word) for name, word in where.items() if name != "month")
    conditions = [_condition(number, name, word, pipeline, months_ahead) for name, word in places]
    there = [fact for fact in facts if all(condition(fact) for condition in conditions)]
    if "month" in where:
        return _in_month(number, where["month"], there, events, pipeline)
    if number == "reached" and "stage" in where:
        return [(fact, None) for fact in there]
    if number not in NUMBERS:
        known = ", ".join((*NUMBERS, "reached (stage=…)", *(f"{name} (month=…)" for name in IN_A_MONTH), *OFFERS))
        raise ValueError(f"The report counts {known}; not {number!r}.")
    return [(fact, None) for fact in there if NUMBERS[number](fact)]


def _in_month(
    number: str, month: str | None, facts: Sequence[Fact], events: Iterable[Event], pipeline: Pipeline
) -> list[tuple[Fact, date | None]]:
    """Once for each time that it happened."""
    if number not in IN_A_MONTH:
        raise ValueError(f"By month the report counts {', '.join(IN_A_MONTH)}; not {number!r}.")
    by_id = {fact.id: fact for fact in facts}
    happened = happenings(facts, events, pipeline)[number]
    return [(by_id[record], day) for record, day in happened if day and month_of(day) == month]


def _condition(
    number: str, name: str, word: str | None, pipeline: Pipeline, months_ahead: Sequence[str]
) -> Callable[[Fact], bool]:
    """Whether a record stands where the number does; `None` is a blank cell of the report."""
    match name:
        case "created_in":
            return lambda fact: (month_of(fact.created_on) if fact.created_on else None) == word
        case "expected_in":
            return lambda fact: expected_when(fact, months_ahead) == (word or "no-date")
        case "currency":  # the line of those without a value has none
            return lambda fact: (None if fact.value is None else fact.currency) == word
        case "stage":
            return _stage_condition(number, _code(word, pipeline), pipeline)
        case "last_stage":
            code = _code(word, pipeline)
            return lambda fact: fact.reached == code
        case _:
            return lambda fact: getattr(fact, name) == (word or "")


def _stage_condition(number: str, code: str, pipeline: Pipeline) -> Callable[[Fact], bool]:
    """Stands there; or, where that is what is counted, came at least so far."""
    place = {stage.code: at for at, stage in enumerate(pipeline.open_stages)}
    if number == "reached" and code in place:
        return lambda fact: how_far(fact, place) >= place[code]
    return lambda fact: fact.stage == code


def _code(name: str | None, pipeline: Pipeline) -> str:
    """The code of a stage that is called so; "" for none."""
    if not name:
        return ""
    for stage in pipeline.stages:
        if fold(name) in (fold(stage.name), stage.code):
            return stage.code
    raise ValueError(f"The stages are {', '.join(stage.name for stage in pipeline.stages)}; not {name!r}.")
