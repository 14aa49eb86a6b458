"""The store in Excel files: the shared behaviour, and what is Excel's own."""

from __future__ import annotations

import shutil
import stat
import zipfile
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.table import Table

from sheetcrm.problems import Busy, Changed, NotAllowed, Unsupported, UsageError
from sheetcrm.tables import AddColumn, AddRows, Cell, CellError, Mark, MoveRow, Plan, Snapshot, Tab
from sheetcrm.workbooks import open_workbook
from sheetcrm.workbooks.excel import ExcelWorkbook
from tests.workbook_suite import WORKBOOK, WorkbookSuite, differences, key_of, plan_of
from tests.workbooks.laying import lay

ONE_ROW = plan_of(AddRows("Leads", (("R-0100", "Zeta"),)))


class TestExcel(WorkbookSuite):
    """The shared behaviour."""

    @pytest.fixture
    def make(self, tmp_path: Path) -> Callable[[Snapshot], ExcelWorkbook]:
        return lambda snapshot: lay(tmp_path / "crm.xlsx", snapshot)


@pytest.fixture
def workbook(tmp_path: Path) -> ExcelWorkbook:
    return lay(tmp_path / "crm.xlsx", WORKBOOK)


def _change(path: Path, edit: Callable[[Any], None]) -> ExcelWorkbook:
    """What a person with another program does to the file."""
    book = openpyxl.load_workbook(path)
    edit(book)
    book.save(path)
    return ExcelWorkbook(path)


def _apply(workbook: ExcelWorkbook, *changes: Any) -> Any:
    workbook.apply(plan_of(*changes), workbook.read())
    return openpyxl.load_workbook(workbook.path)


# ------------------------------------------------------------------ who has it open


@pytest.mark.parametrize(
    ("lock", "content", "said"),
    [
        pytest.param("~$crm.xlsx", b"\x03Ana" + b" " * 51 + b"\x03\0" + "Ana".encode("utf-16-le"), "Excel", id="Excel"),
        pytest.param("~$crm.xlsx", b"", "Excel", id="Excel's lock that cannot be read"),
        pytest.param(
            ".~lock.crm.xlsx#",
            "Ana Șerban,ana,desk,23.11.2026 09:12,file:///x;".encode(),
            "Ana Șerban (desk)",
            id="LibreOffice",
        ),
    ],
)
def test_a_file_that_somebody_has_open_is_left_alone(
    workbook: ExcelWorkbook, lock: str, content: bytes, said: str
) -> None:
    base = workbook.read()
    workbook.path.with_name(lock).write_bytes(content)
    with pytest.raises(Busy, match="open") as busy:
        workbook.apply(ONE_ROW, base)
    assert said in str(busy.value)
    assert lock in str(busy.value)
    assert workbook.read() == base


def test_a_second_sync_is_refused_while_the_first_holds_the_file(workbook: ExcelWorkbook) -> None:
    other = ExcelWorkbook(workbook.path)
    with workbook.held():
        workbook.apply(ONE_ROW, workbook.read())
        with pytest.raises(Busy, match="Another sync"):
            other.apply(ONE_ROW, other.read())
    assert other.apply(ONE_ROW, other.read()).written


def test_a_file_saved_in_between_is_noticed(workbook: ExcelWorkbook) -> None:
    base = workbook.read()
    after = _change(workbook.path, lambda book: book["Our own"].append(["typed"])).read()
    with pytest.raises(Changed):
        workbook.apply(ONE_ROW, base)
    assert workbook.read() == after
    assert not workbook.path.with_name("crm backups").exists()


# ------------------------------------------------------------------ copies and the disk


def test_fourteen_dated_copies_are_kept_and_strangers_stay(tmp_path: Path) -> None:
    workbook = lay(tmp_path / "crm.xlsx", WORKBOOK)
    moments = iter(datetime(2026, 11, 23, 2, 17, 5) + timedelta(days=n // 2) for n in range(17))
    workbook = ExcelWorkbook(workbook.path, clock=lambda: next(moments))
    folder = tmp_path / "crm backups"
    folder.mkdir()
    (folder / "crm before the fair.xlsx").write_bytes(b"mine")
    before = workbook.path.read_bytes()
    receipt = workbook.apply(ONE_ROW, workbook.read())
    assert Path(receipt.copy).name == "crm 2026-11-23 02.17.05.xlsx"
    assert Path(receipt.copy).read_bytes() == before
    for _ in range(16):
        workbook.apply(ONE_ROW, workbook.read())
    copies = sorted(file.name for file in folder.iterdir())
    assert len(copies) == 15
    assert "crm before the fair.xlsx" in copies
    assert "crm 2026-11-23 02.17.05.xlsx" not in copies


def test_rights_stay_and_nothing_is_left_lying_about(workbook: ExcelWorkbook) -> None:
    workbook.path.chmod(0o640)
    left = workbook.path.with_name(".crm.xlsx.sheetcrm-abc.tmp")
    left.write_bytes(b"of a run that was killed")
    workbook.apply(ONE_ROW, workbook.read())
    assert stat.S_IMODE(workbook.path.stat().st_mode) == 0o640
    assert not left.exists()
    assert {f.name for f in workbook.path.parent.iterdir()} == {"crm.xlsx", "crm backups", ".crm.xlsx.sheetcrm.lock"}


def test_a_link_to_the_workbook_stays_a_link(workbook: ExcelWorkbook, tmp_path: Path) -> None:
    link = tmp_path / "link.xlsx"
    link.symlink_to(workbook.path)
    through = ExcelWorkbook(link)
    assert through.apply(ONE_ROW, through.read()).written
    assert link.is_symlink()
    assert len(workbook.read().tabs[0].rows) == len(WORKBOOK.tabs[0].rows) + 1


# ------------------------------------------------------------------ what a row takes along


def test_a_row_takes_format_comment_link_and_height_along(workbook: ExcelWorkbook) -> None:
    def edit(book: Any) -> None:
        sheet = book["Leads"]
        sheet["B3"].font, sheet["B3"].fill = Font(b=True, color="FFFF0000"), PatternFill("solid", fgColor="FF00FF00")
        sheet["B3"].comment = Comment("call after six", "Ana")
        sheet["B4"].hyperlink = "https://gamma.example/"
        sheet["B6"].comment = Comment("stays", "Ana")
        sheet.row_dimensions[6].height = 42

    book = _apply(
        _change(workbook.path, edit),
        MoveRow(key_of(WORKBOOK, "Leads", 3), "Deals", ((0, 0), (1, 1))),
        MoveRow(key_of(WORKBOOK, "Leads", 4), "Deals", ((0, 0), (1, 1))),
    )
    deals, leads = book["Deals"], book["Leads"]
    assert (deals["B3"].value, deals["B3"].font.b, deals["B3"].fill.fgColor.rgb) == ("Beta", True, "FF00FF00")
    assert deals["B3"].comment.text == "call after six"
    assert deals["B4"].hyperlink.target == "https://gamma.example/"
    assert leads["B4"].comment.text == "stays"
    assert leads.row_dimensions[4].height == 42
    assert [c.value for c in leads["A"]] == ["ID", "R-0001", None, "R-0005"]


def test_formulas_close_up_and_keep_what_they_said(workbook: ExcelWorkbook) -> None:
    def edit(book: Any) -> None:
        for row in range(2, 7):
            book["Leads"].cell(row, 6).value = f"=LEN(B{row})*$A$1"
        book["Our own"]["D1"] = '=IF(1>0,"a<b & c","")'

    said: list[list[Cell]] = [list(row) + [""] * (5 - len(row)) for row in WORKBOOK.tabs[0].rows]
    for row, value in enumerate([4.0, True, CellError("#DIV/0!"), "tekst ș", 2.5], 1):
        said[row].append(value)
    workbook = _change(workbook.path, edit)
    _put_results(
        workbook.path,
        {
            "F2": b"<v>4</v>",
            "F3": b"b<v>1</v>",
            "F4": b"e<v>#DIV/0!</v>",
            "F5": "str<v>tekst ș</v>".encode(),
            "F6": b"<v>2.5</v>",
        },
    )
    base = workbook.read()
    assert [row[5] if len(row) > 5 else "" for row in base.tabs[0].rows[1:]] == [row[5] for row in said[1:]]
    key = next(k for k in [key_of(base, "Leads", 3)])
    workbook.apply(plan_of(MoveRow(key, "Deals", ((0, 0), (1, 1), (5, 5)))), base)
    after = workbook.read()
    assert [after.tabs[0].cell(row, 5) for row in range(1, 5)] == [4.0, CellError("#DIV/0!"), "tekst ș", 2.5]
    assert after.tabs[0].formulas[2, 5] == "=LEN(B3)*$A$1"
    assert after.tabs[1].cell(2, 5) is True
    assert after.tabs[1].formulas == {}


def _put_results(path: Path, results: dict[str, bytes]) -> None:
    """Results as Excel leaves them; openpyxl writes none."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"]
    for place, result in results.items():
        kind, _, value = result.rpartition(b"<v>")
        kind, value = kind.replace(b"<v>", b""), b"<v>" + value
        start = sheet.index(f'<c r="{place}"'.encode())
        end = sheet.index(b"</c>", start)
        cell = sheet[start:end].replace(b"<v></v>", value).replace(b"<v/>", value).replace(b"<v />", value)
        if kind:
            cell = cell.replace(b">", b' t="' + kind + b'">', 1)
        sheet = sheet[:start] + cell + sheet[end:]
    parts["xl/worksheets/sheet1.xml"] = sheet
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


def test_tables_and_filters_reach_as_far_as_their_rows(workbook: ExcelWorkbook) -> None:
    def edit(book: Any) -> None:
        book["Leads"].add_table(Table(displayName="LeadsTable", ref="A1:E6"))
        book["Deals"].auto_filter.ref = "A1:E2"

    book = _apply(
        _change(workbook.path, edit),
        AddColumn("Leads", 5, "Ours", 0),
        *(MoveRow(key_of(WORKBOOK, "Leads", row), "Deals", ((0, 0),)) for row in (2, 3, 6)),
        AddRows("Leads", (("R-0200",),)),
    )
    table = book["Leads"].tables["LeadsTable"]
    assert table.ref == "A1:F4"
    assert [column.name for column in table.tableColumns] == ["ID", "Company", "Stage", "Next step on", "Notes", "Ours"]
    assert book["Deals"].auto_filter.ref == "A1:E5"


def test_new_rows_look_like_the_row_above_and_numbers_never_like_dates(workbook: ExcelWorkbook) -> None:
    def edit(book: Any) -> None:
        book["Deals"]["B2"].font = Font(i=True)
        book["Deals"]["C2"].number_format = "#,##0.00"

    book = _apply(_change(workbook.path, edit), AddRows("Deals", (("R-1", "x", Decimal("5.5"), "Won", 7),)))
    deals = book["Deals"]
    assert deals["B3"].font.i
    assert (deals["C3"].value, deals["C3"].number_format) == (5.5, "#,##0.00")
    assert (deals["E3"].value, deals["E3"].number_format) == (7, "General")


@pytest.mark.parametrize(
    "text", ["=1+1", "+40 722", "-", "@SUM(A1)", "=", "'=1", "_x000B_", "a\x0bb", " x ", "1\n2", "ș"]
)
def test_text_of_people_stays_text(workbook: ExcelWorkbook, text: str) -> None:
    book = _apply(workbook, AddRows("Our own", ((text,),)))
    assert book["Our own"]["A3"].data_type == "s"
    assert workbook.read().tabs[3].rows[2][0] == text
    assert workbook.read().tabs[3].formulas == {}


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.lists(
            st.one_of(
                st.text(
                    st.characters(exclude_categories=["Cs"], exclude_characters="\r\x00\ufffe\uffff"), max_size=12
                ).filter(lambda text: not text or text.strip()),
                st.floats(allow_nan=False, allow_infinity=False, width=64),
                st.booleans(),
                st.dates(date(1901, 1, 1), date(2200, 1, 1)),
                st.decimals(-(10**9), 10**9, places=2),
            ),
            max_size=5,
        ).map(tuple),
        min_size=1,
        max_size=6,
    )
)
def test_whatever_is_added_reads_back_the_same(tmp_path: Path, rows: list[tuple[Cell, ...]]) -> None:
    workbook = lay(tmp_path / "crm.xlsx", WORKBOOK)
    base = workbook.read()
    # Each row begins with a word, so that none is blank.
    worded = tuple(("row", *row) for row in rows)
    workbook.apply(plan_of(AddRows("Leads", worded)), base)
    after = workbook.read().tabs[0]
    found = Snapshot((Tab("T", [[after.cell(6 + r, c) for c in range(6)] for r in range(len(rows))]),))
    assert differences(found, Snapshot((Tab("T", [(*row, *[""] * (6 - len(row))) for row in worded]),))) == []


def test_a_number_of_seventeen_digits_stays_as_it_is(workbook: ExcelWorkbook) -> None:
    workbook = _change(workbook.path, lambda book: None)
    workbook.apply(plan_of(AddRows("Our own", ((0.1 + 0.2,),))), workbook.read())
    workbook.apply(ONE_ROW, workbook.read())
    assert workbook.read().tabs[3].rows[2][0] == 0.1 + 0.2


# ------------------------------------------------------------------ marks


def test_marks_follow_when_people_rename_and_a_copied_tab_bears_none(workbook: ExcelWorkbook) -> None:
    def edit(book: Any) -> None:
        book["Leads"].title = "People we talk to"
        for name in book.defined_names.values():
            name.attr_text = name.attr_text.replace("'Leads'", "'People we talk to'")
        book.copy_worksheet(book["People we talk to"]).title = "Leads"

    after = _change(workbook.path, edit).read()
    assert [(tab.title, tab.mark) for tab in after.tabs if tab.title != "Our own"] == [
        ("People we talk to", "leads"),
        ("Deals", "deals"),
        ("Report", "report"),
        ("Leads", ""),
    ]
    assert after.tabs[0].marks == {"id": 0, "company": 1, "stage": 2}


def test_a_title_with_quotes_bears_marks(tmp_path: Path) -> None:
    tab = Tab("Ana's “leads” & co!", (("ID", "x"),), "leads", {"id": 0})
    workbook = lay(tmp_path / "crm.xlsx", Snapshot((tab,)))
    assert workbook.read().tabs[0].mark == "leads"
    workbook.apply(Plan((Mark(tab.title, "leads", (("company", 1),)),)), workbook.read())
    assert workbook.read().tabs[0].marks == {"id": 0, "company": 1}


# ------------------------------------------------------------------ what is no workbook, and what is kept


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        pytest.param("crm.csv", b"ID,Company\n", "not an Excel workbook", id="a CSV file"),
        pytest.param(
            "crm.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "not an Excel workbook", id="an old .xls"
        ),
        pytest.param("crm.xlsx", b"", "damaged", id="an empty file"),
        pytest.param("crm.xlsx", b"PK\x03\x04 and no more", "damaged", id="a zip cut short"),
    ],
)
def test_what_is_no_workbook_is_said_in_a_sentence(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(Unsupported, match=said):
        open_workbook(path).read()


def test_a_file_that_is_not_there_and_an_address_are_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no workbook"):
        open_workbook(tmp_path / "none.xlsx").read()
    with pytest.raises(UsageError, match="not the address of a Google Sheet"):
        open_workbook("https://docs.google.com/spreadsheets/d/x")


def test_a_far_off_cell_takes_no_memory(tmp_path: Path) -> None:
    workbook = lay(tmp_path / "crm.xlsx", WORKBOOK)
    workbook = _change(workbook.path, lambda book: book["Leads"].cell(1_048_576, 16_384, "far"))
    with pytest.raises(Unsupported, match="far away"):
        workbook.read()


def test_a_file_that_unpacks_to_far_too_much_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", b"<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", bytes(50_000_000))
    with pytest.raises(Unsupported, match="unpacks"):
        ExcelWorkbook(path).read()


OURS = tuple(
    f"xl/{name}" for name in ("worksheets/sheet", "tables/", "styles", "workbook", "_rels/workbook", "calcchain")
)
"""Parts that may change when rows are added; all others keep their bytes."""


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("closedxml__AllShapes.xlsx", id="shapes"),
        pytest.param("closedxml__ImageAnchors.xlsx", id="pictures"),
        pytest.param("closedxml__SampleSparklines.xlsx", id="sparklines"),
        pytest.param("closedxml__FileWithButton.xlsm", id="form controls"),
        pytest.param("wolfxl__real-excel-table-slicers.xlsx", id="slicers"),
        pytest.param("poi__InlineString.xlsx", id="rich text"),
        pytest.param("closedxml__UsingPhonetics.xlsx", id="phonetic text"),
        pytest.param("poi__64759.xlsx", id="threaded comments"),
        pytest.param("xlsxwriter__checkbox01.xlsx", id="check boxes"),
        pytest.param("xlsxwriter__dynamic_array02.xlsx", id="dynamic arrays"),
        pytest.param("xlsxwriter__header_image12.xlsx", id="pictures in headers"),
        pytest.param("open-xml-sdk__QueryTable.xlsx", id="query tables"),
        pytest.param("open-xml-sdk__OLE-O12-XL-OLE.xlsx", id="embedded files"),
        pytest.param("poi__64667.xlsx", id="table styles"),
        pytest.param("poi__WithChartSheet.xlsx", id="chart sheets"),
        pytest.param("paper-xlsx__vba-test.xlsm", id="macros"),
    ],
)
def test_what_a_workbook_holds_is_kept_to_the_byte(shared: Path, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    shutil.copyfile(shared / "xlsx_corpus" / name, path)
    before = _parts(path)
    workbook = ExcelWorkbook(path)
    base = workbook.read()
    assert workbook.apply(Plan((AddRows(base.tabs[0].title, (("x", 1.5),)),)), base).written
    after = _parts(path)
    changed = {part for part in before.keys() | after.keys() if before.get(part) != after.get(part)}
    assert [part for part in changed if not part.lower().startswith((*OURS, "[content"))] == []


def _parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def test_every_file_of_the_corpus_is_written_right_or_refused(shared: Path, tmp_path: Path) -> None:
    written = 0
    for number, source in enumerate(sorted((shared / "xlsx_corpus").glob("*.xls*"))):
        path = tmp_path / f"{number}{source.suffix}"
        shutil.copyfile(source, path)
        workbook = ExcelWorkbook(path)
        try:
            base = workbook.read()
            if base.tabs:
                workbook.apply(Plan((AddRows(base.tabs[0].title, (("=x", "+1", 3, "a"),)),)), base)
                written += 1
        except (Unsupported, NotAllowed):
            assert path.read_bytes() == source.read_bytes(), source.name
    assert written > 120


def test_macros_are_kept(shared: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(shared / "xlsx_corpus" / "paper-xlsx__vba-test.xlsm") as archive:
        macros = archive.read("xl/vbaProject.bin")
    path = lay(tmp_path / "crm.xlsx", WORKBOOK).path
    with_macros = path.with_suffix(".xlsm")
    _add_macros(path, with_macros, macros)
    workbook = ExcelWorkbook(with_macros)
    assert workbook.apply(ONE_ROW, workbook.read()).written
    with zipfile.ZipFile(with_macros) as archive:
        assert archive.read("xl/vbaProject.bin") == macros
        assert b"macroEnabled" in archive.read("[Content_Types].xml")


def _add_macros(source: Path, target: Path, macros: bytes) -> None:
    sheet_kind, macro_kind = (
        b"openxmlformats-officedocument.spreadsheetml.sheet.main",
        b"ms-excel.sheet.macroEnabled.main",
    )
    kind = b"http://schemas.microsoft.com/office/2006/relationships/vbaProject"
    relation = b'<Relationship Id="rIdM" Type="' + kind + b'" Target="vbaProject.bin"/></Relationships>'
    default = b'<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/></Types>'
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "[Content_Types].xml":
                data = data.replace(sheet_kind, macro_kind).replace(b"</Types>", default)
            elif name == "xl/_rels/workbook.xml.rels":
                data = data.replace(b"</Relationships>", relation)
            new.writestr(name, data)
        new.writestr("xl/vbaProject.bin", macros)


def test_no_right_to_write_is_said(workbook: ExcelWorkbook, monkeypatch: pytest.MonkeyPatch) -> None:
    base = workbook.read()

    def refuse(*args: object, **more: object) -> None:
        raise PermissionError

    monkeypatch.setattr("sheetcrm.workbooks.excel.files.tempfile.mkstemp", refuse)
    with pytest.raises(NotAllowed):
        workbook.apply(ONE_ROW, base)
    assert workbook.read() == base
