"""An Excel file's bytes → a `Snapshot`.

It knows how calamine gives cells, and mends what calamine leaves out: leading
blank rows, errors, formulas, marks. It never writes, and never looks at a disk.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container, Iterator, Mapping, Sequence
from io import BytesIO
from typing import cast

from lxml import etree
from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum

from sheetcrm.problems import Unsupported
from sheetcrm.tables import Cell, CellError, Snapshot, Tab
from sheetcrm.workbooks.excel.formulas import LAST_COLUMN, LAST_ROW
from sheetcrm.workbooks.excel.marks import read_marks
from sheetcrm.workbooks.excel.package import Package, Sheet
from sheetcrm.workbooks.excel.rows import Blocked
from sheetcrm.workbooks.excel.scan import Scan, place_of, scan
from sheetcrm.workbooks.excel.tables import table_of

__all__ = ["read_snapshot", "token_of"]

MAX_CELLS = 15_000_000
"""calamine lays a tab out in full, so one far-off cell would take all memory."""


def token_of(data: bytes) -> str:
    """What tells one content of the file from every other."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def read_snapshot(data: bytes, file_name: str, *, only: Container[str] | None = None) -> Snapshot:
    """Every tab of the file; cells of some tabs `only`. Raises `Unsupported` where it cannot be read for sure."""
    package = Package(data, file_name)
    try:
        tab_marks, column_marks = read_marks(package)
        workbook = CalamineWorkbook.from_filelike(BytesIO(data))
        sheets = {sheet.title: sheet for sheet in package.sheets}
        tabs = tuple(
            _tab(package, workbook, sheets[meta.name], tab_marks, column_marks)
            if only is None or meta.name in only
            else Tab(meta.name, ())
            for meta in workbook.sheets_metadata
            if meta.typ == SheetTypeEnum.WorkSheet and meta.name in sheets and sheets[meta.name].part
        )
    except (Blocked, CalamineError, etree.XMLSyntaxError, ValueError, KeyError) as error:
        raise Unsupported("damaged-file", file=file_name) from error
    return Snapshot(tabs, token_of(data))


def _tab(
    package: Package,
    workbook: CalamineWorkbook,
    sheet: Sheet,
    tab_marks: Mapping[str, str],
    column_marks: Mapping[str, Mapping[str, int]],
) -> Tab:
    found = scan(package.text(sheet.part))
    is_large = found.height * found.width > MAX_CELLS
    if is_large and (found.is_exact or _exact_size(package, sheet) > MAX_CELLS):
        raise Unsupported("far-off-cell", file=package.file_name, tab=sheet.title)
    cells = workbook.get_sheet_by_name(sheet.title)
    mark = tab_marks.get(sheet.title, "")
    return Tab(
        title=sheet.title,
        rows=_with_errors(_from_a1(cells.to_python(), cells.start), found),
        mark=mark,
        marks=column_marks.get(mark, {}) if mark else {},
        formulas=found.formulas,
        merged=tuple((top, left, bottom, right) for (top, left), (bottom, right) in cells.merged_cell_ranges or ()),
        hidden=sheet.state != "visible",
        totals=frozenset(_totals(package, sheet)),
    )


def _totals(package: Package, sheet: Sheet) -> Iterator[int]:
    """The rows, from 0, that are totals of a table."""
    for part in package.related(sheet.part, "table"):
        area, _, totals, _ = table_of(package.text(part))
        yield from range(area.bottom - totals, area.bottom)


def _from_a1(given: Sequence[Sequence[Cell]], start: tuple[int, int] | None) -> list[list[Cell]]:
    """Rows from A1 on: calamine begins at the first cell that says something."""
    # Cells are invariant to the type checker, and copying all of them would take a while.
    rows = cast(list[list[Cell]], given)
    top, left = start or (0, 0)
    if top >= LAST_ROW or left >= LAST_COLUMN:
        raise ValueError("a cell that lies outside of any tab")
    if left:
        blank: list[Cell] = [""] * left
        rows = [blank + row for row in rows]
    return [[] for _ in range(top)] + rows if top else rows


def _with_errors(rows: list[list[Cell]], found: Scan) -> list[list[Cell]]:
    for (row, column), text in found.errors.items():
        rows.extend([] for _ in range(row + 1 - len(rows)))
        rows[row].extend("" for _ in range(column + 1 - len(rows[row])))
        rows[row][column] = CellError(text)
    return rows


def _exact_size(package: Package, sheet: Sheet) -> int:
    """Rows times columns of the cells that say something, looked at one by one."""
    places = re.findall(rb'<c r="([A-Z]+)([0-9]+)"[^>]*(?<!/)>', package.text(sheet.part))
    if not places:
        return MAX_CELLS + 1
    rows = {int(row) for _, row in places}
    columns = {place_of(f"{letters.decode()}1")[1] for letters in {letters for letters, _ in places}}
    return (max(rows) - min(rows) + 1) * (max(columns) - min(columns) + 1)
