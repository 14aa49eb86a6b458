"""One spreadsheet for a test, with short words for the calls on it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from tests.sheets_server.sheets import Caller, Sheets
from tests.sheets_server.switches import Switches

OWNER, WRITER, STRANGER = (Caller(f"{name}@example.com") for name in ("owner", "writer", "stranger"))
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class Book:
    """One spreadsheet, and short words for the calls on it."""

    def __init__(
        self, rows: list[list[Any]] | None = None, switches: Switches | None = None, **properties: Any
    ) -> None:
        self.sheets = Sheets(switches or Switches(), clock=lambda: NOW)
        self.spreadsheet = self.sheets.create("Book", OWNER.email, **properties)
        self.spreadsheet.permissions[WRITER.email] = "writer"
        self.id = self.spreadsheet.id
        if rows:
            self.type("A1", rows)

    def call(self, method: str, body: Any = None, caller: Caller = OWNER, **parameters: Any) -> Any:
        parameters = {"spreadsheetId": self.id, **parameters}
        answer = self.sheets.call(f"sheets.spreadsheets.{method}", parameters, body, caller)
        return json.loads(json.dumps(answer))

    def do(self, *requests: dict[str, Any], caller: Caller = OWNER, **body: Any) -> list[dict[str, Any]]:
        return self.call("batchUpdate", {"requests": list(requests), **body}, caller)["replies"]

    def type(self, where: str, rows: list[list[Any]], option: str = "USER_ENTERED", caller: Caller = OWNER) -> Any:
        return self.call("values.update", {"values": rows}, caller, range=where, valueInputOption=option)

    def see(self, where: str = "Sheet1", render: str = "FORMATTED_VALUE", **options: Any) -> list[list[Any]]:
        return self.call("values.get", range=where, valueRenderOption=render, **options).get("values", [])

    def cell(self, where: str, fields: str = "*") -> dict[str, Any]:
        answer = self.call("get", ranges=[where], fields=f"sheets.data.rowData.values({fields})")
        rows = answer["sheets"][0]["data"][0].get("rowData", [])
        return rows[0].get("values", [{}])[0] if rows else {}

    def sheet(self, number: int = 0) -> dict[str, Any]:
        return self.call("get")["sheets"][number]

    def add_tab(self, title: str, sheet_id: int = 7) -> None:
        self.do({"addSheet": {"properties": {"title": title, "sheetId": sheet_id}}})


def box(top: int, bottom: int, left: int, right: int, sheet_id: int = 0) -> dict[str, int]:
    found = {"startRowIndex": top, "endRowIndex": bottom, "startColumnIndex": left, "endColumnIndex": right}
    return {"sheetId": sheet_id, **found} if sheet_id else found


def rows_of(start: int, end: int, sheet_id: int = 0) -> dict[str, Any]:
    return {"sheetId": sheet_id, "dimension": "ROWS", "startIndex": start, "endIndex": end}


def columns_of(start: int, end: int) -> dict[str, Any]:
    return {"dimension": "COLUMNS", "startIndex": start, "endIndex": end}


def write(row: int, column: int, cell: dict[str, Any], fields: str, sheet_id: int = 0) -> dict[str, Any]:
    start = {"sheetId": sheet_id, "rowIndex": row, "columnIndex": column}
    return {"updateCells": {"start": start, "rows": [{"values": [cell]}], "fields": fields}}


def dressed() -> Book:
    """A book in which everything sits on row 5 (index 4)."""
    book = Book([["h"], ["1"], ["2"], ["3"], ["here", "=A5"], ["after", "=SUM(A1:A5)", "=A6", "=Other!A1"]])
    book.add_tab("Other")
    book.type("Other!A1", [["=Sheet1!A5"]])
    rule = {"ranges": [box(4, 5, 0, 3)], "booleanRule": {"condition": {"type": "NOT_BLANK"}, "format": {}}}
    bands = {"range": box(4, 6, 0, 3), "rowProperties": {"firstBandColor": {"red": 1}}}
    anchor = {"overlayPosition": {"anchorCell": {"rowIndex": 4, "columnIndex": 5}}}
    book.do(
        write(4, 0, {"note": "note"}, "note"),
        {"mergeCells": {"range": box(4, 5, 5, 7)}},
        {"addNamedRange": {"namedRange": {"name": "here", "namedRangeId": "n", "range": box(4, 5, 0, 1)}}},
        {"addProtectedRange": {"protectedRange": {"range": box(4, 5, 0, 1), "protectedRangeId": 3}}},
        {"addConditionalFormatRule": {"rule": rule}},
        {"addBanding": {"bandedRange": bands}},
        {"addChart": {"chart": {"spec": {"title": "c"}, "position": anchor}}},
        {"createDeveloperMetadata": {"developerMetadata": {
            "metadataKey": "k", "visibility": "DOCUMENT", "location": {"dimensionRange": rows_of(4, 5)}}}},
        {"updateDimensionProperties": {"range": rows_of(4, 5), "properties": {"pixelSize": 50}, "fields": "pixelSize"}},
    )  # fmt: skip
    return book


def places(book: Book) -> dict[str, Any]:
    """The row of everything that `dressed` put down."""
    found = book.call("get", includeGridData=True)
    sheet = found["sheets"][0]
    rows = sheet["data"][0].get("rowData", [])
    values = [[cell.get("formattedValue") for cell in row.get("values", [])] for row in rows]
    metadata = sheet["data"][0]["rowMetadata"]
    return {
        "value": next((at for at, row in enumerate(values) if row[:1] == ["here"]), None),
        "note": [at for at, row in enumerate(rows) if any("note" in cell for cell in row.get("values", []))],
        "merges": [box["startRowIndex"] for box in sheet.get("merges", [])],
        "named": [named["range"]["startRowIndex"] for named in found.get("namedRanges", [])],
        "protected": [item["range"]["startRowIndex"] for item in sheet.get("protectedRanges", [])],
        "rule": [box["startRowIndex"] for rule in sheet.get("conditionalFormats", []) for box in rule["ranges"]],
        "chart": [c["position"]["overlayPosition"]["anchorCell"]["rowIndex"] for c in sheet["charts"]],
        "metadata": [at for at, row in enumerate(metadata) if "developerMetadata" in row],
        "size": [at for at, row in enumerate(metadata) if row["pixelSize"] == 50],
    }


HERE = ("note", "merges", "named", "protected", "rule", "metadata", "size")
