"""What a run would do, and what it did: every row, every cell, before and after.

Knows the changes of `tables` and, with the snapshot at hand, what their columns
and rows are called; without it columns go by their letters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Literal

from sheetcrm import messages
from sheetcrm.columns import Layout, read_layout, tab_called
from sheetcrm.display.numbers import cell_json, cell_text
from sheetcrm.display.words import caption
from sheetcrm.schema import FIELDS_OF_IDENTITY, SYNC_TABS
from sheetcrm.tables import (
    AddColumn,
    AddRows,
    AddTab,
    Cell,
    Change,
    Mark,
    MoveRow,
    Plan,
    Receipt,
    RowKey,
    SetCells,
    Snapshot,
    WriteTab,
    column_letters,
    is_blank,
    locate,
    raw_text,
)

__all__ = ["plan_json", "plan_rows", "plan_text", "receipt_json", "receipt_text"]

NAMED_BY = (*FIELDS_OF_IDENTITY, "name", "record", "description", "title", "stage", "setting", "owner")


def plan_text(plan: Plan, language: str, snapshot: Snapshot | None = None) -> str:
    """The exact changes, tab by tab, and their sum."""
    lines = [said("plan-stopped", language, why=problem.message(language)) for problem in plan.stopped]
    if plan.is_empty:
        return "\n".join([*lines, said("plan-empty", language)])
    reader = _Reader(plan, language, snapshot)
    by_tab: dict[str, list[Change]] = {}
    for change in plan.changes:
        by_tab.setdefault(tab_of(change), []).append(change)
    for title, changes in by_tab.items():
        lines += ["", title, *(f"  {line}" for line in reader.tab_lines(title, changes))]
    return "\n".join([*lines, "", said("plan-sum", language, parts=sums(plan, "sum", language))]).lstrip("\n")


def plan_rows(plan: Plan, language: str, snapshot: Snapshot | None = None) -> list[tuple[str, ...]]:
    """What is done in people's tabs, a line a cell: tab, row, kind of change, column, before, after."""
    reader = _Reader(plan, language, snapshot)
    return [line for change in plan.changes if not reader.is_own(tab_of(change)) for line in reader.as_rows(change)]


def receipt_text(receipt: Receipt, language: str) -> str:
    """What was done, what is left to put right, and where the copy is."""
    plan = receipt.plan
    lines = [said("plan-stopped", language, why=problem.message(language)) for problem in plan.stopped]
    if receipt.written:
        lines.append(said("done", language, parts=sums(plan, "did", language)))
    else:
        lines.append(said("done-nothing", language))
    lines += [*problem_sums(plan, language), *(note_text(note, language) for note in receipt.notes)]
    if receipt.copy:
        lines.append(said("done-copy", language, copy=receipt.copy))
    return "\n".join(lines)


def problem_sums(plan: Plan, language: str) -> list[str]:
    """How much is to be put right; nothing where all is well."""
    errors, warnings = (sum(p.severity == s for p in plan.problems) for s in ("error", "warning"))
    if not errors and not warnings:
        return []
    words = {
        "errors": messages.text("report", "n-error", language, n=errors),
        "warnings": messages.text("report", "n-warning", language, n=warnings),
    }
    return [said("done-problems", language, **words)]


def plan_json(plan: Plan, snapshot: Snapshot | None = None) -> dict[str, Any]:
    """A plan for a program. Columns have their headers where the snapshot is given, else letters."""
    reader = _Reader(plan, plan.language, snapshot)
    severities = [problem.severity for problem in plan.problems]
    return {
        "empty": plan.is_empty,
        "changes": [reader.as_json(change) for change in plan.changes],
        "events": len(plan.events),
        "errors": severities.count("error"),
        "warnings": severities.count("warning"),
        "stopped": [problem.as_json(plan.language) for problem in plan.stopped],
        **counts(plan),
    }


def receipt_json(receipt: Receipt) -> dict[str, Any]:
    """What was done, for a program."""
    done = {"written": receipt.written, "copy": receipt.copy or None, "notes": list(receipt.notes)}
    return done | plan_json(receipt.plan)


def said(key: str, language: str, **values: object) -> str:
    """A text of the terminal."""
    return messages.text("display", key, language, **values)


def note_text(note: str, language: str) -> str:
    """What a store could not keep, in words where there are words for it."""
    key = f"note-{note}"
    return said(key, language) if key in messages.area("display") else note


def tab_of(change: Change) -> str:
    """The title of the tab that a change is in."""
    match change:
        case SetCells(row) | MoveRow(row):
            return row.tab
        case AddTab(title):
            return title
        case AddRows() | AddColumn() | Mark() | WriteTab():
            return change.tab


def counts(plan: Plan) -> dict[str, int]:
    """Rows of people's tabs that are moved, changed, added."""
    people = [change for change in plan.changes if tab_called(tab_of(change)) not in SYNC_TABS]
    return {
        "moved": sum(isinstance(change, MoveRow) for change in people),
        "changed": sum(isinstance(change, SetCells) for change in people),
        "added": sum(len(change.rows) for change in people if isinstance(change, AddRows)),
    }


def sums(plan: Plan, tense: Literal["sum", "did"], language: str) -> str:
    """`2 rows to move, 1 row to change, …`."""
    numbers = {**counts(plan), "events": len(plan.events)}
    parts = [said(f"{tense}-{key}", language, n=n) for key, n in numbers.items() if n]
    return ", ".join(parts) or said(f"{tense}-reports", language)


def one_line(cell: Cell) -> str:
    """A cell's text, however many lines it has."""
    return " ".join(raw_text(cell).split())


class _Reader:
    """Gives rows and columns the names by which people know them."""

    def __init__(self, plan: Plan, language: str, snapshot: Snapshot | None) -> None:
        self.plan = plan
        self.language = language
        self.snapshot = snapshot

    @cached_property
    def layouts(self) -> Mapping[str, Layout]:
        """The tabs by title."""
        if self.snapshot is None:
            return {}
        return {layout.title: layout for layout in read_layout(self.snapshot).layouts.values()}

    @cached_property
    def new_headers(self) -> Mapping[tuple[str, int], str]:
        """Headers that the plan itself puts up."""
        found: dict[tuple[str, int], str] = {}
        for change in self.plan.changes:
            if isinstance(change, AddColumn):
                found[change.tab, change.column] = change.header
            elif isinstance(change, AddTab):
                found |= {(change.title, number): column.header for number, column in enumerate(change.columns)}
        return found

    @cached_property
    def rows(self) -> Mapping[str, Mapping[str, int]]:
        """Tab → raw ID → row."""
        found: dict[str, dict[str, int]] = {}
        for title, layout in self.layouts.items():
            column, tab = layout.addressing.id_column, layout.tab
            numbers = range(layout.header_row + 1, len(tab.rows))
            found[title] = {raw_text(tab.cell(row, column)): row for row in reversed(numbers)}
        return found

    @cached_property
    def rows_without_id(self) -> Mapping[RowKey, int]:
        """Where rows are that have no ID yet."""
        titles = {c.row.tab for c in self.plan.changes if isinstance(c, SetCells | MoveRow) and not c.row.id}
        found: dict[RowKey, int] = {}
        for title in titles & self.layouts.keys() & self.plan.addressing.keys():
            found |= locate(self.layouts[title].tab, self.plan.addressing[title])
        return found

    # ------------------------------------------------------------ names

    def column(self, title: str, column: int) -> str:
        """The header, as it stands or will stand; else the column's letters."""
        if (title, column) in self.new_headers:
            return self.new_headers[title, column]
        layout = self.layouts.get(title)
        header = raw_text(layout.tab.cell(layout.header_row, column)).strip() if layout else ""
        return header or said("plan-column", self.language, letters=column_letters(column))

    def row(self, key: RowKey) -> str:
        """ID and name of a row."""
        layout = self.layouts.get(key.tab)
        number = self.rows.get(key.tab, {}).get(key.id) if key.id else self.rows_without_id.get(key)
        name = ""
        if layout and number is not None:
            cells = (layout.tab.cell(number, layout.columns[n]) for n in NAMED_BY if n in layout.columns)
            name = next((one_line(cell) for cell in cells if not is_blank(cell)), "")
        return " ".join(filter(None, (key.id or said("plan-row", self.language), name)))

    def new_row(self, title: str, cells: tuple[Cell, ...]) -> str:
        """A row that is not there yet, by its first words."""
        words = [one_line(cell) for cell in cells if not is_blank(cell)]
        return " ".join(words[:2]) or said("plan-new-row", self.language)

    def is_own(self, title: str) -> bool:
        """Whether a tab is sync's altogether."""
        return tab_called(title) in SYNC_TABS or (title in self.layouts and self.layouts[title].name in SYNC_TABS)

    # ------------------------------------------------------------ text

    def tab_lines(self, title: str, changes: list[Change]) -> Iterator[str]:
        """All that is done in one tab. Of sync's own tabs, how many lines."""
        if self.is_own(title):
            yield from self.own_tab_lines(changes)
            return
        for change in changes:
            yield from self.lines(title, change)

    def own_tab_lines(self, changes: list[Change]) -> Iterator[str]:
        """Nobody reads the bookkeeping line by line."""
        for change in changes:
            if isinstance(change, AddTab):
                yield "+ " + said("plan-add-hidden-tab" if change.hidden else "plan-add-tab", self.language)
            elif isinstance(change, WriteTab):
                yield "~ " + said("plan-rewritten", self.language)
        touched = sum(isinstance(change, SetCells) for change in changes)
        if touched:
            yield "~ " + said("plan-lines-changed", self.language, n=touched)
        added = sum(len(change.rows) for change in changes if isinstance(change, AddRows | AddTab))
        if added:
            yield "+ " + said("plan-lines", self.language, n=added)

    def lines(self, title: str, change: Change) -> Iterator[str]:
        """One change of a tab of people's."""
        match change:
            case SetCells(row, cells):
                yield f"~ {self.row(row)}"
                for column, before, after in cells:
                    yield f"    {self.column(title, column)}: {cell_text(before)} → {cell_text(after)}"
            case MoveRow(row, to, _, written):
                yield f"→ {self.row(row)} {said('plan-moves', self.language, before=title, after=to)}"
                for column, after in written:
                    yield f"    {self.column(to, column)}: {cell_text(after)}"
            case AddRows(_, rows):
                yield from (f"+ {self.new_row(title, cells)}" for cells in rows)
            case AddColumn():
                yield "+ " + said("plan-add-column", self.language, header=change.header)
            case AddTab():
                yield "+ " + said("plan-add-tab", self.language)
            case Mark(_, _, columns):
                yield "· " + said("plan-marks", self.language, n=len(columns))
            case WriteTab():
                yield "~ " + said("plan-rewritten", self.language)

    # ------------------------------------------------------------ a table

    def as_rows(self, change: Change) -> Iterator[tuple[str, ...]]:
        """One change of a tab of people's, a line a cell."""
        title = tab_of(change)

        def what(key: str, **values: object) -> str:
            return caption(key, self.language, **values)

        match change:
            case SetCells(row, cells):
                for column, before, after in cells:
                    said = (self.column(title, column), one_line(before), one_line(after))
                    yield (title, self.row(row), what("set"), *said)
            case MoveRow(row, to):
                yield (title, self.row(row), what("move", tab=to), "", "", "")
            case AddRows(_, rows):
                yield from ((title, self.new_row(title, cells), what("add-rows"), "", "", "") for cells in rows)
            case AddColumn():
                yield (title, "", what("add-column"), change.header, "", "")
            case AddTab():
                yield (title, "", what("add-tab"), "", "", "")

    # ------------------------------------------------------------ JSON

    def as_json(self, change: Change) -> dict[str, object]:
        """One change for a program."""
        title = tab_of(change)
        match change:
            case SetCells(row, cells):
                written = [
                    {"column": self.column(title, column), "before": cell_json(before), "after": cell_json(after)}
                    for column, before, after in cells
                ]
                return {"change": "set", "tab": title, "id": row.id or None, "cells": written}
            case MoveRow(row, to, _, over):
                written = [{"column": self.column(to, column), "after": cell_json(after)} for column, after in over]
                return {"change": "move", "tab": title, "id": row.id or None, "to": to, "cells": written}
            case AddRows(_, rows):
                added = [[cell_json(cell) for cell in cells] for cells in rows]
                return {"change": "add-rows", "tab": title, "rows": added}
            case AddColumn():
                return {"change": "add-column", "tab": title, "header": change.header}
            case AddTab():
                return {"change": "add-tab", "tab": title, "rows": len(change.rows), "hidden": change.hidden}
            case Mark(_, _, columns):
                return {"change": "mark", "tab": title, "fields": [name for name, _ in columns]}
            case WriteTab(_, grid):
                return {"change": "write-tab", "tab": title, "rows": len(grid)}
