"""A person at the open workbook: types, pastes, sorts, renames, undoes.

Knows where a field stands in the team's language, as a person sees it by its
header. Knows no story, no sync, and not which program has the workbook open.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Protocol, TypeAlias

from sheetcrm import messages
from sheetcrm.columns import field_called, tab_title
from sheetcrm.pipeline import CLOSED_KINDS, LIST_KINDS
from sheetcrm.schema import fields_of
from sheetcrm.tables import Cell, raw_text

__all__ = ["Desk", "Screen", "Undo"]

PICKED = frozenset({"stage", *LIST_KINDS, *CLOSED_KINDS}) - {"owner", "competitor"}
"""Kinds of columns of which the story names the code and the desk types the word."""

Undo: TypeAlias = dict[tuple[str, str], list[Cell]]
"""What stood in a column before somebody sorted it: tab and field → cells."""


class Screen(Protocol):
    """The workbook as a program shows it. Rows and columns count from 0."""

    def rows(self, title: str) -> Sequence[Sequence[Cell]]:
        """What the cells of a tab say, what was just typed included."""
        ...

    def put(self, title: str, row: int, column: int, cell: Cell) -> None:
        """Type into a cell."""
        ...


class Desk:
    """The workbook as somebody has it open."""

    def __init__(self, screen: Screen, language: str, last: date, undo: Undo) -> None:
        self.screen = screen
        self.language = language
        self.last = last
        """The last day of the story; days count back from it."""
        self.undo = undo

    # ------------------------------------------------------------ looking

    def title(self, tab: str) -> str:
        """What people call a tab."""
        return tab_title(tab, self.language)

    def rows(self, tab: str) -> Sequence[Sequence[Cell]]:
        """What the cells of a tab say."""
        return self.screen.rows(self.title(tab))

    def columns(self, tab: str) -> Mapping[str, int]:
        """Where each field stands, by its header."""
        fields = fields_of(tab)
        found: dict[str, int] = {}
        for column, header in enumerate(self.rows(tab)[0]):
            name = field_called(raw_text(header), fields)
            if name is not None:
                found.setdefault(name, column)
        return found

    def row(self, tab: str, field: str, text: str) -> int:
        """The first row in which a column says that."""
        column = self.columns(tab)[field]
        for row, cells in enumerate(self.rows(tab)):
            if row and column < len(cells) and cells[column] == text:
                return row
        raise LookupError(f"{self.title(tab)}: {text}")

    def free_row(self, tab: str) -> int:
        """The first row below everything."""
        rows = self.rows(tab)
        return max((row + 1 for row, cells in enumerate(rows) if any(cell != "" for cell in cells)), default=0)

    def word(self, key: str) -> str:
        """A word of the story in the team's language; what the catalogue lacks is said as it is."""
        return messages.text("demo", key, self.language) if key in messages.area("demo") else key

    def day(self, ago: int) -> date:
        """A day of the story."""
        return self.last - timedelta(days=ago)

    def cell(self, tab: str, row: int, field: str) -> Cell:
        """What a cell says."""
        cells, column = self.rows(tab)[row], self.columns(tab)[field]
        return cells[column] if column < len(cells) else ""

    # ------------------------------------------------------------ typing

    def type(self, tab: str, row: int, values: Mapping[str, Cell]) -> None:
        """Type into cells of one row, as the columns are laid out."""
        columns, kinds = self.columns(tab), {name: field.kind for name, field in fields_of(tab).items()}
        for name, value in values.items():
            if isinstance(value, str):
                value = self._as_typed(kinds[name], value)
            self.screen.put(self.title(tab), row, columns[name], value)

    def _as_typed(self, kind: str, value: str) -> str:
        code = f"{kind}-{value}"
        if kind in PICKED and code in messages.area("defaults"):
            return messages.text("defaults", code, self.language)
        return self.word(value)

    def add(self, tab: str, **values: Cell) -> None:
        """Type a new row below the last."""
        self.type(tab, self.free_row(tab), values)

    def edit(self, tab: str, company: str, **values: Cell) -> None:
        """Type into the row of a company."""
        self.type(tab, self.row(tab, "company", self.word(company)), values)

    def rename(self, tab: str, field: str, code: str, new: str) -> None:
        """Call a line of Stages or Lists something else."""
        old = messages.text("defaults", f"{field}-{code}", self.language)
        self.type(tab, self.row(tab, field, old), {field: new})

    # ------------------------------------------------------------ what goes wrong now and then

    def paste_below(self, tab: str, company: str) -> int:
        """Copy a whole row, ID and all, below the last one."""
        source, target = self.row(tab, "company", self.word(company)), self.free_row(tab)
        for column, cell in enumerate(self.rows(tab)[source]):
            if cell != "":
                self.screen.put(self.title(tab), target, column, cell)
        return target

    def new_column(self, tab: str, header: str, values: Mapping[str, Cell]) -> None:
        """Add a column of the team's own at the far right."""
        column = len(self.rows(tab)[0])
        self.screen.put(self.title(tab), 0, column, self.word(header))
        for company, value in values.items():
            self.screen.put(self.title(tab), self.row(tab, "company", self.word(company)), column, value)

    def sort_one_column(self, tab: str, field: str) -> None:
        """Sort one column and leave the others where they are."""
        column, rows = self.columns(tab)[field], self.rows(tab)
        before = [rows[row][column] if column < len(rows[row]) else "" for row in range(1, self.free_row(tab))]
        self.undo[tab, field] = before
        self._fill(tab, column, sorted(before, key=str))

    def undo_sorting(self, tab: str, field: str) -> None:
        """Put the column back as it was before somebody sorted it."""
        self._fill(tab, self.columns(tab)[field], self.undo.pop((tab, field)))

    def _fill(self, tab: str, column: int, values: Sequence[Cell]) -> None:
        for row, value in enumerate(values, 1):
            self.screen.put(self.title(tab), row, column, value)
