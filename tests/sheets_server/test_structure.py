"""What moves when rows, columns and cells do."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sheets_server.book import HERE, Book, box, dressed, places, rows_of, write
from tests.sheets_server.errors import ApiError
from tests.sheets_server.switches import Switches

# --- What moves with rows ---


@pytest.mark.parametrize(
    ("request_", "row"),
    [
        pytest.param({"insertDimension": {"range": rows_of(2, 4)}}, 6, id="rows inserted above"),
        pytest.param({"insertDimension": {"range": rows_of(5, 7)}}, 4, id="rows inserted below"),
        pytest.param({"deleteDimension": {"range": rows_of(1, 3)}}, 2, id="rows deleted above"),
        pytest.param({"moveDimension": {"source": rows_of(4, 5), "destinationIndex": 1}}, 1, id="moved up"),
        pytest.param({"moveDimension": {"source": rows_of(1, 3), "destinationIndex": 6}}, 2, id="others moved past it"),
        pytest.param({"moveDimension": {"source": rows_of(4, 5), "destinationIndex": 9}}, 8, id="moved down"),
    ],
)
def test_all_that_sits_on_a_row_moves_with_it(request_: dict[str, Any], row: int) -> None:
    book = dressed()
    book.do(request_)
    found = places(book)
    assert {name: found[name] for name in ("value", *HERE)} == {"value": row} | {name: [row] for name in HERE}
    assert book.see("Other!A1", "FORMULA") == [[f"=Sheet1!A{row + 1}"]]
    assert book.see("Other!A1") == [["here"]]


def test_all_that_sits_on_a_row_goes_with_it() -> None:
    book = dressed()
    book.do({"deleteDimension": {"range": rows_of(4, 5)}})
    found = places(book)
    assert {name: found[name] for name in HERE} == {name: [] for name in HERE}
    assert found["chart"] == [4]
    assert book.see("Other!A1", "FORMULA") == [["=#REF!"]]
    assert book.see("A5:D5", "FORMULA") == [["after", "=SUM(A1:A4)", "=A5", "=Other!A1"]]


def test_a_reference_grows_when_rows_are_inserted_inside_it_and_not_behind_it() -> None:
    book = Book([[1], [2], [3], ["=SUM(A1:A3)"]])
    book.do({"insertDimension": {"range": rows_of(1, 2)}})
    assert book.see("A5", "FORMULA") == [["=SUM(A1:A4)"]]
    book.do({"insertDimension": {"range": rows_of(4, 5)}})
    assert book.see("A6", "FORMULA") == [["=SUM(A1:A4)"]]


def test_deleting_a_tab_breaks_the_references_to_it() -> None:
    book = dressed()
    book.do({"deleteSheet": {"sheetId": 7}})
    assert book.see("D6", "FORMULA") == [["=#REF!"]]
    assert book.see("D6") == [["#REF!"]]


def test_renaming_a_tab_renames_it_in_formulas() -> None:
    book = dressed()
    book.do({"updateSheetProperties": {"properties": {"sheetId": 7, "title": "It's"}, "fields": "title"}})
    assert book.see("D6", "FORMULA") == [["='It''s'!A1"]]
    assert book.see("D6") == [["here"]]


# --- Cut ---


def test_cut_cells_take_everything_with_them_and_references_follow() -> None:
    book = dressed()
    book.do({"cutPaste": {"source": box(4, 5, 0, 2), "destination": {"sheetId": 7, "rowIndex": 9}}})
    assert book.see("Other!A10:B10", "FORMULA") == [["here", "=A10"]]
    assert book.cell("Other!A10", "note") == {"note": "note"}
    assert book.cell("A5", "note,userEnteredValue") == {}
    assert book.see("Other!A1", "FORMULA") == [["=Other!A10"]]
    assert book.see("B6", "FORMULA") == [["=SUM(A1:A5)"]]


@pytest.mark.parametrize(
    ("switches", "carried", "left"),
    [
        pytest.param(Switches(), {"note": "n", "dataValidation": {}}, {}, id="everything is carried"),
        pytest.param(Switches(cut_paste_carries_notes=False), {"dataValidation": {}}, {"note": "n"}, id="no notes"),
        pytest.param(
            Switches(cut_paste_carries_validation=False), {"note": "n"}, {"dataValidation": {}}, id="no validation"
        ),
    ],
)
def test_what_a_cut_carries_to_another_tab(switches: Switches, carried: dict[str, Any], left: dict[str, Any]) -> None:
    book = Book([["x"]], switches)
    book.add_tab("Other")
    book.do(write(0, 0, {"note": "n", "dataValidation": {"condition": {"type": "BOOLEAN"}}}, "note,dataValidation"))
    book.do({"cutPaste": {"source": box(0, 1, 0, 1), "destination": {"sheetId": 7}}})
    assert book.cell("Other!A1", "note,dataValidation").keys() == carried.keys()
    assert book.cell("A1", "note,dataValidation").keys() == left.keys()
    assert book.see("Other!A1") == [["x"]]


def test_a_cut_to_another_tab_can_be_refused() -> None:
    book = Book([["x"]], Switches(cut_paste_across_tabs=False))
    book.add_tab("Other")
    with pytest.raises(ApiError, match="cutPaste"):
        book.do({"cutPaste": {"source": box(0, 1, 0, 1), "destination": {"sheetId": 7}}})
    assert book.see() == [["x"]]


# --- Copy ---


def test_copied_formulas_move_their_references() -> None:
    book = Book([[1, "=A1", "=A$1", "=$A1"], [2]])
    book.do({"copyPaste": {"source": box(0, 1, 1, 4), "destination": box(1, 3, 1, 4)}})
    assert book.see("B2:D3", "FORMULA") == [["=A2", "=A$1", "=$A2"], ["=A3", "=A$1", "=$A3"]]


@pytest.mark.parametrize(
    ("kind", "seen"),
    [
        pytest.param("PASTE_NORMAL", ("=1+1", True, True), id="everything"),
        pytest.param("PASTE_VALUES", (2, False, False), id="what it comes to"),
        pytest.param("PASTE_FORMULA", ("=1+1", False, False), id="the formula alone"),
        pytest.param("PASTE_FORMAT", (None, True, False), id="the look alone"),
        pytest.param("PASTE_DATA_VALIDATION", (None, False, True), id="the rule alone"),
    ],
)
def test_what_is_pasted(kind: str, seen: tuple[Any, bool, bool]) -> None:
    book = Book([["=1+1"]])
    book.do(
        write(0, 0, {"userEnteredFormat": {"horizontalAlignment": "CENTER"}}, "userEnteredFormat"),
        {"setDataValidation": {"range": box(0, 1, 0, 1), "rule": {"condition": {"type": "BOOLEAN"}}}},
        {"copyPaste": {"source": box(0, 1, 0, 1), "destination": box(4, 5, 4, 5), "pasteType": kind}},
    )
    found = book.cell("E5")
    value = next(iter(found["userEnteredValue"].values())) if "userEnteredValue" in found else None
    assert (value, "userEnteredFormat" in found, "dataValidation" in found) == seen


# --- Sort ---


def test_sorting_moves_whole_cells_and_puts_blanks_last() -> None:
    book = Book([["b", 1], ["", 2], [10, 3], ["A", 4], [9, 5]])
    book.do(write(0, 0, {"note": "of b"}, "note"))
    request = {"range": box(0, 5, 0, 2), "sortSpecs": [{"dimensionIndex": 0}]}
    book.do({"sortRange": request})
    assert book.see() == [["9", "5"], ["10", "3"], ["A", "4"], ["b", "1"], ["", "2"]]
    assert book.cell("A4", "note") == {"note": "of b"}
    book.do({"sortRange": {**request, "sortSpecs": [{"dimensionIndex": 0, "sortOrder": "DESCENDING"}]}})
    assert book.see() == [["b", "1"], ["A", "4"], ["10", "3"], ["9", "5"], ["", "2"]]


@pytest.mark.parametrize("follows", [False, True])
def test_metadata_may_follow_a_sort(follows: bool) -> None:
    book = Book([["b"], ["a"]], Switches(metadata_follows_sort=follows))
    metadata = {"metadataKey": "k", "visibility": "DOCUMENT", "location": {"dimensionRange": rows_of(0, 1)}}
    book.do({"createDeveloperMetadata": {"developerMetadata": metadata}})
    book.do({"sortRange": {"range": box(0, 2, 0, 1), "sortSpecs": [{"dimensionIndex": 0}]}})
    lookup = {"dataFilters": [{"developerMetadataLookup": {"metadataKey": "k"}}]}
    found = book.call("values.batchGetByDataFilter", lookup)["valueRanges"][0]["valueRange"]
    assert found["values"] == [["b" if follows else "a"]]
