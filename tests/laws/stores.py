"""Where the laws are tried: in memory, and in a Google Sheet on the emulator."""

from __future__ import annotations

from sheetcrm.tables import Plan, Receipt, Snapshot
from sheetcrm.workbooks.google import GoogleWorkbook
from tests.sheets_server.server import SheetsServer
from tests.workbooks.google_laying import lay

__all__ = ["SheetOnTheEmulator"]


class SheetOnTheEmulator:
    """A Google Sheet that says what `snapshot` says; setting it is what people did meanwhile."""

    def __init__(self, server: SheetsServer, snapshot: Snapshot) -> None:
        self._server = server
        self._workbook: GoogleWorkbook = lay(server, snapshot)

    @property
    def snapshot(self) -> Snapshot:
        """The workbook as it stands."""
        return self._workbook.read()

    @snapshot.setter
    def snapshot(self, snapshot: Snapshot) -> None:
        self._workbook = lay(self._server, snapshot)

    def read(self) -> Snapshot:
        """Every tab as it stands now."""
        return self._workbook.read()

    def apply(self, plan: Plan, base: Snapshot) -> Receipt:
        """Make `plan` true, whole or not at all."""
        return self._workbook.apply(plan, base)
