"""Developer metadata: read, search, create, update, delete."""

from __future__ import annotations

from .datafilters import location, metadata_of, sheet_id_of, shown
from .errors import invalid, not_found
from .job import Job
from .masks import merged, update_mask
from .model import Json

CHARACTERS_PER_HOLDER = 30_000
"""Of keys and values: on each tab, and on the spreadsheet itself."""


def get(job: Job, parameters: Json, _body: Json) -> Json:
    """`developerMetadata.get`."""
    for metadata in job.book.metadata:
        if metadata["metadataId"] == int(parameters["metadataId"]):
            return shown(metadata)
    raise not_found(f"No developer metadata with id: {parameters['metadataId']}")


def search(job: Job, _parameters: Json, body: Json) -> Json:
    """`developerMetadata.search`."""
    found = [
        {"developerMetadata": shown(metadata), "dataFilters": filters}
        for metadata, filters in metadata_of(job, body.get("dataFilters") or [])
    ]
    return {"matchedDeveloperMetadata": found} if found else {}


def create(job: Job, request: Json) -> Json:
    """`createDeveloperMetadata`."""
    given = request.get("developerMetadata") or {}
    _check_fields(given)
    taken = [metadata["metadataId"] for metadata in job.book.metadata]
    if given.get("metadataId") in taken:
        raise invalid(f"Developer metadata with id {given['metadataId']} already exists.")
    made = {
        "metadataId": given.get("metadataId") or job.fresh_number(taken),
        "metadataKey": given["metadataKey"],
        **({"metadataValue": given["metadataValue"]} if given.get("metadataValue") else {}),
        "location": _checked(job, location(given.get("location"))),
        "visibility": given["visibility"],
    }
    job.book.metadata.append(made)
    _check_size(job, made)
    return {"developerMetadata": shown(made)}


def _check_fields(metadata: Json) -> None:
    if not metadata.get("metadataKey"):
        raise invalid("Developer metadata must have a key.")
    if metadata.get("visibility") not in ("DOCUMENT", "PROJECT"):
        raise invalid("Developer metadata must have a visibility.")


def _checked(job: Job, place: Json) -> Json:
    if "dimensionRange" in place:
        span = place["dimensionRange"]
        sheet = job.sheet(span["sheetId"])
        last = sheet.row_count if span["dimension"] == "ROWS" else sheet.column_count
        if span["endIndex"] > last:
            raise invalid("DeveloperMetadata location is outside the grid.")
        return {**place, "dimensionRange": {"startIndex": 0, **span}}
    if "sheetId" in place:
        job.sheet(place["sheetId"])
    return place


def _check_size(job: Job, made: Json) -> None:
    holder = sheet_id_of(made)
    size = sum(
        len(metadata["metadataKey"]) + len(metadata.get("metadataValue", ""))
        for metadata in job.book.metadata
        if sheet_id_of(metadata) == holder
    )
    if size > CHARACTERS_PER_HOLDER:
        raise invalid(f"Developer metadata would exceed the limit of {CHARACTERS_PER_HOLDER} characters.")


def update(job: Job, request: Json) -> Json:
    """`updateDeveloperMetadata`."""
    mask = update_mask(request.get("fields"), "DeveloperMetadata")
    given = dict(request.get("developerMetadata") or {})
    if not mask or "location" in mask:
        given["location"] = _checked(job, location(given.get("location")))
        mask = {**mask, "location": {}} if mask else mask
    wanted = {metadata["metadataId"] for metadata, _ in metadata_of(job, request.get("dataFilters") or [])}
    updated = []
    for at, metadata in enumerate(job.book.metadata):
        if metadata["metadataId"] in wanted:
            new = merged(metadata, given, mask) | {"metadataId": metadata["metadataId"]}
            _check_fields(new)
            job.book.metadata[at] = new
            _check_size(job, new)
            updated.append(shown(new))
    return {"developerMetadata": updated} if updated else {}


def delete(job: Job, request: Json) -> Json:
    """`deleteDeveloperMetadata`."""
    data_filter = request.get("dataFilter")
    if not data_filter:
        raise invalid("A DataFilter must be specified.")
    gone = [metadata for metadata, _ in metadata_of(job, [data_filter])]
    ids = {metadata["metadataId"] for metadata in gone}
    job.book.metadata = [metadata for metadata in job.book.metadata if metadata["metadataId"] not in ids]
    return {"deletedDeveloperMetadata": [shown(metadata) for metadata in gone]} if gone else {}


KINDS = {
    "createDeveloperMetadata": create,
    "updateDeveloperMetadata": update,
    "deleteDeveloperMetadata": delete,
}
