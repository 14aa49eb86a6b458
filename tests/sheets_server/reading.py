"""`spreadsheets.get`: a spreadsheet as the API shows it, built only as far as its mask asks."""

from __future__ import annotations

from typing import Any

from .a1 import Rect
from .cells import DEFAULT_FORMAT, THEME, Reader
from .datafilters import areas_of, on_dimension, sheet_id_of, shown
from .filters import hidden_rows
from .job import Job, plain
from .masks import Mask, asks, below, masked, response_mask
from .model import Json, Sheet
from .validation import shown_text

Selection = list[tuple[Sheet, Rect]]

DEFAULT_PIXELS = {"ROWS": 21, "COLUMNS": 100}
SPREADSHEET_THEME = {
    "primaryFontFamily": "Arial",
    "themeColors": [{"colorType": name, "color": {"rgbColor": rgb}} for name, rgb in THEME.items()],
}


def get(job: Job, parameters: Json, _body: Json) -> Json:
    """`spreadsheets.get`."""
    mask = response_mask(parameters.get("fields"), "Spreadsheet")
    ranges = parameters.get("ranges") or []
    selection = [job.named_in_grid(text) for text in ranges] if ranges else None
    return spreadsheet(job, mask, selection, bool(parameters.get("includeGridData") or parameters.get("fields")))


def get_by_data_filter(job: Job, parameters: Json, body: Json) -> Json:
    """`spreadsheets.getByDataFilter`."""
    mask = response_mask(parameters.get("fields"), "Spreadsheet")
    filters = body.get("dataFilters") or []
    selection = [(sheet, rect) for sheet, rect, _ in areas_of(job, filters)] if filters else None
    return spreadsheet(job, mask, selection, bool(body.get("includeGridData") or parameters.get("fields")))


def spreadsheet(job: Job, mask: Mask, selection: Selection | None, grid: bool) -> Json:
    """The spreadsheet, as far as the mask asks. Grid data come with a mask that names them, or if `grid`.

    `grid` counts only for a mask of everything: what includeGridData says, or a mask of `*`.
    """
    book = job.book
    answer: Json = {}
    if asks(mask, "spreadsheetId"):
        answer["spreadsheetId"] = book.id
    if asks(mask, "properties"):
        properties = {**book.properties, "defaultFormat": DEFAULT_FORMAT, "spreadsheetTheme": SPREADSHEET_THEME}
        answer["properties"] = masked(properties, below(mask, "properties"))
    if asks(mask, "sheets"):
        inner = below(mask, "sheets")
        with_data = asks(inner, "data") if mask else grid
        chosen = book.sheets
        if selection is not None:
            wanted = {sheet.id for sheet, _ in selection}
            chosen = [sheet for sheet in book.sheets if sheet.id in wanted]
        answer["sheets"] = [_sheet(job, sheet, inner, selection, with_data) for sheet in chosen]
    if asks(mask, "namedRanges") and book.named_ranges:
        answer["namedRanges"] = masked([plain(named) for named in book.named_ranges], below(mask, "namedRanges"))
    if asks(mask, "spreadsheetUrl"):
        answer["spreadsheetUrl"] = f"https://docs.google.com/spreadsheets/d/{book.id}/edit"
    if asks(mask, "developerMetadata"):
        found = [shown(metadata) for metadata in book.metadata if metadata["location"]["locationType"] == "SPREADSHEET"]
        if found:
            answer["developerMetadata"] = masked(found, below(mask, "developerMetadata"))
    return answer


def sheet_properties(sheet: Sheet) -> Json:
    """A tab's properties as the API shows them."""
    return {
        name: {k: v for k, v in item.items() if v} if name == "gridProperties" else item
        for name, item in sheet.properties.items()
        if item is not False and item is not None
    }


def _sheet(job: Job, sheet: Sheet, mask: Mask, selection: Selection | None, with_data: bool) -> Json:
    answer: Json = {}
    if asks(mask, "properties"):
        answer["properties"] = masked(sheet_properties(sheet), below(mask, "properties"))
    if with_data and asks(mask, "data"):
        rects = [rect for owner, rect in selection if owner is sheet] if selection is not None else [sheet.grid]
        inner = below(mask, "data")
        answer["data"] = [grid_data(job, sheet, rect, inner) for rect in rects]
    for name, stored in _stored(job, sheet, mask).items():
        if stored:
            answer[name] = masked(plain(stored), below(mask, name))
    if asks(mask, "developerMetadata"):
        found = [
            shown(metadata)
            for metadata in job.book.metadata
            if metadata["location"]["locationType"] == "SHEET" and sheet_id_of(metadata) == sheet.id
        ]
        if found:
            answer["developerMetadata"] = masked(found, below(mask, "developerMetadata"))
    return answer


def _stored(job: Job, sheet: Sheet, mask: Mask) -> Json:
    everything: Json = {
        "merges": sheet.merges,
        "conditionalFormats": sheet.conditional,
        "filterViews": sheet.filter_views,
        "protectedRanges": sheet.protected,
        "basicFilter": sheet.basic_filter,
        "charts": sheet.charts,
        "bandedRanges": sheet.bandings,
        "rowGroups": sheet.row_groups,
        "columnGroups": sheet.column_groups,
        "tables": sheet.tables,
    }
    wanted = {name: stored for name, stored in everything.items() if stored and asks(mask, name)}
    if "protectedRanges" in wanted:
        wanted["protectedRanges"] = [protected_for(job, protected) for protected in sheet.protected]
    if "tables" in wanted:
        wanted["tables"] = [table_now(job, sheet, table) for table in sheet.tables]
    return wanted


def protected_for(job: Job, protected: Json) -> Json:
    """A protected range as the caller sees it."""
    editable = bool(protected.get("warningOnly")) or job.may_edit(protected)
    seen = {**protected, "requestingUserCanEdit": editable}
    if not editable:
        seen.pop("editors", None)
    return seen


def table_now(job: Job, sheet: Sheet, table: Json) -> Json:
    """A table with its columns called as their header cells say now."""
    row, left = table["range"]["startRowIndex"], table["range"]["startColumnIndex"]
    columns = [
        {**column, "columnName": shown_text(job, sheet, row, left + column["columnIndex"]) or column["columnName"]}
        for column in table["columnProperties"]
    ]
    return {**table, "columnProperties": columns}


def grid_data(job: Job, sheet: Sheet, rect: Rect, mask: Mask) -> Json:
    """A GridData: the cells of a rectangle down to the last that is not empty."""
    answer: Json = {}
    if rect.top and asks(mask, "startRow"):
        answer["startRow"] = rect.top
    if rect.left and asks(mask, "startColumn"):
        answer["startColumn"] = rect.left
    if asks(mask, "rowData"):
        rows = _row_data(job, sheet, rect, below(mask, "rowData"))
        if rows:
            answer["rowData"] = rows
    for name, dimension, start, end in (
        ("rowMetadata", "ROWS", rect.top, rect.bottom),
        ("columnMetadata", "COLUMNS", rect.left, rect.right),
    ):
        if asks(mask, name):
            found = dimension_properties(job, sheet, dimension, start, end)
            inner = below(mask, name)
            answer[name] = masked(found, inner) if inner else found
    return answer


def _row_data(job: Job, sheet: Sheet, rect: Rect, mask: Mask) -> list[Json]:
    reader = Reader(job.engine)
    wants_values = asks(mask, "values")
    fields = reader.fields(below(mask, "values")) if wants_values else []
    rows: list[Json] = []
    last = 0
    for row in range(rect.top, min(rect.bottom, len(sheet.rows))):
        cells = sheet.rows[row][rect.left : rect.right]
        while cells and cells[-1] is None:
            cells.pop()
        if cells:
            last = len(rows) + 1
        values: list[Any] = []
        if wants_values:
            values = [
                {} if cell is None else reader.cell_data(sheet, row, rect.left + offset, cell, fields)
                for offset, cell in enumerate(cells)
            ]
        rows.append({"values": values} if values else {})
    return rows[:last]


def dimension_properties(job: Job, sheet: Sheet, dimension: str, start: int, end: int) -> list[Json]:
    """What every row, or column, of a stretch looks like."""
    sizes = sheet.row_sizes if dimension == "ROWS" else sheet.column_sizes
    default = {"pixelSize": DEFAULT_PIXELS[dimension]}
    metadata = on_dimension(job, sheet, "ROW" if dimension == "ROWS" else "COLUMN") if job.book.metadata else {}
    hidden = hidden_rows(job, sheet) if dimension == "ROWS" and sheet.basic_filter else frozenset()
    found = []
    for index in range(start, end):
        own = {**default, **sizes[index]} if index in sizes else default
        if index in hidden:
            own = {**own, "hiddenByFilter": True}
        if index in metadata:
            own = {**own, "developerMetadata": metadata[index]}
        found.append(own)
    return found
