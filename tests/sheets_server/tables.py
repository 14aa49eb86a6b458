"""Tables: a name, a range, and columns with names and types."""

from __future__ import annotations

from .cell_requests import box_of
from .cells import styled
from .errors import invalid
from .formula_calls import ERROR_TEXTS
from .job import Job, plain, rect_of
from .masks import merged, update_mask
from .model import EMPTY, Json, Sheet
from .validation import shown_text

COLUMN_TYPES = frozenset(
    "DOUBLE CURRENCY PERCENT DATE TIME DATE_TIME TEXT BOOLEAN DROPDOWN FILES_CHIP PEOPLE_CHIP FINANCE_CHIP "
    "PLACE_CHIP RATINGS_CHIP COLUMN_TYPE_UNSPECIFIED".split()
)


def _taken(job: Job) -> list[str]:
    return [table["tableId"] for sheet in job.book.sheets for table in sheet.tables]


def _find(job: Job, table_id: str | None) -> tuple[Sheet, int]:
    for sheet in job.book.sheets:
        for at, table in enumerate(sheet.tables):
            if table["tableId"] == table_id:
                return sheet, at
    raise invalid(f"No table with id: {table_id}")


def _columns(job: Job, sheet: Sheet, table: Json) -> list[Json]:
    """Every column of the table, named by the request or by its header cell."""
    box = table["range"]
    given = {column.get("columnIndex", 0): column for column in table.get("columnProperties") or ()}
    width = box["endColumnIndex"] - box["startColumnIndex"]
    if any(not 0 <= index < width for index in given):
        raise invalid("A column of the table is outside its range.")
    columns: list[Json] = []
    names: set[str] = set()
    for index in range(width):
        column = dict(given.get(index, {}))
        kind = column.get("columnType")
        if kind and kind not in COLUMN_TYPES:
            raise invalid(f"Invalid column type: {kind}")
        if kind == "DROPDOWN" and not column.get("dataValidationRule"):
            raise invalid("A dropdown column must have a data validation rule.")
        shown = shown_text(job, sheet, box["startRowIndex"], box["startColumnIndex"] + index)
        name = column.get("columnName") or (shown if shown not in ERROR_TEXTS.values() else "") or f"Column {index + 1}"
        if name.casefold() in names:
            raise invalid(f"Column names of a table must be unique: {name}")
        names.add(name.casefold())
        columns.append(
            {"columnIndex": index, "columnName": name}
            | {k: v for k, v in column.items() if k not in ("columnIndex", "columnName") and v}
        )
    return columns


def _checked(job: Job, table: Json, own: Json | None = None) -> tuple[Sheet, Json]:
    if not table.get("name"):
        table = {**table, "name": _free_name(job)}
    for sheet in job.book.sheets:
        for other in sheet.tables:
            if other is not own and other["name"].casefold() == table["name"].casefold():
                raise invalid(f"A table with the name {table['name']} already exists.")
    sheet, rect = job.area(table.get("range"))
    for other in sheet.tables:
        if other is not own and rect.meets(rect_of(sheet, other["range"])):
            raise invalid("The table overlaps with another table.")
    job.allow(sheet, rect)
    table = {**table, "range": box_of(sheet, rect)}
    if table.get("rowsProperties"):
        # Tables came after the old way to write colours and know only the new one.
        table["rowsProperties"] = {k: v for k, v in table["rowsProperties"].items() if k.endswith("Style")}
    return sheet, {**table, "columnProperties": _columns(job, sheet, table)}


def _free_name(job: Job) -> str:
    names = {table["name"] for sheet in job.book.sheets for table in sheet.tables}
    return next(name for n in range(1, 10_000) if (name := f"Table{n}") not in names)


def _write_header(sheet: Sheet, table: Json) -> None:
    """The header cells say the columns' names."""
    box = table["range"]
    for column in table["columnProperties"]:
        row, at = box["startRowIndex"], box["startColumnIndex"] + column["columnIndex"]
        sheet.put(row, at, (sheet.cell(row, at) or EMPTY)._replace(value=column["columnName"]))


def add(job: Job, request: Json) -> Json:
    """`addTable`."""
    given = styled(request.get("table") or {})
    if given.get("tableId") in _taken(job):
        raise invalid(f"A table with id: {given['tableId']} already exists.")
    given["tableId"] = given.get("tableId") or str(job.fresh_number(int(i) for i in _taken(job) if i.isdigit()))
    sheet, table = _checked(job, given)
    sheet.tables.append(table)
    _write_header(sheet, table)
    return {"table": plain(table)}


def update(job: Job, request: Json) -> Json:
    """`updateTable`."""
    mask = update_mask(request.get("fields"), "Table")
    given = styled(request.get("table") or {})
    sheet, at = _find(job, given.get("tableId"))
    old = sheet.tables[at]
    new = merged(old, given, mask) | {"tableId": old["tableId"]}
    owner, table = _checked(job, new, old)
    if owner is not sheet:
        raise invalid("A table cannot be moved to another sheet.")
    sheet.tables[at] = table
    _write_header(sheet, table)
    return {}


def delete(job: Job, request: Json) -> Json:
    """`deleteTable`: the table and its cells."""
    sheet, at = _find(job, request.get("tableId"))
    rect = rect_of(sheet, sheet.tables[at]["range"])
    job.allow(sheet, rect)
    for row, column, _ in list(sheet.cells(rect)):
        sheet.put(row, column, None)
    del sheet.tables[at]
    return {}


KINDS = {"addTable": add, "updateTable": update, "deleteTable": delete}
