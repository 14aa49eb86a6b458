"""The funnel as a page of text: totals, stages with bars, cohorts, reasons, groups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from sheetcrm.display.numbers import bar, days_text, table
from sheetcrm.display.plans import said
from sheetcrm.display.words import word
from sheetcrm.numerals import amounts_text, number_text, percent_text

if TYPE_CHECKING:
    from sheetcrm.funnel import Days, Funnel, Tally

__all__ = ["funnel_text"]

LONGEST_KEY = 32


def funnel_text(funnel: Funnel, language: str) -> str:
    """How many came, how far they got, what was won and lost."""
    if not funnel.total.records:
        return said("funnel-none", language)
    blocks = [
        list(_totals(funnel.total, language)),
        _stages(funnel, language),
        _tallies(
            "created-in", ((month or word("unknown-month", language), of) for month, of in funnel.cohorts), language
        ),
    ]
    if funnel.reasons:
        blocks.append(_reasons(funnel, language))
    if funnel.by:
        label = funnel.by
        blocks.append(_tallies(label, ((key or word("blank", language), of) for key, of in funnel.groups), language))
    return "\n\n".join("\n".join(block) for block in blocks)


def _totals(total: Tally, language: str) -> Iterator[str]:
    numbers = {k: number_text(getattr(total, k), language) for k in ("records", "open", "won", "lost")}
    yield said("funnel-records", language, **numbers)
    rate = percent_text(total.win_rate, language)
    if total.not_counted:
        counted = percent_text(total.win_rate_counted, language)
        yield said("funnel-counted", language, rate=rate, counted=counted, n=total.not_counted)
    else:
        yield said("funnel-rate", language, rate=rate)
    if total.won_value:
        yield said("funnel-value", language, amounts=amounts_text(total.won_value, language))
    for key, days in (("won", total.days_won), ("lost", total.days_lost)):
        if days.median is not None:
            yield _days(f"funnel-days-{key}", days, language)


def _days(key: str, days: Days, language: str) -> str:
    return said(key, language, median=days_text(days.median, language), p90=days_text(days.p90, language))


def _stages(funnel: Funnel, language: str) -> list[str]:
    most = max((count.reached for count in funnel.stages), default=0)
    rows = [
        (
            _short(count.stage.name),
            number_text(count.reached, language),
            number_text(count.now, language),
            bar(count.reached, most),
        )
        for count in funnel.stages
    ]
    return table([*(word(key, language) for key in ("stage", "reached", "now")), ""], rows)


def _tallies(label: str, tallies: Iterable[tuple[str, Tally]], language: str) -> list[str]:
    headers = [word(key, language) for key in (label, "records", "open", "won", "lost", "win-rate", "value-won")]
    rows = []
    for name, of in tallies:
        counts = (number_text(number, language) for number in (of.records, of.open, of.won, of.lost))
        rate, value = percent_text(of.win_rate, language), amounts_text(of.won_value, language)
        rows.append((_short(name), *counts, rate, value))
    return table(headers, rows)


def _reasons(funnel: Funnel, language: str) -> list[str]:
    lost = funnel.total.lost
    rows = [
        (
            _short(reason or word("blank", language)),
            number_text(count, language),
            percent_text(count / lost, language),
            bar(count, lost),
        )
        for reason, count in ((r.reason, r.lost) for r in funnel.reasons)
    ]
    return table([*(word(key, language) for key in ("reason", "lost", "share")), ""], rows)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_KEY else text[: LONGEST_KEY - 1] + "…"
