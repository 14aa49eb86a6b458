"""`spreadsheets.values`: plain values in and out."""

from __future__ import annotations

from typing import Any

from .a1 import ALL_COLUMNS, ALL_ROWS, Rect, column_letters, split_title
from .append import table_for
from .cells import Reader, checked_length, number_out, unformatted
from .datafilters import areas_of
from .errors import ApiError, invalid
from .job import Job
from .model import EMPTY, Cell, CellError, Formula, Json, Sheet, Value
from .numberformats import DATE_TYPES, is_date_pattern
from .structure import insert_dimension
from .typed import typed
from .validation import check_strict

Rows = list[list[Any]]


# --- Reading ---


def value_range(job: Job, sheet: Sheet, rect: Rect, options: Json, prefix: str = "") -> Json:
    """A ValueRange: rows without what is blank at their ends."""
    major = options.get("majorDimension") or "ROWS"
    if major == "DIMENSION_UNSPECIFIED":
        major = "ROWS"
    render = options.get(_option(prefix, "valueRenderOption")) or "FORMATTED_VALUE"
    moments = options.get(_option(prefix, "dateTimeRenderOption")) or "SERIAL_NUMBER"
    rows = rendered(job, sheet, rect, render, moments)
    if major == "COLUMNS":
        width = max((len(row) for row in rows), default=0)
        rows = trimmed([[row[c] if c < len(row) else "" for row in rows] for c in range(width)])
    answer: Json = {"range": job.text_of(sheet, rect), "majorDimension": major}
    return answer | {"values": rows} if rows else answer


def _option(prefix: str, name: str) -> str:
    return prefix + name[0].upper() + name[1:] if prefix else name


def rendered(job: Job, sheet: Sheet, rect: Rect, render: str, moments: str) -> Rows:
    """The values of a rectangle, trimmed."""
    reader = Reader(job.engine)
    rows: Rows = []
    for row in range(rect.top, min(rect.bottom, len(sheet.rows))):
        cells = sheet.rows[row][rect.left : rect.right]
        rows.append(
            [
                "" if cell is None or cell.value is None else
                cell.value if type(cell.value) is str else
                _shown(reader, sheet, row, rect.left + offset, cell, render, moments)
                for offset, cell in enumerate(cells)
            ]
        )  # fmt: skip
    return trimmed(rows)


def _shown(reader: Reader, sheet: Sheet, row: int, column: int, cell: Cell, render: str, moments: str) -> Any:
    if render == "FORMULA" and type(cell.value) is Formula:
        return str(cell.value)
    value = reader.effective(sheet, row, column, cell)
    if value is None:
        return ""
    is_moment = (
        render != "FORMATTED_VALUE"
        and moments == "FORMATTED_STRING"
        and not isinstance(value, bool | str | CellError)
        and _is_moment(reader.number_format(sheet, cell))
    )
    if render == "FORMATTED_VALUE" or is_moment:
        return reader.formatted(sheet, row, column, cell)
    return unformatted(value)


def _is_moment(number_format: Json | None) -> bool:
    if not number_format:
        return False
    pattern = number_format.get("pattern")
    return is_date_pattern(pattern) if pattern else number_format.get("type") in DATE_TYPES


def trimmed(rows: Rows) -> Rows:
    """Without blank ends of rows and without blank rows at the end."""
    for row in rows:
        while row and row[-1] == "":
            row.pop()
    while rows and not rows[-1]:
        rows.pop()
    return rows


def get(job: Job, parameters: Json, _body: Json) -> Json:
    """`values.get`."""
    sheet, rect = job.named_in_grid(parameters["range"])
    return value_range(job, sheet, rect, parameters)


def batch_get(job: Job, parameters: Json, _body: Json) -> Json:
    """`values.batchGet`."""
    found = [job.named_in_grid(text) for text in parameters.get("ranges") or ()]
    answer: Json = {"spreadsheetId": job.book.id}
    if found:
        answer["valueRanges"] = [value_range(job, sheet, rect, parameters) for sheet, rect in found]
    return answer


def batch_get_by_data_filter(job: Job, _parameters: Json, body: Json) -> Json:
    """`values.batchGetByDataFilter`."""
    matched = [
        {"valueRange": value_range(job, sheet, rect, body), "dataFilters": filters}
        for sheet, rect, filters in areas_of(job, body.get("dataFilters") or [])
    ]
    return {"spreadsheetId": job.book.id} | ({"valueRanges": matched} if matched else {})


# --- Writing ---


def input_option(options: Json) -> bool:
    """Whether values are to be read as if typed."""
    option = options.get("valueInputOption")
    if option not in ("RAW", "USER_ENTERED"):
        raise invalid("'valueInputOption' is required but not specified")
    return option == "USER_ENTERED"


def in_rows(body: Json) -> Rows:
    """The values of a ValueRange as rows."""
    values = body.get("values") or []
    if body.get("majorDimension") == "COLUMNS":
        height = max((len(column) for column in values), default=0)
        return [[column[r] if r < len(column) else None for column in values] for r in range(height)]
    return values


def entered(job: Job, cell: Cell | None, given: Any, as_typed: bool) -> Cell:
    """The cell with a value put into it."""
    old = cell or EMPTY
    extra = None
    if old.extra:
        extra = {k: v for k, v in old.extra.items() if k not in ("textFormatRuns", "chipRuns")} or None
    if isinstance(given, float):
        given = number_out(given)
    if not isinstance(given, str) or not as_typed:
        value: Value = checked_length(given) or None if isinstance(given, str) else given
        return Cell(value, old.note, old.format, old.validation, extra)
    number_format = (old.format or {}).get("numberFormat")
    is_text = bool(number_format and number_format.get("type") == "TEXT")
    value, shape = typed(checked_length(given), job.engine.locale, year=job.engine.now.year, is_text=is_text)
    form = old.format
    if shape and (not number_format or (number_format.get("type") != shape["type"] and shape["type"] != "NUMBER")):
        form = {**(form or {}), "numberFormat": shape}
    return Cell(value, old.note, form, old.validation, extra)


def write_rows(job: Job, sheet: Sheet, top: int, left: int, rows: Rows, as_typed: bool) -> Json:
    """Put rows of values into a tab; null leaves a cell as it is. The answer is an UpdateValuesResponse."""
    placed = [
        (top + r, left + c, given) for r, row in enumerate(rows) for c, given in enumerate(row) if given is not None
    ]
    for row, column, given in placed:
        if not isinstance(given, str | int | float | bool):
            kind = "list_value" if isinstance(given, list) else "struct_value"
            raise invalid(f"Invalid values[{row - top}][{column - left}]: {kind} {{ }}")
    bottom = max((r for r, _, _ in placed), default=top) + 1
    right = max((c for _, c, _ in placed), default=left) + 1
    rect = Rect(top, left, bottom, right)
    if placed:
        job.allow(sheet, rect)
    for row, column, given in placed:
        cell = entered(job, sheet.cell(row, column), given, as_typed)
        check_strict(job, sheet, row, column, cell)
        sheet.put(row, column, cell)
    job.changed()
    answer: Json = {"spreadsheetId": job.book.id, "updatedRange": job.text_of(sheet, rect)}
    if placed:
        answer |= {"updatedRows": rect.height, "updatedColumns": rect.width, "updatedCells": len(placed)}
    return answer


def target(job: Job, text: str, rows: Rows) -> tuple[Sheet, Rect]:
    """Where a write to `text` begins; refused where the rows do not fit."""
    sheet, rect = job.named(text)
    check_fit(job, sheet, rect, rows, text)
    return sheet, rect


def check_fit(job: Job, sheet: Sheet, rect: Rect, rows: Rows, text: str) -> None:
    """Refuse rows that are larger than their range or than the grid."""
    height, width = len(rows), max((len(row) for row in rows), default=0)
    is_cell = rect.height == 1 and rect.width == 1
    bottom = ALL_ROWS if is_cell else rect.bottom
    right = ALL_COLUMNS if is_cell else rect.right
    for end, limit, largest in (
        (rect.bottom, sheet.row_count, ALL_ROWS),
        (rect.right, sheet.column_count, ALL_COLUMNS),
    ):
        if limit < end < largest:
            raise job.beyond(sheet, split_title(text)[1])
    asked = job.text_of(sheet, rect.common(sheet.grid))
    if rect.top + height > bottom:
        raise invalid(f"Requested writing within range [{asked}], but tried writing to row [{bottom + 1}]")
    if rect.left + width > right:
        raise invalid(
            f"Requested writing within range [{asked}], but tried writing to column [{column_letters(right)}]"
        )
    last = Rect(rect.top, rect.left, rect.top + max(height, 1), rect.left + max(width, 1))
    if not sheet.grid.around(last):
        raise job.beyond(sheet, job.text_of(sheet, last).rpartition("!")[2])


def with_values(job: Job, answer: Json, sheet: Sheet, asked: Rect, options: Json) -> Json:
    """The answer with the values of the range asked for, at least of what was written, if they are wanted."""
    if not options.get("includeValuesInResponse"):
        return answer
    asked, rect = asked.common(sheet.grid), _updated(job, answer)
    if not asked.empty:
        bottom, right = max(asked.bottom, rect.bottom), max(asked.right, rect.right)
        rect = Rect(min(asked.top, rect.top), min(asked.left, rect.left), bottom, right)
    shown = {key: options[key] for key in options if key.startswith("response")}
    return answer | {"updatedData": value_range(job, sheet, rect, shown, "response")}


def update(job: Job, parameters: Json, body: Json) -> Json:
    """`values.update`."""
    as_typed = input_option(parameters)
    text, rows = parameters["range"], in_rows(body)
    if body.get("range") and job.named(body["range"]) != job.named(text):
        raise invalid(f"Requested range [{text}] does not match the range of the values [{body['range']}]")
    sheet, rect = target(job, text, rows)
    answer = write_rows(job, sheet, rect.top, rect.left, rows, as_typed)
    return with_values(job, answer, sheet, rect, parameters)


def _updated(job: Job, answer: Json) -> Rect:
    return job.named_in_grid(answer["updatedRange"])[1]


def batch_update(job: Job, _parameters: Json, body: Json) -> Json:
    """`values.batchUpdate`."""
    as_typed = input_option(body)
    responses, areas = [], []
    for number, data in enumerate(body.get("data") or ()):
        rows = in_rows(data)
        try:
            sheet, rect = target(job, data.get("range", ""), rows)
            answer = write_rows(job, sheet, rect.top, rect.left, rows, as_typed)
        except ApiError as error:
            raise ApiError(error.code, error.status, f"Invalid data[{number}]: {error.message}") from None
        areas.append((sheet, answer))
        responses.append(with_values(job, answer, sheet, rect, body))
    return totals(job, areas) | ({"responses": responses} if responses else {})


def batch_update_by_data_filter(job: Job, _parameters: Json, body: Json) -> Json:
    """`values.batchUpdateByDataFilter`."""
    as_typed = input_option(body)
    responses, areas = [], []
    for data in body.get("data") or ():
        rows, data_filter = in_rows(data), data.get("dataFilter") or {}
        for sheet, rect, _ in areas_of(job, [data_filter]):
            check_fit(job, sheet, rect, rows, job.text_of(sheet, rect))
            answer = write_rows(job, sheet, rect.top, rect.left, rows, as_typed)
            areas.append((sheet, answer))
            answer = with_values(job, answer, sheet, rect, body)
            responses.append({k: v for k, v in answer.items() if k != "spreadsheetId"} | {"dataFilter": data_filter})
    return totals(job, areas) | ({"responses": responses} if responses else {})


def totals(job: Job, areas: list[tuple[Sheet, Json]]) -> Json:
    """How much was written in all; a row that two ranges share counts once."""
    rows: set[tuple[int, int]] = set()
    columns: set[tuple[int, int]] = set()
    sheets: set[int] = set()
    cells = 0
    for sheet, answer in areas:
        if "updatedCells" in answer:
            rect = _updated(job, answer)
            rows.update((sheet.id, row) for row in range(rect.top, rect.bottom))
            columns.update((sheet.id, column) for column in range(rect.left, rect.right))
            sheets.add(sheet.id)
            cells += answer["updatedCells"]
    found = {
        "totalUpdatedRows": len(rows),
        "totalUpdatedColumns": len(columns),
        "totalUpdatedCells": cells,
        "totalUpdatedSheets": len(sheets),
    }
    return {"spreadsheetId": job.book.id} | {name: number for name, number in found.items() if number}


def append(job: Job, parameters: Json, body: Json) -> Json:
    """`values.append`: below the last table that the range meets, or where the range begins."""
    as_typed = input_option(parameters)
    sheet, rect = job.named_in_grid(parameters["range"])
    rows = in_rows(body)
    table = table_for(sheet, rect)
    top, left = (table.bottom, table.left) if table else (rect.top, rect.left)
    if parameters.get("insertDataOption") == "INSERT_ROWS" and rows:
        job.allow_insert(sheet, "ROWS", top)
        insert_dimension(job, sheet, "ROWS", top, len(rows), inherit_from_before=top > 0)
    _grow(job, sheet, top + len(rows), left + max((len(row) for row in rows), default=0))
    updates = write_rows(job, sheet, top, left, rows, as_typed)
    updates = with_values(job, updates, sheet, _updated(job, updates), parameters)
    answer: Json = {"spreadsheetId": job.book.id}
    if table:
        answer["tableRange"] = job.text_of(sheet, table)
        _extend_table(sheet, table, top + len(rows))
    return answer | {"updates": updates}


def _grow(job: Job, sheet: Sheet, rows: int, columns: int) -> None:
    sheet.resize(rows=max(rows, sheet.row_count, 1), columns=max(columns, sheet.column_count, 1))
    job.book.check_size()


def _extend_table(sheet: Sheet, island: Rect, bottom: int) -> None:
    for at, table in enumerate(sheet.tables):
        box = table["range"]
        if (box["endRowIndex"], box["startColumnIndex"]) == (island.bottom, island.left):
            sheet.tables[at] = {**table, "range": {**box, "endRowIndex": bottom}}


def clear_rect(job: Job, sheet: Sheet, rect: Rect) -> str:
    """Empty the values of a rectangle; notes, formats and rules stay."""
    job.allow(sheet, rect)
    for row, column, cell in list(sheet.cells(rect)):
        if cell.value is not None:
            sheet.put(row, column, Cell(None, cell.note, cell.format, cell.validation))
    job.changed()
    return job.text_of(sheet, rect)


def clear(job: Job, parameters: Json, _body: Json) -> Json:
    """`values.clear`."""
    sheet, rect = job.named_in_grid(parameters["range"])
    return {"spreadsheetId": job.book.id, "clearedRange": clear_rect(job, sheet, rect)}


def batch_clear(job: Job, _parameters: Json, body: Json) -> Json:
    """`values.batchClear`."""
    found = [job.named_in_grid(text) for text in body.get("ranges") or ()]
    return {"spreadsheetId": job.book.id, "clearedRanges": [clear_rect(job, sheet, rect) for sheet, rect in found]}


def batch_clear_by_data_filter(job: Job, _parameters: Json, body: Json) -> Json:
    """`values.batchClearByDataFilter`."""
    found = areas_of(job, body.get("dataFilters") or [])
    return {"spreadsheetId": job.book.id, "clearedRanges": [clear_rect(job, sheet, rect) for sheet, rect, _ in found]}


READS = {
    "get": get,
    "batchGet": batch_get,
    "batchGetByDataFilter": batch_get_by_data_filter,
}
WRITES = {
    "update": update,
    "batchUpdate": batch_update,
    "batchUpdateByDataFilter": batch_update_by_data_filter,
    "append": append,
    "clear": clear,
    "batchClear": batch_clear,
    "batchClearByDataFilter": batch_clear_by_data_filter,
}
