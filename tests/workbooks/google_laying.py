"""How a Google Sheet comes to say what a snapshot says: as its owner would type it, through the API alone."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from sheetcrm.tables import Cell, CellError, Formula, Snapshot, Tab
from sheetcrm.workbooks.google import GoogleWorkbook
from sheetcrm.workbooks.google.client import Client, credentials
from tests.sheets_server.server import OWNER, SERVICE_ACCOUNT, SheetsServer
from tests.sheets_server.sheets import Caller

Json = dict[str, Any]
DAY_ZERO = datetime(1899, 12, 30)


def lay(server: SheetsServer, snapshot: Snapshot, **properties: str) -> GoogleWorkbook:
    """A new spreadsheet of its owner's, shared with the service account, that says this."""
    return open_as_service(server, lay_sheet(server, snapshot, **properties))


def lay_sheet(server: SheetsServer, snapshot: Snapshot, **properties: str) -> str:
    """The same; gives its ID."""
    made = server.sheets.create("CRM", OWNER, **properties)
    requests: list[Json] = [_mark_on_all(name) for name in ("guard", "cut", "notes", "filter")]
    for number, tab in enumerate(snapshot.tabs, 1):
        requests += _tab(number, tab)
    requests.append({"deleteSheet": {"sheetId": 0}})
    server.sheets.call(
        "sheets.spreadsheets.batchUpdate", {"spreadsheetId": made.id}, {"requests": requests}, Caller(OWNER)
    )
    server.share(made.id, SERVICE_ACCOUNT, "writer")
    return made.id


def open_as_service(server: SheetsServer, spreadsheet: str, **how: Any) -> GoogleWorkbook:
    """The spreadsheet as sync opens it: real gspread, real google-auth, over HTTP."""
    address = f"https://docs.google.com/spreadsheets/d/{spreadsheet}/edit"
    return GoogleWorkbook(address, Client(spreadsheet, _signed_in(server.address), **how))


@cache
def _signed_in(_server: str) -> Any:
    """The service account, signed in once for each server."""
    return credentials()


def _tab(sheet: int, tab: Tab) -> list[Json]:
    grid = {"rowCount": max(len(tab.rows) + 5, 20), "columnCount": max(tab.width + 3, 12)}
    properties = {"sheetId": sheet, "title": tab.title, "hidden": tab.hidden, "gridProperties": grid}
    made: list[Json] = [{"addSheet": {"properties": properties}}]
    rows = [{"values": [_cell(cell) for cell in row]} for row in tab.rows]
    start = {"sheetId": sheet, "rowIndex": 0, "columnIndex": 0}
    fields = "userEnteredValue,userEnteredFormat.numberFormat"
    made.append({"updateCells": {"start": start, "rows": rows, "fields": fields}})
    for (row, column), formula in tab.formulas.items():
        start = {"sheetId": sheet, "rowIndex": row, "columnIndex": column}
        cell = {"values": [{"userEnteredValue": {"formulaValue": formula}}]}
        made.append({"updateCells": {"start": start, "rows": [cell], "fields": "userEnteredValue"}})
    if tab.mark:
        made.append(_mark(tab.mark, {"sheetId": sheet}))
    for name, column in tab.marks.items():
        span = {"sheetId": sheet, "dimension": "COLUMNS", "startIndex": column, "endIndex": column + 1}
        made.append(_mark(f"{tab.mark}.{name}", {"dimensionRange": span}))
    return made


def _mark_on_all(name: str) -> Json:
    """What sync learned about this Google, as if it had been here before."""
    data = {"metadataKey": f"sheetcrm.{name}", "metadataValue": "yes", "location": {"spreadsheet": True}}
    return {"createDeveloperMetadata": {"developerMetadata": {**data, "visibility": "DOCUMENT"}}}


def _mark(value: str, location: Json) -> Json:
    data = {"metadataKey": "sheetcrm", "metadataValue": value, "location": location, "visibility": "DOCUMENT"}
    return {"createDeveloperMetadata": {"developerMetadata": data}}


def _cell(cell: Cell) -> Json:
    if isinstance(cell, Formula):
        return {"userEnteredValue": {"formulaValue": str(cell)}}
    if isinstance(cell, CellError):
        return {"userEnteredValue": {"formulaValue": "=NA()"}}
    if isinstance(cell, str):
        return {"userEnteredValue": {"stringValue": cell}} if cell else {}
    if isinstance(cell, bool):
        return {"userEnteredValue": {"boolValue": cell}}
    if isinstance(cell, int | float | Decimal):
        return {"userEnteredValue": {"numberValue": float(cell)}}
    shown: Json
    if isinstance(cell, datetime):
        days: float = (cell.replace(tzinfo=None) - DAY_ZERO).total_seconds() / 86400
        shown = {"type": "DATE_TIME", "pattern": "yyyy-mm-dd hh:mm"}
    elif isinstance(cell, date):
        days, shown = (cell - DAY_ZERO.date()).days, {"type": "DATE", "pattern": "yyyy-mm-dd"}
    else:
        held = cell if isinstance(cell, timedelta) else datetime.combine(date.min, cell) - datetime.min
        days, shown = held / timedelta(days=1), {"type": "TIME", "pattern": "[hh]:mm:ss"}
    return {"userEnteredValue": {"numberValue": days}, "userEnteredFormat": {"numberFormat": shown}}
