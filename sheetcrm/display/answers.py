"""Lists as the terminal shows them: problems, findings, History, the report of an import."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

from sheetcrm import messages
from sheetcrm.display.plans import problem_sums, said
from sheetcrm.numerals import amount_text
from sheetcrm.problems import SEVERITIES, Problem
from sheetcrm.turns import TURN

if TYPE_CHECKING:
    from sheetcrm.model import Event
    from sheetcrm.pipeline import Pipeline
    from sheetcrm.tables import Plan

__all__ = ["events_json", "events_text", "import_text", "problems_text"]

SIGNS = {"error": "✗", "warning": "!", "hint": "·"}


class Report(Protocol):
    """Anything that tells a person what it did: an import."""

    @property
    def plan(self) -> Plan:
        """What was, or would be, written."""
        ...

    @property
    def copy(self) -> str:
        """Where the workbook is kept as it was; "" where nothing was written."""
        ...

    def as_text(self, language: str) -> str:
        """What it did, in words."""
        ...


def problems_text(problems: Sequence[Problem], language: str) -> str:
    """Every problem below its tab, in the order of rows, and their sum."""
    if not problems:
        return said("problem-none", language)
    by_tab: dict[str, list[Problem]] = {}
    for problem in problems:
        by_tab.setdefault(problem.tab, []).append(problem)
    lines: list[str] = []
    for tab, found in by_tab.items():
        lines += ["", tab]
        for problem in sorted(found, key=lambda p: (p.row or 0, SEVERITIES.index(p.severity))):
            row = said("problem-row", language, row=problem.row) if problem.row else ""
            message = problem.message(language)
            column = "" if message.startswith(f"{problem.column}:") else problem.column
            where = " · ".join(filter(None, (row, problem.id, column)))
            lines.append(f"  {SIGNS[problem.severity]} {where + ': ' if where else ''}{message}")
    numbers = {
        f"{severity}s": messages.text(
            "report", f"n-{severity}", language, n=sum(p.severity == severity for p in problems)
        )
        for severity in SEVERITIES
    }
    return "\n".join([*lines[1:], "", said("problem-sum", language, **numbers)])


def events_text(events: Sequence[Event], language: str, pipeline: Pipeline | None = None) -> str:
    """What happened, day by day, in the order in which sync saw it."""
    lines: list[str] = []
    day: str | None = None
    for event in events:
        seen = event.happened_on.isoformat() if event.happened_on else said("day-unknown", language)
        if seen != day:
            lines += ["", seen]
            day = seen
        lines.append(f"  {event_line(event, language, pipeline)}")
    return "\n".join(lines[1:]) or said("event-none", language)


def event_line(event: Event, language: str, pipeline: Pipeline | None) -> str:
    """`R-0042 won: Negotiation → Won (Ana, 3,500.00 EUR, “…”)`."""
    is_offer = event.event.startswith("offer-")
    before, after = (
        offer_state(word, language) if is_offer else place_name(word, language, pipeline)
        for word in (event.before, event.after)
    )
    if event.event == TURN and pipeline:
        after = pipeline.label("owner", event.after)
    change = " → ".join(filter(None, (before, after)))
    money = amount_text(event.value, event.currency, language) if event.value is not None else ""
    reason = pipeline.label("loss_reason", event.reason) if pipeline else event.reason
    more = ", ".join(filter(None, (event.owner, money, reason, event.competitor, event.note)))
    what = " ".join(filter(None, (event.record, messages.text("events", event.event, language))))
    return f"{what}{': ' + change if change else ''}{f' ({more})' if more else ''}"


def offer_state(word: str, language: str) -> str:
    """The state of an offer as people call it."""
    return messages.text("defaults", f"offer_state-{word}", language) if word else ""


def place_name(word: str, language: str, pipeline: Pipeline | None) -> str:
    """A stage's or a tab's name; anything else as it is."""
    stage = pipeline.stage(word) if pipeline else None
    if stage:
        return stage.name
    return messages.text("tabs", word, language) if word in messages.area("tabs") else word


def events_json(events: Iterable[Event]) -> dict[str, object]:
    """The shape of `log --json`: amounts are numbers, days ISO text."""
    lines = ((event, event.model_dump(mode="json")) for event in events)
    return {"events": [line | {"value": None if e.value is None else float(e.value)} for e, line in lines]}


def import_text(report: Report, language: str) -> str:
    """What an import took in, and every line that it did not."""
    lines = [report.as_text(language), *problem_sums(report.plan, language)]
    if report.copy:
        lines.append(said("done-copy", language, copy=report.copy))
    return "\n".join(lines)
