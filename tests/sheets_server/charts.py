"""Charts: kept, returned, and moved with the cell they hang on."""

from __future__ import annotations

from .cells import styled
from .errors import invalid
from .job import Job, plain
from .masks import merged, update_mask
from .model import Json, Sheet


def _taken(job: Job) -> list[int]:
    return [chart["chartId"] for sheet in job.book.sheets for chart in sheet.charts]


def _find(job: Job, chart_id: int | None) -> tuple[Sheet, int]:
    for sheet in job.book.sheets:
        for at, chart in enumerate(sheet.charts):
            if chart["chartId"] == (chart_id or 0):
                return sheet, at
    raise invalid(f"No embedded object with id: {chart_id or 0}")


def _placed(job: Job, position: Json | None) -> tuple[Sheet, Json]:
    """The tab of a position, and the position with its sizes filled in."""
    position = position or {}
    if position.get("newSheet") or position.get("sheetId"):
        raise invalid("a chart on a sheet of its own is not emulated")
    overlay = position.get("overlayPosition") or {}
    anchor = {"sheetId": 0, **(overlay.get("anchorCell") or {})}
    sheet = job.sheet(anchor["sheetId"])
    if anchor.get("rowIndex", 0) >= sheet.row_count or anchor.get("columnIndex", 0) >= sheet.column_count:
        raise invalid("The anchor of the chart is outside the grid.")
    return sheet, {"overlayPosition": {"widthPixels": 600, "heightPixels": 371, **overlay, "anchorCell": anchor}}


def add(job: Job, request: Json) -> Json:
    """`addChart`."""
    given = styled(request.get("chart") or {})
    if not given.get("spec"):
        raise invalid("A chart must have a spec.")
    if given.get("chartId") in _taken(job):
        raise invalid(f"A chart with id: {given['chartId']} already exists.")
    sheet, position = _placed(job, given.get("position"))
    chart_id = given.get("chartId") or job.fresh_number(_taken(job))
    chart = {"chartId": chart_id, "spec": given["spec"], "position": position}
    if given.get("border"):
        chart["border"] = given["border"]
    sheet.charts.append(chart)
    return {"chart": plain(chart)}


def update_spec(job: Job, request: Json) -> Json:
    """`updateChartSpec`: the whole of it."""
    sheet, at = _find(job, request.get("chartId"))
    if not request.get("spec"):
        raise invalid("A chart must have a spec.")
    sheet.charts[at] = {**sheet.charts[at], "spec": styled(request["spec"])}
    return {}


def update_position(job: Job, request: Json) -> Json:
    """`updateEmbeddedObjectPosition`; the mask is below `newPosition.overlayPosition`."""
    mask = update_mask(request.get("fields"), "OverlayPosition")
    sheet, at = _find(job, request.get("objectId"))
    chart = sheet.charts[at]
    given = (request.get("newPosition") or {}).get("overlayPosition") or {}
    overlay = merged(chart["position"]["overlayPosition"], given, mask)
    owner, position = _placed(job, {"overlayPosition": overlay})
    del sheet.charts[at]
    owner.charts.insert(at if owner is sheet else len(owner.charts), {**chart, "position": position})
    return {"position": plain(position)}


def delete(job: Job, request: Json) -> Json:
    """`deleteEmbeddedObject`."""
    sheet, at = _find(job, request.get("objectId"))
    del sheet.charts[at]
    return {}


KINDS = {
    "addChart": add,
    "updateChartSpec": update_spec,
    "updateEmbeddedObjectPosition": update_position,
    "deleteEmbeddedObject": delete,
}
