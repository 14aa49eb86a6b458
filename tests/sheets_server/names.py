"""Named ranges and protected ranges."""

from __future__ import annotations

import re

from .a1 import looks_like_a_cell
from .errors import invalid
from .formula_syntax import with_names
from .job import PROTECTED, Job, plain
from .masks import merged, update_mask
from .model import Formula, Json, Sheet

NAME = re.compile(r"[^\W\d]\w*\Z")


# --- Named ranges ---


def _box(job: Job, given: Json | None) -> Json:
    """A GridRange that exists, with its tab named."""
    if given is None:
        raise invalid("A range must be specified.")
    sheet, _ = job.area(given)
    return {"sheetId": sheet.id, **{name: item for name, item in given.items() if item is not None}}


def _check_name(job: Job, name: str | None, own_id: str | None = None) -> str:
    if (
        not name
        or len(name) > 250
        or not NAME.match(name)
        or looks_like_a_cell(name)
        or name.upper() in ("TRUE", "FALSE")
    ):
        raise invalid(f"Invalid name: {name}")
    for named in job.book.named_ranges:
        if named["name"].casefold() == name.casefold() and named["namedRangeId"] != own_id:
            raise invalid(f"A named range with name: {name} already exists.")
    return name


def _find_named(job: Job, named_id: str | None) -> int:
    for at, named in enumerate(job.book.named_ranges):
        if named["namedRangeId"] == named_id:
            return at
    raise invalid(f"No named range with id: {named_id}")


def add_named_range(job: Job, request: Json) -> Json:
    """`addNamedRange`."""
    given = request.get("namedRange") or {}
    taken = {named["namedRangeId"] for named in job.book.named_ranges}
    named_id = given.get("namedRangeId")
    if named_id in taken:
        if job.switches.duplicate_ids_refused:
            raise invalid(f"A named range with id: {named_id} already exists.")
        del job.book.named_ranges[_find_named(job, named_id)]
    if not named_id:
        named_id = str(job.fresh_number(int(i) for i in taken if i.isdigit()))
    made = {
        "namedRangeId": named_id,
        "name": _check_name(job, given.get("name")),
        "range": _box(job, given.get("range")),
    }
    job.book.named_ranges.append(made)
    return {"namedRange": plain(made)}


def update_named_range(job: Job, request: Json) -> Json:
    """`updateNamedRange`."""
    mask = update_mask(request.get("fields"), "NamedRange")
    given = request.get("namedRange") or {}
    at = _find_named(job, given.get("namedRangeId"))
    old = job.book.named_ranges[at]
    new = merged(old, given, mask) | {"namedRangeId": old["namedRangeId"]}
    new["name"] = _check_name(job, new.get("name"), old["namedRangeId"])
    new["range"] = _box(job, new.get("range"))
    job.book.named_ranges[at] = new
    if new["name"] != old["name"]:
        _rename(job, old["name"], new["name"])
    return {}


def _rename(job: Job, old: str, new: str) -> None:
    comma = job.engine.locale.comma_is_decimal
    for sheet in job.book.sheets:
        for row, column, cell in list(sheet.cells(sheet.grid)) if sheet.formula_columns else ():
            if type(cell.value) is Formula:
                sheet.put(row, column, cell._replace(value=Formula(with_names(cell.value, comma, old, new))))


def delete_named_range(job: Job, request: Json) -> Json:
    """`deleteNamedRange`."""
    named_id = request.get("namedRangeId")
    if not job.switches.unknown_ids_refused and not any(n["namedRangeId"] == named_id for n in job.book.named_ranges):
        return {}
    del job.book.named_ranges[_find_named(job, named_id)]
    return {}


# --- Protected ranges ---


def _taken(job: Job) -> list[int]:
    return [protected["protectedRangeId"] for sheet in job.book.sheets for protected in sheet.protected]


def _find_protected(job: Job, protected_id: int | None) -> tuple[Sheet, int]:
    for sheet in job.book.sheets:
        for at, protected in enumerate(sheet.protected):
            if protected["protectedRangeId"] == (protected_id or 0):
                return sheet, at
    raise invalid(f"No protected range with id: {protected_id or 0}")


def _placed(job: Job, given: Json) -> tuple[Sheet, Json]:
    """The tab that a protected range is on, and its place."""
    holders = [name for name in ("range", "namedRangeId", "tableId") if given.get(name) is not None]
    if len(holders) != 1:
        raise invalid("Exactly one of range, namedRangeId or tableId must be set.")
    if holders[0] == "range":
        box = _box(job, given["range"])
        return job.sheet(box["sheetId"]), {"range": box}
    if holders[0] == "namedRangeId":
        named = job.book.named_ranges[_find_named(job, given["namedRangeId"])]
        return job.sheet(named["range"]["sheetId"]), {"namedRangeId": given["namedRangeId"], "range": named["range"]}
    for sheet in job.book.sheets:
        for table in sheet.tables:
            if table["tableId"] == given["tableId"]:
                return sheet, {"tableId": given["tableId"], "range": table["range"]}
    raise invalid(f"No table with id: {given['tableId']}")


def _made(job: Job, given: Json) -> Json:
    made: Json = {"protectedRangeId": given["protectedRangeId"], "range": given["range"]}
    for name in ("namedRangeId", "tableId", "description"):
        if given.get(name):
            made[name] = given[name]
    if given.get("warningOnly"):
        made["warningOnly"] = True
    pieces = [_box(job, piece) for piece in given.get("unprotectedRanges") or ()]
    if pieces:
        box = given["range"]
        if any(name in box for name in ("startRowIndex", "endRowIndex", "startColumnIndex", "endColumnIndex")):
            raise invalid("Unprotected ranges are only supported on protected sheets.")
        made["unprotectedRanges"] = pieces
    editors = dict(given.get("editors") or {})
    users = list(dict.fromkeys([*(editors.get("users") or ()), *_always(job)]))
    made["editors"] = {"users": users}
    if editors.get("groups"):
        made["editors"]["groups"] = editors["groups"]
    if editors.get("domainUsersCanEdit"):
        made["editors"]["domainUsersCanEdit"] = True
    return made


def _always(job: Job) -> list[str]:
    """Who may edit in any case: the owner, and whoever asks."""
    return list(dict.fromkeys([job.book.owner, job.caller.email]))


def add_protected_range(job: Job, request: Json) -> Json:
    """`addProtectedRange`. The answer does not name the editors yet, as Google's does not."""
    given = dict(request.get("protectedRange") or {})
    if given.get("protectedRangeId") in _taken(job):
        raise invalid(f"A protected range with id: {given['protectedRangeId']} already exists.")
    given["protectedRangeId"] = given.get("protectedRangeId") or job.fresh_number(_taken(job))
    sheet, place = _placed(job, given)
    made = _made(job, given | place)
    sheet.protected.append(made)
    asked = {name: item for name, item in (given.get("editors") or {}).items() if item}
    return {"protectedRange": plain(made | {"requestingUserCanEdit": True, "editors": asked})}


def update_protected_range(job: Job, request: Json) -> Json:
    """`updateProtectedRange`."""
    mask = update_mask(request.get("fields"), "ProtectedRange")
    given = request.get("protectedRange") or {}
    sheet, at = _find_protected(job, given.get("protectedRangeId"))
    old = sheet.protected[at]
    if not job.may_edit(old):
        raise invalid(PROTECTED)
    new = merged(old, given, mask) | {"protectedRangeId": old["protectedRangeId"]}
    if new.get("namedRangeId") or new.get("tableId"):
        new.pop("range", None)
    owner, place = _placed(job, new)
    del sheet.protected[at]
    owner.protected.insert(at if owner is sheet else len(owner.protected), _made(job, new | place))
    return {}


def delete_protected_range(job: Job, request: Json) -> Json:
    """`deleteProtectedRange`."""
    sheet, at = _find_protected(job, request.get("protectedRangeId"))
    if not job.may_edit(sheet.protected[at]):
        raise invalid(PROTECTED)
    del sheet.protected[at]
    return {}


KINDS = {
    "addNamedRange": add_named_range,
    "updateNamedRange": update_named_range,
    "deleteNamedRange": delete_named_range,
    "addProtectedRange": add_protected_range,
    "updateProtectedRange": update_protected_range,
    "deleteProtectedRange": delete_protected_range,
}
