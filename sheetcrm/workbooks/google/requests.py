"""The requests of a batchUpdate, as small functions. They know Google's words and nothing of ours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sheetcrm.workbooks.google.values import Json

__all__ = [
    "add_columns",
    "add_rows",
    "block",
    "copy",
    "cut",
    "delete_rows",
    "insert_columns",
    "insert_rows",
    "mark",
    "put",
    "runs",
    "set_properties",
    "size_columns",
    "unmark",
]


def block(
    sheet: int, rows: tuple[int, int | None] | None = None, columns: tuple[int, int | None] | None = None
) -> Json:
    """A GridRange: first, and the one behind the last; None is as far as it goes."""
    made: Json = {"sheetId": sheet}
    for name, span in (("Row", rows), ("Column", columns)):
        if span is not None:
            made[f"start{name}Index"] = span[0]
            if span[1] is not None:
                made[f"end{name}Index"] = span[1]
    return made


def put(sheet: int, row: int, column: int, rows: Iterable[Sequence[Json]], fields: str) -> Json:
    """Write cells from a place on; what the mask names and a cell lacks is emptied."""
    start = {"sheetId": sheet, "rowIndex": row, "columnIndex": column}
    return {"updateCells": {"start": start, "rows": [{"values": list(cells)} for cells in rows], "fields": fields}}


def copy(source: Json, destination: Json, paste: str) -> Json:
    """Copy cells: PASTE_NORMAL, PASTE_VALUES, PASTE_FORMAT, PASTE_DATA_VALIDATION."""
    return {"copyPaste": {"source": source, "destination": destination, "pasteType": paste}}


def cut(source: Json, sheet: int, row: int, column: int) -> Json:
    """Move cells, as they are at that instant, with everything on them."""
    there = {"sheetId": sheet, "rowIndex": row, "columnIndex": column}
    return {"cutPaste": {"source": source, "destination": there, "pasteType": "PASTE_NORMAL"}}


def insert_rows(sheet: int, first: int, count: int, *, like_above: bool) -> Json:
    """Blank rows, which look like the row above or below."""
    return {"insertDimension": {"range": _span(sheet, "ROWS", first, first + count), "inheritFromBefore": like_above}}


def insert_columns(sheet: int, first: int, count: int = 1) -> Json:
    """Blank columns, which look like the one to the right."""
    return {"insertDimension": {"range": _span(sheet, "COLUMNS", first, first + count), "inheritFromBefore": False}}


def add_rows(sheet: int, count: int) -> Json:
    """Blank rows at the end of the grid."""
    return {"appendDimension": {"sheetId": sheet, "dimension": "ROWS", "length": count}}


def add_columns(sheet: int, count: int) -> Json:
    """Blank columns at the end of the grid."""
    return {"appendDimension": {"sheetId": sheet, "dimension": "COLUMNS", "length": count}}


def delete_rows(sheet: int, first: int, last: int) -> Json:
    """Take out whole rows; `last` is the one behind."""
    return {"deleteDimension": {"range": _span(sheet, "ROWS", first, last)}}


def size_columns(sheet: int, first: int, last: int, pixels: int) -> Json:
    """The width of columns; `last` is the one behind."""
    span = _span(sheet, "COLUMNS", first, last)
    return {"updateDimensionProperties": {"range": span, "properties": {"pixelSize": pixels}, "fields": "pixelSize"}}


def set_properties(sheet: int, properties: Json, fields: str) -> Json:
    """Say something about a tab."""
    return {"updateSheetProperties": {"properties": {"sheetId": sheet, **properties}, "fields": fields}}


def mark(key: str, value: str, sheet: int, column: int | None = None) -> Json:
    """Leave a mark on a tab, or on one of its columns."""
    place: Json = {"sheetId": sheet}
    if column is not None:
        place = {"dimensionRange": _span(sheet, "COLUMNS", column, column + 1)}
    data = {"metadataKey": key, "metadataValue": value, "location": place, "visibility": "DOCUMENT"}
    return {"createDeveloperMetadata": {"developerMetadata": data}}


def unmark(metadata_id: int) -> Json:
    """Take a mark away."""
    return {"deleteDeveloperMetadata": {"dataFilter": {"developerMetadataLookup": {"metadataId": metadata_id}}}}


def _span(sheet: int, dimension: str, first: int, last: int) -> Json:
    return {"sheetId": sheet, "dimension": dimension, "startIndex": first, "endIndex": last}


def runs(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Ascending numbers as runs: first, and the one behind the last."""
    found: list[tuple[int, int]] = []
    for number in numbers:
        if found and found[-1][1] == number:
            found[-1] = (found[-1][0], number + 1)
        else:
            found.append((number, number + 1))
    return found
