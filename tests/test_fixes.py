"""Cells put right in Python: only people's, only what still says what was read, on every kind of workbook."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import sheetcrm
from sheetcrm.notebook import Crm
from sheetcrm.problems import Changed, SheetCrmError, UsageError
from sheetcrm.setup import fresh_workbook
from sheetcrm.sync import init
from sheetcrm.tables import Cell, Snapshot, column_letters
from sheetcrm.workbooks.excel import ExcelWorkbook, XlsxFile
from sheetcrm.workbooks.memory import MemoryWorkbook
from tests.test_sync import with_row

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def filled() -> Snapshot:
    snapshot = with_row(fresh_workbook("en"), "lists", owner="Ana Pop")
    snapshot = with_row(snapshot, "leads", company="Acme", email="ana at acme.ro", source="Website", owner="Ana Pop")
    return with_row(snapshot, "leads", company="Lost Co", source="Website", stage="Lost")


@pytest.fixture
def crm() -> Crm:
    """Two leads, one with a bad address, one lost without a reason; sync has seen them."""
    made = Crm(MemoryWorkbook(filled()), now=lambda: NOW)
    made.sync()
    return made


def says(crm: Crm, id_: str, column: str) -> Cell:
    crm.refresh()
    found: Cell = crm.cells("leads").loc[id_, column]
    return found


def typed(crm: Crm, id_: str, column: str, cell: Cell) -> None:
    """Somebody else types meanwhile."""
    workbook = crm.workbook
    assert isinstance(workbook, MemoryWorkbook)
    layout_tab = workbook.snapshot.marked("leads")
    assert layout_tab
    rows = [list(row) for row in layout_tab.rows]
    at = next(row for row in rows if id_ in row)
    at.extend([""] * (layout_tab.marks[column] + 1 - len(at)))
    at[layout_tab.marks[column]] = cell
    tabs = tuple(replace(t, rows=rows) if t is layout_tab else t for t in workbook.snapshot.tabs)
    workbook.snapshot = replace(workbook.snapshot, tabs=tabs)


# ---------------------------------------------------------------- what is read


def test_cells_are_peoples_as_they_stand_by_id_and_what_is_wrong_comes_first(crm: Crm) -> None:
    rows = crm.cells("leads")
    assert list(rows.index) == ["R-0001", "R-0002"]
    assert rows.columns[0] == "check"
    assert rows.loc["R-0001", "email"] == "ana at acme.ro"
    assert not {"id", "in_stage_since", "account_id"} & set(rows.columns)
    assert "source" in rows.columns
    assert rows.loc["R-0001", "notes"] == ""


def test_a_row_that_sync_has_not_seen_is_not_there(crm: Crm) -> None:
    assert isinstance(crm.workbook, MemoryWorkbook)
    crm.workbook.snapshot = with_row(crm.workbook.snapshot, "leads", company="New Co")
    crm.refresh()
    assert list(crm.cells("leads").index) == ["R-0001", "R-0002"]


# ---------------------------------------------------------------- what it will do


def test_a_fix_shows_what_sync_will_say_and_writes_nothing(crm: Crm) -> None:
    before = crm.workbook.read()
    rows = crm.cells("leads")
    rows.loc["R-0001", "email"] = "ana@acme.ro"
    rows.loc["R-0002", "loss_reason"] = "No budget"
    fix = crm.fix(rows)
    assert {problem.code for problem in fix.solved} == {"bad-email", "missing-loss-reason"}
    assert (fix.left, fix.new) == ((), ())
    assert list(fix.to_frame()["column"]) == ["email", "loss_reason"]
    assert "ana@acme.ro" in fix._repr_html_()
    assert crm.workbook.read() == before


def test_what_is_written_is_judged_by_the_next_sync_as_if_it_was_typed(crm: Crm) -> None:
    rows = crm.cells("leads")
    rows.loc["R-0002", "loss_reason"] = "No budget"
    assert crm.fix(rows).write().written
    assert crm.records.set_index("id").loc["R-0002", "outcome"] == "lost"
    receipt = crm.sync()
    assert [(event.record, event.event) for event in receipt.plan.events] == [("R-0002", "lost")]
    assert crm.plan().is_empty


def test_writing_twice_writes_once(crm: Crm) -> None:
    rows = crm.cells("leads")
    rows.loc["R-0001", "email"] = "ana@acme.ro"
    fix = crm.fix(rows)
    assert fix.write().written
    assert not fix.write().written


def test_a_part_of_the_table_will_do(crm: Crm) -> None:
    rows = crm.cells("leads")
    bad = rows[rows["check"] != ""][["email"]].copy()
    bad["email"] = bad["email"].str.replace(" at ", "@")
    assert [fix.id for fix in crm.fix(bad).fixes] == ["R-0001"]


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        pytest.param(None, "", id="nothing is blank"),
        pytest.param(float("nan"), "", id="nan is blank"),
        pytest.param(pd.NaT, "", id="no day is blank"),
        pytest.param(pd.Timestamp("2027-01-15"), date(2027, 1, 15), id="a midnight is a day"),
        pytest.param(pd.Series([5], dtype="int64").iloc[0], 5, id="a number of numpy's"),
        pytest.param("=1+1", "=1+1", id="text stays text"),
    ],
)
def test_values_of_pandas_become_cells(crm: Crm, value: Any, cell: Cell) -> None:
    rows = crm.cells("leads")
    rows.loc["R-0001", "notes"] = "old"
    crm.fix(rows).write()
    crm.refresh()
    rows = crm.cells("leads")
    rows.at["R-0001", "notes"] = value
    (fix,) = crm.fix(rows).fixes
    assert (fix.after, type(fix.after)) == (cell, type(cell))


# ---------------------------------------------------------------- what is refused


def set_check(rows: pd.DataFrame) -> pd.DataFrame:
    rows.loc["R-0001", "check"] = ""
    return rows


def with_column(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(probability=0.9)


def with_a_row(rows: pd.DataFrame) -> pd.DataFrame:
    rows.loc["R-0099"] = ""
    return rows


def twice(rows: pd.DataFrame) -> pd.DataFrame:
    both = pd.concat([rows, rows])
    both.attrs = rows.attrs
    return both


def without_sign(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(rows.to_dict())


def a_list(rows: pd.DataFrame) -> pd.DataFrame:
    rows.at["R-0001", "notes"] = ["a", "b"]
    return rows


@pytest.mark.parametrize(
    ("change", "key"),
    [
        pytest.param(set_check, "fix-syncs-column", id="a column of sync's"),
        pytest.param(with_column, "fix-no-column", id="a column that nobody types in"),
        pytest.param(with_a_row, "fix-no-row", id="a row that was not there"),
        pytest.param(twice, "fix-twice", id="one row twice"),
        pytest.param(without_sign, "fix-not-ours", id="a table that came from elsewhere"),
        pytest.param(a_list, "fix-not-a-cell", id="what no cell can hold"),
    ],
)
def test_is_refused(crm: Crm, change: Callable[[pd.DataFrame], pd.DataFrame], key: str) -> None:
    before = crm.workbook.read()
    with pytest.raises(UsageError) as refused:
        crm.fix(change(crm.cells("leads")))
    assert refused.value.key == key
    assert crm.workbook.read() == before


def test_no_such_tab_is_refused_with_those_that_there_are(crm: Crm) -> None:
    with pytest.raises(UsageError, match="leads, opportunities"):
        crm.cells("history")


def test_a_cell_that_somebody_changed_meanwhile_is_left_and_nothing_else_written(crm: Crm) -> None:
    rows = crm.cells("leads")
    rows.loc["R-0001", "email"] = "ana@acme.ro"
    rows.loc["R-0002", "loss_reason"] = "No budget"
    fix = crm.fix(rows)
    typed(crm, "R-0001", "email", "ana.pop@acme.ro")
    with pytest.raises(Changed) as refused:
        fix.write()
    assert refused.value.key == "fix-cell-changed"
    assert says(crm, "R-0001", "email") == "ana.pop@acme.ro"
    assert says(crm, "R-0002", "loss_reason") == ""


def test_other_cells_of_the_row_may_change_meanwhile(crm: Crm) -> None:
    rows = crm.cells("leads")
    rows.loc["R-0001", "email"] = "ana@acme.ro"
    fix = crm.fix(rows)
    typed(crm, "R-0001", "notes", "Call after five.")
    assert fix.write().written
    assert (says(crm, "R-0001", "email"), says(crm, "R-0001", "notes")) == ("ana@acme.ro", "Call after five.")


def test_a_formula_is_not_written_over(crm: Crm) -> None:
    workbook = crm.workbook
    assert isinstance(workbook, MemoryWorkbook)
    tab = workbook.snapshot.marked("leads")
    assert tab
    place = (next(n for n, row in enumerate(tab.rows) if "R-0001" in row), tab.marks["email"])
    tabs = tuple(replace(t, formulas={place: "=A1"}) if t is tab else t for t in workbook.snapshot.tabs)
    workbook.snapshot = replace(workbook.snapshot, tabs=tabs)
    crm.refresh()
    rows = crm.cells("leads")
    rows.loc["R-0001", "email"] = "ana@acme.ro"
    with pytest.raises(UsageError) as refused:
        crm.fix(rows)
    assert refused.value.key == "fix-formula"


# ---------------------------------------------------------------- on every kind of workbook


def test_a_file_is_written_with_a_copy_and_a_row_that_moved_is_found(tmp_path: Path) -> None:
    path = tmp_path / "crm.xlsx"
    init(path, "en")
    with XlsxFile(path) as file:
        marks = {tab.mark: tab.marks for tab in ExcelWorkbook(path).read().tabs}
        lead = {"company": "Acme", "email": "a@acme.ro", "source": "Website", "owner": "Ana Pop"}
        file.set("Lists", {f"{column_letters(marks['lists']['owner'])}2": "Ana Pop"})
        file.set("Leads", {f"{column_letters(marks['leads'][name])}2": cell for name, cell in lead.items()})
        file.save()
    crm = sheetcrm.open(path, now=lambda: NOW)
    crm.sync()
    rows = crm.cells("leads")
    rows.loc["R-0001", "notes"] = "Big hall."
    fix = crm.fix(rows)
    other = sheetcrm.open(path, now=lambda: NOW)
    theirs = other.cells("leads")
    theirs.loc["R-0001", "stage"] = "Qualified"
    other.fix(theirs).write()
    other.sync()
    assert fix.write().copy
    assert crm.cells("opportunities").loc["R-0001", "notes"] == "Big hall."


def test_errors_are_said_in_both_languages() -> None:
    for key in ("fix-no-tab", "fix-no-column"):
        error: SheetCrmError = UsageError(key, tab="x", known="y", column="z")
        assert error.text("en") != error.text("ro")
