"""Developer metadata, and the data filters that find cells by it."""

from __future__ import annotations

from .a1 import Rect
from .errors import invalid
from .job import Job
from .model import Json, Sheet


def location(given: Json | None) -> Json:
    """A metadata location as Google keeps it, with its type."""
    given = given or {}
    if given.get("locationType"):
        raise invalid("The location type is read-only and may not be set.")
    if given.get("dimensionRange"):
        span = given["dimensionRange"]
        if span.get("endIndex", 0) - span.get("startIndex", 0) != 1:
            raise invalid("DeveloperMetadata can only be added to single rows or columns.")
        kind = "ROW" if span.get("dimension") == "ROWS" else "COLUMN"
        return {"locationType": kind, "dimensionRange": {"sheetId": 0, **span}}
    if given.get("sheetId") is not None:
        return {"locationType": "SHEET", "sheetId": given["sheetId"]}
    if given.get("spreadsheet"):
        return {"locationType": "SPREADSHEET", "spreadsheet": True}
    raise invalid("A location must be specified.")


def shown(metadata: Json) -> Json:
    """Metadata as Google sends it."""
    place = dict(metadata["location"])
    if "dimensionRange" in place and place["dimensionRange"].get("sheetId") == 0:
        place["dimensionRange"] = {k: v for k, v in place["dimensionRange"].items() if k != "sheetId"}
    return {**metadata, "location": place}


def sheet_id_of(metadata: Json) -> int | None:
    """The tab that metadata is on; None where it is on the whole spreadsheet."""
    place = metadata["location"]
    return place["dimensionRange"]["sheetId"] if "dimensionRange" in place else place.get("sheetId")


def on_dimension(job: Job, sheet: Sheet, kind: str) -> dict[int, list[Json]]:
    """Row (or column) → its metadata."""
    found: dict[int, list[Json]] = {}
    for metadata in job.book.metadata:
        place = metadata["location"]
        if place["locationType"] == kind and place["dimensionRange"]["sheetId"] == sheet.id:
            found.setdefault(place["dimensionRange"]["startIndex"], []).append(shown(metadata))
    return found


def _place_rect(job: Job, place: Json) -> tuple[int | None, Rect | None]:
    if "dimensionRange" in place:
        span = {"sheetId": 0, **place["dimensionRange"]}
        sheet = job.sheet(span["sheetId"])
        start = span.get("startIndex", 0)
        if span.get("dimension") == "ROWS":
            return sheet.id, Rect(start, 0, span.get("endIndex", sheet.row_count), sheet.column_count)
        return sheet.id, Rect(0, start, sheet.row_count, span.get("endIndex", sheet.column_count))
    if place.get("sheetId") is not None:
        return place["sheetId"], job.sheet(place["sheetId"]).grid
    return None, None


def _at_place(job: Job, metadata: Json, lookup: Json) -> bool:
    wanted = lookup.get("metadataLocation")
    if not wanted:
        return True
    place = metadata["location"]
    if lookup.get("locationMatchingStrategy") == "EXACT_LOCATION":
        return location({k: v for k, v in wanted.items() if k != "locationType"}) == place
    wanted_id, wanted_rect = _place_rect(job, wanted)
    own_id, own_rect = _place_rect(job, place)
    if wanted_id is None:
        return True
    return own_id == wanted_id and bool(own_rect and wanted_rect and own_rect.meets(wanted_rect))


def looked_up(job: Job, lookup: Json) -> list[Json]:
    """The metadata that matches every field of a lookup."""
    if not lookup:
        raise invalid("A DeveloperMetadataLookup must specify at least one field.")
    found = []
    for metadata in job.book.metadata:
        plain = all(
            metadata.get(name, "") == lookup[name]
            for name in ("metadataId", "metadataKey", "metadataValue", "visibility")
            if lookup.get(name) not in (None, "")
        )
        kind = lookup.get("locationType")
        if plain and (not kind or metadata["location"]["locationType"] == kind) and _at_place(job, metadata, lookup):
            found.append(metadata)
    return found


def metadata_of(job: Job, data_filters: list[Json]) -> list[tuple[Json, list[Json]]]:
    """The metadata that any filter selects, each with the filters that select it."""
    found: dict[int, tuple[Json, list[Json]]] = {}
    for data_filter in data_filters:
        if "developerMetadataLookup" in data_filter:
            matches = looked_up(job, data_filter["developerMetadataLookup"])
        else:
            matches = [m for m in job.book.metadata for area in _areas(job, data_filter) if _inside(job, m, area)]
        for metadata in matches:
            found.setdefault(metadata["metadataId"], (metadata, []))[1].append(data_filter)
    return list(found.values())


def _inside(job: Job, metadata: Json, area: tuple[Sheet, Rect]) -> bool:
    sheet_id, rect = _place_rect(job, metadata["location"])
    return sheet_id == area[0].id and rect is not None and rect.meets(area[1])


def _areas(job: Job, data_filter: Json) -> list[tuple[Sheet, Rect]]:
    if data_filter.get("a1Range"):
        return [job.named_in_grid(data_filter["a1Range"])]
    if "gridRange" in data_filter:
        return [job.area(data_filter["gridRange"])]
    if "developerMetadataLookup" not in data_filter:
        raise invalid("A DataFilter must specify one of a1Range, gridRange or developerMetadataLookup.")
    found = []
    for metadata in looked_up(job, data_filter["developerMetadataLookup"]):
        sheet_id, rect = _place_rect(job, metadata["location"])
        if sheet_id is None or rect is None:
            found += [(sheet, sheet.grid) for sheet in job.book.sheets]
        else:
            found.append((job.sheet(sheet_id), rect))
    return found


def areas_of(job: Job, data_filters: list[Json]) -> list[tuple[Sheet, Rect, list[Json]]]:
    """The cells that any filter selects, each with the filters that select them."""
    found: dict[tuple[int, Rect], tuple[Sheet, Rect, list[Json]]] = {}
    for data_filter in data_filters:
        for sheet, rect in _areas(job, data_filter):
            filters = found.setdefault((sheet.id, rect), (sheet, rect, []))[2]
            if data_filter not in filters:
                filters.append(data_filter)
    return list(found.values())
