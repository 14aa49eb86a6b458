"""Values, formulas and permissions, without a server: what a caller writes and what it reads back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sheets_server.book import OWNER, STRANGER, WRITER, Book, box, dressed, rows_of, write
from tests.sheets_server.errors import ApiError
from tests.sheets_server.sheets import Caller
from tests.sheets_server.switches import Switches

# --- Values as they are typed ---


@pytest.mark.parametrize(
    ("typed", "value", "shown"),
    [
        pytest.param("0042", 42, "42", id="leading zeros are lost"),
        pytest.param("'0042", "0042", "0042", id="an apostrophe keeps them"),
        pytest.param("2,000,000.01", 2000000.01, "2,000,000.01", id="grouped thousands"),
        pytest.param("1,5", "1,5", "1,5", id="a comma is no decimal point in the United States"),
        pytest.param("12%", 0.12, "12%", id="a percentage is a fraction"),
        pytest.param("$5.50", 5.5, "$5.50", id="money is a number"),
        pytest.param("2020-01-01", 43831, "2020-01-01", id="an ISO date"),
        pytest.param("1/2/2020", 43832, "1/2/2020", id="month first"),
        pytest.param("13/2/2020", "13/2/2020", "13/2/2020", id="no month 13"),
        pytest.param("true", True, "TRUE", id="truth"),
        pytest.param("=1/4", 0.25, "0.25", id="a formula"),
        pytest.param("+40 721 000 000", "#ERROR! (Formula parse error.)", "#ERROR!", id="a telephone number"),
        pytest.param("+40721000000", 40721000000, "40721000000", id="a telephone number without spaces"),
        pytest.param("10:30 PM", 0.9375, "10:30 PM", id="a time"),
        pytest.param("Ștefan", "Ștefan", "Ștefan", id="text"),
    ],
)
def test_typing_in_the_united_states(typed: str, value: Any, shown: str) -> None:
    book = Book([[typed]])
    assert book.see("A1", "UNFORMATTED_VALUE") == [[value]]
    assert book.see("A1") == [[shown]]


@pytest.mark.parametrize(
    ("typed", "value", "shown"),
    [
        pytest.param("1,5", 1.5, "1,5", id="a decimal comma"),
        pytest.param("1.234,50", 1234.5, "1.234,50", id="grouped thousands"),
        pytest.param("5 lei", 5, "5 lei", id="lei"),
        pytest.param("02.01.2020", 43832, "02.01.2020", id="day first"),
        pytest.param("1.5", 46143, "1.5", id="a decimal point makes the first of May"),
        pytest.param("adevărat", True, "ADEVĂRAT", id="truth in Romanian"),
        pytest.param("=SUM(1;2)", 3, "3", id="arguments are parted by semicolons"),
        pytest.param("=SUM(1,2)", 1.2, "1,2", id="a comma in a formula is decimal too"),
    ],
)
def test_typing_in_romania(typed: str, value: Any, shown: str) -> None:
    book = Book([[typed]], locale="ro_RO")
    assert book.see("A1", "UNFORMATTED_VALUE") == [[value]]
    assert book.see("A1") == [[shown]]


def test_raw_values_are_kept_as_they_are() -> None:
    book = Book()
    book.type("A1", [["=1+1", "007", "2020-01-01", 5, True, "", None]], "RAW")
    assert book.see("A1:G1", "UNFORMATTED_VALUE") == [["=1+1", "007", "2020-01-01", 5, True]]
    assert book.cell("A1", "userEnteredValue") == {"userEnteredValue": {"stringValue": "=1+1"}}


def test_dates_are_serial_numbers_unless_asked_for_as_shown() -> None:
    book = Book([["2020-01-01", 3]])
    assert book.see("A1:B1", "UNFORMATTED_VALUE") == [[43831, 3]]
    assert book.see("A1:B1", "FORMULA") == [[43831, 3]]
    assert book.see("A1:B1", "UNFORMATTED_VALUE", dateTimeRenderOption="FORMATTED_STRING") == [["2020-01-01", 3]]


def test_null_skips_and_an_empty_text_clears() -> None:
    book = Book([["a", "b", "c"]])
    answer = book.type("A1", [[None, "", None]], "RAW")
    assert answer["updatedRange"] == "Sheet1!A1:B1"
    assert answer["updatedCells"] == 1
    assert book.see("A1:C1") == [["a", "", "c"]]


def test_clearing_keeps_notes_formats_and_rules() -> None:
    book = Book([["a"]])
    rule = {"condition": {"type": "BOOLEAN"}}
    book.do(
        write(0, 0, {"note": "n", "dataValidation": rule}, "note,dataValidation"),
        write(0, 0, {"userEnteredFormat": {"textFormat": {"bold": True}}}, "userEnteredFormat.textFormat.bold"),
    )
    assert book.call("values.clear", range="Sheet1") == {
        "spreadsheetId": book.id,
        "clearedRange": "Sheet1!A1:Z1000",
    }
    assert book.cell("A1", "userEnteredValue,note,dataValidation,userEnteredFormat") == {
        "note": "n",
        "dataValidation": rule,
        "userEnteredFormat": {"textFormat": {"bold": True}},
    }


@pytest.mark.parametrize(
    ("where", "rows", "message"),
    [
        pytest.param("Nowhere!A1", [["x"]], "Unable to parse range: Nowhere!A1", id="no such tab"),
        pytest.param(
            "A1:B2",
            [["x"], ["x"], ["x"]],
            "Requested writing within range [Sheet1!A1:B2], but tried writing to row [3]",
            id="too many rows",
        ),
        pytest.param(
            "A1:B2",
            [["x", "x", "x"]],
            "Requested writing within range [Sheet1!A1:B2], but tried writing to column [C]",
            id="too many columns",
        ),
        pytest.param(
            "Sheet1!A1001",
            [["x"]],
            "Range (Sheet1!A1001) exceeds grid limits. Max rows: 1000, max columns: 26",
            id="outside the grid",
        ),
        pytest.param(
            "A1",
            [["x" * 50_001]],
            "Your input contains more than the maximum of 50000 characters in a single cell.",
            id="too long a text",
        ),
    ],
)
def test_a_write_that_does_not_fit_is_refused(where: str, rows: list[list[Any]], message: str) -> None:
    book = Book()
    with pytest.raises(ApiError) as refused:
        book.type(where, rows)
    assert (refused.value.code, refused.value.message) == (400, message)
    assert book.see() == []


@pytest.mark.parametrize(
    ("asked", "echoed"),
    [
        pytest.param("Sheet1", "Sheet1!A1:Z1000", id="a tab"),
        pytest.param("Sheet1!A2:F10001", "Sheet1!A2:F1000", id="beyond the grid"),
        pytest.param("B:C", "Sheet1!B1:C1000", id="whole columns"),
        pytest.param("Sheet1!2:3", "Sheet1!A2:Z3", id="whole rows"),
        pytest.param("D4:A1", "Sheet1!A1:D4", id="upside down"),
        pytest.param("'It''s here'!A1", "'It''s here'!A1", id="a title that needs quotes"),
        pytest.param("R2C3", "Sheet1!C2", id="R1C1"),
        pytest.param("the_name", "Sheet1!A1:B2", id="a named range"),
        pytest.param("Sheet1!the_name", "Sheet1!A1:B2", id="a named range behind its tab"),
        pytest.param("'D3'", "'D3'!A1:Z1000", id="a title that looks like a cell"),
        pytest.param("D3", "Sheet1!D3", id="a cell that looks like a title"),
    ],
)
def test_ranges_are_echoed_as_google_writes_them(asked: str, echoed: str) -> None:
    book = Book()
    book.add_tab("It's here")
    book.add_tab("D3", 8)
    book.do({"addNamedRange": {"namedRange": {"name": "the_name", "range": box(0, 2, 0, 2)}}})
    assert book.call("values.get", range=asked)["range"] == echoed


# --- Append ---


@pytest.mark.parametrize(
    ("asked", "table", "written"),
    [
        pytest.param("Sheet1", "Sheet1!B4:D6", "Sheet1!B7", id="the last table of the tab"),
        pytest.param("B4", "Sheet1!B4:D6", "Sheet1!B7", id="a cell of it"),
        pytest.param("B2:D4", "Sheet1!B4:D6", "Sheet1!B7", id="the last table of the range"),
        pytest.param("A1", "Sheet1!A1:C2", "Sheet1!A3", id="the first table"),
        pytest.param("A4", None, "Sheet1!A4", id="a cell beside a table"),
        pytest.param("F5:G7", None, "Sheet1!F5", id="no table"),
    ],
)
def test_append_finds_its_table_as_the_guide_says(asked: str, table: str | None, written: str) -> None:
    book = Book([["x", "y", "z"], [1, 2, 3], [], ["", "x", "y"], ["", 1], ["", 4, 5, 6]])
    answer = book.call("values.append", {"values": [["new"]]}, range=asked, valueInputOption="RAW")
    assert answer.get("tableRange") == table
    assert answer["updates"]["updatedRange"] == written


def test_append_after_a_blank_cell_lands_beside_the_table() -> None:
    book = Book()
    for _ in range(2):
        book.call("values.append", {"values": [["1", "", "3"]]}, range="Sheet1", valueInputOption="RAW")
    assert book.see() == [["1", "", "3"], ["", "", "1", "", "3"]]


def test_append_makes_the_grid_grow() -> None:
    book = Book([["x"]])
    book.do(
        {
            "updateSheetProperties": {
                "properties": {"gridProperties": {"rowCount": 1}},
                "fields": "gridProperties.rowCount",
            }
        }
    )
    book.call("values.append", {"values": [["y"], ["z"]]}, range="Sheet1", valueInputOption="RAW")
    assert book.sheet()["properties"]["gridProperties"]["rowCount"] == 3


# --- Who may ---


@pytest.mark.parametrize(
    ("caller", "code"),
    [
        pytest.param(OWNER, None, id="the owner"),
        pytest.param(WRITER, None, id="an editor"),
        pytest.param(STRANGER, 403, id="a stranger"),
    ],
)
def test_who_may_write(caller: Caller, code: int | None) -> None:
    book = Book()
    if code is None:
        book.type("A1", [["x"]], caller=caller)
        return
    with pytest.raises(ApiError) as refused:
        book.type("A1", [["x"]], caller=caller)
    assert refused.value.code == code


PROTECTION = [
    pytest.param(write(1, 0, {"note": "x"}, "note"), id="a cell written"),
    pytest.param({"deleteDimension": {"range": rows_of(1, 2)}}, id="its row deleted"),
    pytest.param({"sortRange": {"range": box(0, 3, 0, 1), "sortSpecs": [{}]}}, id="sorted"),
    pytest.param({"cutPaste": {"source": box(1, 2, 0, 1), "destination": {"rowIndex": 9}}}, id="cut"),
    pytest.param({"cutPaste": {"source": box(8, 9, 0, 1), "destination": {"rowIndex": 1}}}, id="pasted over"),
    pytest.param({"moveDimension": {"source": rows_of(1, 2), "destinationIndex": 9}}, id="moved"),
    pytest.param({"deleteSheet": {"sheetId": 0}}, id="its tab deleted"),
    pytest.param({"deleteProtectedRange": {"protectedRangeId": 5}}, id="unprotected"),
]


@pytest.mark.parametrize("request_", PROTECTION)
def test_a_protected_cell_is_not(request_: dict[str, Any]) -> None:
    book = Book([["1"], ["2"], ["3"]])
    book.add_tab("Other")
    protected = {"protectedRangeId": 5, "range": box(1, 2, 0, 1)}
    book.do({"addProtectedRange": {"protectedRange": protected}})
    before = book.call("get", includeGridData=True)
    with pytest.raises(ApiError, match="You are trying to edit a protected cell or object"):
        book.do(request_, caller=WRITER)
    assert book.call("get", includeGridData=True) == before
    book.do(request_, caller=OWNER)


def test_a_warning_and_an_editor_are_let_through() -> None:
    book = Book()
    book.do(
        {"addProtectedRange": {"protectedRange": {"range": box(0, 1, 0, 1), "warningOnly": True}}},
        {"addProtectedRange": {"protectedRange": {"range": box(1, 2, 0, 1), "editors": {"users": [WRITER.email]}}}},
    )
    book.type("A1", [["x"], ["y"]], caller=WRITER)
    seen = book.call("get", None, WRITER)["sheets"][0]["protectedRanges"]
    assert [item["requestingUserCanEdit"] for item in seen] == [True, True]


# --- All or nothing ---


def test_a_failing_request_undoes_those_before_it_and_names_itself() -> None:
    book = Book([["x"]])
    revision = book.spreadsheet.revision
    with pytest.raises(ApiError) as refused:
        book.do({"addSheet": {}}, {"deleteNamedRange": {"namedRangeId": "none"}})
    assert refused.value.message == "Invalid requests[1].deleteNamedRange: No named range with id: none"
    assert len(book.spreadsheet.sheets) == 1
    assert book.spreadsheet.revision == revision


@pytest.mark.parametrize("refused", [True, False])
def test_the_fixed_id_of_a_named_range_is_a_lock(refused: bool) -> None:
    book = Book(switches=Switches(duplicate_ids_refused=refused, unknown_ids_refused=refused))
    named = {"namedRange": {"namedRangeId": "lock", "name": "lock", "range": box(0, 1, 0, 1)}}
    book.do({"addNamedRange": named})
    for request in ({"addNamedRange": named}, {"deleteNamedRange": {"namedRangeId": "other"}}):
        if refused:
            with pytest.raises(ApiError):
                book.do(request)
        else:
            book.do(request)
    assert len(book.call("get")["namedRanges"]) == 1


@pytest.mark.parametrize("later", [False, True])
def test_the_reply_may_show_what_a_person_did_after_the_commit(later: bool) -> None:
    book = Book([["x"]], Switches(reply_includes_later_edits=later))

    def person(*_: Any) -> None:
        book.sheets.after_commit = None
        book.type("A1", [["later"]])

    book.sheets.after_commit = person
    answer = book.call(
        "batchUpdate",
        {"requests": [write(1, 0, {"note": "n"}, "note")], "includeSpreadsheetInResponse": True},
        fields="updatedSpreadsheet.sheets.data.rowData.values.formattedValue",
    )
    first = answer["updatedSpreadsheet"]["sheets"][0]["data"][0]["rowData"][0]["values"][0]
    assert first == {"formattedValue": "later" if later else "x"}
    assert book.see("A1") == [["later"]]


def test_a_strict_rule_may_refuse_the_api() -> None:
    rule = {"condition": {"type": "ONE_OF_LIST", "values": [{"userEnteredValue": "y"}]}, "strict": True}
    for strict in (False, True):
        book = Book(switches=Switches(strict_validation_rejects_api=strict))
        book.do({"setDataValidation": {"range": box(0, 1, 0, 1), "rule": rule}})
        book.type("A1", [["y"]])
        if strict:
            with pytest.raises(ApiError, match="violates the data validation rules"):
                book.type("A1", [["n"]])
        else:
            book.type("A1", [["n"]])


def test_undo_by_a_copy() -> None:
    book = dressed()
    before = book.call("get", includeGridData=True)
    kept = book.sheets.copy_of(book.spreadsheet)
    for _ in range(2):
        book.do({"deleteDimension": {"range": rows_of(0, 5)}}, {"deleteSheet": {"sheetId": 7}})
        assert book.call("get", includeGridData=True) != before
        book.sheets.restore(book.spreadsheet, kept)
        assert book.call("get", includeGridData=True) == before
