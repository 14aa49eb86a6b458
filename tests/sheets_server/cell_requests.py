"""Requests that write cells: values, formats, notes, rules, borders, merges."""

from __future__ import annotations

from .a1 import Rect
from .cells import border, rule_in, written
from .errors import invalid
from .job import Job, rect_of
from .masks import Mask, update_mask
from .model import EMPTY, Cell, Json, Sheet
from .structure import copied, insert_cells
from .validation import check_strict


def put_data(job: Job, sheet: Sheet, row: int, column: int, data: Json, mask: Mask) -> None:
    """Write CellData over a cell."""
    cell = written(sheet.cell(row, column), data, mask)
    if not mask or "userEnteredValue" in mask:
        check_strict(job, sheet, row, column, cell)
    sheet.put(row, column, cell)


def update_cells(job: Job, request: Json) -> Json:
    """`updateCells`: at a start, or over a range, where cells without data are cleared."""
    mask = update_mask(request.get("fields"), "CellData")
    rows = [row.get("values") or [] for row in request.get("rows") or ()]
    if "range" in request and "start" not in request:
        sheet, rect = job.area(request["range"])
        _check_fit(sheet, rect, rows)
        job.allow(sheet, rect)
        for row in range(rect.top, rect.bottom):
            data = rows[row - rect.top] if row - rect.top < len(rows) else []
            used = len(sheet.rows[row]) if row < len(sheet.rows) else 0
            for column in range(rect.left, min(rect.right, max(used, rect.left + len(data)))):
                offset = column - rect.left
                put_data(job, sheet, row, column, data[offset] if offset < len(data) else {}, mask)
        return {}
    start = request.get("start") or {}
    sheet = job.sheet(start.get("sheetId"))
    top, left = start.get("rowIndex", 0), start.get("columnIndex", 0)
    rect = Rect(top, left, top + len(rows), left + max((len(row) for row in rows), default=0))
    _check_in_grid(sheet, rect)
    job.allow(sheet, rect)
    for r, row in enumerate(rows):
        for c, data in enumerate(row):
            put_data(job, sheet, top + r, left + c, data, mask)
    return {}


def _check_fit(sheet: Sheet, rect: Rect, rows: list[list[Json]]) -> None:
    if len(rows) > rect.height:
        raise invalid(f"Attempting to write row: {rect.bottom}, beyond the last requested row of: {rect.bottom - 1}")
    if any(len(row) > rect.width for row in rows):
        raise invalid(
            f"Attempting to write column: {rect.right}, beyond the last requested column of: {rect.right - 1}"
        )


def _check_in_grid(sheet: Sheet, rect: Rect) -> None:
    if rect.bottom > sheet.row_count:
        raise invalid(
            f"Attempting to write row: {sheet.row_count}, beyond the last requested row of: {sheet.row_count - 1}"
        )
    if rect.right > sheet.column_count:
        last = sheet.column_count
        raise invalid(f"Attempting to write column: {last}, beyond the last requested column of: {last - 1}")


def append_cells(job: Job, request: Json) -> Json:
    """`appendCells`: below the last row with data, or at the end of a table."""
    mask = update_mask(request.get("fields"), "CellData")
    rows = [row.get("values") or [] for row in request.get("rows") or ()]
    width = max((len(row) for row in rows), default=0)
    if request.get("tableId"):
        sheet, top, left = _table_end(job, request, len(rows))
    else:
        sheet = job.sheet(request.get("sheetId"))
        top, left = sheet.last_row_with_data(), 0
    if left + width > sheet.column_count:
        last = sheet.column_count
        raise invalid(f"Attempting to write column: {last}, beyond the last requested column of: {last - 1}")
    sheet.resize(rows=max(sheet.row_count, top + len(rows)))
    job.book.check_size()
    job.allow(sheet, Rect(top, left, top + len(rows), left + max(width, 1)))
    for r, row in enumerate(rows):
        for c, data in enumerate(row):
            put_data(job, sheet, top + r, left + c, data, mask)
    return {}


def _table_end(job: Job, request: Json, count: int) -> tuple[Sheet, int, int]:
    for sheet in job.book.sheets:
        for at, table in enumerate(sheet.tables):
            if table["tableId"] != request["tableId"]:
                continue
            if job.switches.append_to_table_needs_sheet_id and request.get("sheetId", 0) != sheet.id:
                raise invalid(
                    f"No table with id {request['tableId']} on the sheet with id: {request.get('sheetId', 0)}"
                )
            box = table["range"]
            left, right = box["startColumnIndex"], box["endColumnIndex"]
            bottom = box["endRowIndex"]
            last = bottom
            while last > box["startRowIndex"] + 1 and not _has_value(sheet, last - 1, left, right):
                last -= 1
            end = max(bottom, last + count)
            if end > bottom and any(_has_value(sheet, row, left, right) for row in range(bottom, end)):
                # Something stands below the table: it goes down, as it does for a person who adds a row.
                insert_cells(job, sheet, Rect(bottom, left, end, right), "ROWS")
            sheet.tables[at] = {**sheet.tables[at], "range": {**box, "endRowIndex": end}}
            return sheet, last, left
    raise invalid(f"No table with id: {request['tableId']}")


def _has_value(sheet: Sheet, row: int, left: int, right: int) -> bool:
    return any(cell.value is not None for _, _, cell in sheet.cells(Rect(row, left, row + 1, right)))


def repeat_cell(job: Job, request: Json) -> Json:
    """`repeatCell`: one cell over a range; its formula moves along as when it is copied."""
    mask = update_mask(request.get("fields"), "CellData")
    sheet, rect = job.area(request.get("range"))
    job.allow(sheet, rect)
    data = request.get("cell") or {}
    for row in range(rect.top, rect.bottom):
        for column in range(rect.left, rect.right):
            cell = written(sheet.cell(row, column), data, mask)
            if not mask or "userEnteredValue" in mask:
                cell = copied(job, cell, row - rect.top, column - rect.left)
                check_strict(job, sheet, row, column, cell)
            sheet.put(row, column, cell)
    return {}


def set_data_validation(job: Job, request: Json) -> Json:
    """`setDataValidation`; without a rule it clears the rules of the range."""
    sheet, rect = job.area(request.get("range"))
    job.allow(sheet, rect)
    rule = request.get("rule")
    if rule is not None and not (rule.get("condition") or {}).get("type"):
        raise invalid("A data validation rule must have a condition.")
    rule = rule_in(rule)
    for row in range(rect.top, rect.bottom):
        for column in range(rect.left, rect.right):
            cell = sheet.cell(row, column)
            if cell is not None or rule is not None:
                sheet.put(row, column, (cell or EMPTY)._replace(validation=rule))
    return {}


# --- Borders ---


def update_borders(job: Job, request: Json) -> Json:
    """`updateBorders`."""
    sheet, rect = job.area(request.get("range"))
    job.allow(sheet, rect)
    sides = {name: border(request[name]) for name in _SIDES if request.get(name)}
    for row in range(rect.top, rect.bottom):
        for column in range(rect.left, rect.right):
            _border(sheet, row, column, rect, sides)
    return {}


_SIDES = ("top", "bottom", "left", "right", "innerHorizontal", "innerVertical")


def _border(sheet: Sheet, row: int, column: int, rect: Rect, sides: Json) -> None:
    chosen = {
        "top": sides.get("top" if row == rect.top else "innerHorizontal"),
        "bottom": sides.get("bottom" if row == rect.bottom - 1 else "innerHorizontal"),
        "left": sides.get("left" if column == rect.left else "innerVertical"),
        "right": sides.get("right" if column == rect.right - 1 else "innerVertical"),
    }
    if not any(chosen.values()):
        return
    cell = sheet.cell(row, column) or EMPTY
    borders = dict((cell.format or {}).get("borders") or {})
    for side, line in chosen.items():
        if line and line["style"] == "NONE":
            borders.pop(side, None)
        elif line:
            borders[side] = line
    form = {name: item for name, item in (cell.format or {}).items() if name != "borders"}
    if borders:
        form["borders"] = borders
    sheet.put(row, column, cell._replace(format=form or None))


# --- Merges ---


def merge_cells(job: Job, request: Json) -> Json:
    """`mergeCells`: only the first cell of every merge keeps its value."""
    sheet, rect = job.area(request.get("range"))
    job.allow(sheet, rect)
    for box in sheet.merges:
        other = rect_of(sheet, box)
        if rect.meets(other) and not rect.around(other):
            raise invalid("You must select all cells in a merged range to merge or unmerge them.")
    sheet.merges = [box for box in sheet.merges if not rect.meets(rect_of(sheet, box))]
    kind = request.get("mergeType") or "MERGE_ALL"
    if kind == "MERGE_ROWS":
        pieces = [Rect(row, rect.left, row + 1, rect.right) for row in range(rect.top, rect.bottom)]
    elif kind == "MERGE_COLUMNS":
        pieces = [Rect(rect.top, column, rect.bottom, column + 1) for column in range(rect.left, rect.right)]
    else:
        pieces = [rect]
    for piece in pieces:
        if piece.height * piece.width > 1:
            sheet.merges.append(box_of(sheet, piece))
            _keep_first(sheet, piece)
    return {}


def box_of(sheet: Sheet, rect: Rect) -> Json:
    """A rectangle as a GridRange."""
    return {
        "sheetId": sheet.id,
        "startRowIndex": rect.top,
        "endRowIndex": rect.bottom,
        "startColumnIndex": rect.left,
        "endColumnIndex": rect.right,
    }


def _keep_first(sheet: Sheet, piece: Rect) -> None:
    """The value of the first cell that has one stands in the first cell; all others lose theirs."""
    values = [(row, column, cell) for row, column, cell in sheet.cells(piece) if cell.value is not None]
    for row, column, cell in values:
        sheet.put(row, column, Cell(None, cell.note, cell.format, cell.validation))
    if values:
        first = sheet.cell(piece.top, piece.left) or EMPTY
        sheet.put(piece.top, piece.left, first._replace(value=values[0][2].value, extra=values[0][2].extra))


def unmerge_cells(job: Job, request: Json) -> Json:
    """`unmergeCells`."""
    sheet, rect = job.area(request.get("range"))
    job.allow(sheet, rect)
    for box in sheet.merges:
        other = rect_of(sheet, box)
        if rect.meets(other) and not rect.around(other):
            raise invalid("You must select all cells in a merged range to merge or unmerge them.")
    sheet.merges = [box for box in sheet.merges if not rect.meets(rect_of(sheet, box))]
    return {}


KINDS = {
    "updateCells": update_cells,
    "appendCells": append_cells,
    "repeatCell": repeat_cell,
    "setDataValidation": set_data_validation,
    "updateBorders": update_borders,
    "mergeCells": merge_cells,
    "unmergeCells": unmerge_cells,
}
