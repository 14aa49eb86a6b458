"""A small list of leads, and a plain caller, for the emulator's own tests."""

from typing import Any

import requests

from .server import SheetsServer
from .sheets import Caller

__all__ = ["LEADS", "NOTE", "Plain", "leads", "shown"]

LEADS = [
    ["ID", "Company", "Stage", "Notes"],
    ["R-0001", "Acme", "New", "met at the fair"],
    ["R-0002", "Beta", "Qualified", ""],
    ["R-0003", "Gamma", "New", "call back"],
    ["R-0004", "Delta", "Lost", ""],
]


def leads(server: SheetsServer) -> str:
    """The id of a spreadsheet with a small list, shared with the service account."""
    spreadsheet = server.create("Leads")
    server.share(spreadsheet.id)
    where = {"spreadsheetId": spreadsheet.id, "range": "Sheet1!A1", "valueInputOption": "USER_ENTERED"}
    server.sheets.call("sheets.spreadsheets.values.update", where, {"values": LEADS}, Caller(server.owner))
    return spreadsheet.id


def shown(server: SheetsServer, spreadsheet_id: str) -> list[list[str]]:
    where = {"spreadsheetId": spreadsheet_id, "range": "Sheet1"}
    rows = server.sheets.call("sheets.spreadsheets.values.get", where, None, Caller(server.owner)).get("values", [])
    width = max(map(len, rows), default=0)
    return [row + [""] * (width - len(row)) for row in rows]


class Plain:
    """A caller that shows a token and sees what comes back."""

    def __init__(self, server: SheetsServer, token: str = "") -> None:
        self.address = server.address
        self.session = requests.Session()
        self.session.headers["Authorization"] = "Bearer " + (token or server.token())

    def __call__(self, http: str, path: str, **more: Any) -> requests.Response:
        return self.session.request(http, self.address + path, timeout=10, **more)

    def batch(self, spreadsheet_id: str, *changes: Any, **more: Any) -> requests.Response:
        return self("POST", f"/v4/spreadsheets/{spreadsheet_id}:batchUpdate", json={"requests": list(changes)}, **more)


NOTE = {
    "updateCells": {
        "start": {"sheetId": 0, "rowIndex": 1, "columnIndex": 3},
        "rows": [{"values": [{"userEnteredValue": {"stringValue": "written"}}]}],
        "fields": "userEnteredValue",
    }
}
