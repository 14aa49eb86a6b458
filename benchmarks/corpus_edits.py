"""The edits that are tried on workbooks of strangers, and what each did, in words that judges understand.

The sheets are read by the shared checker, so that what is chosen, and what should
come of it, owes nothing to our editor. Nothing here judges.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from sheetcrm.workbooks.excel import XlsxFile

__all__ = [
    "EDITS",
    "Made",
    "NEW_TAB",
    "Place",
    "Sheet",
    "checker",
    "letters",
    "make",
    "middle_rows",
    "shared_folder",
    "sheets_of",
    "to_edit",
]

Place = tuple[str, int, int]
"""A cell: the tab's title, its row and its column, counted from 1."""

NEW_TAB = "History & log"
WHEN = date(2026, 11, 23)
INSERTED_ROWS = 3


@dataclass(frozen=True)
class Sheet:
    """One worksheet of an original."""

    title: str
    constants: Sequence[tuple[int, int]]
    """Row and column of each cell that says something without a formula."""
    formulas: Sequence[tuple[int, int]]
    last_row: int
    """Also where cells have only a dress."""

    @property
    def rows(self) -> list[int]:
        """Those in which anything stands."""
        return sorted({row for row, _ in (*self.constants, *self.formulas)})

    @property
    def last_column(self) -> int:
        """The last in which anything stands."""
        return max((column for _, column in (*self.constants, *self.formulas)), default=0)


@dataclass(frozen=True)
class Made:
    """What an edit did."""

    title: str
    typed: Mapping[Place, object] = field(default_factory=dict)
    """What was written where; none where a cell was emptied."""
    removed: Sequence[int] = ()
    columns: str = ""
    """Those that closed up over what was removed."""
    inserted: tuple[int, int] | None = None
    """Before which row of the original, and how many."""
    appended: tuple[int, int] | None = None
    """The first new row, and how many."""

    def spec(self) -> dict[str, dict[str, Any]]:
        """What may differ in each sheet, as the checker wants to be told."""
        if self.title == NEW_TAB:
            return {}
        told: dict[str, Any] = {"cells": [f"{letters(column)}{row}" for _, row, column in self.typed]}
        if self.removed:
            told |= {"deleted_rows": list(self.removed), "columns": self.columns}
        if self.inserted:
            told["inserted_rows"] = [list(self.inserted)]
        if self.appended:
            first, count = self.appended
            told |= {"appended_at": first, "appended_rows": count}
            # The rows look like the one above, also where somebody had dressed them otherwise.
            told["cells"].append(f"{first}:{first + count - 1}")
        return {self.title: told}

    def moved(self, place: Place) -> Place | None:
        """Where a cell of the original is now; none where it is gone."""
        tab, row, column = place
        if tab != self.title:
            return place
        if self.inserted and row >= self.inserted[0]:
            return tab, row + self.inserted[1], column
        if self.removed:
            first, last = (int(checker().col2n(name)) for name in self.columns.split(":"))
            if first <= column <= last:
                above = sum(gone < row for gone in self.removed)
                return None if row in self.removed else (tab, row - above, column)
        return place

    def dressed(self, place: Place) -> bool:
        """Whether the cell was written or lies in a row that is new, so that its dress is the edit's matter."""
        rows = self.inserted or self.appended
        return place in self.typed or bool(rows and place[0] == self.title and 0 <= place[1] - rows[0] < rows[1])


# ---------------------------------------------------------------- what is asked of the checker


def shared_folder() -> Path:
    """The shared test data: `SHEETCRM_SHARED`, else `shared` beside the checkout."""
    return Path(os.environ.get("SHEETCRM_SHARED") or Path(__file__).resolve().parents[2] / "shared")


@cache
def checker() -> Any:
    """The module of the independent judge."""
    spec = importlib.util.spec_from_file_location("check_lossless", shared_folder() / "tools" / "check_lossless.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(shared_folder())
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def letters(column: int) -> str:
    """The letters of a column."""
    return str(checker().n2col(column))


def sheets_of(path: Path) -> list[Sheet]:
    """The worksheets of a workbook."""
    book = checker().Book(checker().Pkg(str(path)))
    return [
        _sheet(title, book.sheet(title)[0])
        for title, (kind, part) in book.sheets.items()
        if kind == "worksheet" and part
    ]


def _sheet(title: str, cells: Mapping[tuple[int, int], Sequence[Any]]) -> Sheet:
    formulas = sorted(place for place, cell in cells.items() if cell[2] is not None)
    constants = sorted(place for place, cell in cells.items() if cell[2] is None and cell[0] != "empty")
    return Sheet(title, constants, formulas, max((row for row, _ in cells), default=0))


def to_edit(sheets: Sequence[Sheet]) -> Sheet | None:
    """The first worksheet with data, else the first."""
    return next((sheet for sheet in sheets if sheet.rows), sheets[0] if sheets else None)


# ---------------------------------------------------------------- the edits


def set_cells(file: XlsxFile, sheet: Sheet) -> Made:
    """Type over what stands there, and into places where nothing is."""
    seen = sheet.constants
    typed: dict[tuple[int, int], object] = {}
    if seen:
        typed = {seen[-1]: None, seen[len(seen) // 3]: True, seen[len(seen) // 2]: 12.5, seen[0]: "Ștefan & <Fii> “1”"}
    # The headers of a table are texts that differ, whatever is typed.
    tables = [table.area for table in file.tab(sheet.title).tables if table.headers]
    headers = {(area.top, column) for area in tables for column in range(area.left, area.right + 1)}
    typed = {place: f"Name {n}" if place in headers else value for n, (place, value) in enumerate(typed.items())}
    typed |= {(sheet.last_row + 3, sheet.last_column + 1): WHEN, (sheet.last_row + 4, 1): "=1+1"}
    return _type(file, sheet, typed)


def overwrite(file: XlsxFile, sheet: Sheet) -> Made | None:
    """Type over the first formula and one in the middle."""
    seen = sheet.formulas
    return _type(file, sheet, {seen[0]: 7, seen[len(seen) // 2]: "seven"}) if seen else None


def _type(file: XlsxFile, sheet: Sheet, typed: Mapping[tuple[int, int], object]) -> Made:
    file.set(sheet.title, {f"{letters(column)}{row}": value for (row, column), value in typed.items()})
    return Made(sheet.title, {(sheet.title, *place): value for place, value in typed.items()})


def append(file: XlsxFile, sheet: Sheet) -> Made:
    """Two rows below everything."""
    rows = [["Ada & Co", 12.5, WHEN, True, "=1+1"], ["Bob", 0.25, None, False]]
    first = file.append(sheet.title, rows)
    typed = _laid(sheet.title, first, rows)
    below = next((row for row in sheet.rows if row >= first), first + len(rows))
    if below < first + len(rows):
        # Below stand the totals of a table; room was made above them, as much as was wanting.
        return Made(sheet.title, typed, inserted=(below, first + len(rows) - below))
    return Made(sheet.title, typed, appended=(first, len(rows)))


def remove(file: XlsxFile, sheet: Sheet) -> Made | None:
    """Take two rows out of the middle, or the only one."""
    rows = middle_rows(sheet)
    return Made(sheet.title, removed=rows, columns=file.remove_rows(sheet.title, rows)) if rows else None


def middle_rows(sheet: Sheet) -> list[int]:
    """Two rows with data; a third is between them where there are enough. Of one or two rows the first."""
    rows = sheet.rows
    half = len(rows) // 2
    return [rows[half], rows[min(half + 2, len(rows) - 1)]] if len(rows) > 2 else rows[:1]


def insert(file: XlsxFile, sheet: Sheet) -> Made | None:
    """Put new rows into the middle."""
    if not sheet.rows:
        return None
    at = sheet.rows[len(sheet.rows) // 2]
    file.insert_rows(sheet.title, at, INSERTED_ROWS)
    return Made(sheet.title, inserted=(at, INSERTED_ROWS))


def replace(file: XlsxFile, sheet: Sheet) -> Made | None:
    """Write a grid into a larger block in the middle, of which one row and one column are emptied."""
    if not sheet.rows:
        return None
    top = sheet.rows[len(sheet.rows) // 2]
    grid = [["=1+1", 2, "x"], [False, None, 0.5]]
    file.replace(sheet.title, grid, block=f"A{top}:D{top + 2}")
    return Made(sheet.title, _laid(sheet.title, top, [[*row, None] for row in grid] + [[None] * 4]))


def add_tab(file: XlsxFile, sheet: Sheet) -> Made:
    """A new worksheet at the end."""
    rows = [["When", "What & who"], [WHEN, "=1+1"], [None, 0.25], [True, "last"]]
    file.add_tab(NEW_TAB, rows)
    return Made(NEW_TAB, _laid(NEW_TAB, 1, rows))


def _laid(title: str, top: int, rows: Sequence[Sequence[object]]) -> dict[Place, object]:
    return {(title, top + down, 1 + right): value for down, row in enumerate(rows) for right, value in enumerate(row)}


EDITS: Mapping[str, Callable[[XlsxFile, Sheet], Made | None]] = {
    "set": set_cells,
    "overwrite": overwrite,
    "append": append,
    "remove": remove,
    "insert": insert,
    "replace": replace,
    "add_tab": add_tab,
}
"""Each is none, and did nothing, where the sheet lacks what it needs."""


def make(edit: str, path: Path, sheet: Sheet) -> Made | None:
    """Make an edit in place."""
    with XlsxFile(path) as file:
        made = EDITS[edit](file, sheet)
        if made is not None:
            file.save()
    return made
