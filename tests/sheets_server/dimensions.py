"""Requests on rows and columns: insert, delete, move, resize, group; and cells shifted by ranges."""

from __future__ import annotations

from math import ceil

from .a1 import Rect
from .cells import Reader
from .errors import invalid
from .job import Job, plain
from .masks import merged, update_mask
from .model import Json, Sheet
from .structure import (
    across,
    delete_cells,
    delete_dimension,
    insert_cells,
    insert_dimension,
    move_dimension,
    resize,
    size,
)

WRITABLE = {"pixelSize", "hiddenByUser"}


def span_of(job: Job, given: Json | None) -> tuple[Sheet, str, int, int]:
    """The tab, dimension, start and end of a DimensionRange."""
    given = given or {}
    sheet = job.sheet(given.get("sheetId"))
    dimension = given.get("dimension")
    if dimension not in ("ROWS", "COLUMNS"):
        raise invalid("A dimension must be specified.")
    start, end = given.get("startIndex", 0), given.get("endIndex", size(sheet, dimension))
    if start < 0 or start >= end:
        raise invalid(f"startIndex[{start}] must be less than endIndex[{end}].")
    return sheet, dimension, start, end


def existing_span(job: Job, given: Json | None) -> tuple[Sheet, str, int, int]:
    """The same, refused where the grid does not reach."""
    sheet, dimension, start, end = span_of(job, given)
    last = size(sheet, dimension)
    if start >= last:
        noun = "row" if dimension == "ROWS" else "column"
        raise invalid(
            f"Cannot use a {noun} that doesn't exist. Tried to use {noun} index {start} "
            f"but there are only {last} {noun}s."
        )
    return sheet, dimension, start, min(end, last)


def insert(job: Job, request: Json) -> Json:
    """`insertDimension`."""
    sheet, dimension, start, end = span_of(job, request.get("range"))
    before = bool(request.get("inheritFromBefore"))
    last = size(sheet, dimension)
    if before and start == 0:
        raise invalid("Cannot inherit from before when inserting at index 0.")
    if start > last or (start == last and not before):
        raise invalid(
            f"range.startIndex[{start}] must be less than the number of {dimension.lower()} ({last}) in the sheet."
        )
    job.allow_insert(sheet, dimension, start)
    insert_dimension(job, sheet, dimension, start, end - start, inherit_from_before=before)
    return {}


def delete(job: Job, request: Json) -> Json:
    """`deleteDimension`."""
    sheet, dimension, start, end = span_of(job, request.get("range"))
    last = size(sheet, dimension)
    noun = "row" if dimension == "ROWS" else "column"
    if end > last:
        raise invalid(
            f"Cannot delete a {noun} that doesn't exist. Tried to delete {noun} index {max(start, last)} "
            f"but there are only {last} {noun}s."
        )
    job.allow(sheet, across(sheet, dimension, start, end))
    delete_dimension(job, sheet, dimension, start, end)
    return {}


def append(job: Job, request: Json) -> Json:
    """`appendDimension`."""
    sheet = job.sheet(request.get("sheetId"))
    dimension, length = request.get("dimension"), request.get("length", 0)
    if dimension not in ("ROWS", "COLUMNS"):
        raise invalid("A dimension must be specified.")
    if length < 1:
        raise invalid("length must be greater than 0.")
    job.allow_insert(sheet, dimension, size(sheet, dimension))
    resize(sheet, dimension, size(sheet, dimension) + length)
    job.book.check_size()
    return {}


def move(job: Job, request: Json) -> Json:
    """`moveDimension`."""
    sheet, dimension, start, end = span_of(job, request.get("source"))
    to, last = request.get("destinationIndex", 0), size(sheet, dimension)
    if end > last or not 0 <= to <= last:
        raise invalid(f"The source and the destination must be inside the sheet of {last} {dimension.lower()}.")
    job.allow(sheet, across(sheet, dimension, start, end))
    job.allow_insert(sheet, dimension, to)
    if start < to < end:
        raise invalid("The destination index must not be inside the source.")
    if to not in (start, end):
        move_dimension(job, sheet, dimension, start, end, to)
    return {}


def insert_range(job: Job, request: Json) -> Json:
    """`insertRange`."""
    sheet, rect = job.area(request.get("range"), cut=True)
    dimension = _shift_of(request)
    job.allow(sheet, _swept(sheet, rect, dimension))
    insert_cells(job, sheet, rect, dimension)
    return {}


def delete_range(job: Job, request: Json) -> Json:
    """`deleteRange`: the grid keeps its size."""
    sheet, rect = job.area(request.get("range"))
    dimension = _shift_of(request)
    job.allow(sheet, _swept(sheet, rect, dimension))
    delete_cells(job, sheet, rect, dimension)
    return {}


def _shift_of(request: Json) -> str:
    dimension = request.get("shiftDimension")
    if dimension not in ("ROWS", "COLUMNS"):
        raise invalid("A shift dimension must be specified.")
    return dimension


def _swept(sheet: Sheet, rect: Rect, dimension: str) -> Rect:
    """The cells that an insertion or deletion moves."""
    return rect._replace(bottom=sheet.row_count) if dimension == "ROWS" else rect._replace(right=sheet.column_count)


# --- Sizes ---


def update_properties(job: Job, request: Json) -> Json:
    """`updateDimensionProperties`."""
    mask = update_mask(request.get("fields"), "DimensionProperties")
    sheet, dimension, start, end = existing_span(job, request.get("range"))
    given = {name: item for name, item in (request.get("properties") or {}).items() if name in WRITABLE}
    sizes = sheet.row_sizes if dimension == "ROWS" else sheet.column_sizes
    for index in range(start, end):
        new = merged(sizes.get(index, {}), given, mask)
        new = {name: item for name, item in new.items() if item and name in WRITABLE}
        if new:
            sizes[index] = new
        else:
            sizes.pop(index, None)
    return {}


def auto_resize(job: Job, request: Json) -> Json:
    """`autoResizeDimensions`: columns as wide as their text, rows of the usual height."""
    sheet, dimension, start, end = existing_span(job, request.get("dimensions"))
    reader = Reader(job.engine)
    for index in range(start, end):
        if dimension == "ROWS":
            kept = {k: v for k, v in sheet.row_sizes.get(index, {}).items() if k != "pixelSize"}
            sheet.row_sizes.pop(index, None)
            if kept:
                sheet.row_sizes[index] = kept
            continue
        texts = [
            reader.formatted(sheet, row, column, cell) or ""
            for row, column, cell in sheet.cells(across(sheet, dimension, index, index + 1))
        ]
        widest = max((text_width(line) for text in texts for line in text.split("\n")), default=0)
        if widest:
            sheet.column_sizes[index] = {**sheet.column_sizes.get(index, {}), "pixelSize": widest}
    return {}


def text_width(text: str) -> int:
    """About as wide as Arial at ten points draws a text, in pixels."""
    return ceil(sum(_letter_width(letter) for letter in text)) + 7


def _letter_width(letter: str) -> float:
    if letter in "iljI.,:;'|!":
        return 3.3
    if letter in "mMWw@":
        return 11.0
    return 8.48 if letter.isupper() else 7.4


# --- Groups ---


def _groups(sheet: Sheet, dimension: str) -> list[Json]:
    return sheet.row_groups if dimension == "ROWS" else sheet.column_groups


def _keep(sheet: Sheet, dimension: str, groups: list[Json]) -> Json:
    ordered = sorted(groups, key=lambda g: (g["range"]["startIndex"], g["depth"]))
    if dimension == "ROWS":
        sheet.row_groups = ordered
    else:
        sheet.column_groups = ordered
    return {"dimensionGroups": [plain(group) for group in ordered]} if ordered else {}


def _depths(sheet: Sheet, dimension: str) -> dict[int, int]:
    depths: dict[int, int] = {}
    for group in _groups(sheet, dimension):
        for index in range(group["range"]["startIndex"], group["range"]["endIndex"]):
            depths[index] = max(depths.get(index, 0), group["depth"])
    return depths


def _from_depths(sheet: Sheet, dimension: str, depths: dict[int, int]) -> list[Json]:
    """The groups that give every row its depth: at each depth, every unbroken stretch is one."""
    collapsed = {(g["range"]["startIndex"], g["depth"]) for g in _groups(sheet, dimension) if g.get("collapsed")}
    groups = []
    for depth in range(1, max(depths.values(), default=0) + 1):
        inside = sorted(index for index, own in depths.items() if own >= depth)
        start = None
        for position, index in enumerate(inside):
            start = index if start is None else start
            if position + 1 == len(inside) or inside[position + 1] != index + 1:
                span = {"sheetId": sheet.id, "dimension": dimension, "startIndex": start, "endIndex": index + 1}
                group = {"range": span, "depth": depth}
                groups.append(group | ({"collapsed": True} if (start, depth) in collapsed else {}))
                start = None
    return groups


def add_group(job: Job, request: Json) -> Json:
    """`addDimensionGroup`."""
    sheet, dimension, start, end = existing_span(job, request.get("range"))
    depths = _depths(sheet, dimension)
    for index in range(start, end):
        depths[index] = depths.get(index, 0) + 1
    if max(depths.values()) > 8:
        raise invalid("Cannot create a group deeper than 8.")
    return _keep(sheet, dimension, _from_depths(sheet, dimension, depths))


def delete_group(job: Job, request: Json) -> Json:
    """`deleteDimensionGroup`."""
    sheet, dimension, start, end = existing_span(job, request.get("range"))
    depths = _depths(sheet, dimension)
    if not any(depths.get(index) for index in range(start, end)):
        raise invalid("There is no group over the range.")
    for index in range(start, end):
        depths[index] = max(0, depths.get(index, 0) - 1)
    return _keep(sheet, dimension, _from_depths(sheet, dimension, depths))


def update_group(job: Job, request: Json) -> Json:
    """`updateDimensionGroup`: collapse or expand."""
    mask = update_mask(request.get("fields"), "DimensionGroup")
    given = request.get("dimensionGroup") or {}
    sheet, dimension, start, end = existing_span(job, given.get("range"))
    groups = list(_groups(sheet, dimension))
    for at, group in enumerate(groups):
        span = group["range"]
        if (span["startIndex"], span["endIndex"], group["depth"]) == (start, end, given.get("depth", 0)):
            if not mask or "collapsed" in mask:
                groups[at] = {**group, "collapsed": bool(given.get("collapsed"))}
                _hide(sheet, dimension, start, end, bool(given.get("collapsed")))
            _keep(sheet, dimension, groups)
            return {}
    raise invalid("There is no group over the range at the depth.")


def _hide(sheet: Sheet, dimension: str, start: int, end: int, hidden: bool) -> None:
    sizes = sheet.row_sizes if dimension == "ROWS" else sheet.column_sizes
    for index in range(start, end):
        own = {name: item for name, item in sizes.get(index, {}).items() if name != "hiddenByUser"}
        if hidden:
            own["hiddenByUser"] = True
        if own:
            sizes[index] = own
        else:
            sizes.pop(index, None)


KINDS = {
    "insertDimension": insert,
    "deleteDimension": delete,
    "appendDimension": append,
    "moveDimension": move,
    "insertRange": insert_range,
    "deleteRange": delete_range,
    "updateDimensionProperties": update_properties,
    "autoResizeDimensions": auto_resize,
    "addDimensionGroup": add_group,
    "deleteDimensionGroup": delete_group,
    "updateDimensionGroup": update_group,
}
