"""Tries out, once for each spreadsheet, what Google's pages do not say for sure.

Whether cutting cells reaches another tab and takes notes along, and whether a
write fails whole where a tab is not there or already there: on that rests that
two machines never write on top of each other. It works in hidden tabs of its own,
takes them away again, and leaves what it learned as a mark on the spreadsheet.
"""

from __future__ import annotations

from sheetcrm.workbooks.google import requests as do
from sheetcrm.workbooks.google.aside import PROBE_TITLE
from sheetcrm.workbooks.google.client import Client, Refused
from sheetcrm.workbooks.google.reading import read
from sheetcrm.workbooks.google.values import KEY, Json
from sheetcrm.workbooks.google.writing import new_id

__all__ = ["probe"]

_LEFT = "developerMetadata(metadataKey,metadataValue),sheets(properties(sheetId,title))"
_REPLY = "updatedSpreadsheet(sheets(data(rowData(values(userEnteredValue,note)))))"


def probe(client: Client) -> dict[str, str]:
    """What was learned: `guard`, `cut` and `notes`, each "yes" or "no".

    Raises `Unknown` where no answer came; then it can be tried again, and takes away what is left.
    """
    left = read(client.get(_LEFT))
    if "guard" in left.learned:
        return left.learned
    old = [sheet.id for title, sheet in left.sheets.items() if title.startswith(PROBE_TITLE)]
    if old:
        # Refused where the one who left them, or another machine, takes them away at this moment.
        _fails(client, _away(*old))
    taken = list(left.ids.values())
    here = new_id(taken)
    there = new_id([*taken, here])
    learned = _try_cutting(client, here, there)
    # Both leave nothing behind, whatever Google makes of them.
    other = new_id([*taken, here, there])
    unknown, twice = _away(other), [_added(other, "a"), _added(other, "b"), *_away(other)]
    learned["guard"] = "yes" if _fails(client, unknown) and _fails(client, twice) else "no"
    remember = [_remember(name, value) for name, value in sorted(learned.items())]
    if learned["cut"] == "no" or _fails(client, [*_away(here, there), *remember]):
        client.write(remember)
    return learned


def _try_cutting(client: Client, here: int, there: int) -> dict[str, str]:
    """Whether cells are cut into another tab, and notes with them. Where they are, both tabs stay for now."""
    cell = {"userEnteredValue": {"stringValue": "probe"}, "note": "probe"}
    made = [_added(here, str(here)), _added(there, str(there)), do.put(here, 0, 0, [[cell]], "userEnteredValue,note")]
    cut = do.cut(do.block(here, (0, 1), (0, 1)), there, 0, 0)
    try:
        answer = client.write([*made, cut], _REPLY, [f"'{PROBE_TITLE}{there}'!A1"])
    except Refused:
        # It must be the cutting that is refused, and nothing else.
        client.write([*made, *_away(here, there)])
        return {"cut": "no", "notes": "yes"}
    came = _first_cell(answer)
    if "userEnteredValue" not in came:
        client.write(_away(here, there))
        return {"cut": "no", "notes": "yes"}
    return {"cut": "yes", "notes": "yes" if came.get("note") == "probe" else "no"}


def _added(sheet: int, name: str) -> Json:
    size = {"rowCount": 1, "columnCount": 1}
    properties = {"sheetId": sheet, "title": PROBE_TITLE + name, "hidden": True, "gridProperties": size}
    return {"addSheet": {"properties": properties}}


def _away(*sheets: int) -> list[Json]:
    return [{"deleteSheet": {"sheetId": sheet}} for sheet in sheets]


def _remember(name: str, value: str) -> Json:
    data = {"metadataKey": f"{KEY}.{name}", "metadataValue": value, "visibility": "DOCUMENT"}
    return {"createDeveloperMetadata": {"developerMetadata": {**data, "location": {"spreadsheet": True}}}}


def _fails(client: Client, wanted: list[Json]) -> bool:
    try:
        client.write(wanted)
    except Refused:
        return True
    return False


def _first_cell(answer: Json) -> Json:
    for sheet in answer.get("updatedSpreadsheet", {}).get("sheets", ()):
        for data in sheet.get("data", ()):
            for row in data.get("rowData", ()):
                for cell in row.get("values", ()):
                    return cell  # type: ignore[no-any-return]  # Google's JSON
    return {}
