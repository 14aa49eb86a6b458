"""A person at the open workbook: types, pastes, sorts, renames, undoes.

Knows where a field stands in the team's language, as a person sees it by its
header. Knows no story and no sync.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeAlias

from openpyxl import Workbook, load_workbook

from sheetcrm import messages
from sheetcrm.columns import field_called, tab_title
from sheetcrm.pipeline import CLOSED_KINDS, LIST_KINDS
from sheetcrm.schema import fields_of
from sheetcrm.tables import Cell
from sheetcrm.workbooks.excel.cells import take_look, write

__all__ = ["Desk", "Undo", "at_desk", "is_ours", "sign"]

SIGN = "sheetcrm demo"
"""Stands in the document's category: such a file may be made anew."""

PICKED = frozenset({"stage", *LIST_KINDS, *CLOSED_KINDS}) - {"owner", "competitor"}
"""Kinds of columns of which the story names the code and the desk types the word."""

Undo: TypeAlias = dict[tuple[str, str], list[Any]]
"""What stood in a column before somebody sorted it: tab and field → cells."""


class Desk:
    """The workbook as somebody has it open."""

    def __init__(self, book: Workbook, language: str, last: date, undo: Undo) -> None:
        self.book = book
        self.language = language
        self.last = last
        """The last day of the story; days count back from it."""
        self.undo = undo

    # ------------------------------------------------------------ looking

    def sheet(self, tab: str) -> Any:
        """The tab, by the title that people see."""
        return self.book[tab_title(tab, self.language)]

    def columns(self, tab: str) -> Mapping[str, int]:
        """Where each field stands, by its header."""
        fields = fields_of(tab)
        found: dict[str, int] = {}
        for cell in self.sheet(tab)[1]:
            name = field_called(str(cell.value or ""), fields)
            if name is not None:
                found.setdefault(name, cell.column)
        return found

    def row(self, tab: str, field: str, text: str) -> int:
        """The first row in which a column says that."""
        sheet, column = self.sheet(tab), self.columns(tab)[field]
        for row in range(2, sheet.max_row + 1):
            if sheet.cell(row, column).value == text:
                return row
        raise LookupError(f"{sheet.title}: {text}")

    def free_row(self, tab: str) -> int:
        """The first row below everything."""
        sheet = self.sheet(tab)
        rows = (row for row in range(sheet.max_row, 0, -1) if any(c.value is not None for c in sheet[row]))
        return next(rows, 0) + 1

    def word(self, key: str) -> str:
        """A word of the story in the team's language; what the catalogue lacks is said as it is."""
        return messages.text("demo", key, self.language) if key in messages.area("demo") else key

    def day(self, ago: int) -> date:
        """A day of the story."""
        return self.last - timedelta(days=ago)

    def cell(self, tab: str, row: int, field: str) -> Any:
        """What a cell says."""
        return self.sheet(tab).cell(row, self.columns(tab)[field]).value

    # ------------------------------------------------------------ typing

    def type(self, tab: str, row: int, values: Mapping[str, Cell]) -> None:
        """Type into cells of one row, as the columns are laid out."""
        columns, kinds = self.columns(tab), {name: field.kind for name, field in fields_of(tab).items()}
        for name, value in values.items():
            if isinstance(value, str):
                value = self._as_typed(kinds[name], value)
            self._put(tab, row, columns[name], value)

    def _as_typed(self, kind: str, value: str) -> str:
        code = f"{kind}-{value}"
        if kind in PICKED and code in messages.area("defaults"):
            return messages.text("defaults", code, self.language)
        return self.word(value)

    def _put(self, tab: str, row: int, column: int, value: Cell) -> None:
        sheet = self.sheet(tab)
        cell = sheet.cell(row, column)
        if not cell.has_style:
            take_look(cell, sheet.column_dimensions[cell.column_letter])
        write(cell, value, self.language)

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
        sheet, source, target = self.sheet(tab), self.row(tab, "company", self.word(company)), self.free_row(tab)
        for cell in list(sheet[source]):
            if cell.value is not None:
                self._put(tab, target, cell.column, cell.value)
        return target

    def new_column(self, tab: str, header: str, values: Mapping[str, Cell]) -> None:
        """Add a column of the team's own at the far right."""
        sheet = self.sheet(tab)
        column = sheet.max_column + 1
        take_look(sheet.cell(1, column), sheet.cell(1, self.columns(tab)["company"]))
        sheet.cell(1, column).value = self.word(header)
        for company, value in values.items():
            self._put(tab, self.row(tab, "company", self.word(company)), column, value)

    def sort_one_column(self, tab: str, field: str) -> None:
        """Sort one column and leave the others where they are."""
        column = self.columns(tab)[field]
        before = [self.sheet(tab).cell(row, column).value for row in range(2, self.free_row(tab))]
        self.undo[tab, field] = before
        self._fill(tab, column, sorted(before, key=str))

    def undo_sorting(self, tab: str, field: str) -> None:
        """Put the column back as it was before somebody sorted it."""
        self._fill(tab, self.columns(tab)[field], self.undo.pop((tab, field)))

    def _fill(self, tab: str, column: int, values: Sequence[Cell]) -> None:
        for row, value in enumerate(values, 2):
            self.sheet(tab).cell(row, column).value = value


@contextmanager
def at_desk(path: Path, language: str, last: date, undo: Undo) -> Iterator[Desk]:
    """Open the workbook, work in it, save it."""
    book = load_workbook(path)
    yield Desk(book, language, last, undo)
    book.save(path)


def sign(path: Path) -> None:
    """Write into the document's properties that it is a demo."""
    book = load_workbook(path)
    book.properties.category = SIGN
    book.save(path)


def is_ours(path: Path) -> bool:
    """Whether a file is a workbook that the demo made."""
    try:
        book = load_workbook(path, read_only=True)
    except Exception:  # openpyxl raises whatever it stumbles over; what cannot be read is not ours
        return False
    try:
        return bool(book.properties.category == SIGN)
    finally:
        book.close()
