"""What a row's problems say: as values for those who list them, as a sentence or two in its `check` cell."""

from __future__ import annotations

from collections.abc import Iterable

from sheetcrm.columns import Layout
from sheetcrm.drafts import Draft
from sheetcrm.problems import SEVERITIES, Problem
from sheetcrm.run import Run

__all__ = ["PASSING", "check_text", "problems_of"]

SHOWN_HINTS = frozenset({"half-typed", "total-row", "second-header", "missing-stage", "copied-row"})
"""Hints that stand in `check`; the others only help those who ask."""

HINT_MARK = "· "
"""Begins a `check` cell that holds hints alone: such a cell is not coloured."""


def problems_of(run: Run, draft: Draft, layout: Layout, row: int | None) -> list[Problem]:
    """What is wrong with a row, in the words of the tab it stands in."""
    if not draft.entry.found:
        return []
    record = draft.entry.record
    owner = run.rules.pipeline.label("owner", getattr(record, "owner", None))
    made = []
    for found in draft.entry.found:
        column = layout.header_of(found.field, run.language) if found.field else ""
        number = None if row is None else row + 1
        made.append(Problem(found.code, layout.title, number, draft.id, column, found.values, owner))
    return made


def check_text(problems: Iterable[Problem], language: str) -> str:
    """The two most serious, a sentence each; "" when all is well."""
    shown = [p for p in problems if p.severity != "hint" or p.code in SHOWN_HINTS]
    shown.sort(key=lambda p: SEVERITIES.index(p.severity))
    text = " ".join(dict.fromkeys(p.message(language) for p in shown[:2]))
    return HINT_MARK + text if shown and shown[0].severity == "hint" else text


PASSING = frozenset({"copied-id"})
"""Problems that sync puts right as it says them: they stand in no cell."""
