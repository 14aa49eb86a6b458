"""Cells that a person puts right in Python: which they may write, and the plan that writes them.

They are treated as if they were typed: only people's columns, only cells that still
say what was read; what sync makes of them is for the next run to say. Nothing is
judged here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from sheetcrm.columns import Layout
from sheetcrm.drafts import Draft
from sheetcrm.gather import record_tabs
from sheetcrm.problems import Changed, UsageError
from sheetcrm.run import Run
from sheetcrm.tables import Cell, CellChange, Plan, SetCells, addresses, raw_text, same_cell

__all__ = ["CellsRead", "Fix", "cells_read", "fixes_in", "plan_fixes"]

TYPED = frozenset({"people", "command", "fill"})
"""Who else writes a column is no matter, if people may."""
SHOWN = "check"
"""The one column of sync's that is read along: it says what is wrong."""


class Fix(NamedTuple):
    """One cell, as it was read and as it shall be."""

    tab: str
    id: str
    column: str
    """The field; of a column of the team's own, its header."""
    before: Cell
    after: Cell


class CellsRead(NamedTuple):
    """The cells of a tab that people may write, as they stood."""

    tab: str
    columns: tuple[str, ...]
    rows: Mapping[str, Mapping[str, Cell]]
    """ID → column → cell."""


def cells_read(run: Run, tab: str) -> CellsRead:
    """What stands in a tab, of the rows that sync knows by their ID. Raises `UsageError` for no such tab."""
    tabs = [name for name in (*record_tabs(run), "accounts", "activities", "offers") if name in run.layouts]
    if tab not in tabs:
        raise UsageError("fix-no-tab", tab=tab, known=", ".join(tabs))
    layout = run.layouts[tab]
    columns = _columns(layout)
    shown = {SHOWN: layout.columns[SHOWN]} if SHOWN in layout.columns else {}
    rows = {
        draft.id: {name: _cell(draft, column) for name, column in (shown | columns).items()}
        for draft in run.rows
        if draft.layout.name == tab and _is_known(run, draft)
    }
    return CellsRead(tab, (*shown, *columns), rows)


def fixes_in(read: CellsRead, wanted: Mapping[str, Mapping[str, Cell]]) -> tuple[Fix, ...]:
    """What differs from what was read. A row or column that is not there wants nothing.

    Raises `UsageError` for a row or column that was not read, and for one of sync's.
    """
    found = []
    for id_, cells in wanted.items():
        if id_ not in read.rows:
            raise UsageError("fix-no-row", id=id_ or "–", tab=read.tab)
        for column, after in cells.items():
            if column not in read.columns:
                raise UsageError("fix-no-column", column=column, tab=read.tab)
            before = read.rows[id_][column]
            if same_cell(before, after):
                continue
            if column == SHOWN:
                raise UsageError("fix-syncs-column", column=column, id=id_)
            found.append(Fix(read.tab, id_, column, before, after))
    return tuple(found)


def plan_fixes(run: Run, fixes: Sequence[Fix]) -> Plan:
    """Write these cells, wherever their rows stand by now.

    What says so already is left. Raises `Changed` where a cell says other than what was
    read, `UsageError` where it is a formula's.
    """
    by_record: dict[str, list[Fix]] = {}
    for fix in fixes:
        by_record.setdefault(fix.id, []).append(fix)
    changes, addressing = [], {}
    for id_, some in by_record.items():
        draft = run.drafts.get(id_)
        if draft is None or draft.entry.row is None or not _is_known(run, draft):
            raise Changed("fix-row-gone", id=id_)
        cells = tuple(_changes(draft, some))
        if cells:
            layout = draft.layout
            addressing[layout.title] = layout.addressing
            changes.append(SetCells(addresses(layout.tab, layout.addressing)(draft.entry.row), cells))
    protected = run.rules.settings.write_protected
    return Plan(tuple(changes), addressing, language=run.language, write_protected=protected)


def _changes(draft: Draft, fixes: Sequence[Fix]) -> Iterator[CellChange]:
    columns = _columns(draft.layout)
    for fix in fixes:
        column = columns.get(fix.column)
        if column is None:
            raise UsageError("fix-no-column", column=fix.column, tab=draft.layout.title)
        stands = _cell(draft, column)
        if same_cell(stands, fix.after):
            continue
        if (draft.entry.row, column) in draft.layout.tab.formulas:
            raise UsageError("fix-formula", column=fix.column, id=fix.id)
        if not same_cell(stands, fix.before):
            raise Changed("fix-cell-changed", column=fix.column, id=fix.id, says=raw_text(stands))
        yield CellChange(column, stands, fix.after)


def _columns(layout: Layout) -> dict[str, int]:
    """The columns that people may write, from the left."""
    fields = {name: column for name, column in layout.columns.items() if layout.fields[name].writer in TYPED}
    own = {name: column for column, name in layout.own_names.items() if name not in fields}
    return dict(sorted((fields | own).items(), key=lambda item: item[1]))


def _cell(draft: Draft, column: int) -> Cell:
    cells = draft.entry.cells
    return cells[column] if column < len(cells) else ""


def _is_known(run: Run, draft: Draft) -> bool:
    """Whether sync gave it its ID before, and nothing is odd about it."""
    return draft.old is not None and not draft.frozen and run.drafts.get(draft.id) is draft
