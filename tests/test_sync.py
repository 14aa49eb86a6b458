"""Reading, planning and writing as one run, with people in between."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sheetcrm import sync
from sheetcrm.plan import make_plan
from sheetcrm.problems import Changed, UsageError
from sheetcrm.setup import fresh_workbook
from sheetcrm.tables import Cell, Plan, Receipt, Snapshot, Tab
from sheetcrm.workbooks import open_workbook
from sheetcrm.workbooks.memory import MemoryWorkbook

NOW = datetime(2026, 11, 23, 0, 17, tzinfo=UTC)


def with_row(snapshot: Snapshot, name: str, **cells: Cell) -> Snapshot:
    """The workbook after a person typed a row below the last one of a tab."""

    def typed(tab: Tab) -> Tab:
        row: list[Cell] = [""] * tab.width
        for field, cell in cells.items():
            row[tab.marks[field]] = cell
        return replace(tab, rows=[*tab.rows, row])

    return replace(snapshot, tabs=tuple(typed(tab) if tab.mark == name else tab for tab in snapshot.tabs))


class Hasty(MemoryWorkbook):
    """A workbook into which somebody types just before the first writes."""

    def __init__(self, snapshot: Snapshot, times: int) -> None:
        super().__init__(snapshot)
        self.times = times

    def apply(self, plan: Plan, base: Snapshot) -> Receipt:
        if self.times:
            self.times -= 1
            self.snapshot = with_row(self.snapshot, "leads", company=f"Late {self.times}")
            raise Changed("file-changed", file="crm.xlsx")
        return super().apply(plan, base)


def plain(snapshot: Snapshot, now: datetime) -> Plan:
    return make_plan(snapshot, now)


def companies(snapshot: Snapshot) -> list[Cell]:
    tab = snapshot.marked("leads")
    assert tab
    return [row[tab.marks["company"]] for row in tab.rows[1:]]


def test_what_was_typed_between_reading_and_writing_is_in_the_next_plan() -> None:
    workbook = Hasty(with_row(fresh_workbook("en"), "leads", company="Acme"), times=2)
    receipt = sync.carry_out(workbook, plain, now=lambda: NOW)
    assert receipt.written
    assert companies(workbook.snapshot) == ["Acme", "Late 1", "Late 0"]
    leads = workbook.snapshot.marked("leads")
    assert leads
    assert [row[0] for row in leads.rows[1:]] == ["R-0001", "R-0002", "R-0003"]


def test_a_workbook_that_will_not_hold_still_is_left_alone_after_three_tries() -> None:
    workbook = Hasty(with_row(fresh_workbook("en"), "leads", company="Acme"), times=3)
    with pytest.raises(Changed):
        sync.carry_out(workbook, plain, now=lambda: NOW)
    leads = workbook.snapshot.marked("leads")
    assert leads
    assert [row[0] for row in leads.rows[1:]] == ["", "", "", ""]


def test_when_there_is_nothing_to_do_nothing_is_written(tmp_path: Path) -> None:
    path = Path(sync.init(tmp_path / "crm.xlsx", "ro").where)
    sync.carry_out(open_workbook(path), plain, now=lambda: NOW)
    before = path.read_bytes()
    receipt = sync.carry_out(open_workbook(path), plain, now=lambda: NOW)
    assert not receipt.written
    assert path.read_bytes() == before


def test_init_never_writes_over_a_file(tmp_path: Path) -> None:
    path = tmp_path / "crm.xlsx"
    path.write_text("mine")
    with pytest.raises(UsageError):
        sync.init(path, "en")
    assert path.read_text() == "mine"
