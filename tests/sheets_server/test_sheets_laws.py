"""Laws that hold for every request, tried on many."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sheets_server.book import Book, box, columns_of, dressed, rows_of
from tests.sheets_server.errors import ApiError
from tests.sheets_server.masks import masked, parsed, response_mask

# --- Laws ---

CELLS = st.lists(st.lists(st.sampled_from(["", "a", "b", "7"]), max_size=4), max_size=6)
INDEX = st.integers(0, 7)
STRUCTURE = st.lists(
    st.tuples(st.sampled_from(["insert", "delete", "move"]), st.sampled_from(["ROWS", "COLUMNS"]), INDEX, INDEX, INDEX),
    max_size=6,
)


def grid_of(rows: list[list[str]], size: int = 12) -> list[list[str]]:
    return [[rows[r][c] if r < len(rows) and c < len(rows[r]) else "" for c in range(size)] for r in range(size)]


def turned(grid: list[list[str]]) -> list[list[str]]:
    return [list(line) for line in zip(*grid, strict=True)]


def applied(grid: list[list[str]], step: tuple[str, str, int, int, int]) -> tuple[list[list[str]], dict[str, Any]]:
    """The same step on a plain list of lists, and as a request."""
    kind, dimension, a, b, to = step
    start, end = min(a, b), max(a, b) + 1
    lines = turned(grid) if dimension == "COLUMNS" else [line[:] for line in grid]
    span = {"dimension": dimension, "startIndex": start, "endIndex": end}
    if kind == "insert":
        lines[start:start] = [[""] * len(lines[0]) for _ in range(end - start)]
        request = {"insertDimension": {"range": span}}
    elif kind == "delete":
        del lines[start:end]
        request = {"deleteDimension": {"range": span}}
    else:
        to = to if not start < to < end else end
        block = lines[start:end]
        rest = lines[:start] + lines[end:]
        at = to if to <= start else to - len(block)
        lines = rest[:at] + block + rest[at:]
        request = {"moveDimension": {"source": span, "destinationIndex": to}}
    return (turned(lines) if dimension == "COLUMNS" else lines), request


@given(CELLS, STRUCTURE)
def test_rows_and_columns_move_as_in_a_list_of_lists(rows: list[list[str]], steps: list[Any]) -> None:
    book = Book()
    if any(any(row) for row in rows):
        book.type("A1", rows, "RAW")
    size = {"gridProperties": {"rowCount": 60, "columnCount": 60}}
    book.do({"updateSheetProperties": {"properties": size, "fields": "gridProperties(rowCount,columnCount)"}})
    grid = grid_of(rows, 60)
    for step in steps:
        grid, request = applied(grid, step)
        book.do(request)
    seen = book.call("values.get", range="Sheet1", valueRenderOption="FORMULA").get("values", [])
    assert grid_of(seen, 60) == [(line + [""] * 60)[:60] for line in (grid + [[""] * 60] * 60)[:60]]
    assert book.sheet()["properties"]["gridProperties"] == {"rowCount": len(grid), "columnCount": len(grid[0])}


@given(st.lists(st.sampled_from([7, "b", "a"]), min_size=2, max_size=6), STRUCTURE)
def test_formulas_keep_pointing_at_their_cell(values: list[Any], steps: list[Any]) -> None:
    book = Book([[value, f"=Sheet1!A{row + 1}"] for row, value in enumerate(values)])
    book.add_tab("Other")
    formulas = [[f"=Sheet1!$A${row + 1}"] for row in range(len(values))]
    book.type("Other!A1", formulas)
    metadata = [
        {"createDeveloperMetadata": {"developerMetadata": {
            "metadataKey": str(row), "visibility": "DOCUMENT", "location": {"dimensionRange": rows_of(row, row + 1)}}}}
        for row in range(len(values))
    ]  # fmt: skip
    book.do(*metadata)
    for step in steps:
        if step[1] == "ROWS":
            book.do(applied(grid_of([]), step)[1])
    seen = book.see("Other!A1:A6", "UNFORMATTED_VALUE")
    alive = {int(m["metadataKey"]): m["location"]["dimensionRange"]["startIndex"] for m in book.spreadsheet.metadata}
    for row, value in enumerate(values):
        if row in alive:
            assert seen[row] == [value]
            assert book.see(f"Other!A{row + 1}", "FORMULA") == [[f"=Sheet1!$A${alive[row] + 1}"]]
        else:
            assert seen[row][0].startswith("#REF!")


REQUESTS = st.sampled_from(
    [
        {"insertDimension": {"range": rows_of(1, 3)}},
        {"deleteDimension": {"range": rows_of(0, 5)}},
        {"deleteDimension": {"range": columns_of(0, 1)}},
        {"moveDimension": {"source": rows_of(0, 2), "destinationIndex": 6}},
        {"cutPaste": {"source": box(3, 6, 0, 2), "destination": {"sheetId": 7, "rowIndex": 2}}},
        {"copyPaste": {"source": box(3, 6, 0, 3), "destination": box(8, 9, 1, 2)}},
        {"sortRange": {"range": box(0, 4, 0, 2), "sortSpecs": [{"dimensionIndex": 0}]}},
        {"deleteSheet": {"sheetId": 7}},
        {"addSheet": {}},
        {"duplicateSheet": {}},
        {"deleteNamedRange": {"namedRangeId": "n"}},
        {"deleteProtectedRange": {"protectedRangeId": 3}},
        {"deleteConditionalFormatRule": {}},
        {"updateSheetProperties": {"properties": {"title": "New"}, "fields": "title"}},
        {"updateSpreadsheetProperties": {"properties": {"locale": "ro_RO"}, "fields": "locale"}},
        {"deleteDeveloperMetadata": {"dataFilter": {"developerMetadataLookup": {"metadataKey": "k"}}}},
        {"repeatCell": {"range": box(0, 9, 0, 2), "cell": {"note": "all"}, "fields": "note"}},
        {"insertRange": {"range": box(2, 4, 0, 2), "shiftDimension": "ROWS"}},
        {"deleteRange": {"range": box(2, 4, 0, 2), "shiftDimension": "COLUMNS"}},
        {"updateDimensionProperties": {"range": rows_of(0, 3), "properties": {"pixelSize": 9}, "fields": "*"}},
        {"findReplace": {"find": "here", "replacement": "there", "allSheets": True}},
        {"mergeCells": {"range": box(8, 10, 0, 2)}},
        {"addDimensionGroup": {"range": rows_of(1, 4)}},
    ]
)


@given(st.lists(REQUESTS, max_size=5))
def test_a_batch_that_fails_at_its_end_changes_nothing(requests: list[dict[str, Any]]) -> None:
    book = dressed()
    before = book.call("get", includeGridData=True)
    given_requests = copy.deepcopy(requests)
    with pytest.raises(ApiError):
        book.do(*requests, {"deleteSheet": {"sheetId": 404}})
    assert book.call("get", includeGridData=True) == before
    assert requests == given_requests


@given(st.lists(REQUESTS, max_size=5))
def test_requests_one_by_one_do_what_they_do_together(requests: list[dict[str, Any]]) -> None:
    together, apart = dressed(), dressed()
    try:
        together.do(*requests, {"addSheet": {"properties": {"title": "Last", "sheetId": 99}}})
    except ApiError:
        return
    for request in requests:
        apart.do(request)
    apart.do({"addSheet": {"properties": {"title": "Last", "sheetId": 99}}})

    def plain(book: Book) -> Any:
        return {k: v for k, v in book.call("get", includeGridData=True).items() if not k.startswith("spreadsheet")}

    assert plain(together) == plain(apart)


KEEPING = st.one_of(
    st.builds(lambda d, a, n: {"insertDimension": {"range": {"dimension": d, "startIndex": a, "endIndex": a + n}}},
              st.sampled_from(["ROWS", "COLUMNS"]), INDEX, st.integers(1, 3)),
    st.builds(lambda d, a, n, to: {"moveDimension": {
                  "source": {"dimension": d, "startIndex": a, "endIndex": a + n},
                  "destinationIndex": to if not a < to < a + n else a}},
              st.sampled_from(["ROWS", "COLUMNS"]), INDEX, st.integers(1, 3), INDEX),
    st.builds(lambda d, a, b: {"insertRange": {"range": box(a, a + 2, b, b + 2), "shiftDimension": d}},
              st.sampled_from(["ROWS", "COLUMNS"]), INDEX, INDEX),
    st.builds(lambda a, down: {"sortRange": {"range": box(a, a + 5, 0, 9), "sortSpecs": [
                  {"dimensionIndex": 1, "sortOrder": "DESCENDING" if down else "ASCENDING"}]}}, INDEX, st.booleans()),
    st.builds(lambda a, b: {"cutPaste": {"source": box(a, a + 3, b, b + 2), "destination": {
                  "rowIndex": 500, "columnIndex": 15}}}, INDEX, INDEX),
)  # fmt: skip


@given(st.lists(KEEPING, max_size=6))
def test_what_only_moves_cells_loses_none_and_parts_no_cell_from_its_note(requests: list[dict[str, Any]]) -> None:
    book = Book([[f"r{row}c{column}" for column in range(5)] for row in range(8)])
    notes = [{"values": [{"note": f"r{row}c{column}"} for column in range(5)]} for row in range(8)]
    book.do({"updateCells": {"start": {}, "rows": notes, "fields": "note"}})
    cut = False
    for request in requests:
        if "cutPaste" in request:
            if cut:
                continue  # a second one would be pasted over the first
            cut = True
        book.do(request)
    sheet = book.spreadsheet.sheets[0]
    cells = [cell for _, _, cell in sheet.cells(sheet.grid)]
    assert sorted(str(cell.value) for cell in cells) == sorted(f"r{r}c{c}" for r in range(8) for c in range(5))
    assert all(cell.value == cell.note for cell in cells)


MASKS = [
    "*",
    "sheets",
    "sheets.properties",
    "sheets(properties(title,sheetId),merges)",
    "sheets/data/rowData/values/note",
    "sheets.data(rowData.values(formattedValue,effectiveFormat/textFormat/bold),startRow)",
    "sheets.data.rowMetadata(pixelSize,developerMetadata.metadataKey)",
    "sheets.data.columnMetadata,namedRanges.name,properties.locale",
    "sheets(protectedRanges.editors,conditionalFormats.ranges.startRowIndex,charts.position,bandedRanges)",
    "spreadsheetId,spreadsheetUrl,developerMetadata",
    "sheets.data.rowData.values.userEnteredValue.formulaValue",
    "sheets.*",
]


@pytest.mark.parametrize("mask", MASKS)
def test_a_mask_asked_for_is_a_mask_applied(mask: str) -> None:
    book = dressed()
    full = book.call("get", includeGridData=True)
    assert book.call("get", fields=mask) == masked(full, parsed(mask))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        pytest.param("a.b,c", {"a": {"b": {}}, "c": {}}, id="dots"),
        pytest.param("a/b", {"a": {"b": {}}}, id="slashes"),
        pytest.param("a(b,c/d)", {"a": {"b": {}, "c": {"d": {}}}}, id="brackets"),
        pytest.param("a.b,a", {"a": {}}, id="the whole wins over a part"),
        pytest.param("row_data.values", {"rowData": {"values": {}}}, id="snake case"),
        pytest.param("a.*", {"a": {}}, id="a star below"),
    ],
)
def test_masks_are_read_in_every_form(text: str, tree: dict[str, Any]) -> None:
    assert parsed(text) == tree


def test_a_mask_of_unknown_fields_is_refused() -> None:
    with pytest.raises(ApiError) as refused:
        response_mask("sheets.nonsense", "Spreadsheet")
    assert refused.value.details[0]["fieldViolations"][0]["field"] == "sheets.nonsense"
    with pytest.raises(ApiError, match=r"At least one field must be listed in 'fields'\. \(Use '\*'"):
        Book().do({"repeatCell": {"range": box(0, 1, 0, 1), "cell": {}}})
