"""Conditional format rules. They are kept and moved; what they colour is not worked out."""

from __future__ import annotations

from .cells import check_condition, styled
from .errors import invalid
from .job import Job, plain
from .model import Json, Sheet


def _rule(job: Job, given: Json | None) -> tuple[Sheet, Json]:
    given = given or {}
    ranges = given.get("ranges") or []
    if not ranges:
        raise invalid("A conditional format rule must have a range.")
    sheets = {box.get("sheetId", 0) for box in ranges}
    if len(sheets) > 1:
        raise invalid("All ranges of a conditional format rule must be on the same sheet.")
    if ("booleanRule" in given) == ("gradientRule" in given):
        raise invalid("Exactly one of booleanRule or gradientRule must be set.")
    if "booleanRule" in given:
        check_condition(given["booleanRule"].get("condition") or {})
    boxes = []
    for box in ranges:
        sheet, _ = job.area(box)
        boxes.append({"sheetId": sheet.id, **box})
    return sheet, {**styled(given), "ranges": boxes}


def _check_index(sheet: Sheet, index: int) -> int:
    if not 0 <= index < len(sheet.conditional):
        raise invalid(f"No conditional format on sheet: {sheet.id} at index: {index}")
    return index


def add(job: Job, request: Json) -> Json:
    """`addConditionalFormatRule`: at its index; later ones move on."""
    sheet, rule = _rule(job, request.get("rule"))
    index = request.get("index", 0)
    if not 0 <= index <= len(sheet.conditional):
        raise invalid(f"index[{index}] must not be greater than the number of rules ({len(sheet.conditional)}).")
    sheet.conditional.insert(index, rule)
    return {}


def update(job: Job, request: Json) -> Json:
    """`updateConditionalFormatRule`: another rule at an index, or a rule at another index."""
    index = request.get("index", 0)
    if request.get("rule"):
        sheet, rule = _rule(job, request["rule"])
        old = sheet.conditional[_check_index(sheet, index)]
        sheet.conditional[index] = rule
        return {"newRule": plain(rule), "oldRule": plain(old)} | _at("newIndex", index) | _at("oldIndex", index)
    if "newIndex" not in request:
        raise invalid("Either a rule or a new index must be specified.")
    sheet = job.sheet(request.get("sheetId"))
    rule = sheet.conditional.pop(_check_index(sheet, index))
    new = request["newIndex"]
    if not 0 <= new <= len(sheet.conditional):
        raise invalid(f"newIndex[{new}] must be less than the number of rules ({len(sheet.conditional) + 1}).")
    sheet.conditional.insert(new, rule)
    return {"newRule": plain(rule)} | _at("newIndex", new) | _at("oldIndex", index)


def _at(name: str, index: int) -> Json:
    return {name: index} if index else {}


def delete(job: Job, request: Json) -> Json:
    """`deleteConditionalFormatRule`: later ones move up."""
    sheet = job.sheet(request.get("sheetId"))
    rule = sheet.conditional.pop(_check_index(sheet, request.get("index", 0)))
    return {"rule": plain(rule)}


KINDS = {
    "addConditionalFormatRule": add,
    "updateConditionalFormatRule": update,
    "deleteConditionalFormatRule": delete,
}
