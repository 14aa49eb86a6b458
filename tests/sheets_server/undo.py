"""Undo, as a browser does it: the last deed of one person, where what it changed is still as the deed left it.

Nobody else has done anything since: all is as before. Others have: a cell goes back
to what it was, a deleted row comes back, a new row goes, a tab has its old title;
the rest (sorts and moves) stays as it is.
"""

from collections.abc import Callable
from typing import Any

from .cells import extended
from .errors import ApiError
from .model import Sheet, Spreadsheet

__all__ = ["took_back"]

Batch = Callable[..., None]
ALL = "userEnteredValue,userEnteredFormat,note,dataValidation"


def took_back(
    batch: Batch,
    now: Spreadsheet,
    before: Spreadsheet,
    after: Spreadsheet,
    kind: str,
    sheet_id: int,
    where: Any,
    key: str,
) -> bool:
    """Take back a deed after which others have worked; False where that cannot be told apart from their work.

    `before` and `after` are the spreadsheet around the deed, `where` its row and column, `key` the key column's header.
    """
    sheet, was, became = now.sheet(sheet_id), before.sheet(sheet_id), after.sheet(sheet_id)
    if sheet is None or was is None or became is None:
        return False
    row = where.get("row", -1)
    try:
        if kind in ("type_cell", "clear_cell", "add_note", "format_cell", "rename_header"):
            return _cell_back(batch, sheet, was, became, row, where["column"], key)
        if kind == "delete_row":
            return _row_back(batch, sheet, was, row)
        if kind in ("add_row", "insert_row"):
            return _row_away(batch, sheet, became, row, whole=kind == "insert_row")
        if kind == "rename_tab" and sheet.title == became.title:
            change = {"properties": {"sheetId": sheet_id, "title": was.title}, "fields": "title"}
            batch({"updateSheetProperties": change})
            return True
    except ApiError:
        return False
    return False


def _cell_back(batch: Batch, sheet: Sheet, was: Sheet, became: Sheet, row: int, column: int, key: str) -> bool:
    """The one cell as it was, if it and the key of its row are as the deed left them."""
    if sheet.cell(row, column) != became.cell(row, column) or _key(sheet, row, key) != _key(became, row, key):
        return False
    batch(_cells(sheet, row, column, [_data(was, row, column)]))
    return True


def _row_back(batch: Batch, sheet: Sheet, was: Sheet, row: int) -> bool:
    """The deleted row, at the place where it was."""
    if row > sheet.row_count or was.column_count != sheet.column_count:
        return False
    cells = [_data(was, row, column) for column in range(was.column_count)]
    batch({"insertDimension": {"range": _row(sheet, row)}}, _cells(sheet, row, 0, cells))
    return True


def _row_away(batch: Batch, sheet: Sheet, became: Sheet, row: int, *, whole: bool) -> bool:
    """The new row is gone again, if all in it is as the person typed it."""
    if any(sheet.cell(row, column) != became.cell(row, column) for column in range(became.column_count)):
        return False
    if whole:
        batch({"deleteDimension": {"range": _row(sheet, row)}})
    else:
        batch(_cells(sheet, row, 0, [{} for _ in range(sheet.column_count)]))
    return True


def _key(sheet: Sheet, row: int, header: str) -> Any:
    """What stands under the key header in a row, of any copy of the tab."""
    for cells in sheet.rows[:10]:
        for column, cell in enumerate(cells):
            if cell is not None and cell.value == header:
                found = sheet.cell(row, column)
                return found.value if found else None
    return None


def _row(sheet: Sheet, row: int) -> dict[str, Any]:
    return {"sheetId": sheet.id, "dimension": "ROWS", "startIndex": row, "endIndex": row + 1}


def _cells(sheet: Sheet, row: int, column: int, cells: list[dict[str, Any]]) -> dict[str, Any]:
    start = {"sheetId": sheet.id, "rowIndex": row, "columnIndex": column}
    return {"updateCells": {"rows": [{"values": cells}], "start": start, "fields": ALL}}


def _data(sheet: Sheet, row: int, column: int) -> dict[str, Any]:
    """A cell as updateCells takes it."""
    cell = sheet.cell(row, column)
    if cell is None:
        return {}
    data: dict[str, Any] = {} if cell.value is None else {"userEnteredValue": extended(cell.value)}
    about = {"userEnteredFormat": cell.format, "note": cell.note, "dataValidation": cell.validation}
    return data | {name: told for name, told in about.items() if told}
