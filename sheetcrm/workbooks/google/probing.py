"""Tries out, once for each spreadsheet, what Google's pages do not say for sure.

Whether cutting cells reaches another tab and takes notes along, and whether a
write fails whole where a tab is not there or already there: on that rests that
two machines never write on top of each other. It works in hidden tabs of its own,
takes them away again, and leaves what it learned as a mark on the spreadsheet.
"""

from __future__ import annotations

from sheetcrm.workbooks.google import requests as do
from sheetcrm.workbooks.google.client import Client, Refused
from sheetcrm.workbooks.google.values import KEY, Json

__all__ = ["probe"]

_REPLY = "updatedSpreadsheet(sheets(data(rowData(values(userEnteredValue,note)))))"


def probe(client: Client, ids: tuple[int, int, int]) -> dict[str, str]:
    """What was learned: `guard`, `cut` and `notes`, each "yes" or "no". `ids` are three that no tab has."""
    here, there, nowhere = ids
    titles = ("_sheetcrm probe 1", "_sheetcrm probe 2")
    learned = {"cut": "yes", "notes": "yes"}
    cell = {"userEnteredValue": {"stringValue": "probe"}, "note": "probe"}
    made = [
        *(
            {"addSheet": {"properties": {"sheetId": sheet, "title": title, "hidden": True}}}
            for sheet, title in zip((here, there), titles, strict=True)
        ),
        do.put(here, 0, 0, [[cell]], "userEnteredValue,note"),
    ]
    cut = do.cut(do.block(here, (0, 1), (0, 1)), there, 0, 0)
    try:
        answer = client.write([*made, cut], _REPLY, [f"'{titles[1]}'!A1"])
        came = _first_cell(answer)
        learned["cut"] = "yes" if "userEnteredValue" in came else "no"
        learned["notes"] = "yes" if came.get("note") == "probe" else "no"
    except Refused:
        client.write(made)
        learned["cut"] = "no"
    try:
        unknown, known = {"deleteSheet": {"sheetId": nowhere}}, {"properties": {"sheetId": here, "title": "_sheetcrm"}}
        learned["guard"] = "yes" if _fails(client, [unknown]) and _fails(client, [{"addSheet": known}]) else "no"
    finally:
        client.write([{"deleteSheet": {"sheetId": sheet}} for sheet in (here, there)])
    client.write([_remember(name, value) for name, value in sorted(learned.items())])
    return learned


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
