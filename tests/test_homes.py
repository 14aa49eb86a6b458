"""Tabs of the team's own beside ours, in a real Excel file: as homes of a stage, and bearing our names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest

from sheetcrm import sync
from sheetcrm.notebook import Crm
from sheetcrm.workbooks import open_workbook
from tests.laws.desk import Desk

NOW = datetime(2026, 11, 23, 0, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param((), id="an empty tab"),
        pytest.param(("Company", "Stage", "Loss reason"), id="a tab with headers"),
    ],
)
def test_a_tab_of_the_teams_own_can_be_the_home_of_the_lost(tmp_path: Path, headers: tuple[str, ...]) -> None:
    path = Path(sync.init(tmp_path / "crm.xlsx", "en").where)
    book = openpyxl.load_workbook(path)
    archive = book.create_sheet("Lost deals")
    for column, text in enumerate(headers, 1):
        archive.cell(1, column, text)
    stages = book["Stages"]
    home = next(cell.column for cell in stages[1] if cell.value == "Tab")
    lost = next(row[0].row for row in stages.iter_rows() if any(cell.value == "Lost" for cell in row))
    stages.cell(lost, home, "Lost deals")
    leads = book["Leads"]
    at = {cell.value: cell.column for cell in leads[1]}
    for header, value in {"Company": "Acme", "Stage": "Lost", "Loss reason": "No budget"}.items():
        leads.cell(2, at[header], value)
    book.save(path)
    for night in range(3):
        receipt = Crm(open_workbook(path), now=lambda night=night: NOW + timedelta(minutes=night)).sync()
        assert receipt.written == (night == 0)
    crm = Crm(open_workbook(path), now=lambda: NOW)
    assert list(crm.records["tab"]) == ["Lost deals"]
    assert crm.funnel().as_json()["lost"] == 1


def test_a_tab_that_merely_bears_a_name_of_ours_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "own.xlsx"
    book = openpyxl.Workbook()
    leads = book.active
    assert leads is not None
    leads.title = "Prospecți"
    for row in (["Firma", "Etapa"], ["Acme SRL", "Nou"]):
        leads.append(row)
    own = book.create_sheet("Setări")
    own.append(["parola wifi", "1234"])
    book.save(path)
    receipt = sync.takeover(path, "ro")
    assert receipt.written
    after = openpyxl.load_workbook(path)
    assert [cell.value for cell in after["Setări"][1]] == ["parola wifi", "1234"]
    assert "Setări (sheetcrm)" in after.sheetnames


def test_a_new_column_keeps_away_from_a_note_beside_the_list() -> None:
    desk = Desk()
    desk.lead("Alfa", stage="Qualified", value=900)
    desk.lead("Beta")
    desk.sync()
    row = desk.find("Beta")[1]
    desk.put("leads", row, desk.layout("leads").tab.width + 1, "call the bank")
    desk.type("leads", row, "stage", "Qualified")
    tab, row = desk.find("Alfa")
    desk.type(tab, row, "value", 900)
    desk.type(tab, row, "stage", "Contacted")
    desk.sync()
    assert any("call the bank" in cells for cells in desk.cells("leads"))
