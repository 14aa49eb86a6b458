"""Requests on what sits around cells: tables, groups, filters, metadata, names, tabs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sheets_server.book import OWNER, Book, box, columns_of, rows_of, write
from tests.sheets_server.errors import ApiError


def test_appending_to_a_table_makes_it_grow() -> None:
    book = Book([["Name", "N"], ["a", 1], [], ["below"]])
    book.do({"addTable": {"table": {"name": "T", "tableId": "t", "range": box(0, 2, 0, 2)}}})
    rows = [{"values": [{"userEnteredValue": {"stringValue": "b"}}]}] * 2
    book.do({"appendCells": {"tableId": "t", "rows": rows, "fields": "userEnteredValue"}})
    assert book.see("A1:A6") == [["Name"], ["a"], ["b"], ["b"], [], ["below"]]
    assert book.sheet()["tables"][0]["range"] == box(0, 4, 0, 2)


def test_appended_cells_go_below_the_last_row_with_data() -> None:
    book = Book([["a"], [], ["c"]])
    book.do(write(9, 0, {"note": "no data"}, "note"))
    book.do({"appendCells": {"rows": [{"values": [{"userEnteredValue": {"numberValue": 1}}]}], "fields": "*"}})
    assert book.see() == [["a"], [], ["c"], ["1"]]


def test_groups_nest_as_described() -> None:
    book = Book()
    book.do({"addDimensionGroup": {"range": columns_of(1, 4)}})
    [reply] = book.do({"addDimensionGroup": {"range": columns_of(2, 5)}})
    groups = reply["addDimensionGroup"]["dimensionGroups"]
    found = [(g["range"]["startIndex"], g["range"]["endIndex"], g["depth"]) for g in groups]
    assert found == [(1, 5, 1), (2, 4, 2)]


def test_a_filter_hides_rows_and_reads_show_them() -> None:
    book = Book([["h"], ["a"], ["b"]])
    criteria = {"0": {"hiddenValues": ["a"]}}
    book.do({"setBasicFilter": {"filter": {"range": box(0, 3, 0, 1), "criteria": criteria}}})
    rows = book.call("get", ranges=["A1:A3"], fields="sheets.data.rowMetadata")["sheets"][0]["data"][0]["rowMetadata"]
    assert [row.get("hiddenByFilter", False) for row in rows] == [False, True, False]
    assert book.see() == [["h"], ["a"], ["b"]]


def test_a_range_written_with_too_few_cells_is_cleared() -> None:
    book = Book([["a", "b"], ["c", "d"]])
    rows = [{"values": [{"userEnteredValue": {"numberValue": 1}}]}]
    book.do({"updateCells": {"range": box(0, 2, 0, 2), "rows": rows, "fields": "userEnteredValue"}})
    assert book.see() == [["1"]]


def test_find_and_replace_counts_what_it_did() -> None:
    book = Book([["aXa", "b"], ["xX", 1]])
    [reply] = book.do({"findReplace": {"find": "x", "replacement": "y", "allSheets": True}})
    assert reply["findReplace"] == {
        "valuesChanged": 2,
        "rowsChanged": 2,
        "sheetsChanged": 1,
        "occurrencesChanged": 3,
    }
    assert book.see() == [["aya", "b"], ["yy", "1"]]


def test_a_table_is_named_by_its_header_and_grows_a_column() -> None:
    book = Book([["Name", "N"], ["a", 1]])
    book.do({"addTable": {"table": {"name": "T", "tableId": "t", "range": box(0, 2, 0, 2)}}})
    book.do({"insertDimension": {"range": columns_of(1, 2)}})
    assert book.see("A1:C1") == [["Name", "Column 1", "N"]]
    book.type("B1", [["New"]])
    [table] = book.sheet()["tables"]
    assert [column["columnName"] for column in table["columnProperties"]] == ["Name", "New", "N"]
    with pytest.raises(ApiError, match="already exists"):
        book.do({"addTable": {"table": {"name": "t", "range": box(5, 6, 0, 2)}}})


def test_metadata_finds_its_row_wherever_it_is() -> None:
    book = Book([["a"], ["b"], ["c"]])
    place = {"dimensionRange": rows_of(1, 2)}
    made = {"metadataKey": "k", "metadataValue": "v", "visibility": "DOCUMENT", "location": place}
    book.do({"createDeveloperMetadata": {"developerMetadata": made}})
    book.do({"insertDimension": {"range": rows_of(0, 1)}})
    lookup = {"developerMetadataLookup": {"metadataKey": "k"}}
    data = [{"dataFilter": lookup, "values": [["B", "new"]]}]
    book.call("values.batchUpdateByDataFilter", {"valueInputOption": "RAW", "data": data})
    assert book.see("A2:B4") == [["a"], ["B", "new"], ["c"]]
    [match] = book.call("developerMetadata.search", {"dataFilters": [lookup]})["matchedDeveloperMetadata"]
    assert match["developerMetadata"]["location"]["dimensionRange"]["startIndex"] == 2
    found = book.call("getByDataFilter", {"dataFilters": [lookup]}, fields="sheets.data.rowData.values.formattedValue")
    assert found["sheets"][0]["data"][0]["rowData"][0]["values"][0] == {"formattedValue": "B"}
    with pytest.raises(ApiError, match="read-only"):
        book.do(
            {"createDeveloperMetadata": {"developerMetadata": {**made, "location": {**place, "locationType": "ROW"}}}}
        )


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        pytest.param({"addSheet": {"properties": {"title": "sheet1"}}}, "A sheet with the name", id="a title taken"),
        pytest.param({"addSheet": {"properties": {"sheetId": 0}}}, "already exists", id="an id taken"),
        pytest.param({"deleteSheet": {}}, "You can't remove all the sheets in a document", id="the last tab"),
        pytest.param({"mergeCells": {"range": box(0, 1, 0, 2, 9)}}, "No grid with id: 9", id="no such tab"),
        pytest.param({"mergeCells": {"range": box(0, 2000, 0, 2)}}, "exceeds grid limits", id="beyond the grid"),
        pytest.param({"deleteDimension": {"range": rows_of(0, 1000)}}, "You can't delete all the rows", id="all rows"),
        pytest.param({"deleteDimension": {"range": rows_of(5, 1001)}}, "that doesn't exist", id="rows beyond the grid"),
        pytest.param(
            {"appendDimension": {"dimension": "ROWS", "length": 400_000}},
            "above the limit of 10000000 cells",
            id="too many cells",
        ),
        pytest.param(write(0, 0, {"note": "x"}, "nonsense"), "Invalid field: nonsense", id="an unknown field"),
        pytest.param(write(1000, 0, {"note": "x"}, "note"), "Attempting to write row: 1000", id="below the grid"),
        pytest.param(
            write(0, 0, {"userEnteredValue": {"formulaValue": "1"}}, "*"), "must start with '='", id="no formula"
        ),
        pytest.param({"refreshDataSource": {}}, "not emulated", id="what is not emulated"),
        pytest.param({"addSheet": {}, "deleteSheet": {}}, "Exactly one kind", id="two kinds at once"),
    ],
)
def test_what_is_refused(request_: dict[str, Any], message: str) -> None:
    book = Book()
    with pytest.raises(ApiError) as refused:
        book.do(request_)
    assert refused.value.code == 400
    assert refused.value.message.startswith("Invalid requests[0]")
    assert message in refused.value.message


def test_a_spreadsheet_is_created_with_what_it_asks_for() -> None:
    book = Book()
    cell = {"userEnteredValue": {"stringValue": "x"}, "note": "n"}
    body = {
        "properties": {"title": "T", "locale": "ro_RO"},
        "sheets": [
            {"properties": {"title": "One"}, "data": [{"rowData": [{"values": [cell]}]}]},
            {"properties": {"title": "Two", "sheetId": 5, "hidden": True}},
        ],
        "namedRanges": [{"name": "n", "namedRangeId": "id", "range": {"sheetId": 5}}],
    }
    made = book.sheets.call("sheets.spreadsheets.create", {}, body, OWNER)
    assert [sheet["properties"]["title"] for sheet in made["sheets"]] == ["One", "Two"]
    assert made["namedRanges"] == [{"name": "n", "namedRangeId": "id", "range": {"sheetId": 5}}]
    book.id = made["spreadsheetId"]
    assert book.cell("One!A1", "note") == {"note": "n"}


def test_a_duplicated_tab_stands_alone() -> None:
    book = Book([["x", "=A1"]])
    book.do(write(0, 0, {"note": "n"}, "note"), {"mergeCells": {"range": box(4, 6, 0, 1)}})
    book.do({"duplicateSheet": {"newSheetId": 3, "newSheetName": "Twin", "insertSheetIndex": 1}})
    book.type("A1", [["changed"]])
    assert book.see("Twin") == [["x", "x"]]
    assert book.sheet(1)["merges"] == [box(4, 6, 0, 1, 3)]
    assert book.cell("Twin!A1", "note") == {"note": "n"}


def test_tabs_move_by_indexes_of_before_the_move() -> None:
    book = Book()
    book.add_tab("B", 1)
    book.add_tab("C", 2)
    book.do({"updateSheetProperties": {"properties": {"sheetId": 0, "index": 2}, "fields": "index"}})
    assert [sheet.title for sheet in book.spreadsheet.sheets] == ["B", "Sheet1", "C"]


def test_colours_are_kept_both_ways_and_without_zeros() -> None:
    book = Book()
    look = {"backgroundColor": {"red": 1, "green": 0, "blue": 0.5}}
    book.do(write(0, 0, {"userEnteredFormat": look}, "userEnteredFormat.backgroundColor"))
    kept = {"red": 1, "blue": 0.49803922}
    assert book.cell("A1", "userEnteredFormat")["userEnteredFormat"] == {
        "backgroundColor": kept,
        "backgroundColorStyle": {"rgbColor": kept},
    }
