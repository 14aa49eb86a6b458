"""The store at Google's: the shared behaviour, and what only Google can do to it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sheetcrm.tables import Snapshot, Workbook
from tests.sheets_server.server import SheetsServer
from tests.workbook_suite import WorkbookSuite
from tests.workbooks.google_laying import lay


class TestGoogle(WorkbookSuite):
    """The shared behaviour."""

    @pytest.fixture
    def make(self, sheets_server: SheetsServer) -> Callable[[Snapshot], Workbook]:
        return lambda snapshot: lay(sheets_server, snapshot)
