"""Google's answer → a `Snapshot`, and what else a write must know: IDs, sizes, formats.

It never asks Google anything itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sheetcrm.schema import SYNC_TABS, fields_of
from sheetcrm.tables import Cell, Snapshot, Tab
from sheetcrm.workbooks.google.aside import ASIDE, Aside, read_aside
from sheetcrm.workbooks.google.values import KEY, Json, cell_of, formula_from, raw_of

__all__ = ["FIELDS", "Reading", "Sheet", "read"]

_MARKS = "developerMetadata(metadataId,metadataKey,metadataValue)"
FIELDS = (
    "spreadsheetId,properties(title,locale,timeZone),"
    f"{_MARKS},"
    "sheets(properties(sheetId,title,index,sheetType,hidden,gridProperties(rowCount,columnCount)),"
    f"{_MARKS},merges,"
    "basicFilter(criteria,filterSpecs),"
    f"data(columnMetadata({_MARKS}),"
    "rowData(values(userEnteredValue,effectiveValue,note,effectiveFormat(numberFormat(type))))))"
)
"""All that a run reads, in one call."""


DAYS = ("DATE", "DATE_TIME", "TIME")
"""Kinds of formats that show a number as a day or an hour."""


@dataclass(slots=True)
class Sheet:
    """A tab as Google knows it."""

    id: int
    title: str
    rows: int
    columns: int
    """Size of the grid."""
    raw: list[list[Cell]] = field(default_factory=list)
    """What the cells say, days still counted as numbers."""
    notes: dict[tuple[int, int], str] = field(default_factory=dict)
    kinds: dict[tuple[int, int], str] = field(default_factory=dict)
    """The kind of number that a cell's format shows: DATE, PERCENT …"""
    merges: list[Json] = field(default_factory=list)
    mark_ids: dict[str, int] = field(default_factory=dict)
    """Mark → ID of the developer metadata that bears it."""
    formulas: dict[tuple[int, int], str] = field(default_factory=dict)
    spilled: set[tuple[int, int]] = field(default_factory=set)
    """Cells that a formula elsewhere fills (ARRAYFORMULA …): they count as formulas, and cannot be cut."""
    filtered: bool = False
    """Whether a filter hides rows from everybody."""

    def shows_days(self, row: int, column: int) -> bool:
        """Whether a cell's format shows its number as a day or an hour."""
        return self.kinds.get((row, column), "") in DAYS


@dataclass(slots=True)
class Reading:
    """A spreadsheet read at one moment."""

    snapshot: Snapshot
    sheets: dict[str, Sheet]
    """By title, without the hidden tab that keeps what was overwritten."""
    aside: Aside | None
    locale: str = ""
    time_zone: str = ""
    title: str = ""
    learned: dict[str, str] = field(default_factory=dict)
    """What was found out about this Google: see `probing`."""
    mends: Aside | None = None
    """What `snapshot.repair` puts right: kept until it is certain that it did."""

    @property
    def ids(self) -> dict[str, int]:
        """Title → ID of each tab."""
        return {title: sheet.id for title, sheet in self.sheets.items()}

    def by_id(self, sheet_id: int) -> Sheet | None:
        """The tab of that ID."""
        return next((sheet for sheet in self.sheets.values() if sheet.id == sheet_id), None)


def read(answer: Json) -> Reading:
    """Understand the answer to a call with `FIELDS`."""
    given = [s for s in answer.get("sheets", ()) if s["properties"].get("sheetType", "GRID") == "GRID"]
    given.sort(key=lambda s: s["properties"].get("index", 0))
    marks = _tab_marks(given)
    titles = {s["properties"].get("sheetId", 0): s["properties"]["title"] for s in given}
    sheets: dict[str, Sheet] = {}
    aside = None
    for one in given:
        sheet = _sheet(one)
        if marks.get(sheet.id) == ASIDE:
            aside = read_aside(sheet.id, sheet.raw)
        else:
            sheets[sheet.title] = sheet
    if aside:
        _keep_rows(aside, {sheet.id: sheet for sheet in sheets.values()})
    by_title = [(one, sheets.get(one["properties"]["title"])) for one in given]
    tabs = [_tab(one, sheet, marks.get(sheet.id, ""), titles) for one, sheet in by_title if sheet]
    properties = answer.get("properties", {})
    learned = {
        data["metadataKey"].removeprefix(f"{KEY}."): str(data.get("metadataValue", ""))
        for data in answer.get("developerMetadata", ())
        if data["metadataKey"].startswith(f"{KEY}.")
    }
    snapshot = Snapshot(tuple(tabs), token=str(aside.id) if aside else "", formulas_travel=True)
    return Reading(
        snapshot,
        sheets,
        aside,
        properties.get("locale", ""),
        properties.get("timeZone", ""),
        properties.get("title", ""),
        learned,
    )


def _tab_marks(given: Sequence[Json]) -> dict[int, str]:
    """ID of a tab → its mark. Of a tab and its copy, which comes to stand behind it, the first one bears it."""
    found = (
        (data.get("metadataValue", ""), sheet["properties"].get("sheetId", 0))
        for sheet in given
        for data in sheet.get("developerMetadata", ())
        if data["metadataKey"] == KEY
    )
    marks: dict[int, str] = {}
    for mark, sheet_id in found:
        if mark not in marks.values():
            marks.setdefault(sheet_id, mark)
    return marks


def _sheet(given: Json) -> Sheet:
    properties = given["properties"]
    grid = properties.get("gridProperties", {})
    sheet = Sheet(
        properties.get("sheetId", 0),
        properties["title"],
        grid.get("rowCount", 0),
        grid.get("columnCount", 0),
        merges=given.get("merges", []),
        filtered=any(given.get("basicFilter", {}).values()),
    )
    for data in given.get("developerMetadata", ()):
        if data["metadataKey"] == KEY:
            sheet.mark_ids[data.get("metadataValue", "")] = data["metadataId"]
    for block in given.get("data", ()):
        for row, line in enumerate(block.get("rowData", ()), block.get("startRow", 0)):
            _read_row(sheet, row, line.get("values", ()), block.get("startColumn", 0))
    while sheet.raw and not sheet.raw[-1]:
        sheet.raw.pop()
    return sheet


def _keep_rows(aside: Aside, sheets: Mapping[int, Sheet]) -> None:
    """Rows that closed up may have left blank ones at the end, to which a note beside the list must go back."""
    for entry in aside.entries:
        about, sheet = aside.tab(entry.tab), sheets.get(entry.tab)
        if about and about.leaves and sheet and entry.kind in ("move", "stay"):
            sheet.raw.extend([] for _ in range(entry.row + 1 - len(sheet.raw)))
    if aside.under:
        _keep_rows(aside.under, sheets)


def _read_row(sheet: Sheet, row: int, cells: Sequence[Json], left: int) -> None:
    raw: list[Cell] = [""] * left
    for column, cell in enumerate(cells, left):
        value = raw_of(cell["effectiveValue"]) if "effectiveValue" in cell else ""
        raw.append(value)
        if "userEnteredValue" in cell and "formulaValue" in cell["userEnteredValue"]:
            sheet.formulas[row, column] = cell["userEnteredValue"]["formulaValue"]
        elif value != "" and "userEnteredValue" not in cell:
            sheet.formulas[row, column] = ""
            sheet.spilled.add((row, column))
        if "note" in cell:
            sheet.notes[row, column] = cell["note"]
        if "effectiveFormat" in cell:
            kind = cell["effectiveFormat"].get("numberFormat", {}).get("type", "")
            if kind:
                sheet.kinds[row, column] = kind
    while raw and raw[-1] == "":
        raw.pop()
    sheet.raw.extend([] for _ in range(row + 1 - len(sheet.raw)))
    sheet.raw[row] = raw


def _tab(given: Json, sheet: Sheet, mark: str, titles: dict[int, str]) -> Tab:
    rows: list[Any] = list(sheet.raw)
    for (row, column), kind in sheet.kinds.items():
        if row < len(rows) and column < len(rows[row]) and kind in DAYS:
            if rows[row] is sheet.raw[row]:
                rows[row] = list(rows[row])
            rows[row][column] = cell_of(sheet.raw[row][column], kind)
    # Only sync's own formulas are spelled our way; people's are left as they wrote them.
    marks = _column_marks(given, sheet, mark)
    fields = fields_of(mark)
    own = {column for name, column in marks.items() if name in fields and fields[name].writer == "sync"}
    formulas = {
        at: formula_from(text, titles) if mark in SYNC_TABS or at[1] in own else text
        for at, text in sheet.formulas.items()
    }
    return Tab(
        title=sheet.title,
        rows=rows,
        mark=mark,
        marks=marks,
        formulas=formulas,
        merged=tuple(
            (m.get("startRowIndex", 0), m.get("startColumnIndex", 0), m["endRowIndex"] - 1, m["endColumnIndex"] - 1)
            for m in sheet.merges
        ),
        hidden=bool(given["properties"].get("hidden")),
    )


def _column_marks(given: Json, sheet: Sheet, mark: str) -> dict[str, int]:
    marks: dict[str, int] = {}
    for block in given.get("data", ()):
        for column, data in enumerate(block.get("columnMetadata", ()), block.get("startColumn", 0)):
            for one in data.get("developerMetadata", ()):
                tab, _, name = str(one.get("metadataValue", "")).rpartition(".")
                if one["metadataKey"] == KEY and mark and tab == mark:
                    marks.setdefault(name, column)
                    sheet.mark_ids.setdefault(one["metadataValue"], one["metadataId"])
    return marks
