"""The workbook that `init` makes: what people find in it, and that other programs keep it."""

from __future__ import annotations

import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from sheetcrm.columns import read_layout
from sheetcrm.problems import UsageError
from sheetcrm.setup import ORDER, fresh_workbook
from sheetcrm.tables import AddRows, Plan
from sheetcrm.workbooks.excel import ExcelWorkbook
from sheetcrm.workbooks.excel.dress import create
from tests.workbook_suite import differences


@pytest.fixture(params=["en", "ro"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def path(tmp_path: Path, language: str) -> Path:
    path = tmp_path / "crm.xlsx"
    create(path, fresh_workbook(language), language)
    return path


def _sheet(path: Path, mark: str) -> Any:
    tab = ExcelWorkbook(path).read().marked(mark)
    assert tab is not None
    return openpyxl.load_workbook(path)[tab.title]


def test_it_says_what_was_laid_into_it(path: Path, language: str) -> None:
    snapshot = ExcelWorkbook(path).read()
    assert differences(snapshot, fresh_workbook(language)) == []
    assert [tab.mark for tab in snapshot.tabs] == list(ORDER)
    assert read_layout(snapshot).problems == ()


def test_an_existing_file_is_never_touched(path: Path, language: str) -> None:
    before = path.read_bytes()
    with pytest.raises(UsageError, match="exists already"):
        create(path, fresh_workbook(language), language)
    assert path.read_bytes() == before


def test_leads_are_pleasant_to_fill_in(path: Path, language: str) -> None:
    sheet = _sheet(path, "leads")
    assert sheet.freeze_panes == "D2"
    assert sheet.auto_filter.ref.startswith("A1:")
    assert sheet.column_dimensions["K"].number_format == ("dd.mm.yyyy" if language == "ro" else "yyyy-mm-dd")
    assert sheet.column_dimensions["P"].hidden
    assert sheet.column_dimensions["P"].outlineLevel == 1
    assert not sheet.column_dimensions["C"].protection.locked
    assert sheet["A1"].fill.fgColor.rgb != sheet["C1"].fill.fgColor.rgb
    drops = {str(drop.sqref).split(":")[0]: drop for drop in sheet.data_validations.dataValidation}
    assert drops["H2"].formula1 == "_sheetcrm.list.stage"
    assert drops["H2"].errorStyle == "warning"
    assert len(sheet.conditional_formatting) == 2


def test_state_is_out_of_the_way(path: Path) -> None:
    sheet = _sheet(path, "state")
    assert sheet.sheet_state == "veryHidden"
    assert sheet.protection.sheet


def test_rows_that_sync_adds_look_as_the_columns_say(path: Path) -> None:
    workbook = ExcelWorkbook(path)
    base = workbook.read()
    leads = base.marked("leads")
    assert leads is not None
    rows = tuple((f"R-000{n}", "", "Acme", *[""] * 7, date(2026, 11, 23)) for n in (1, 2))
    workbook.apply(Plan((AddRows(leads.title, rows),), language="en"), base)
    sheet = _sheet(path, "leads")
    for row in (2, 3):
        assert sheet.cell(row, 1).fill.fgColor.rgb == sheet.column_dimensions["A"].fill.fgColor.rgb
        assert sheet.cell(row, 11).number_format == sheet.column_dimensions["K"].number_format


def test_what_libreoffice_saved_is_accepted_and_bears_its_marks(path: Path, tmp_path: Path, libreoffice: str) -> None:
    out = tmp_path / "saved"
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [libreoffice, profile, "--headless", "--convert-to", "xlsx", "--outdir", str(out), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    before, workbook = ExcelWorkbook(path).read(), ExcelWorkbook(out / path.name)
    base = workbook.read()
    assert differences(base, before) == []
    assert workbook.apply(Plan((AddRows(base.tabs[1].title, (("R-0001", "", "Acme"),)),)), base).written
    after = workbook.read()
    assert [tab.mark for tab in after.tabs] == list(ORDER)
