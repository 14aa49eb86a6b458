"""What the demo does in a Google Sheet besides syncing: it types as people do, and signs what is its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time, timedelta

from sheetcrm.tables import Cell
from sheetcrm.workbooks.google import requests as do
from sheetcrm.workbooks.google.reading import Reading
from sheetcrm.workbooks.google.values import KEY, Json, content_of, number_format
from sheetcrm.workbooks.google.workbook import GoogleWorkbook

__all__ = ["GoogleScreen", "is_signed", "sign"]

DEMO = "demo"


class GoogleScreen:
    """A spreadsheet that somebody has open. What is typed is sent when it is saved."""

    def __init__(self, workbook: GoogleWorkbook) -> None:
        self._workbook = workbook
        self._reading = workbook.reading()
        self._rows = {tab.title: [list(row) for row in tab.rows] for tab in self._reading.snapshot.tabs}
        self._typed: dict[tuple[str, int, int], Cell] = {}

    def rows(self, title: str) -> Sequence[Sequence[Cell]]:
        """What the cells of a tab say."""
        return self._rows[title]

    def put(self, title: str, row: int, column: int, cell: Cell) -> None:
        """Type into a cell."""
        rows = self._rows[title]
        rows.extend([] for _ in range(row + 1 - len(rows)))
        rows[row].extend("" for _ in range(column + 1 - len(rows[row])))
        rows[row][column] = cell
        self._typed[title, row, column] = cell

    def save(self) -> None:
        """Send what was typed."""
        wanted: list[Json] = []
        for title, sheet in self._reading.sheets.items():
            width = max((column + 1 for tab, _, column in self._typed if tab == title), default=0)
            if width > sheet.columns:
                wanted.append(do.add_columns(sheet.id, width - sheet.columns))
        for (title, row, column), cell in self._typed.items():
            made: Json = {"userEnteredValue": content_of(cell, {})}
            fields = "userEnteredValue"
            sheet = self._reading.sheets[title]
            if isinstance(cell, date | time | timedelta) and not sheet.shows_days(row, column):
                made["userEnteredFormat"] = {"numberFormat": number_format(cell, "en")}
                fields += ",userEnteredFormat.numberFormat"
            wanted.append(do.put(sheet.id, row, column, [[made]], fields))
        if wanted:
            self._workbook.client.write(wanted)


def is_signed(reading: Reading) -> bool:
    """Whether a spreadsheet is the demo's own."""
    return DEMO in reading.learned


def sign(workbook: GoogleWorkbook, reading: Reading) -> None:
    """Take away the tabs of an earlier demo, and leave the demo's sign."""
    if is_signed(reading):
        ours = [reading.sheets[tab.title].id for tab in reading.snapshot.tabs if tab.mark]
        ours += [reading.aside.id] if reading.aside else []
        others = any(not tab.mark and not tab.hidden for tab in reading.snapshot.tabs)
        blank = [] if others else [{"addSheet": {"properties": {"title": "-"}}}]
        workbook.client.write([*blank, *({"deleteSheet": {"sheetId": sheet}} for sheet in ours)])
        return
    data = {"metadataKey": f"{KEY}.{DEMO}", "metadataValue": "yes", "visibility": "DOCUMENT"}
    workbook.client.write(
        [{"createDeveloperMetadata": {"developerMetadata": {**data, "location": {"spreadsheet": True}}}}]
    )
