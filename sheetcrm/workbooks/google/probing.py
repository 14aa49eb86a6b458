"""Tries out, once for each spreadsheet, what Google's pages do not say for sure.

Whether cutting cells reaches another tab and takes notes and hidden rows along, and
whether a write fails whole where a tab is not there or already there: on that rests that
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
_CAME = "sheets(data(rowData(values(userEnteredValue,note))))"
_WORDS = ("probe", "hidden", "below")


def probe(client: Client) -> dict[str, str]:
    """What was learned: `guard`, `cut`, `notes` and `filter`, each "yes" or "no".

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
    """Whether cells are cut into another tab, notes with them, and hidden rows like others."""
    cells = [[{"userEnteredValue": {"stringValue": text}, "note": text}] for text in _WORDS]
    made = [
        _added(here, str(here)),
        _added(there, str(there)),
        do.put(here, 0, 0, cells, "userEnteredValue,note"),
        {"setBasicFilter": {"filter": {"range": do.block(here), "criteria": {"0": {"hiddenValues": [_WORDS[1]]}}}}},
        do.copy(do.block(here, (0, 3), (0, 1)), do.block(there, (0, 1), (0, 1)), "PASTE_VALUES"),
    ]
    cut = do.cut(do.block(here, (0, 3), (0, 1)), there, 0, 1)
    cuts = True
    try:
        client.write([*made, cut])
    except Refused:
        client.write(made)  # it must be the cutting that was refused, and nothing else
        cuts = False
    copied, moved = _columns_of(client.get(_CAME, [f"'{PROBE_TITLE}{there}'"]))
    texts = [[cell.get("userEnteredValue", {}).get("stringValue", "") for cell in cells] for cells in (copied, moved)]
    cuts = cuts and texts[1][0] == _WORDS[0]
    if not cuts:
        client.write(_away(here, there))
    whole = texts[0] == list(_WORDS) and (not cuts or texts[1] == list(_WORDS))
    return {
        "cut": "yes" if cuts else "no",
        "notes": "yes" if not cuts or moved[0].get("note") == _WORDS[0] else "no",
        "filter": "yes" if whole else "no",
    }


def _added(sheet: int, name: str) -> Json:
    size = {"rowCount": 3, "columnCount": 2}
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


def _columns_of(answer: Json) -> tuple[list[Json], list[Json]]:
    """The cells of the first two columns."""
    rows = [
        row.get("values", [])
        for sheet in answer.get("sheets", ())
        for data in sheet.get("data", ())
        for row in data.get("rowData", ())
    ]
    rows = [[*cells, {}, {}] for cells in [*rows, [], [], []][:3]]
    return [cells[0] for cells in rows], [cells[1] for cells in rows]
