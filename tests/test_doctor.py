"""`sheetcrm doctor`: what a file holds, what sync would touch, what it would refuse; and `sync --wait`."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import openpyxl
import pytest
from conftest import Run

import sheetcrm.sync
from sheetcrm import demo
from sheetcrm.sync import init
from sheetcrm.workbooks.excel import XlsxFile


@pytest.fixture(scope="module")
def demo_workbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("demo") / "crm.xlsx"
    demo.play(path, "en", lambda *_: None)
    with XlsxFile(path) as book:  # somebody types after the last night
        book.set("Leads", {"L2": "rings back on Monday"})
        book.save()
    return path


def test_says_what_a_workbook_holds_and_what_sync_would_change(run: Run, demo_workbook: Path) -> None:
    before = demo_workbook.read_bytes()
    exit_code, out, _ = run("doctor", str(demo_workbook), "--lang", "en")
    assert exit_code == 0
    assert "  Leads: rows " in out
    assert "  State: rows" in out
    assert "drop-downs" in out
    assert "can be worked on" in out
    assert demo_workbook.read_bytes() == before
    found = json.loads(run("doctor", str(demo_workbook), "--json")[1])
    assert found["obstacles"] == []
    assert found["would_write"]["by"] == "sync"
    assert 0 < len(found["would_write"]["parts"]) < found["parts"]


def test_says_all_that_stands_in_the_way(run: Run, tmp_path: Path) -> None:
    path = Path(init(tmp_path / "crm.xlsx", "ro").where)
    book = openpyxl.load_workbook(path)
    book["Prospecți"]["C2"] = "Acme"
    book["Prospecți"]["F2"] = "ana@acme.example"
    book["Prospecți"].protection.sheet = True
    book.save(path)
    path.with_name("~$crm.xlsx").write_bytes(b"\x03Ana")
    exit_code, out, _ = run("doctor", str(path), "--lang", "ro")
    assert exit_code == 1
    assert "este deschis" in out
    assert "„Prospecți” din „crm.xlsx” este protejată" in out
    assert "Foi:" in out


def test_every_kind_of_thing_has_a_word(run: Run, shared: Path) -> None:
    said = [
        run("doctor", str(shared / "xlsx_corpus" / name), "--lang", language)[1]
        for language in ("en", "ro")
        for name in (
            "wolfxl__real-excel-table-slicers.xlsx",
            "open-xml-sdk__ActiveXControls-O12-XL-Controls.xlsx",
            "poi__64759.xlsx",
            "poi__WithChartSheet.xlsx",
            "closedxml__DialogSheet.xlsx",
            "paper-xlsx__vba-test.xlsm",
        )
    ]
    assert all("\n\n" in text for text in said)


@pytest.mark.parametrize(
    ("typed", "exit_code"),
    [
        pytest.param("10 parsecs", 2, id="no time"),
        pytest.param("0", 75, id="not at all"),
        pytest.param("1s", 75, id="a second"),
    ],
)
def test_sync_waits_no_longer_than_it_was_told(run: Run, tmp_path: Path, typed: str, exit_code: int) -> None:
    path = Path(init(tmp_path / "crm.xlsx", "en").where)
    path.with_name("~$crm.xlsx").write_bytes(b"\x03Ana")
    assert run("sync", str(path), "--wait", typed)[0] == exit_code


def test_sync_goes_on_when_the_workbook_is_closed(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheetcrm.sync, "LOOKS_AGAIN_AFTER_SECONDS", 0.1)
    path = Path(init(tmp_path / "crm.xlsx", "en").where)
    lock = path.with_name("~$crm.xlsx")
    lock.write_bytes(b"\x03Ana")

    def close() -> None:
        time.sleep(0.7)
        lock.unlink()

    threading.Thread(target=close).start()
    exit_code, _, err = run("sync", str(path), "--wait", "1m")
    assert exit_code == 0
    assert err.count("Ana has it open in Excel") == 1
    assert "Waiting up to 1 min" in err


def test_a_google_sheet_is_for_connect(run: Run) -> None:
    exit_code, _, complaint = run(
        "doctor", "https://docs.google.com/spreadsheets/d/1X1fH-ZM9TBrKrmGsNmjQ8mT3OA94Hhb/edit"
    )
    assert exit_code == 2
    assert "sheetcrm connect" in complaint
