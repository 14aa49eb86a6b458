"""What becomes of each tab, done to an openpyxl workbook: rows leave and close up, rows come, cells say something new.

Whatever belongs to a cell travels with it: format, comment, link, row height. It
opens and saves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any, NamedTuple, cast

from openpyxl.formula.translate import Translator
from openpyxl.utils.cell import range_boundaries
from openpyxl.workbook import Workbook
from openpyxl.worksheet.cell_range import MultiCellRange
from openpyxl.worksheet.formula import ArrayFormula, DataTableFormula
from openpyxl.worksheet.merge import MergedCellRange
from openpyxl.worksheet.table import Table, TableColumn
from openpyxl.worksheet.worksheet import Worksheet

from sheetcrm.tables import AddColumn, Cell, Snapshot, Styled, WriteTab, column_letters
from sheetcrm.workbooks.edits import NewRow, TabEdit
from sheetcrm.workbooks.excel.cells import keep_exact, set_marks, take_look, write
from sheetcrm.workbooks.excel.styles import NUMBERS, header_style, style_name

__all__ = ["own_dimension", "write_edits"]


class Traveller(NamedTuple):
    """What a cell that leaves its row takes along."""

    look: Any
    """A style; None where the cell had none of its own."""
    value: Any
    kind: str
    comment: Any
    link: Any


def write_edits(book: Workbook, base: Snapshot, edits: Mapping[str, TabEdit], language: str) -> None:
    """Do all that a plan does to a workbook that says what `base` says."""
    for tab in base.tabs:
        for cell in cast(Any, book[tab.title])._cells.values():
            keep_exact(cell, tab)
    for title, edit in edits.items():
        if edit.is_new:
            _make_tab(book, title, edit)
    for title, edit in edits.items():
        _write_cells(book[title], edit, language)
    travellers = {
        new.source: _pack(book[new.source[0]], new.source[1])
        for edit in edits.values()
        for new in edit.added
        if new.source
    }
    for title, edit in edits.items():
        if edit.gone:
            _close_up(book[title], edit)
    for title, edit in edits.items():
        if edit.added:
            _add_rows(book[title], edit, travellers, language)
        _follow(book[title], edit)
        set_marks(book, title, edit.mark, edit.marks, edit.header_row)


def _make_tab(book: Workbook, title: str, edit: TabEdit) -> None:
    sheet = book.create_sheet(title)
    if edit.tab.hidden:
        sheet.sheet_state = "veryHidden"
    headers = sorted(edit.marks.values())
    for column in headers:
        sheet.cell(1, column + 1).style = header_style(book, "sync")
        own_dimension(sheet, column).width = 16
    if headers:
        sheet.freeze_panes = "A2"


def _write_cells(sheet: Worksheet, edit: TabEdit, language: str) -> None:
    if edit.content is not None:
        _clear(sheet, edit.content)
    for block in set(edit.tab.merged) - set(edit.merged):
        sheet.unmerge_cells(_reference(*block))
    for new in edit.columns:
        _dress_column(sheet, new)
    looks = _column_looks(sheet) if edit.content is None else {}
    for (row, column), value in edit.cells.items():
        cell: Any = sheet.cell(row + 1, column + 1)
        if column in looks and not cell.has_style:
            cell._style = copy(looks[column])
        write(cell, value, language)
    if edit.content is not None:
        _style(sheet, edit.content.rows, language)


def _style(sheet: Worksheet, rows: Sequence[Sequence[Styled]], language: str) -> None:
    book = cast(Workbook, sheet.parent)
    for row, cells in enumerate(rows, 1):
        below = rows[row] if row < len(rows) else ()
        for column, styled in enumerate(cells, 1):
            style = styled.style
            if styled.value == "" and style == "text":
                continue
            if style == "header" and len(below) >= column and below[column - 1].style in NUMBERS:
                style = "header right"
            sheet.cell(row, column).style = style_name(book, style, language)


def _clear(sheet: Worksheet, content: WriteTab) -> None:
    inner: Any = sheet
    inner._cells.clear()
    inner.merged_cells = MultiCellRange()
    inner.row_dimensions.clear()
    sheet.sheet_view.showGridLines = False
    for column, width in enumerate(content.widths):
        own_dimension(sheet, column).width = width


def _dress_column(sheet: Worksheet, column: AddColumn) -> None:
    """A new column looks like its neighbour, its cells like the column that it is like."""
    inner: Any = sheet
    header: Any = sheet.cell(column.header_row + 1, column.column + 1)
    neighbour = inner._cells.get((column.header_row + 1, column.column))
    if neighbour is not None:
        take_look(header, neighbour)
    book = cast(Workbook, sheet.parent)
    if column.like is not None and column.like[0] in book.sheetnames:
        like = own_dimension(book[column.like[0]], column.like[1])
        mine = own_dimension(sheet, column.column)
        mine.width = like.width
        take_look(mine, like)


def own_dimension(sheet: Worksheet, column: int) -> Any:
    """How wide a column is and how it looks, for this column alone: neighbours may share one."""
    dimensions: Any = sheet.column_dimensions
    number = column + 1
    for shared in list(dimensions.values()):
        if shared.min and shared.max and shared.min <= number <= shared.max and shared.min < shared.max:
            del dimensions[shared.index]
            for low, high in ((shared.min, number - 1), (number, number), (number + 1, shared.max)):
                if low <= high:
                    part = copy(shared)
                    part.min, part.max, part.index = low, high, column_letters(low - 1)
                    dimensions[part.index] = part
    return dimensions[column_letters(column)]


def _pack(sheet: Worksheet, row: int) -> dict[int, Traveller]:
    cells = cast(Any, sheet)._cells
    return {
        column - 1: Traveller(
            copy(cell._style) if cell.has_style else None, cell._value, cell.data_type, cell._comment, cell.hyperlink
        )
        for column in range(1, sheet.max_column + 1)
        if (cell := cells.get((row + 1, column))) is not None
    }


def _close_up(sheet: Worksheet, edit: TabEdit) -> None:
    """One pass over all cells, however many rows leave."""
    inner: Any = sheet
    cells = {}
    for (row, column), cell in inner._cells.items():
        if row - 1 not in edit.gone:
            to = edit.closed_up(row - 1) + 1
            if to != row:
                _shift(cell, to)
            cells[to, column] = cell
    inner._cells = cells
    heights = list(sheet.row_dimensions.items())
    sheet.row_dimensions.clear()
    for row, height in heights:
        if row - 1 not in edit.gone:
            to = edit.closed_up(row - 1) + 1
            cast(Any, height).index = to
            sheet.row_dimensions[to] = height
    blocks = [_reference(*block) for block in edit.merged_after]
    inner.merged_cells = MultiCellRange([MergedCellRange(sheet, block) for block in blocks])


def _reference(top: int, left: int, bottom: int, right: int) -> str:
    return f"{column_letters(left)}{top + 1}:{column_letters(right)}{bottom + 1}"


def _boundaries(reference: str) -> tuple[int, int, int, int]:
    """First column, first row, last column, last row, counted from 1."""
    return cast(tuple[int, int, int, int], range_boundaries(reference))


def _shift(cell: Any, row: int) -> None:
    """Take a cell to another row; its formula looks at its own row again, as after a sort."""
    letters = column_letters(cell.column - 1)
    before, after = f"{letters}{cell.row}", f"{letters}{row}"
    by = row - cell.row
    cell.row = row
    value = cell._value
    if isinstance(value, DataTableFormula):
        value.ref = _shifted(value.ref, by)
    elif isinstance(value, ArrayFormula):
        value.ref = _shifted(value.ref, by)
        value.text = Translator(value.text, before).translate_formula(after)
    elif cell.data_type == "f" and isinstance(value, str):
        cell._value = Translator(value, before).translate_formula(after)
    if getattr(cell, "hyperlink", None) is not None:
        cell.hyperlink.ref = after


def _shifted(reference: str, by: int) -> str:
    left, top, right, bottom = _boundaries(reference)
    return _reference(top - 1 + by, left - 1, bottom - 1 + by, right - 1)


def _add_rows(
    sheet: Worksheet,
    edit: TabEdit,
    travellers: Mapping[tuple[str, int], Mapping[int, Traveller]],
    language: str,
) -> None:
    looks = _looks(sheet, edit)
    for row, new in enumerate(edit.added, edit.first_added + 1):
        packed = travellers[new.source] if new.source else {}
        for column in {*looks, *new.cells}:
            cell: Any = sheet.cell(row, column + 1)
            if column in looks:
                cell._style = copy(looks[column])
            traveller = packed.get(new.carry[column]) if column in new.carry else None
            if traveller is not None:
                _unpack(cell, traveller)
            if column in new.cells:
                _fill(cell, new, column, traveller, language)


def _fill(cell: Any, new: NewRow, column: int, traveller: Traveller | None, language: str) -> None:
    value: Cell = new.cells[column]
    # Text goes over as openpyxl holds it, with whatever it escapes.
    if traveller is not None and traveller.kind == "s" and traveller.value == value:
        cell._value, cell.data_type = traveller.value, "s"
    else:
        write(cell, value, language)


def _unpack(cell: Any, traveller: Traveller) -> None:
    if traveller.look is not None:
        cell._style = copy(traveller.look)
    if traveller.comment is not None:
        cell.comment = copy(traveller.comment)
    if traveller.link is not None:
        link = copy(traveller.link)
        link.ref = cell.coordinate
        cell._hyperlink = link


def _looks(sheet: Worksheet, edit: TabEdit) -> dict[int, Any]:
    """The look of a row that comes, by column: as the row above it, or as the columns say."""
    inner: Any = sheet
    above = edit.first_added
    if above - 1 > edit.header_row:
        found = {c: inner._cells.get((above, c + 1)) for c in range(sheet.max_column)}
        return {c: cell._style for c, cell in found.items() if cell is not None and cell.has_style}
    return _column_looks(sheet)


def _column_looks(sheet: Worksheet) -> dict[int, Any]:
    """How a new cell of each column looks, as Excel would have it."""
    looks: dict[int, Any] = {}
    for dimension in cast(Any, sheet.column_dimensions).values():
        if dimension.has_style:
            dimension.reindex()
            last = min(dimension.max, max(sheet.max_column, dimension.min))
            looks.update({column - 1: dimension._style for column in range(dimension.min, last + 1)})
    return looks


def _follow(sheet: Worksheet, edit: TabEdit) -> None:
    """Tables and filters reach as far as their rows and columns."""
    if sheet.auto_filter.ref:
        left, top, right, bottom = _boundaries(_reaching(sheet.auto_filter.ref, edit))
        # Rows that people type below a filter count as its own to Excel, though it says so late.
        bottom = max(bottom, edit.first_added + len(edit.added)) if edit.added else bottom
        sheet.auto_filter.ref = _reference(top - 1, left - 1, bottom - 1, right - 1)
    for table in sheet.tables.values():
        if not table.totalsRowCount:
            _follow_table(sheet, table, edit)


def _follow_table(sheet: Worksheet, table: Table, edit: TabEdit) -> None:
    before = _boundaries(table.ref)
    table.ref = _reaching(table.ref, edit)
    after = _boundaries(table.ref)
    if table.autoFilter is not None:
        table.autoFilter.ref = table.ref
    for column in range(before[2] + 1, after[2] + 1):
        header = str(sheet.cell(after[1], column).value)
        number = max((c.id for c in table.tableColumns), default=0) + 1
        table.tableColumns.append(TableColumn(id=number, name=header))


def _reaching(reference: str, edit: TabEdit) -> str:
    left, top, right, bottom = _boundaries(reference)
    # A filter that reaches far below the rows, as `init` lays it, stays as it is.
    below = bottom - 1 > edit.last_row_before
    end = bottom if below else edit.closed_up(bottom)
    if edit.added and bottom > edit.last_row_before:
        end = max(end, edit.first_added + len(edit.added))
    for column in sorted(edit.columns, key=lambda c: c.column):
        if column.column == right and column.header_row == top - 1:
            right += 1
    return _reference(top - 1, left - 1, max(end, top + 1) - 1, right - 1)
