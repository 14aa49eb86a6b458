"""What a workbook, its problems and its plans look like in Jupyter.

Knows how they read; counts nothing but what it is handed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from sheetcrm.display import html
from sheetcrm.display.plans import plan_rows, receipt_text, said, sums
from sheetcrm.display.words import caption, word
from sheetcrm.intervals import share
from sheetcrm.numerals import amounts_text, number_text, percent_text
from sheetcrm.problems import SEVERITIES, Problem
from sheetcrm.report import Words, what_to_do

if TYPE_CHECKING:
    from datetime import datetime

    from sheetcrm.follow_ups import FollowUp
    from sheetcrm.funnel import PipelineLine, Tally
    from sheetcrm.tables import Plan, Receipt, Snapshot

__all__ = ["fix_html", "follow_ups_html", "plan_html", "problems_html", "receipt_html", "workbook_card"]

OWN_COLUMNS = ("problem-tab", "id", "problem-column", "problem-what")


def workbook_card(
    name: str,
    total: Tally,
    open_values: Iterable[PipelineLine],
    problems: Sequence[Problem],
    last_run: datetime | None,
    language: str,
) -> str:
    """A workbook at a glance."""
    figures = [(word(key, language), number_text(getattr(total, key), language)) for key in COUNTED]
    values = {line.currency: line.value for line in open_values if line.currency is not None}
    lines = [
        *_amounts("card-open", values, language),
        *_amounts("card-won", total.won_value, language),
        *_rate(total, language),
        _to_put_right(problems, language),
        caption("card-last-run", language, moment=f"{last_run:%Y-%m-%d %H:%M}")
        if last_run
        else caption("card-never-run", language),
    ]
    return html.card(name, figures, lines)


COUNTED = ("records", "open", "won", "lost")


def _amounts(key: str, amounts: Mapping[str, Decimal], language: str) -> list[str]:
    return [caption(key, language, amounts=amounts_text(amounts, language))] if amounts else []


def _rate(total: Tally, language: str) -> list[str]:
    closed = total.won + total.lost
    if not closed:
        return []
    sure = share(total.won, closed)
    rates = {"rate": total.win_rate, "low": sure.low, "high": sure.high}
    return [caption("card-rate", language, **{key: percent_text(rate, language) for key, rate in rates.items()})]


def _to_put_right(problems: Sequence[Problem], language: str) -> str:
    counts = {severity: sum(p.severity == severity for p in problems) for severity in SEVERITIES}
    if not counts["error"] and not counts["warning"]:
        return caption("card-fine", language)
    words = {f"{s}s": word(f"n-{s}", language, n=counts[s]) for s in ("error", "warning")}
    return caption("card-problems", language, **words)


def problems_html(problems: Sequence[Problem], language: str) -> str:
    """Errors and warnings as a table; hints, of which there may be hundreds, folded away."""
    if not problems:
        return html.page(html.paragraph(said("problem-none", language)))
    serious = [p for p in problems if p.severity != "hint"]
    hints = [p for p in problems if p.severity == "hint"]
    blocks = [html.paragraph(_to_put_right(problems, language), bold=True)]
    if serious:
        blocks.append(_problem_table(serious, language))
    if hints:
        title = word("n-hint", language, n=len(hints))
        blocks.append(html.unfolded(title, _problem_table(hints, language)))
    return html.page(*blocks)


def _problem_table(problems: Iterable[Problem], language: str) -> str:
    rows = [(p.tab, p.id, p.column, p.message(language)) for p in problems]
    return html.table([word(key, language) for key in OWN_COLUMNS], rows, language)


def plan_html(plan: Plan, language: str, snapshot: Snapshot) -> str:
    """What would be done in people's tabs, a line a cell, and the sum of all."""
    stops = [html.paragraph(said("plan-stopped", language, why=p.message(language)), bold=True) for p in plan.stopped]
    if plan.is_empty:
        return html.page(*stops, html.paragraph(said("plan-empty", language)))
    summary = html.paragraph(said("plan-sum", language, parts=sums(plan, "sum", language)), bold=True)
    return html.page(*stops, summary, _change_table(plan, language, snapshot))


def _change_table(plan: Plan, language: str, snapshot: Snapshot) -> str:
    rows = plan_rows(plan, language, snapshot)
    if not rows:
        return ""
    headers = [word("problem-tab", language), *(caption(key, language) for key in ("row", "change"))]
    headers += [word("problem-column", language), *(caption(key, language) for key in ("before", "after"))]
    return html.table(headers, rows, language)


def receipt_html(receipt: Receipt, language: str) -> str:
    """What was done, in words."""
    return html.page(*map(html.paragraph, receipt_text(receipt, language).split("\n")))


def fix_html(
    plan: Plan,
    then: Plan,
    snapshot: Snapshot,
    judged: tuple[Sequence[Problem], Sequence[Problem], Sequence[Problem]],
    moves: int,
) -> str:
    """The cells that would be written, and what sync would then say of them. `judged`: solved, left, new."""
    language = plan.language
    if plan.is_empty:
        return html.page(html.paragraph(caption("fix-nothing", language)))
    solved, left, new = judged
    effect = caption("fix-effect", language, solved=len(solved), left=len(left), new=len(new))
    blocks = [_change_table(plan, language, snapshot), html.paragraph(effect, bold=True)]
    if moves:
        blocks.append(html.paragraph(caption("fix-moves", language, n=moves)))
    for key, some in (("fix-new", new), ("fix-left", left)):
        if some:
            blocks += [html.paragraph(caption(key, language)), _problem_table(some, language)]
    stops = [html.paragraph(said("plan-stopped", language, why=p.message(language)), bold=True) for p in then.stopped]
    return html.page(*blocks, *stops)


def follow_ups_html(by_owner: Mapping[str, Sequence[FollowUp]], language: str) -> str:
    """What each owner has to do, the most urgent first."""
    words = Words(language)
    headers = [words(key) for key in ("who", "id", "do-on", "value", "do-what")]
    blocks = []
    for owner, some in by_owner.items():
        rows = [
            (
                one.name or one.id,
                one.id,
                one.on.isoformat() if one.on else "",
                "" if one.value is None else f"{number_text(one.value, language)} {one.currency}".strip(),
                what_to_do(one, words),
            )
            for one in some
        ]
        title = html.paragraph(f"{owner or words('no-owner')} ({len(some)})", bold=True)
        blocks += [title, html.table(headers, rows, language, numbers=(3,))]
    return html.page(*(blocks or [html.paragraph(words("nothing-to-do"))]))
