"""References in formulas: which are ones, and where they point when rows go, come, or are filled down."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetcrm.workbooks.excel.formulas import Area, Place, Shift, areas, follow, follow_rule, text_of, translate

GONE = Shift(removed=(7, 9))
"""Rows 7 and 9 go."""
COME = Shift(at=7, count=3)
"""Three rows come before row 7."""


@pytest.mark.parametrize(
    ("formula", "after"),
    [
        pytest.param("B6+B8", "B6+B7", id="cells above stay, cells below move"),
        pytest.param("SUM(B2:B100)", "SUM(B2:B98)", id="a block closes up"),
        pytest.param("SUM(B9:B10)", "SUM(B8:B8)", id="a block loses a row"),
        pytest.param("B7", "#REF!", id="a cell that goes"),
        pytest.param("SUM(B7:C7)", "SUM(#REF!)", id="a block that goes"),
        pytest.param("$B$8+B$8+$B8", "$B$7+B$7+$B7", id="dollar signs stay"),
        pytest.param("Leads!B8+'Leads'!B8", "Leads!B7+'Leads'!B7", id="the tab is named"),
        pytest.param("LEADS!B8", "LEADS!B7", id="in other letters"),
        pytest.param("Deals!B8+[1]Leads!B8+'[2]Leads'!B8", "Deals!B8+[1]Leads!B8+'[2]Leads'!B8", id="other tabs"),
        pytest.param("Leads:Deals!B8", "Leads:Deals!B8", id="a block through tabs stays, as in Excel"),
        pytest.param('"B8"&B8&"say ""B8"""', '"B8"&B7&"say ""B8"""', id="text is no reference"),
        pytest.param("LOG10(B8)+ATAN2(B8,B6)", "LOG10(B7)+ATAN2(B7,B6)", id="functions are no references"),
        pytest.param("Table1[[#This Row],[B8]]*B8", "Table1[[#This Row],[B8]]*B7", id="columns of tables"),
        pytest.param("rate2024*B8+B8.x+_B8", "rate2024*B7+B8.x+_B8", id="names"),
        pytest.param("B:B+A:C", "B:B+A:C", id="whole columns"),
        pytest.param("SUM(8:10)+SUM($8:$10)", "SUM(7:8)+SUM($7:$8)", id="whole rows"),
        pytest.param("B10:INDEX(B:B,12)", "B8:INDEX(B:B,12)", id="a block that is reckoned"),
        pytest.param("SUM(B10#)", "SUM(B8#)", id="what spilled"),
        pytest.param("B12:B8", "B10:B7", id="a block written upside down"),
        pytest.param("B8:Leads!C12", "B7:Leads!C10", id="each corner with its tab"),
        pytest.param("1E5+B8%-1.5", "1E5+B7%-1.5", id="numbers"),
        pytest.param("SUM(B8:B9 B6:C12)", "SUM(B7:B7 B6:C10)", id="where blocks cross"),
    ],
)
def test_formulas_follow_rows_that_go(formula: str, after: str) -> None:
    assert follow(formula, "Leads", {"leads": GONE}) == after


@pytest.mark.parametrize(
    ("formula", "after"),
    [
        pytest.param("B6+B7", "B6+B10", id="cells"),
        pytest.param("SUM(B2:B7)+SUM(B2:B6)", "SUM(B2:B10)+SUM(B2:B6)", id="blocks grow where rows come into them"),
        pytest.param("SUM(B2:B1048576)", "SUM(B2:B1048576)", id="to the last row of all"),
        pytest.param("SUM(6:8)", "SUM(6:11)", id="whole rows"),
    ],
)
def test_formulas_follow_rows_that_come(formula: str, after: str) -> None:
    assert follow(formula, "Leads", {"leads": COME}) == after


def test_blocks_that_lie_only_partly_in_the_columns_stay() -> None:
    shift = {"leads": Shift(removed=(7,), left=1, right=3)}
    assert follow("SUM(A8:C9)+SUM(B8:D9)+D8+SUM(8:9)", "Leads", shift) == "SUM(A7:C8)+SUM(B8:D9)+D8+SUM(8:9)"


def test_a_reference_goes_along_with_a_row_that_moves_to_another_tab() -> None:
    shift = Shift(removed=(7,), moved={7: Place("Won 'n' done", 12, {1: 1, 2: 4, 3: 5, 5: 2})})
    shifts = {"leads": shift}
    assert follow("Leads!B7*2", "Other", shifts) == "'Won ''n'' done'!D12*2"
    assert follow("SUM(B7:C7)", "Leads", shifts) == "SUM('Won ''n'' done'!D12:E12)"
    assert follow("D7+SUM(A7:B7)", "Leads", shifts) == "#REF!+SUM(#REF!)"
    assert shift.lost == ["D7", "A7:B7"]


@pytest.mark.parametrize(
    ("formula", "rows", "columns", "after"),
    [
        pytest.param("B2*$C$1+D$2", 3, 1, "C5*$C$1+E$2", id="what is relative moves"),
        pytest.param("SUM(2:2)+SUM(B:B)", 1, 1, "SUM(3:3)+SUM(C:C)", id="whole rows and columns"),
        pytest.param("A1", 0, -1, "#REF!", id="over the edge"),
        pytest.param('Leads!B2&"B2"', 1, 0, 'Leads!B3&"B2"', id="text stays"),
    ],
)
def test_formulas_are_filled_over_cells(formula: str, rows: int, columns: int, after: str) -> None:
    assert translate(formula, rows, columns) == after


def test_a_rule_goes_along_with_the_first_cell_of_its_block() -> None:
    # The block began in row 7, which goes; what was row 8 is its first cell now, in row 7.
    assert follow_rule("$H7>$K$8", "Leads", {"leads": Shift(removed=(7,))}, 0) == "$H7>$K$7"
    assert follow_rule("H8=H7", "Leads", {"leads": Shift(removed=(7,))}, -1) == "H7=H6"


ROWS = st.integers(1, 60)


@given(st.sets(ROWS, min_size=1, max_size=20), st.lists(ROWS, min_size=1, max_size=8))
def test_a_cell_that_stays_is_found_where_its_row_is(gone: set[int], rows: list[int]) -> None:
    shift = Shift(removed=tuple(sorted(gone)))
    grid = [row for row in range(1, 100) if row not in gone]
    formula = "+".join(f"B{row}" for row in rows)
    after = follow(formula, "T", {"t": shift})
    expected = (f"B{grid.index(row) + 1}" if row in grid else "#REF!" for row in rows)
    assert after == "+".join(expected)


@given(st.sets(ROWS, min_size=1, max_size=20), ROWS, ROWS)
def test_a_block_holds_the_rows_of_it_that_stay_and_no_others(gone: set[int], one: int, other: int) -> None:
    shift = Shift(removed=tuple(sorted(gone)))
    grid = [row for row in range(1, 100) if row not in gone]
    top, bottom = sorted((one, other))
    after = shift.rows(top, bottom)
    kept = [row for row in range(top, bottom + 1) if row not in gone]
    assert ([grid[n - 1] for n in range(after[0], after[1] + 1)] if after else []) == kept


@given(ROWS, st.integers(1, 9), st.sampled_from(["B{}", "$C{}", "SUM(A{}:D$4)", "T!B{}&D9"]), ROWS)
def test_coming_and_going_again_changes_nothing(at: int, count: int, pattern: str, row: int) -> None:
    formula = pattern.format(row)
    came = follow(formula, "T", {"t": Shift(at=at, count=count)})
    assert follow(came, "T", {"t": Shift(removed=tuple(range(at, at + count)))}) == formula


@given(st.integers(-40, 40), ROWS)
def test_filling_there_and_back_changes_nothing(by: int, row: int) -> None:
    formula = f"B{row + 50}*$A$1+SUM(C{row + 50}:D$99)"
    assert translate(translate(formula, by, 0), -by, 0) == formula


@pytest.mark.parametrize("text", ["B5", "B5:C9", "A1:XFD1048576"])
def test_blocks_are_written_as_they_are_read(text: str) -> None:
    assert text_of(areas(text)[0]) == text


@pytest.mark.parametrize("text", ["", "B0", "XFE1", "B1048577", "5B", "B5:", "Name"])
def test_what_is_no_block_is_left_out(text: str) -> None:
    assert areas(text) == []
    assert areas(f"{text} C3") == [Area(3, 3, 3, 3)]
