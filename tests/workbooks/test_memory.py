"""The store in memory, and what a plan means."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetcrm import tables
from sheetcrm.tables import (
    Addressing,
    AddRows,
    Cell,
    CellChange,
    MoveRow,
    Plan,
    SetCells,
    Snapshot,
    Tab,
    locate,
    row_key,
)
from sheetcrm.workbooks.memory import MemoryWorkbook, applied
from tests.workbook_suite import WorkbookSuite


class TestMemory(WorkbookSuite):
    """The shared behaviour."""

    @pytest.fixture
    def make(self) -> Callable[[Snapshot], MemoryWorkbook]:
        return MemoryWorkbook


def _tab(*rows: tuple[Cell, ...], **more: object) -> Snapshot:
    return Snapshot((Tab("T", rows, **more), Tab("U", (("ID", "x"),))))  # type: ignore[arg-type]


ADDRESSING = {"T": Addressing(0, 0, (1,)), "U": Addressing(0, 0, (1,))}


def _apply(snapshot: Snapshot, *changes: object) -> Snapshot:
    return applied(snapshot, Plan(changes, ADDRESSING))  # type: ignore[arg-type]


def _keys(snapshot: Snapshot) -> list[object]:
    return list(locate(snapshot.tabs[0], ADDRESSING["T"]))


def test_rows_come_below_the_last_one_that_says_something() -> None:
    after = _apply(_tab(("ID", "x"), ("1", "a"), ("", ""), ("", "note"), ("", ""), ()), AddRows("T", (("2",),)))
    assert [[c for c in row if c != ""] for row in after.tabs[0].rows[3:]] == [["note"], ["2"], []]


def test_a_formula_that_shows_nothing_yet_says_something() -> None:
    snapshot = _tab(("ID", "x"), ("1", "a"), ("", ""), formulas={(2, 1): "=B2"})
    after = _apply(snapshot, AddRows("T", (("2",),)))
    assert list(after.tabs[0].rows[3]) == ["2"]
    assert after.tabs[0].formulas == {(2, 1): "=B2"}


def test_a_formula_closes_up_and_the_moved_row_takes_its_value() -> None:
    snapshot = _tab(("ID", "x"), ("1", 5.0), ("2", 7.0), formulas={(1, 1): "=2+3", (2, 1): "=3+4"})
    after = _apply(snapshot, MoveRow(_keys(snapshot)[0], "U", ((0, 0), (1, 1))))  # type: ignore[arg-type]
    assert after.tabs[0].formulas == {(1, 1): "=3+4"}
    assert list(after.tabs[1].rows[1]) == ["1", 5.0]
    assert after.tabs[1].formulas == {}


def test_merged_blocks_close_up_and_make_room_for_what_is_written() -> None:
    rows: tuple[tuple[Cell, ...], ...] = (("ID", "x"), ("1", "a"), ("2", "b"), ("3", "c"), ("4", "d"))
    snapshot = _tab(*rows, merged=((0, 2, 0, 4), (3, 1, 3, 2), (4, 1, 4, 2)))
    keys = _keys(snapshot)
    after = _apply(
        snapshot,
        MoveRow(keys[0], "U", ((0, 0),)),  # type: ignore[arg-type]
        SetCells(keys[3], (CellChange(2, "", "x"),)),  # type: ignore[arg-type]
    )
    assert after.tabs[0].merged == ((0, 2, 0, 4), (2, 1, 2, 2))


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xy")), max_size=12), st.data())
def test_no_row_is_lost_or_doubled_and_the_order_is_kept(rows: list[tuple[str, str]], data: st.DataObject) -> None:
    snapshot = _tab(("ID", "x"), *rows)
    keys = list(locate(snapshot.tabs[0], ADDRESSING["T"]).items())
    leaving = data.draw(st.lists(st.sampled_from(keys), unique=True) if keys else st.just([]))
    after = _apply(snapshot, *(MoveRow(key, "U", ((0, 0), (1, 1))) for key, _ in leaving))
    gone = {row for _, row in leaving}
    assert [tuple(r) for r in after.tabs[0].rows[1:]] == [r for n, r in enumerate(rows, 1) if n not in gone]
    assert [tuple(r) for r in after.tabs[1].rows[1:]] == [rows[row - 1] for _, row in leaving]


def test_five_hundred_changes_look_at_each_of_many_rows_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[list[Cell]] = [["ID", "a"], *([f"R-{n}", "text"] for n in range(10_000))]
    snapshot = Snapshot((Tab("T", rows), Tab("U", (("ID",),))))
    keys = list(locate(snapshot.tabs[0], ADDRESSING["T"]))
    changes = [SetCells(key, (CellChange(1, "text", "x"),)) for key in keys[:3_000:10]]
    changes += [MoveRow(key, "U", ((0, 0), (1, 1))) for key in keys[5:2_005:10]]  # type: ignore[misc]
    looked_at: Counter[int] = Counter()

    def counted(tab: Tab, row: int, addressing: Addressing) -> tuple[str, str]:
        looked_at[row] += 1
        return row_key(tab, row, addressing)

    monkeypatch.setattr(tables, "row_key", counted)
    after = _apply(snapshot, *changes)
    assert len(after.tabs[1].rows) == 201
    assert looked_at.total() == 10_000
    assert max(looked_at.values()) == 1
