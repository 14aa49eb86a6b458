"""Banded ranges. They are kept and moved; the colours they give are not worked out."""

from __future__ import annotations

from .cells import styled, with_twins
from .errors import invalid
from .job import Job, plain, rect_of
from .masks import merged, update_mask
from .model import Json, Sheet


def _taken(job: Job) -> list[int]:
    return [band["bandedRangeId"] for sheet in job.book.sheets for band in sheet.bandings]


def _find(job: Job, band_id: int | None) -> tuple[Sheet, int]:
    for sheet in job.book.sheets:
        for at, band in enumerate(sheet.bandings):
            if band["bandedRangeId"] == (band_id or 0):
                return sheet, at
    raise invalid(f"No banded range with id: {band_id or 0}")


def _checked(job: Job, band: Json, own: Json | None = None) -> tuple[Sheet, Json]:
    sheet, rect = job.area(band.get("range"))
    if not band.get("rowProperties") and not band.get("columnProperties"):
        raise invalid("At least one of rowProperties or columnProperties must be set.")
    for other in sheet.bandings:
        if other is not own and rect.meets(rect_of(sheet, other["range"])):
            raise invalid(
                "You cannot add alternating background colors to a range "
                "that already has alternating background colors."
            )
    return sheet, {**band, "range": {"sheetId": sheet.id, **(band.get("range") or {})}}


def add(job: Job, request: Json) -> Json:
    """`addBanding`."""
    given = styled(request.get("bandedRange") or {})
    if given.get("bandedRangeId") in _taken(job):
        raise invalid(f"A banded range with id: {given['bandedRangeId']} already exists.")
    given["bandedRangeId"] = given.get("bandedRangeId") or job.fresh_number(_taken(job))
    sheet, band = _checked(job, given)
    sheet.bandings.append(band)
    return {"bandedRange": plain(band)}


def update(job: Job, request: Json) -> Json:
    """`updateBanding`."""
    mask = with_twins(update_mask(request.get("fields"), "BandedRange"))
    given = styled(request.get("bandedRange") or {})
    sheet, at = _find(job, given.get("bandedRangeId"))
    old = sheet.bandings[at]
    new = merged(old, given, mask) | {"bandedRangeId": old["bandedRangeId"]}
    owner, band = _checked(job, new, old)
    del sheet.bandings[at]
    owner.bandings.insert(at if owner is sheet else len(owner.bandings), band)
    return {}


def delete(job: Job, request: Json) -> Json:
    """`deleteBanding`."""
    sheet, at = _find(job, request.get("bandedRangeId"))
    del sheet.bandings[at]
    return {}


KINDS = {"addBanding": add, "updateBanding": update, "deleteBanding": delete}
