"""The editor of Excel files, on workbooks made by other programs: each edit, and what must follow it."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.comments import Comment
from openpyxl.styles import Font
from python_calamine import CalamineWorkbook

from sheetcrm.problems import UsageError
from sheetcrm.tables import CellError, Formula
from sheetcrm.workbooks.excel import Unsupported, XlsxFile

LIST = [
    ["ID", "Company", "Value"],
    ["R-1", "Acme", 10],
    ["R-2", "Beta", 20],
    ["R-3", "Gamma", 30],
    ["R-4", "Delta", 40],
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "book.xlsx"


def _made(path: Path, dress: Callable[[Any], None] = lambda book: None) -> Path:
    book = openpyxl.Workbook()
    book.active.title = "Leads"
    for row in LIST:
        book.active.append(row)
    dress(book)
    book.save(path)
    return path


def _cells(path: Path, tab: str = "Leads") -> list[list[Any]]:
    return [[cell.value for cell in row] for row in openpyxl.load_workbook(path)[tab].iter_rows()]


def _members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _sheet(path: Path) -> str:
    return _members(path)["xl/worksheets/sheet1.xml"].decode()


# ------------------------------------------------------------------ cells


VALUES = [
    "text",
    " spaces ",
    "two\nlines",
    "=1+1",
    "+40 722",
    'ș & <b> "x"',
    "_x000B_",
    "a\rb",
    "😀",
    0,
    12.5,
    0.1 + 0.2,
]


@pytest.mark.parametrize("value", [*VALUES, True, False, date(2026, 11, 23), datetime(2026, 11, 23, 2, 17, 5)])
def test_a_value_reads_back_as_it_was_written(path: Path, value: Any) -> None:
    with XlsxFile(_made(path)) as file:
        file.set("Leads", {"C7": value})
        file.save()
    (cell,) = openpyxl.load_workbook(path)["Leads"]["C7:C7"][0]
    assert CalamineWorkbook.from_path(path).get_sheet_by_name("Leads").to_python()[6][2] == value
    if value != "_x000B_":
        assert (cell.value.date() if type(value) is date else cell.value) == value


def test_what_is_not_touched_keeps_its_bytes(path: Path) -> None:
    before = _members(_made(path))
    with XlsxFile(path) as file:
        file.set("Leads", {"B3": "new"})
        file.save()
    after = _members(path)
    assert {name for name in before if before[name] != after[name]} == {"xl/worksheets/sheet1.xml"}
    rows = [row for row in before["xl/worksheets/sheet1.xml"].split(b"<row ") if b'r="B3"' not in row]
    assert all(row in after["xl/worksheets/sheet1.xml"] for row in rows)


def test_a_cell_keeps_its_look_and_a_day_gets_one_only_where_there_is_none(path: Path) -> None:
    def dress(book: Any) -> None:
        book.active["B2"].font = Font(b=True)
        book.active["C2"].number_format = "dd/mm/yy"
        book.active["C3"].number_format = "0.00"

    with XlsxFile(_made(path, dress)) as file:
        day = date(2026, 11, 23)
        file.set("Leads", {"B2": "new", "C2": day, "C3": 7, "C4": day, "B4": None})
        file.save()
    sheet = openpyxl.load_workbook(path)["Leads"]
    assert (sheet["B2"].value, sheet["B2"].font.b) == ("new", True)
    assert [sheet[place].number_format for place in ("C2", "C3", "C4")] == ["dd/mm/yy", "0.00", "yyyy-mm-dd"]
    assert sheet["B4"].value is None


def test_formulas_errors_times_and_amounts(path: Path) -> None:
    with XlsxFile(_made(path)) as file:
        values = [Formula("=SUM(C2:C5)"), CellError("#N/A"), time(6, 30), timedelta(hours=30), Decimal("0.10")]
        file.set("Leads", {f"E{row}": value for row, value in enumerate(values, 1)})
        file.save()
    sheet = openpyxl.load_workbook(path)["Leads"]
    assert [sheet[f"E{row}"].value for row in (1, 2, 3, 5)] == ["=SUM(C2:C5)", "#N/A", time(6, 30), 0.1]
    assert sheet["E4"].number_format == "[h]:mm:ss"
    assert b'fullCalcOnLoad="1"' in _members(path)["xl/workbook.xml"]


@pytest.mark.parametrize(
    ("edit", "error"),
    [
        pytest.param(lambda f: f.set("Nowhere", {"A1": 1}), UsageError, id="a tab that is not there"),
        pytest.param(lambda f: f.set("Leads", {"A0": 1}), UsageError, id="a place that is not there"),
        pytest.param(lambda f: f.set("Leads", {"A1:B2": 1}), UsageError, id="a block for a cell"),
        pytest.param(lambda f: f.set("Leads", {"A1": "x" * 32_768}), Unsupported, id="a text that is too long"),
        pytest.param(lambda f: f.set("Leads", {"A1": float("nan")}), Unsupported, id="no number"),
        pytest.param(lambda f: f.add_tab("leads"), UsageError, id="a title that is taken"),
        pytest.param(lambda f: f.add_tab("a/b"), UsageError, id="a title that cannot be"),
        pytest.param(lambda f: f.replace("Leads", [[1, 2]], block="A1:A9"), UsageError, id="a grid that is too wide"),
        pytest.param(lambda f: f.insert_rows("Leads", 3, 1_048_576), Unsupported, id="more rows than there are"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_written(path: Path, edit: Any, error: type[Exception]) -> None:
    before = _made(path).read_bytes()
    with XlsxFile(path) as file, pytest.raises(error, match="Nothing was written"):
        edit(file)
    assert path.read_bytes() == before


def test_saving_without_an_edit_leaves_the_file_alone(path: Path) -> None:
    stamp = _made(path).stat()
    with XlsxFile(path) as file:
        file.save()
    assert path.stat().st_mtime_ns == stamp.st_mtime_ns
    assert path.stat().st_ino == stamp.st_ino


# ------------------------------------------------------------------ rows that come


def test_rows_are_added_below_the_last_that_says_something_in_its_look(path: Path) -> None:
    def dress(book: Any) -> None:
        book.active["B5"].font = Font(i=True)
        book.active["B9"].font = Font(b=True)  # nothing is said there

    with XlsxFile(_made(path, dress)) as file:
        assert file.append("Leads", [["R-5", "Omega", 50], ["R-6"]]) == 6
        assert file.append("Leads", [["R-7"]]) == 8
        file.save()
    sheet = openpyxl.load_workbook(path)["Leads"]
    assert [sheet[f"A{row}"].value for row in range(5, 9)] == ["R-4", "R-5", "R-6", "R-7"]
    assert sheet["B6"].font.i
    assert sheet["B7"].font.i


def _with_table(path: Path, *, totals: bool = False) -> Path:
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("Leads")
    columns: list[dict[str, str]] = [
        {"header": "Item"},
        {"header": "Price"},
        {"header": "With VAT", "formula": "=[@Price]*1.21"},
    ]
    if totals:
        columns[0]["total_string"], columns[1]["total_function"] = "Total", "sum"
    last = 5 if totals else 4
    sheet.add_table(
        0, 0, last, 2, {"columns": columns, "total_row": totals, "data": [["a", 1], ["b", 2], ["c", 3], ["d", 4]]}
    )
    sheet.write("F1", "a note beside")
    sheet.write("F3", "another")
    book.add_worksheet("Sums").write_formula("A1", "=SUM(Leads!B2:B5)", None, 10)
    book.close()
    return path


def test_a_table_grows_and_its_calculated_columns_are_filled_down(path: Path) -> None:
    with XlsxFile(_with_table(path)) as file:
        assert file.append("Leads", [["e", 5], ["f", 6]]) == 6
        file.save()
    sheet = openpyxl.load_workbook(path)["Leads"]
    assert next(iter(sheet.tables.values())).ref == "A1:C7"
    assert sheet["C7"].value == sheet["C5"].value


def test_rows_come_above_the_totals_of_a_table(path: Path) -> None:
    with XlsxFile(_with_table(path, totals=True)) as file:
        assert file.append("Leads", [["e", 5], ["f", 6]]) == 6
        file.save()
    sheet = openpyxl.load_workbook(path)["Leads"]
    assert [sheet[f"A{row}"].value for row in range(5, 9)] == ["d", "e", "f", "Total"]
    assert next(iter(sheet.tables.values())).ref == "A1:C8"


def test_rules_drop_downs_and_filters_reach_over_new_rows(path: Path) -> None:
    def dress(book: Any) -> None:
        drop = openpyxl.worksheet.datavalidation.DataValidation(type="list", formula1='"a,b"', sqref="B2:B5")
        book.active.add_data_validation(drop)
        rule = openpyxl.formatting.rule.FormulaRule(formula=["$C2>20"], font=Font(b=True))
        book.active.conditional_formatting.add("A2:C5", rule)
        book.active.auto_filter.ref = "A1:C5"

    with XlsxFile(_made(path, dress)) as file:
        file.append("Leads", [["R-5"], ["R-6"]])
        file.save()
    sheet = openpyxl.load_workbook(path)["Leads"]
    assert str(sheet.data_validations.dataValidation[0].sqref) == "B2:B7"
    assert [str(block.sqref) for block in sheet.conditional_formatting] == ["A2:C7"]
    assert sheet.auto_filter.ref == "A1:C7"


def _template(book: Any) -> None:
    sheet = book.active
    sheet["C6"], sheet["D4"] = "=SUM(C2:C5)", "=C4*2"
    sheet.merge_cells("A6:B6")
    sheet.row_dimensions[4].height, sheet.row_dimensions[6].height = 33, 44
    sheet.print_area = "A1:C6"
    sheet.row_breaks.append(openpyxl.worksheet.pagebreak.Break(id=5))
    sheet["B5"].comment = Comment("mind this", "Ana")
    book.create_sheet("Other")["A1"] = "=Leads!C6+Leads!$C$2"
    book.defined_names["total"] = openpyxl.workbook.defined_name.DefinedName("total", attr_text="Leads!$C$6")
    chart = openpyxl.chart.BarChart()
    chart.add_data(openpyxl.chart.Reference(sheet, min_col=3, min_row=1, max_row=5), titles_from_data=True)
    sheet.add_chart(chart, "E8")


def test_everything_follows_rows_that_are_inserted(path: Path) -> None:
    with XlsxFile(_made(path, _template)) as file:
        file.insert_rows("Leads", 5, 3)
        file.set("Leads", {"B5": "new"})
        file.save()
    book = openpyxl.load_workbook(path)
    sheet = book["Leads"]
    assert (sheet["C9"].value, sheet["D4"].value, sheet["B5"].value, sheet["B8"].value) == (
        "=SUM(C2:C8)",
        "=C4*2",
        "new",
        "Delta",
    )
    assert [str(block) for block in sheet.merged_cells.ranges] == ["A9:B9"]
    assert [sheet.row_dimensions[row].height for row in (4, 5, 7, 9)] == [33, 33, 33, 44]
    assert sheet.print_area == "'Leads'!$A$1:$C$9"
    assert [b.id for b in sheet.row_breaks.brk] == [8]
    assert sheet["B8"].comment.text == "mind this"
    assert book["Other"]["A1"].value == "=Leads!C9+Leads!$C$2"
    assert book.defined_names["total"].attr_text == "Leads!$C$9"
    members = _members(path)
    assert b"$C$2:$C$8" in members["xl/charts/chart1.xml"]
    assert (
        b"<xdr:row>10</xdr:row>" in members["xl/drawings/drawing1.xml"]
        or b"<row>10</row>" in members["xl/drawings/drawing1.xml"]
    )


# ------------------------------------------------------------------ rows that go


def test_a_list_closes_up_and_what_stands_beside_it_stays(path: Path) -> None:
    def dress(book: Any) -> None:
        sheet = book.active
        sheet["E2"], sheet["E5"], sheet["D5"] = "=C3*2", "a note", None
        sheet["F3"] = "a note beside"
        sheet.row_dimensions[3].height = 33
        sheet["B4"].comment = Comment("of Gamma", "Ana")
        book.create_sheet("Other")["A1"] = "=SUM(Leads!C2:C5)+Leads!C4+Leads!C2"

    with XlsxFile(_made(path, dress)) as file:
        assert file.remove_rows("Leads", [2]) == "A:C"
        file.save()
    book = openpyxl.load_workbook(path)
    sheet = book["Leads"]
    assert [sheet[f"A{row}"].value for row in range(1, 6)] == ["ID", "R-2", "R-3", "R-4", None]
    assert [sheet[place].value for place in ("E2", "E5", "F3")] == ["=C2*2", "a note", "a note beside"]
    assert sheet.row_dimensions[3].height == 33
    assert sheet["B3"].comment.text == "of Gamma"
    assert book["Other"]["A1"].value == "=SUM(Leads!C2:C4)+Leads!C3+Leads!#REF!"


def test_rows_of_a_table_go_and_the_table_with_them(path: Path) -> None:
    with XlsxFile(_with_table(path)) as file:
        assert file.remove_rows("Leads", [3, 4]) == "A:C"
        file.save()
    book = openpyxl.load_workbook(path)
    assert next(iter(book["Leads"].tables.values())).ref == "A1:C3"
    assert book["Sums"]["A1"].value == "=SUM(Leads!B2:B3)"
    assert [book["Leads"][f"F{row}"].value for row in (1, 3)] == ["a note beside", "another"]


@pytest.mark.parametrize(
    ("rows", "columns", "key"),
    [
        pytest.param([1], None, "table-in-the-way", id="a table's header"),
        pytest.param([3], "A:B", "table-in-the-way", id="a part of a table's columns"),
    ],
)
def test_what_excel_refuses_is_refused(path: Path, rows: list[int], columns: str | None, key: str) -> None:
    with XlsxFile(_with_table(path)) as file, pytest.raises(Unsupported) as refusal:
        file.remove_rows("Leads", rows, columns=columns)
    assert refusal.value.key == key


def _filled(path: Path, formula: str) -> Path:
    """A formula written once and filled over D2:D5, as Excel writes it."""
    members = _members(_made(path))
    sheet = members["xl/worksheets/sheet1.xml"].decode()
    for row in range(2, 6):
        said = f'<f t="shared" ref="D2:D5" si="0">{formula}</f>' if row == 2 else '<f t="shared" si="0"/>'
        at = sheet.index("</row>", sheet.index(f'<row r="{row}"'))
        sheet = f'{sheet[:at]}<c r="D{row}">{said}<v>{row}</v></c>{sheet[at:]}'
    members["xl/worksheets/sheet1.xml"] = sheet.encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def _set_first(file: XlsxFile) -> None:
    file.set("Leads", {"D2": 7})


def _remove(row: int) -> Callable[[XlsxFile], object]:
    return lambda file: file.remove_rows("Leads", [row])


def _insert(row: int, count: int) -> Callable[[XlsxFile], object]:
    return lambda file: file.insert_rows("Leads", row, count)


@pytest.mark.parametrize(
    ("formula", "edit", "after", "shared"),
    [
        pytest.param("C2*2", _set_first, {2: 7, 3: "=C3*2", 5: "=C5*2"}, True, id="its first cell is written over"),
        pytest.param("C2*2", _remove(2), {2: "=C2*2", 4: "=C4*2"}, True, id="its first row goes"),
        pytest.param("C2*$C$5", _remove(3), {2: "=C2*$C$4", 4: "=C4*$C$4"}, True, id="a fixed cell moves"),
        pytest.param("C1+C2", _remove(3), {3: "=#REF!+C3", 4: "=C3+C4"}, False, id="it looks at the row above"),
        pytest.param("C2*2", _insert(4, 2), {3: "=C3*2", 6: "=C6*2", 7: "=C7*2"}, True, id="rows come between"),
        pytest.param("SUM(C2:C$5)", _insert(4, 1), {2: "=SUM(C2:C$6)", 5: "=SUM(C5:C$6)"}, False, id="it reaches far"),
    ],
)
def test_a_filled_formula_goes_on(path: Path, formula: str, edit: Any, after: dict[int, Any], shared: bool) -> None:
    with XlsxFile(_filled(path, formula)) as file:
        edit(file)
        file.save()
    sheet = openpyxl.load_workbook(path)["Leads"]
    assert {row: sheet[f"D{row}"].value for row in after} == after
    assert ('t="shared"' in _sheet(path)) is shared


def test_part_of_a_formula_that_fills_a_block_is_left_alone(path: Path) -> None:
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("Leads")
    sheet.write_array_formula("B2:B5", "{=A2:A5*2}")
    for row in range(6):
        sheet.write(row, 0, row)
    book.close()
    for edit in (
        lambda f: f.set("Leads", {"B3": 1}),
        lambda f: f.remove_rows("Leads", [3]),
        lambda f: f.insert_rows("Leads", 4, 1),
    ):
        with XlsxFile(path) as file, pytest.raises(Unsupported) as refusal:
            edit(file)
        assert refusal.value.key == "array-in-the-way"
    with XlsxFile(path) as file:
        file.insert_rows("Leads", 2, 2)
        file.save()
    assert 'ref="B4:B7"' in _sheet(path)
    assert "A4:A7*2" in _sheet(path)


# ------------------------------------------------------------------ blocks and tabs


def test_a_block_says_the_grid_and_nothing_else(path: Path) -> None:
    with XlsxFile(_made(path)) as file:
        file.replace("Leads", [["x"], [1, 2]], block="A2:C3")
        file.save()
    assert _cells(path)[1:4] == [["x", None, None], [1, 2, None], ["R-3", "Gamma", 30]]
    with XlsxFile(path) as file:
        file.replace("Leads", [["all"]])
        file.save()
    assert [c for row in _cells(path) for c in row if c is not None] == ["all"]


def test_a_tab_is_added_at_the_end(path: Path) -> None:
    with XlsxFile(_made(path)) as file:
        file.add_tab("Istoric & note", [["No", "Ziua"], [1, date(2026, 11, 23)]])
        file.append("Istoric & note", [[2]])
        file.save()
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Leads", "Istoric & note"]
    assert _cells(path, "Istoric & note") == [["No", "Ziua"], [1, datetime(2026, 11, 23)], [2, None]]


def test_days_of_old_macs_are_counted_from_1904(path: Path) -> None:
    def dress(book: Any) -> None:
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904

    with XlsxFile(_made(path, dress)) as file:
        file.set("Leads", {"C2": date(2026, 11, 23)})
        file.save()
    assert CalamineWorkbook.from_path(path).get_sheet_by_name("Leads").to_python()[1][2] == date(2026, 11, 23)


# ------------------------------------------------------------------ one law for all edits

GRID = st.lists(st.lists(st.sampled_from(["a", "b", 1, 2.5, None]), min_size=3, max_size=3), min_size=6, max_size=14)
EDITS = st.lists(
    st.one_of(
        st.tuples(st.just("set"), st.integers(1, 16), st.integers(1, 5)),
        st.tuples(st.just("append"), st.integers(1, 3), st.just(0)),
        st.tuples(st.just("remove"), st.integers(2, 6), st.integers(1, 2)),
        st.tuples(st.just("insert"), st.integers(1, 8), st.integers(1, 3)),
    ),
    max_size=6,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(GRID, EDITS)
def test_any_edits_one_after_another_say_what_a_plain_grid_says(
    tmp_path: Path, rows: list[list[Any]], edits: Any
) -> None:
    path = tmp_path / "book.xlsx"
    book = openpyxl.Workbook()
    for place, row in enumerate(rows, 1):
        book.active.append([f"R-{place}", *row])
    book.active.title = "T"
    book.save(path)
    grid = {(r, c): v for r, row in enumerate(rows, 1) for c, v in enumerate([f"R-{r}", *row], 1) if v is not None}
    with XlsxFile(path) as file:
        for number, (kind, one, two) in enumerate(edits):
            if kind == "set":
                file.set("T", {f"{'ABCDE'[two - 1]}{one}": f"new {number}"})
                grid[one, two] = f"new {number}"
            elif kind == "append":
                first = max((row for row, _ in grid), default=0) + 1
                assert file.append("T", [[f"added {number}"]] * one) == first
                grid |= {(first + n, 1): f"added {number}" for n in range(one)}
            elif kind == "remove":
                gone = range(one, one + two)
                file.remove_rows("T", gone, columns="A:XFD")
                grid = {(r - sum(g < r for g in gone), c): v for (r, c), v in grid.items() if r not in gone}
            else:
                file.insert_rows("T", one, two)
                grid = {(r + two if r >= one else r, c): v for (r, c), v in grid.items()}
        file.save()
    sheet = openpyxl.load_workbook(path)["T"]
    assert {(c.row, c.column): c.value for row in sheet.iter_rows() for c in row if c.value is not None} == grid


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.booleans(), st.sampled_from([None, None, None, 30])), min_size=4, max_size=30
    ),
    st.sets(st.integers(2, 30), min_size=1, max_size=9),
    st.dictionaries(st.tuples(st.integers(1, 30), st.sampled_from("ABCE")), st.just("typed"), max_size=4),
)
def test_whatever_rows_go_the_others_close_up_and_what_stands_beside_stays(
    tmp_path: Path, rows: list[tuple[int, bool, int | None]], gone: set[int], typed: dict[tuple[int, str], str]
) -> None:
    path = tmp_path / "book.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    for row, (width, has_note, height) in enumerate(rows, 1):
        for column in "ABC"[:width]:
            sheet[f"{column}{row}"] = f"{column}{row}"
        if has_note:
            sheet[f"E{row}"] = f"note {row}"
        if height:
            sheet.row_dimensions[row].height = height
    cells = {(c.row, c.column_letter): c.value for line in sheet.iter_rows() for c in line if c.value is not None}
    book.save(path)
    with XlsxFile(path) as file:
        file.set("Sheet", {f"{column}{row}": text for (row, column), text in typed.items()})
        file.remove_rows("Sheet", gone, columns="A:C")
        file.save()
    cells |= typed
    moved = {(r - sum(g < r for g in gone), c): v for (r, c), v in cells.items() if c != "E" and r not in gone}
    stays = {place: value for place, value in cells.items() if place[1] == "E"}
    sheet = openpyxl.load_workbook(path)["Sheet"]
    found = {(c.row, c.column_letter): c.value for line in sheet.iter_rows() for c in line if c.value is not None}
    assert found == moved | stays
    heights = [sheet.row_dimensions[row].height for row in range(1, len(rows) + 1)]
    assert heights == [height for _, _, height in rows]


# ------------------------------------------------------------------ odd files


def _repacked(path: Path, change: Callable[[dict[str, bytes]], None], *, zip64: bool = False) -> Path:
    members = _members(path)
    change(members)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            with archive.open(name, "w", force_zip64=zip64) as member:
                member.write(data)
    return path


def test_a_zip_of_the_large_kind_is_edited(path: Path) -> None:
    _repacked(_made(path), lambda members: None, zip64=True)
    with XlsxFile(path) as file:
        file.set("Leads", {"B2": "new"})
        file.save()
    assert _cells(path)[1] == ["R-1", "new", 10]
    assert _cells(path)[4] == ["R-4", "Delta", 40]


def test_charts_of_the_newer_kind_follow(path: Path) -> None:
    chart = b'<cx:chart xmlns:cx="x"><cx:numDim><cx:f>Leads!$C$2:$C$5</cx:f></cx:numDim></cx:chart>'

    def add(members: dict[str, bytes]) -> None:
        members["xl/charts/chartEx1.xml"] = chart

    _repacked(_made(path), add)
    with XlsxFile(path) as file:
        file.insert_rows("Leads", 3, 2)
        file.save()
    assert _members(path)["xl/charts/chartEx1.xml"] == chart.replace(b"$C$5", b"$C$7")


def _as_sheet(change: Callable[[str], bytes]) -> Callable[[dict[str, bytes]], None]:
    def apply(members: dict[str, bytes]) -> None:
        members["xl/worksheets/sheet1.xml"] = change(members["xl/worksheets/sheet1.xml"].decode())

    return apply


def _prefixed(xml: str) -> bytes:
    xml = re.sub(r"<(/?)(?=[a-zA-Z])", r"<\1x:", xml)
    return xml.replace('xmlns="', 'xmlns:x="').encode()


def _unplaced(xml: str) -> bytes:
    return re.sub(r'(<(?:row|c)) r="[A-Z]*\d+"', r"\1", xml).encode()


def _with_comments_and_cdata(xml: str) -> bytes:
    return xml.replace("<sheetData>", "<!-- <row r='9'/> --><sheetData>").replace(">10<", "><![CDATA[10]]><").encode()


def _in_utf16(xml: str) -> bytes:
    return ('<?xml version="1.0" encoding="UTF-16"?>' + re.sub(r"^<\?xml[^>]*\?>", "", xml)).encode("utf-16")


@pytest.mark.parametrize(
    "oddity",
    [
        pytest.param(_prefixed, id="the main namespace has a prefix"),
        pytest.param(_unplaced, id="rows and cells do not say where they are"),
        pytest.param(_with_comments_and_cdata, id="comments and CDATA"),
        pytest.param(_in_utf16, id="UTF-16"),
        pytest.param(lambda xml: b"\xef\xbb\xbf" + xml.encode(), id="a byte order mark"),
        pytest.param(
            lambda xml: xml.replace("<row ", '<row x:y="a>b" xmlns:x="u" ').encode(), id="a > in an attribute"
        ),
        pytest.param(lambda xml: xml.replace("><row", ">\n  <row").replace("><c ", ">\n<c ").encode(), id="lines"),
    ],
)
def test_odd_sheets_are_edited_like_others(path: Path, oddity: Callable[[str], bytes]) -> None:
    _repacked(_made(path), _as_sheet(oddity))
    with XlsxFile(path) as file:
        file.set("Leads", {"B3": "new", "E2": "far"})
        assert file.append("Leads", [["R-5", "Omega"]]) == 6
        assert file.remove_rows("Leads", [2]) == "A:C"
        file.insert_rows("Leads", 2, 1)
        file.save()
    assert [row[:3] for row in _cells(path)] == [
        ["ID", "Company", "Value"],
        [None, None, None],
        ["R-2", "new", 20],
        ["R-3", "Gamma", 30],
        ["R-4", "Delta", 40],
        ["R-5", "Omega", None],
    ]
