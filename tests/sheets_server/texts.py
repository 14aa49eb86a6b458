"""Requests that change texts: findReplace, trimWhitespace."""

from __future__ import annotations

import re

from .a1 import Rect
from .errors import invalid
from .job import Job
from .model import Formula, Json, Sheet
from .values import entered


def find_replace(job: Job, request: Json) -> Json:
    """`findReplace`: in values, and in formulas if it is asked to."""
    if not request.get("find"):
        raise invalid("The find value cannot be empty.")
    pattern = _pattern(request)
    replacement = request.get("replacement") or ""
    template = (
        re.sub(r"\$(\d)", r"\\g<\1>", replacement.replace("\\", "\\\\")) if request.get("searchByRegex") else None
    )
    counts = {"valuesChanged": 0, "formulasChanged": 0, "rowsChanged": 0, "sheetsChanged": 0, "occurrencesChanged": 0}
    for sheet, rect in _places(job, request):
        rows = set()
        for row, column, cell in list(sheet.cells(rect)):
            value = cell.value
            is_formula = type(value) is Formula
            if value is None or isinstance(value, bool) or (is_formula and not request.get("includeFormulas")):
                continue
            text = value if isinstance(value, str) else job.engine.text(value)
            put = template if template is not None else lambda _match: replacement
            new, found = (
                pattern.subn(put, text)
                if not request.get("matchEntireCell")
                else ((pattern.sub(put, text), 1) if pattern.fullmatch(text) else (text, 0))
            )
            if not found:
                continue
            job.allow(sheet, Rect(row, column, row + 1, column + 1))
            sheet.put(row, column, entered(job, cell, new, True))
            rows.add(row)
            counts["occurrencesChanged"] += found
            counts["formulasChanged" if is_formula else "valuesChanged"] += 1
        counts["rowsChanged"] += len(rows)
        counts["sheetsChanged"] += bool(rows)
    return {name: count for name, count in counts.items() if count}


def _pattern(request: Json) -> re.Pattern[str]:
    text = request["find"] if request.get("searchByRegex") else re.escape(request["find"])
    try:
        return re.compile(text, 0 if request.get("matchCase") else re.IGNORECASE)
    except re.error as error:
        raise invalid(f"Invalid regular expression: {error}") from None


def _places(job: Job, request: Json) -> list[tuple[Sheet, Rect]]:
    if request.get("allSheets"):
        return [(sheet, sheet.grid) for sheet in job.book.sheets]
    if "range" in request:
        return [job.area(request["range"])]
    if "sheetId" in request:
        sheet = job.sheet(request["sheetId"])
        return [(sheet, sheet.grid)]
    raise invalid("A scope must be specified: a range, a sheet or all sheets.")


def trim_whitespace(job: Job, request: Json) -> Json:
    """`trimWhitespace`."""
    sheet, rect = job.area(request.get("range"))
    job.allow(sheet, rect)
    changed = 0
    for row, column, cell in list(sheet.cells(rect)):
        if type(cell.value) is not str:
            continue
        new = re.sub(r"\s+", " ", cell.value).strip()
        if new != cell.value:
            sheet.put(row, column, cell._replace(value=new or None))
            changed += 1
    return {"cellsChangedCount": changed} if changed else {}


KINDS = {"findReplace": find_replace, "trimWhitespace": trim_whitespace}
