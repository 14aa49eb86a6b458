"""The store at Google's: the shared behaviour, and what only Google can do to it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sheetcrm.tables import Snapshot, Workbook
from sheetcrm.workbooks.google.reading import read
from tests.sheets_server.server import SheetsServer
from tests.workbook_suite import WorkbookSuite
from tests.workbooks.google_laying import lay


class TestGoogle(WorkbookSuite):
    """The shared behaviour."""

    @pytest.fixture
    def make(self, sheets_server: SheetsServer) -> Callable[[Snapshot], Workbook]:
        return lambda snapshot: lay(sheets_server, snapshot)


def test_what_a_formula_fills_elsewhere_counts_as_a_formula() -> None:
    cells = [
        {"userEnteredValue": {"formulaValue": "=ARRAYFORMULA(B1:B2)"}, "effectiveValue": {"numberValue": 1}},
        {"userEnteredValue": {"stringValue": "typed"}, "effectiveValue": {"stringValue": "typed"}},
    ]
    spilled = [{"effectiveValue": {"numberValue": 2}}, {}]
    properties = {"sheetId": 1, "title": "T", "gridProperties": {"rowCount": 2, "columnCount": 2}}
    data = [{"rowData": [{"values": cells}, {"values": spilled}]}]
    found = read({"sheets": [{"properties": properties, "data": data}]})
    assert set(found.snapshot.tabs[0].formulas) == {(0, 0), (1, 0)}
    assert found.sheets["T"].spilled == {(1, 0)}


def test_of_a_tab_and_its_copy_the_first_one_is_ours() -> None:
    def tab(sheet: int, index: int, metadata: int) -> dict[str, object]:
        mark = {"metadataId": metadata, "metadataKey": "sheetcrm", "metadataValue": "leads"}
        return {"properties": {"sheetId": sheet, "title": f"T{sheet}", "index": index}, "developerMetadata": [mark]}

    found = read({"sheets": [tab(2, 1, 5), tab(1, 0, 9)]})
    assert [found_tab.mark for found_tab in found.snapshot.tabs] == ["leads", ""]
