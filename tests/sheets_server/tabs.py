"""Requests on the spreadsheet and its tabs."""

from __future__ import annotations

from .cells import styled, with_twins
from .copying import free_title, twin_of
from .errors import invalid
from .formula_syntax import Ref, translated
from .job import PROTECTED, Job
from .locales import locale_named
from .masks import merged, update_mask
from .model import Json, Sheet, new_sheet_properties
from .reading import sheet_properties
from .structure import across, delete_dimension, rewrite_formulas, rewrite_texts

READ_ONLY = frozenset({"sheetId", "sheetType", "dataSourceSheetProperties"})


def update_spreadsheet_properties(job: Job, request: Json) -> Json:
    """`updateSpreadsheetProperties`."""
    mask = update_mask(request.get("fields"), "SpreadsheetProperties")
    given = request.get("properties") or {}
    old = job.book.properties
    new = merged(old, given, mask)
    for name in ("title", "locale", "timeZone", "autoRecalc"):
        if not new.get(name):
            if mask and name in mask:
                raise invalid(f"{name} must not be empty.")
            new[name] = old[name]
    before = locale_named(old["locale"]).comma_is_decimal
    after = locale_named(new["locale"]).comma_is_decimal
    if before != after:
        rewrite_texts(job, lambda text: translated(text, before))
    job.book.properties = {k: v for k, v in new.items() if k not in ("defaultFormat", "spreadsheetTheme")}
    return {}


def _find(job: Job, sheet_id: int | None) -> Sheet:
    sheet = job.book.sheet(sheet_id or 0)
    if sheet is None:
        raise invalid(f"No sheet with id: {sheet_id or 0}")
    return sheet


def _check_title(job: Job, title: str | None, own: Sheet | None = None) -> None:
    if not title:
        raise invalid("The sheet name cannot be empty.")
    if len(title) > 100:
        raise invalid("The sheet name cannot be greater than 100 characters.")
    other = job.book.sheet_titled(title)
    if other is not None and other is not own:
        raise invalid(f'A sheet with the name "{title}" already exists. Please enter another name.')


def update_sheet_properties(job: Job, request: Json) -> Json:
    """`updateSheetProperties`."""
    mask = update_mask(request.get("fields"), "SheetProperties")
    given = styled(request.get("properties") or {})
    sheet = _find(job, given.get("sheetId"))
    old = sheet.properties
    new = merged(old, given, with_twins(mask)) | {name: old[name] for name in READ_ONLY if name in old}
    if not mask:
        new["index"] = given.get("index", old["index"])
    if new.get("title") != old["title"]:
        _check_title(job, new.get("title"), sheet)
    if new.get("hidden") and not any(not s.properties.get("hidden") for s in job.book.sheets if s is not sheet):
        raise invalid("You can't hide all the sheets in a document.")
    index = new.get("index", 0)
    title, new["title"], new["index"] = new.get("title"), old["title"], old["index"]
    grid = new.get("gridProperties") or {}
    new["gridProperties"] = {**grid, "rowCount": sheet.row_count, "columnCount": sheet.column_count}
    sheet.properties = {name: item for name, item in new.items() if item is not False}
    _resize(job, sheet, grid.get("rowCount", 0), grid.get("columnCount", 0))
    _check_frozen(sheet)
    if title != old["title"]:
        _rename(job, sheet, title or "")
    if index != old["index"]:
        _reorder(job, sheet, index)
    return {}


def _resize(job: Job, sheet: Sheet, rows: int, columns: int) -> None:
    for dimension, wanted, there in (("ROWS", rows, sheet.row_count), ("COLUMNS", columns, sheet.column_count)):
        if wanted < 1:
            raise invalid(f"You can't delete all the {dimension.lower()} on the sheet.")
        if wanted < there:
            job.allow(sheet, across(sheet, dimension, wanted, there))
            delete_dimension(job, sheet, dimension, wanted, there)
    sheet.resize(rows=max(rows, sheet.row_count), columns=max(columns, sheet.column_count))
    job.book.check_size()


def _check_frozen(sheet: Sheet) -> None:
    grid = sheet.properties["gridProperties"]
    for name, count, word in (
        ("frozenRowCount", sheet.row_count, "rows"),
        ("frozenColumnCount", sheet.column_count, "columns"),
    ):
        if grid.get(name, 0) >= count:
            raise invalid(f"You can't freeze all visible {word} on the sheet.")


def _rename(job: Job, sheet: Sheet, title: str) -> None:
    old = sheet.title

    def renamed(_own: Sheet, ref: Ref) -> Ref:
        return ref._replace(title=title) if ref.title is not None and ref.title.casefold() == old.casefold() else ref

    rewrite_formulas(job, renamed)
    sheet.properties = {**sheet.properties, "title": title}


def _reorder(job: Job, sheet: Sheet, index: int) -> None:
    """The index is that of before the tab leaves its place."""
    sheets = job.book.sheets
    if not 0 <= index <= len(sheets):
        raise invalid(f"Invalid index: {index}")
    at = sheets.index(sheet)
    sheets.remove(sheet)
    sheets.insert(index - 1 if index > at else index, sheet)
    job.book.number_sheets()


def add_sheet(job: Job, request: Json) -> Json:
    """`addSheet`."""
    given = styled(request.get("properties") or {})
    if given.get("sheetType", "GRID") != "GRID":
        raise invalid(f"Adding a sheet of type {given['sheetType']} is not emulated")
    taken = [sheet.id for sheet in job.book.sheets]
    sheet_id = given.get("sheetId")
    if sheet_id is None:
        sheet_id = job.fresh_number(taken)
    if sheet_id < 0:
        raise invalid("Sheet ID must not be negative.")
    if sheet_id in taken and job.switches.duplicate_ids_refused:
        raise invalid(f"A sheet with the id {sheet_id} already exists. Please use another id.")
    if sheet_id in taken:
        job.book.sheets.remove(_find(job, sheet_id))
        taken.remove(sheet_id)
    title = given.get("title")
    if title is None:
        title = next(name for n in range(len(taken) + 1, 10_000) if not job.book.sheet_titled(name := f"Sheet{n}"))
    _check_title(job, title)
    properties = new_sheet_properties(sheet_id, title)
    for name in ("hidden", "rightToLeft", "tabColor", "tabColorStyle"):
        if given.get(name):
            properties[name] = given[name]
    grid = {name: item for name, item in (given.get("gridProperties") or {}).items() if item}
    properties["gridProperties"] = {**properties["gridProperties"], **grid}
    sheet = Sheet(properties)
    index = given.get("index", len(taken))
    if not 0 <= index <= len(taken):
        raise invalid(f"Invalid index: {index}")
    job.book.sheets.insert(index, sheet)
    job.book.number_sheets()
    job.book.check_size()
    _check_frozen(sheet)
    return {"properties": sheet_properties(sheet)}


def delete_sheet(job: Job, request: Json) -> Json:
    """`deleteSheet`."""
    if not job.switches.unknown_ids_refused and job.book.sheet(request.get("sheetId") or 0) is None:
        return {}
    sheet = _find(job, request.get("sheetId"))
    others = [s for s in job.book.sheets if s is not sheet]
    if not others:
        raise invalid("You can't remove all the sheets in a document.")
    if all(s.properties.get("hidden") for s in others):
        raise invalid("You can't remove all the visible sheets in a document.")
    if job.protected_rects(sheet):
        raise invalid(PROTECTED)
    title = sheet.title.casefold()
    job.book.sheets.remove(sheet)
    rewrite_formulas(job, lambda _own, ref: None if ref.title is not None and ref.title.casefold() == title else ref)
    job.book.named_ranges = [n for n in job.book.named_ranges if n["range"].get("sheetId", 0) != sheet.id]
    job.book.metadata = [m for m in job.book.metadata if _sheet_of(m) != sheet.id]
    for other in job.book.sheets:
        other.charts = [c for c in other.charts if _anchor(c) != sheet.id]
    job.book.number_sheets()
    return {}


def _sheet_of(metadata: Json) -> int | None:
    place = metadata["location"]
    return place["dimensionRange"]["sheetId"] if "dimensionRange" in place else place.get("sheetId")


def _anchor(chart: Json) -> int | None:
    overlay = chart.get("position", {}).get("overlayPosition")
    return overlay.get("anchorCell", {}).get("sheetId", 0) if overlay else None


def duplicate_sheet(job: Job, request: Json) -> Json:
    """`duplicateSheet`."""
    source = _find(job, request.get("sourceSheetId"))
    taken = [sheet.id for sheet in job.book.sheets]
    sheet_id = request.get("newSheetId")
    if sheet_id is None:
        sheet_id = job.fresh_number(taken)
    elif sheet_id in taken:
        raise invalid(f"A sheet with the id {sheet_id} already exists. Please use another id.")
    title = request.get("newSheetName")
    if title:
        _check_title(job, title)
    else:
        title = free_title(job, f"Copy of {source.title}")
    twin = twin_of(job, source, sheet_id, title)
    index = request.get("insertSheetIndex") or 0
    if not 0 <= index <= len(taken):
        raise invalid(f"Invalid index: {index}")
    job.book.sheets.insert(index, twin)
    job.book.number_sheets()
    job.book.check_size()
    return {"properties": sheet_properties(twin)}


KINDS = {
    "updateSpreadsheetProperties": update_spreadsheet_properties,
    "updateSheetProperties": update_sheet_properties,
    "addSheet": add_sheet,
    "deleteSheet": delete_sheet,
    "duplicateSheet": duplicate_sheet,
}
