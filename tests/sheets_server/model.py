"""What a spreadsheet holds. Cells and every dict in here are never changed in place: a copy is cheap."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .a1 import Rect
from .errors import invalid

Json = dict[str, Any]

CELL_LIMIT = 10_000_000


class Formula(str):
    """A cell's formula, with its `=`."""

    __slots__ = ()


class CellError(NamedTuple):
    """What a formula comes to when it fails: `N_A`, `DIVIDE_BY_ZERO` and so on."""

    type: str
    message: str = ""


Plain = str | int | float | bool | None
Value = Formula | Plain


class Cell(NamedTuple):
    """One cell as a person or a program left it. None stands for an empty one."""

    value: Value = None
    note: str | None = None
    format: Json | None = None  # userEnteredFormat
    validation: Json | None = None
    extra: Json | None = None  # textFormatRuns, chipRuns, pivotTable

    @property
    def blank(self) -> bool:
        """Nothing at all in it."""
        return self == EMPTY


EMPTY = Cell()


def refers(rule: Json) -> bool:
    """Whether a data validation rule refers to cells."""
    return any(str(item.get("userEnteredValue", "")).startswith("=") for item in rule["condition"].get("values") or ())


@dataclass(eq=False)
class Sheet:
    """One tab."""

    properties: Json
    rows: list[list[Cell | None]] = field(default_factory=list)
    row_sizes: dict[int, Json] = field(default_factory=dict)  # row → what DimensionProperties say of it
    column_sizes: dict[int, Json] = field(default_factory=dict)
    merges: list[Json] = field(default_factory=list)
    protected: list[Json] = field(default_factory=list)
    conditional: list[Json] = field(default_factory=list)
    basic_filter: Json | None = None
    filter_views: list[Json] = field(default_factory=list)
    bandings: list[Json] = field(default_factory=list)
    charts: list[Json] = field(default_factory=list)
    tables: list[Json] = field(default_factory=list)
    row_groups: list[Json] = field(default_factory=list)
    column_groups: list[Json] = field(default_factory=list)
    formula_columns: set[int] = field(default_factory=set)
    """Where formulas, or rules that refer to cells, may be."""

    @property
    def id(self) -> int:
        """What a person cannot change."""
        return self.properties["sheetId"]

    @property
    def title(self) -> str:
        """What a person calls it."""
        return self.properties["title"]

    @property
    def row_count(self) -> int:
        """Rows of the grid, used or not."""
        return self.properties["gridProperties"]["rowCount"]

    @property
    def column_count(self) -> int:
        """Columns of the grid, used or not."""
        return self.properties["gridProperties"]["columnCount"]

    @property
    def grid(self) -> Rect:
        """All of it."""
        return Rect(0, 0, self.row_count, self.column_count)

    def resize(self, *, rows: int | None = None, columns: int | None = None) -> None:
        """Say how large the grid is; the cells beyond it are the caller's to remove."""
        grid = dict(self.properties["gridProperties"])
        if rows is not None:
            grid["rowCount"] = rows
        if columns is not None:
            grid["columnCount"] = columns
        self.properties = {**self.properties, "gridProperties": grid}

    def cell(self, row: int, column: int) -> Cell | None:
        """The cell there; None if nothing is in it."""
        if row < len(self.rows):
            cells = self.rows[row]
            if column < len(cells):
                return cells[column]
        return None

    def put(self, row: int, column: int, cell: Cell | None) -> None:
        """Set the cell there."""
        if cell is not None:
            if type(cell.value) is Formula or (cell.validation and refers(cell.validation)):
                self.formula_columns.add(column)
            if cell == EMPTY:
                cell = None
        if row >= len(self.rows):
            if cell is None:
                return
            self.rows.extend([] for _ in range(row + 1 - len(self.rows)))
        cells = self.rows[row]
        if column < len(cells):
            cells[column] = cell
        elif cell is not None:
            cells.extend([None] * (column - len(cells)))
            cells.append(cell)

    def cells(self, rect: Rect) -> Iterator[tuple[int, int, Cell]]:
        """Every cell of the rectangle that is not empty."""
        for row in range(rect.top, min(rect.bottom, len(self.rows))):
            cells = self.rows[row]
            for column in range(rect.left, min(rect.right, len(cells))):
                cell = cells[column]
                if cell is not None:
                    yield row, column, cell

    def last_row_with_data(self, left: int = 0, right: int = 1 << 30) -> int:
        """One past the last row that holds a value."""
        for row in range(len(self.rows) - 1, -1, -1):
            if any(cell is not None and cell.value is not None for cell in self.rows[row][left:right]):
                return row + 1
        return 0

    def find_formulas(self) -> None:
        """Look where formulas are, after columns have moved."""
        self.formula_columns = {
            column
            for cells in self.rows
            for column, cell in enumerate(cells)
            if cell is not None and (type(cell.value) is Formula or (cell.validation and refers(cell.validation)))
        }

    def copy(self) -> Sheet:
        """The same sheet, to be changed without harm to this one."""
        twin = copy.copy(self)
        twin.rows = [cells[:] for cells in self.rows]
        twin.row_sizes = dict(self.row_sizes)
        twin.column_sizes = dict(self.column_sizes)
        twin.formula_columns = set(self.formula_columns)
        for name in LISTS:
            setattr(twin, name, list(getattr(self, name)))
        return twin


def new_sheet_properties(sheet_id: int, title: str, rows: int = 1000, columns: int = 26) -> Json:
    """What a new tab says of itself."""
    return {
        "sheetId": sheet_id,
        "title": title,
        "index": 0,
        "sheetType": "GRID",
        "gridProperties": {"rowCount": rows, "columnCount": columns},
    }


LISTS = "merges protected conditional filter_views bandings charts tables row_groups column_groups".split()


@dataclass(eq=False)
class Spreadsheet:
    """One file."""

    id: str
    properties: Json
    sheets: list[Sheet]
    permissions: dict[str, str]  # e-mail → owner, writer, commenter, reader
    named_ranges: list[Json] = field(default_factory=list)
    metadata: list[Json] = field(default_factory=list)
    revision: int = 0
    engine: Any = None  # what the formulas come to at this revision

    @property
    def title(self) -> str:
        """What a person calls it."""
        return self.properties["title"]

    @property
    def owner(self) -> str:
        """Who made it."""
        return next(email for email, role in self.permissions.items() if role == "owner")

    def sheet(self, sheet_id: int) -> Sheet | None:
        """The tab of that id."""
        for sheet in self.sheets:
            if sheet.properties["sheetId"] == sheet_id:
                return sheet
        return None

    def sheet_titled(self, title: str) -> Sheet | None:
        """The tab of that title; letter case counts only if it must."""
        folded = title.casefold()
        found = None
        for sheet in self.sheets:
            if sheet.title == title:
                return sheet
            if sheet.title.casefold() == folded:
                found = sheet
        return found

    def cell_count(self) -> int:
        """Cells of all grids."""
        return sum(sheet.row_count * sheet.column_count for sheet in self.sheets)

    def check_size(self) -> None:
        """Refuse to grow beyond what Google holds."""
        if self.cell_count() > CELL_LIMIT:
            raise invalid(
                f"This action would increase the number of cells in the workbook above the limit of {CELL_LIMIT} cells."
            )

    def number_sheets(self) -> None:
        """Every tab says where it stands."""
        for index, sheet in enumerate(self.sheets):
            if sheet.properties.get("index") != index:
                sheet.properties = {**sheet.properties, "index": index}

    def copy(self) -> Spreadsheet:
        """The same file, to be changed without harm to this one."""
        twin = copy.copy(self)
        twin.sheets = [sheet.copy() for sheet in self.sheets]
        twin.permissions = dict(self.permissions)
        twin.named_ranges = list(self.named_ranges)
        twin.metadata = list(self.metadata)
        twin.engine = None
        return twin

    def take(self, other: Spreadsheet) -> None:
        """Hold what `other` holds; it is not to be used afterwards. Who may do what stays as it is here."""
        self.properties = other.properties
        self.sheets = other.sheets
        self.named_ranges = other.named_ranges
        self.metadata = other.metadata
        self.engine = None
