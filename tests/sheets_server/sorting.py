"""Requests that put rows in another order or take some away: sortRange, randomizeRange, deleteDuplicates."""

from __future__ import annotations

from typing import Any

from .a1 import Rect
from .errors import invalid
from .formula_calls import rank
from .job import Job, rect_of
from .model import CellError, Json, Sheet
from .pasting import Block, block_of
from .structure import copied


def sort_range(job: Job, request: Json) -> Json:
    """`sortRange`: numbers, texts, truth, errors; blanks come last either way."""
    sheet, rect = job.area(request.get("range"))
    job.allow(sheet, rect)
    if any(rect.meets(rect_of(sheet, box)) for box in sheet.merges):
        raise invalid("You can't sort a range that contains merged cells.")
    order = list(range(rect.top, rect.bottom))
    for spec in reversed(request.get("sortSpecs") or ()):
        column = spec.get("dimensionIndex", 0)
        if not rect.left <= column < rect.right:
            raise invalid(f"The sort column {column} is outside the range.")
        downwards = spec.get("sortOrder") == "DESCENDING"
        values = {row: job.engine.value(sheet, row, column) for row in order}
        filled = [row for row in order if values[row] is not None]
        blank = [row for row in order if values[row] is None]
        # A stable sort the other way round keeps rows of equal value in their order.
        filled.sort(key=lambda row, values=values: _key(values[row]), reverse=downwards)
        order = filled + blank
    reorder(job, sheet, rect, order)
    return {}


def _key(value: Any) -> tuple[int, Any]:
    if isinstance(value, CellError):
        return 3, 0
    return rank(value), value.casefold() if isinstance(value, str) else value


def reorder(job: Job, sheet: Sheet, rect: Rect, order: list[int]) -> None:
    """Put the rows of a range in another order: `order` names the old rows from the top down."""
    block: Block = block_of(sheet, rect)
    for offset, old in enumerate(order):
        row = rect.top + offset
        for c, cell in enumerate(block[old - rect.top]):
            sheet.put(row, rect.left + c, cell and copied(job, cell, row - old, 0))
    if job.switches.metadata_follows_sort:
        new_row = {old: rect.top + offset for offset, old in enumerate(order)}
        for at, metadata in enumerate(job.book.metadata):
            place = metadata["location"]
            span = place.get("dimensionRange")
            if span and span["sheetId"] == sheet.id and span["dimension"] == "ROWS" and span["startIndex"] in new_row:
                row = new_row[span["startIndex"]]
                moved = {**place, "dimensionRange": {**span, "startIndex": row, "endIndex": row + 1}}
                job.book.metadata[at] = {**metadata, "location": moved}


def randomize_range(job: Job, request: Json) -> Json:
    """`randomizeRange`."""
    sheet, rect = job.area(request.get("range"))
    job.allow(sheet, rect)
    order = list(range(rect.top, rect.bottom))
    job.chance.shuffle(order)
    reorder(job, sheet, rect, order)
    return {}


def delete_duplicates(job: Job, request: Json) -> Json:
    """`deleteDuplicates`: later rows like an earlier one go, hidden ones too; those below move up."""
    sheet, rect = job.area(request.get("range"))
    job.allow(sheet, rect)
    columns = list(range(rect.left, rect.right))
    chosen = request.get("comparisonColumns")
    if chosen:
        columns = sorted(
            {c for span in chosen for c in range(span.get("startIndex", 0), span.get("endIndex", rect.right))}
        )
        if any(not rect.left <= column < rect.right for column in columns):
            raise invalid("The comparison columns must be inside the range.")
    seen: set[tuple[Any, ...]] = set()
    kept: list[int] = []
    for row in range(rect.top, rect.bottom):
        key = tuple(_same(job.engine.value(sheet, row, column)) for column in columns)
        if key in seen:
            continue
        seen.add(key)
        kept.append(row)
    removed = rect.height - len(kept)
    block = block_of(sheet, rect)
    for offset in range(rect.height):
        for c in range(rect.width):
            cell = None
            if offset < len(kept):
                cell = block[kept[offset] - rect.top][c]
                cell = cell and copied(job, cell, rect.top + offset - kept[offset], 0)
            sheet.put(rect.top + offset, rect.left + c, cell)
    return {"duplicatesRemovedCount": removed} if removed else {}


def _same(value: Any) -> Any:
    if isinstance(value, str):
        return value.casefold()
    return (type(value) is bool, value)


KINDS = {
    "sortRange": sort_range,
    "randomizeRange": randomize_range,
    "deleteDuplicates": delete_duplicates,
}
