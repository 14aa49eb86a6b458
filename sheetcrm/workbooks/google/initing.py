"""Laying out a spreadsheet that a person made and shared, and mending what was broken since.

Tabs that are missing come; tabs that are there get back the drop-downs, highlights,
protection and charts that they lost. Cells with words in them are never touched.
"""

from __future__ import annotations

from collections.abc import Iterator

from sheetcrm.columns import fold, read_layout, tab_title
from sheetcrm.messages import LANGUAGES
from sheetcrm.problems import Changed, UsageError
from sheetcrm.schema import TABS
from sheetcrm.setup import ORDER, fresh_workbook
from sheetcrm.tables import AddTab, Cell, Column, Plan, Tab, raw_text
from sheetcrm.workbooks.google import requests as do
from sheetcrm.workbooks.google.charts import COLUMNS, ROWS, missing_charts
from sheetcrm.workbooks.google.dressing import DRESS_FIELDS, kind_of, missing_dress, places_of_lists
from sheetcrm.workbooks.google.reading import Reading, Sheet
from sheetcrm.workbooks.google.values import Json
from sheetcrm.workbooks.google.workbook import GoogleWorkbook

__all__ = ["init"]

TRIES = 3
"""How often it looks anew because somebody wrote meanwhile."""


def init(workbook: GoogleWorkbook, address: str, language: str) -> tuple[int, int]:
    """Dress the spreadsheet; gives how many tabs were made and how many things were mended.

    Raises `UsageError` where a tab of the team's own stands in the way.
    """
    made, mends = 0, list[Json]()
    for left in reversed(range(TRIES)):
        try:
            reading = workbook.reading()
            if reading.snapshot.repair:
                workbook.apply(reading.snapshot.repair, reading.snapshot)
                continue
            language = _language_of(reading) or language
            plan = _missing_tabs(reading, address, language)
            if not plan.is_empty:
                workbook.apply(plan, reading.snapshot)
                made += len(plan.changes)
                reading = workbook.reading()
            mends = [*_missing(workbook, reading, language), *_blank_tabs_last(reading)]
            if mends:
                workbook.adjust(mends, reading)
            return made, len(mends)
        except Changed:  # by another machine, which may have done some of it
            if not left:
                raise
    raise Changed("sheet-changed")


def _language_of(reading: Reading) -> str:
    """The language of the tabs that are there already; "" where there are none."""
    for tab in reading.snapshot.tabs:
        if tab.mark in TABS:
            said = [language for language in LANGUAGES if tab_title(tab.mark, language) == tab.title]
            if said:
                return said[0]
    return ""


def _missing_tabs(reading: Reading, address: str, language: str) -> Plan:
    there = {tab.mark for tab in reading.snapshot.tabs if tab.mark}
    missing = [tab for tab in fresh_workbook(language).tabs if tab.mark not in there]
    if not there:
        ours = {fold(tab_title(name, spoken)) for name in ORDER for spoken in LANGUAGES}
        foreign = [tab.title for tab in reading.snapshot.tabs if fold(tab.title) in ours]
        if foreign:
            raise UsageError("google-has-tabs", file=reading.title, tabs=", ".join(foreign), address=address)
    return Plan(tuple(_add(tab) for tab in missing), language=language)


def _add(tab: Tab) -> AddTab:
    fields = TABS[tab.mark]
    columns = tuple(
        Column(field.name, raw_text(header))
        for field, header in zip(fields, tab.rows[0] if tab.rows else (), strict=True)
    )
    ticks = {at for at, field in enumerate(fields) if field.name.startswith(("needs_", "asks_"))}
    rows = tuple(tuple(_ticked(cell) if at in ticks else cell for at, cell in enumerate(row)) for row in tab.rows[1:])
    return AddTab(tab.title, tab.mark, columns, rows, tab.hidden)


def _ticked(cell: Cell) -> Cell:
    return True if cell == "x" else cell


def _missing(workbook: GoogleWorkbook, reading: Reading, language: str) -> Iterator[Json]:
    """What the tabs lost, or what a column that people moved here never had."""
    given = {s["properties"]["title"]: s for s in workbook.client.get(DRESS_FIELDS).get("sheets", ())}
    lists = places_of_lists((tab.title, tab.mark, tab.marks) for tab in reading.snapshot.tabs)
    layouts = {layout.title: layout for layout in read_layout(reading.snapshot).layouts.values()}
    for tab in reading.snapshot.tabs:
        kind = kind_of(tab.mark)
        if not kind or tab.title not in given or tab.title not in layouts:
            continue
        header_row = layouts[tab.title].header_row
        ticks = {
            column
            for name, column in tab.marks.items()
            if name.startswith(("needs_", "asks_"))
            and any(isinstance(tab.cell(r, column), bool) for r in range(len(tab.rows)))
        }
        columns = {name: column for name, column in tab.marks.items() if column < reading.sheets[tab.title].columns}
        yield from missing_dress(given[tab.title], kind, columns, header_row, lists, language, ticks, len(tab.rows))
    report = reading.snapshot.marked("report")
    if report is not None:
        there = {chart["chartId"] for sheet in given.values() for chart in sheet.get("charts", ())}
        yield from _charts(
            reading.sheets[report.title], list(missing_charts(reading.ids[report.title], language, there))
        )


def _charts(sheet: Sheet, missing: list[Json]) -> Iterator[Json]:
    """The charts that a tab lacks, and room for them and for what they show."""
    if missing and sheet.rows < ROWS:
        yield do.add_rows(sheet.id, ROWS - sheet.rows)
    if missing and sheet.columns < COLUMNS:
        yield do.add_columns(sheet.id, COLUMNS - sheet.columns)
    yield from missing


def _blank_tabs_last(reading: Reading) -> Iterator[Json]:
    """The blank tab that every new spreadsheet begins with goes behind ours; it may have been meant for something."""
    tabs = reading.snapshot.tabs
    if tabs and not tabs[0].mark and not tabs[0].rows and any(tab.mark for tab in tabs):
        yield do.set_properties(reading.sheets[tabs[0].title].id, {"index": len(tabs) + 1}, "index")
