"""Basic filters and filter views, and which rows they hide."""

from __future__ import annotations

from .cells import check_condition
from .errors import invalid
from .job import Job, plain, rect_of
from .masks import merged, update_mask
from .model import Json, Sheet
from .validation import holds, shown_text


def hidden_rows(job: Job, sheet: Sheet) -> frozenset[int]:
    """The rows that a tab's basic filter hides. Its first row holds the names and never hides."""
    found = sheet.basic_filter or {}
    rect = rect_of(sheet, found.get("range", {}))
    hidden = set()
    for column, criteria in _criteria(found):
        values = set(criteria.get("hiddenValues", ()))
        condition = criteria.get("condition")
        for row in range(rect.top + 1, min(rect.bottom, sheet.row_count)):
            is_hidden = values and shown_text(job, sheet, row, column) in values
            if is_hidden or (condition and not holds(job, sheet, condition, job.engine.value(sheet, row, column))):
                hidden.add(row)
    return frozenset(hidden)


def _criteria(found: Json) -> list[tuple[int, Json]]:
    by_column = {int(column): criteria for column, criteria in (found.get("criteria") or {}).items()}
    for spec in found.get("filterSpecs") or ():
        by_column.setdefault(spec.get("columnIndex", 0), spec.get("filterCriteria") or {})
    return list(by_column.items())


def normal(found: Json) -> Json:
    """A filter with its criteria in both ways that Google keeps them."""
    criteria = dict(found.get("criteria") or {})
    for spec in found.get("filterSpecs") or ():
        criteria.setdefault(str(spec.get("columnIndex", 0)), spec.get("filterCriteria") or {})
    result = {k: v for k, v in found.items() if k not in ("criteria", "filterSpecs") and v not in (None, [])}
    for item in criteria.values():
        if item.get("condition"):
            check_condition(item["condition"])
    if criteria:
        result["criteria"] = criteria
        result["filterSpecs"] = [
            {"columnIndex": int(column), "filterCriteria": item}
            for column, item in sorted(criteria.items(), key=lambda pair: int(pair[0]))
        ]
    return result


def set_basic_filter(job: Job, request: Json) -> Json:
    """`setBasicFilter`."""
    found = request.get("filter") or {}
    if found.get("tableId"):
        owner, table = next(
            ((sheet, t) for sheet in job.book.sheets for t in sheet.tables if t["tableId"] == found["tableId"]),
            (None, None),
        )
        if owner is None or table is None:
            raise invalid(f"No table with id: {found['tableId']}")
        found = {**found, "range": table["range"]}
    sheet, rect = job.area(found.get("range"))
    box = {
        "sheetId": sheet.id,
        "startRowIndex": rect.top,
        "endRowIndex": rect.bottom,
        "startColumnIndex": rect.left,
        "endColumnIndex": rect.right,
    }
    job.allow(sheet, rect)
    sheet.basic_filter = normal({**found, "range": box})
    return {}


def clear_basic_filter(job: Job, request: Json) -> Json:
    """`clearBasicFilter`."""
    job.sheet(request.get("sheetId")).basic_filter = None
    return {}


def _find(job: Job, view_id: int | None) -> tuple[Sheet, int]:
    for sheet in job.book.sheets:
        for at, view in enumerate(sheet.filter_views):
            if view["filterViewId"] == (view_id or 0):
                return sheet, at
    raise invalid(f"No filter view with id: {view_id or 0}")


def _taken(job: Job) -> list[int]:
    return [view["filterViewId"] for sheet in job.book.sheets for view in sheet.filter_views]


def _box_of(job: Job, view: Json) -> Json:
    if view.get("namedRangeId"):
        for named in job.book.named_ranges:
            if named["namedRangeId"] == view["namedRangeId"]:
                return named["range"]
        raise invalid(f"No named range with id: {view['namedRangeId']}")
    sheet, _ = job.area(view.get("range"))
    return {"sheetId": sheet.id, **(view.get("range") or {})}


def add_filter_view(job: Job, request: Json) -> Json:
    """`addFilterView`."""
    view = dict(request.get("filter") or {})
    if view.get("filterViewId") in _taken(job):
        raise invalid(f"A filter view with id {view['filterViewId']} already exists.")
    view["filterViewId"] = view.get("filterViewId") or job.fresh_number(_taken(job))
    view["range"] = _box_of(job, view)
    sheet = job.sheet(view["range"].get("sheetId"))
    view.setdefault("title", f"Filter {len(sheet.filter_views) + 1}")
    sheet.filter_views.append(normal(view))
    return {"filter": plain(sheet.filter_views[-1])}


def update_filter_view(job: Job, request: Json) -> Json:
    """`updateFilterView`."""
    given = request.get("filter") or {}
    sheet, at = _find(job, given.get("filterViewId"))
    mask = update_mask(request.get("fields"), "FilterView")
    old = sheet.filter_views[at]
    if mask and "criteria" in mask and "filterSpecs" not in mask:
        old = {k: v for k, v in old.items() if k != "filterSpecs"}
    if mask and "filterSpecs" in mask and "criteria" not in mask:
        old = {k: v for k, v in old.items() if k != "criteria"}
    new = normal(merged(old, given, mask) | {"filterViewId": old["filterViewId"]})
    new["range"] = _box_of(job, new)
    sheet.filter_views[at] = new
    return {}


def delete_filter_view(job: Job, request: Json) -> Json:
    """`deleteFilterView`."""
    sheet, at = _find(job, request.get("filterId"))
    del sheet.filter_views[at]
    return {}


def duplicate_filter_view(job: Job, request: Json) -> Json:
    """`duplicateFilterView`."""
    sheet, at = _find(job, request.get("filterId"))
    view = {**sheet.filter_views[at], "filterViewId": job.fresh_number(_taken(job))}
    view["title"] = f"Copy of {view.get('title', '')}"
    sheet.filter_views.append(view)
    return {"filter": plain(view)}


KINDS = {
    "setBasicFilter": set_basic_filter,
    "clearBasicFilter": clear_basic_filter,
    "addFilterView": add_filter_view,
    "updateFilterView": update_filter_view,
    "deleteFilterView": delete_filter_view,
    "duplicateFilterView": duplicate_filter_view,
}
