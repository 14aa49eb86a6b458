"""Tabs copied: inside a spreadsheet and to another."""

from __future__ import annotations

from typing import Any

from .job import Job
from .model import Json, Sheet

OBJECT_IDS = ("protectedRangeId", "filterViewId", "bandedRangeId", "chartId", "tableId")


def twin_of(job: Job, source: Sheet, sheet_id: int, title: str) -> Sheet:
    """The same tab with an id and title of its own; what sits on it gets new ids too."""
    twin = source.copy()
    twin.properties = {**source.properties, "sheetId": sheet_id, "title": title}
    for name in ("merges", "protected", "conditional", "filter_views", "bandings", "charts", "tables"):
        setattr(twin, name, [_renamed(job, item, source.id, sheet_id) for item in getattr(source, name)])
    for name in ("row_groups", "column_groups"):
        setattr(twin, name, [_renamed(job, item, source.id, sheet_id) for item in getattr(source, name)])
    if source.basic_filter:
        twin.basic_filter = _renamed(job, source.basic_filter, source.id, sheet_id)
    names = {table["name"] for sheet in job.book.sheets for table in sheet.tables}
    for at, table in enumerate(twin.tables):
        name = next(name for n in range(2, 10_000) if (name := f"{table['name']}_{n}") not in names)
        names.add(name)
        twin.tables[at] = {**table, "name": name}
    return twin


def _renamed(job: Job, value: Any, old: int, new: int) -> Any:
    """A stored object of one tab as the same object of another."""
    if isinstance(value, list):
        return [_renamed(job, item, old, new) for item in value]
    if not isinstance(value, dict):
        return value
    result: Json = {}
    for name, item in value.items():
        if name == "sheetId" and item == old:
            result[name] = new
        elif name in OBJECT_IDS:
            number = job.chance.randrange(1, 2**31)
            result[name] = str(number) if isinstance(item, str) else number
        else:
            result[name] = _renamed(job, item, old, new)
    return result


def free_title(job: Job, wanted: str) -> str:
    """The title, with a number behind it if it is taken."""
    title, number = wanted, 1
    while job.book.sheet_titled(title):
        number += 1
        title = f"{wanted} {number}"
    return title


def copy_to(job: Job, source: Sheet) -> Sheet:
    """Add a copy of a tab of any spreadsheet to this one."""
    sheet_id = job.fresh_number(sheet.id for sheet in job.book.sheets)
    twin = twin_of(job, source, sheet_id, free_title(job, f"Copy of {source.title}"))
    job.book.sheets.append(twin)
    job.book.number_sheets()
    job.book.check_size()
    return twin
