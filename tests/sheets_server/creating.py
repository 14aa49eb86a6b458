"""`spreadsheets.create`: a new spreadsheet with the tabs, cells and names it asks for."""

from __future__ import annotations

from . import names, tabs
from .cells import written
from .errors import invalid
from .job import Job
from .masks import EVERYTHING
from .model import Json, Sheet


def fill(job: Job, body: Json) -> None:
    """Give a new spreadsheet what `spreadsheets.create` asks for."""
    if body.get("sheets"):
        job.book.sheets.clear()
        for number, given in enumerate(body["sheets"]):
            properties = dict(given.get("properties") or {})
            properties.setdefault("sheetId", 0 if number == 0 else None)
            properties = {name: item for name, item in properties.items() if item is not None and name != "index"}
            tabs.add_sheet(job, {"properties": properties})
            _fill_sheet(job, job.book.sheets[-1], given)
    for named in body.get("namedRanges") or ():
        names.add_named_range(job, {"namedRange": named})


def _fill_sheet(job: Job, sheet: Sheet, given: Json) -> None:
    for data in given.get("data") or ():
        top, left = data.get("startRow", 0), data.get("startColumn", 0)
        for r, row in enumerate(data.get("rowData") or ()):
            for c, cell in enumerate(row.get("values") or ()):
                if top + r >= sheet.row_count or left + c >= sheet.column_count:
                    raise invalid("Invalid sheets: the data are larger than the grid.")
                sheet.put(top + r, left + c, written(None, cell, EVERYTHING))
        for name, start, sizes in (
            ("rowMetadata", top, sheet.row_sizes),
            ("columnMetadata", left, sheet.column_sizes),
        ):
            for offset, properties in enumerate(data.get(name) or ()):
                kept = {k: v for k, v in properties.items() if k in ("pixelSize", "hiddenByUser") and v}
                if kept:
                    sizes[start + offset] = kept
    sheet.merges = [{"sheetId": sheet.id, **box} for box in given.get("merges") or ()]
    sheet.conditional = [dict(rule) for rule in given.get("conditionalFormats") or ()]
