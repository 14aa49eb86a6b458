"""The Report tab's block of offers: what went out, to whom, what became of it, and the alarm.

Every figure is defined in `offer_figures`; nothing is counted here a second way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sheetcrm import messages
from sheetcrm.funnel import months_back
from sheetcrm.offer_figures import OfferFact, OfferTally, Slipping, by_group, sent_in, tally_of_offers, was_sent
from sheetcrm.pipeline import Pipeline
from sheetcrm.report.grid import Grid, Words, month_name
from sheetcrm.tables import Cell

__all__ = ["alarm", "offers_block"]

TOP = 10
"""Lines of a table before the rest is one line."""
MOST_SENT = 50


def alarm(slip: Slipping | None, pipeline: Pipeline, words: Words) -> str:
    """More offers, no more sales: what happened, and where the deals leak; "" when all is well."""
    if slip is None:
        return ""
    first, last = (month_name(month, words.language) for month in slip.months)
    numbers = {"sent": slip.sent, "sent_before": slip.sent_before, "won": slip.won, "won_before": slip.won_before}
    said = words("offers-slipping", first=first, last=last, **numbers)
    where = []
    for leak in slip.leaks:
        stage = pipeline.stage(leak.key) if leak.by == "stage" else None
        where.append(f"{words(f'leak-{leak.by}')} {stage.name if stage else leak.key}")
    return f"{said} {words('leaks-at', where='; '.join(where))}" if where else said


def offers_block(grid: Grid, facts: Sequence[OfferFact], today: date) -> None:
    """Offers of this month and the last twelve, to whom they went, and how each group fares."""
    words = grid.words
    grid.heading("offers", "offers-note")
    window = months_back(today)
    sets = [
        (month_name(window[-1], words.language), sent_in(facts, window[-1:])),
        (words("last-12-months"), sent_in(facts, window[:-1])),
        (words("total"), [fact for fact in facts if was_sent(fact)]),
    ]
    _tallies(grid, "offers-sent-in", [(name, tally_of_offers(some)) for name, some in sets])
    _to_whom(grid, sent_in(facts, months_back(today, 1)))
    known = [fact for fact in facts if was_sent(fact)]
    for by in ("owner", "source", "product"):
        groups = by_group(known, by)
        lines = [(key or words("blank"), tally) for key, tally in groups[:TOP]]
        grid.heading(f"offers-by-{by}")
        _tallies(grid, by, lines)
        if len(groups) > TOP:
            grid.note(words("and-more", n=len(groups) - TOP))


def _tallies(grid: Grid, label: str, sets: Sequence[tuple[str, OfferTally]]) -> None:
    words = grid.words
    currencies = sorted({currency for _, tally in sets for currency in tally.value})
    keys = (label, "offers-sent", "offers-accepted", "offers-rejected", "acceptance-rate", "days-to-answer")
    headers = [words(key) for key in keys]
    headers += [words("offered-in", currency=currency or "?") for currency in currencies]
    lines: list[list[Cell | None]] = [
        [
            name,
            tally.sent,
            tally.accepted,
            tally.rejected,
            tally.acceptance_rate,
            tally.days_to_answer,
            *_amounts(tally.value, currencies),
        ]
        for name, tally in sets
    ]
    grid.table(headers, ("text", *["count"] * 3, "percent", "days", *["amount"] * len(currencies)), lines)


def _amounts(value: Mapping[str, object], currencies: Sequence[str]) -> list[Cell | None]:
    return [None if currency not in value else float(str(value[currency])) for currency in currencies]


def _to_whom(grid: Grid, facts: Sequence[OfferFact]) -> None:
    words = grid.words
    grid.heading("offers-to-whom")
    headers = [words(key) for key in ("who", "sent-on", "offer-number", "state", "owner", "value", "currency")]
    lines: list[list[Cell | None]] = [
        [
            fact.name,
            fact.sent_on,
            fact.number,
            messages.text("defaults", f"offer_state-{fact.state}", words.language),
            fact.owner,
            None if fact.value is None else float(fact.value),
            fact.currency,
        ]
        for fact in facts[:MOST_SENT]
    ]
    grid.table(headers, ("text", "date", "text", "text", "text", "amount", "text"), lines)
    if len(facts) > MOST_SENT:
        grid.note(words("and-more", n=len(facts) - MOST_SENT))
