"""What sync keeps while rows move in a workbook that people made their own: notes, answers, bold words, formulas."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from openpyxl.comments import Comment

from sheetcrm.problems import Busy, NotAllowed, Unsupported
from sheetcrm.sync import carry_out
from sheetcrm.tables import AddRows, CellChange, MoveRow, Plan, SetCells, Styled, WriteTab
from sheetcrm.workbooks.excel import ExcelWorkbook, XlsxFile
from sheetcrm.workbooks.excel.notes import put_note, take_notes
from sheetcrm.workbooks.memory import applied
from tests.workbook_suite import ADDRESSING, WORKBOOK, differences, key_of, plan_of
from tests.workbooks.laying import lay

MOVED = plan_of(MoveRow(key_of(WORKBOOK, "Leads", 3), "Deals", ((0, 0), (1, 1), (2, 3), (3, 4), (4, 5))))


@pytest.fixture
def workbook(tmp_path: Path) -> ExcelWorkbook:
    return lay(tmp_path / "crm.xlsx", WORKBOOK)


def _dressed(workbook: ExcelWorkbook, dress: Callable[[Any], None]) -> ExcelWorkbook:
    book = openpyxl.load_workbook(workbook.path)
    dress(book)
    book.save(workbook.path)
    return workbook


def _parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def _with_part(path: Path, name: str, change: Callable[[str], str]) -> None:
    parts = _parts(path)
    parts[name] = change(parts[name].decode()).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for part, data in parts.items():
            archive.writestr(part, data)


# ------------------------------------------------------------------ what rows take along


def test_formulas_of_the_teams_own_go_along_with_a_row_that_moves(workbook: ExcelWorkbook) -> None:
    def dress(book: Any) -> None:
        sheet = book["Our own"]
        sheet["D1"], sheet["D2"], sheet["D3"] = "=Leads!B3", "=Leads!B4", "=COUNTA(Leads!A2:A6)"
        sheet["D4"] = "=SUM(Leads!C3:D3)"

    workbook = _dressed(workbook, dress)
    receipt = workbook.apply(MOVED, workbook.read())
    sheet = openpyxl.load_workbook(workbook.path)["Our own"]
    assert [sheet[f"D{row}"].value for row in (1, 2, 3, 4)] == [
        "='Deals'!B3",
        "=Leads!B3",
        "=COUNTA(Leads!A2:A5)",
        "=SUM('Deals'!D3:E3)",
    ]
    assert receipt.notes == ()


def test_formulas_that_lost_their_cell_are_said(workbook: ExcelWorkbook) -> None:
    workbook = _dressed(workbook, lambda book: book["Our own"].__setitem__("D1", "=Leads!E3"))
    plan = plan_of(MoveRow(key_of(WORKBOOK, "Leads", 3), "Deals", ((0, 0), (1, 1))))
    assert workbook.apply(plan, workbook.read()).notes == ("formulas-lost-cells",)
    assert openpyxl.load_workbook(workbook.path)["Our own"]["D1"].value == "=Leads!#REF!"


def test_words_in_bold_stay_bold_in_the_other_tab(workbook: ExcelWorkbook) -> None:
    rich = "<is><r><rPr><b/></rPr><t>Be</t></r><r><t>ta</t></r></is>"

    def bold(xml: str) -> str:
        start = xml.index('<c r="B3"')
        return xml[:start] + f'<c r="B3" t="inlineStr">{rich}</c>' + xml[xml.index("</c>", start) + 4 :]

    _with_part(workbook.path, "xl/worksheets/sheet1.xml", bold)
    workbook.apply(MOVED, workbook.read())
    assert f'<c r="B3" t="inlineStr">{rich}</c>'.encode() in _parts(workbook.path)["xl/worksheets/sheet2.xml"]


def test_a_note_beside_the_list_stays_where_it_is(workbook: ExcelWorkbook) -> None:
    def dress(book: Any) -> None:
        book["Leads"]["H3"], book["Leads"]["H5"] = "red: call first", "green: later"

    workbook = _dressed(workbook, dress)
    base = workbook.read()
    workbook.apply(Plan(MOVED.changes, ADDRESSING), base)
    sheet = openpyxl.load_workbook(workbook.path)["Leads"]
    assert [sheet[f"H{row}"].value for row in range(2, 7)] == [None, "red: call first", None, "green: later", None]
    assert [sheet[f"A{row}"].value for row in range(2, 6)] == ["R-0001", "R-0003", None, "R-0005"]


def test_a_note_below_the_last_row_and_one_amid_the_columns_stay(workbook: ExcelWorkbook) -> None:
    def dress(book: Any) -> None:
        sheet = book["Leads"]
        for row in range(2, 12):
            sheet[f"H{row}"] = f"note {row}"
        sheet["K1"], sheet["K3"] = "Score", 7  # a column of the team's own, beyond the notes

    workbook = _dressed(workbook, dress)
    base = workbook.read()
    move = MoveRow(key_of(base, "Leads", 2), "Deals", ((0, 0), (1, 1)))
    workbook.apply(plan_of(move, AddRows("Leads", (("R-9", "New"),))), base)
    sheet = openpyxl.load_workbook(workbook.path)["Leads"]
    assert [sheet[f"H{row}"].value for row in range(2, 12)] == [f"note {row}" for row in range(2, 12)]
    assert (sheet["A2"].value, sheet["K2"].value) == ("R-0002", 7)
    assert sheet["A6"].value == "R-9"


def test_rows_that_move_both_ways_take_what_points_at_them_along(workbook: ExcelWorkbook) -> None:
    def dress(book: Any) -> None:
        book["Deals"].append(["R-0010", "Psi", 5, "Won"])
        book["Leads"]["H2"], book["Leads"]["H3"] = "=Leads!B3", "=Deals!B3"
        book["Deals"]["H2"] = "=Leads!B3&Deals!B2"

    workbook = _dressed(workbook, dress)
    base = workbook.read()
    there = MoveRow(key_of(base, "Leads", 3), "Deals", ((0, 0), (1, 1)))
    back = MoveRow(key_of(base, "Deals", 2), "Leads", ((0, 0), (1, 1)))
    workbook.apply(plan_of(there, back), base)
    book = openpyxl.load_workbook(workbook.path)
    assert (book["Deals"]["A3"].value, book["Leads"]["A6"].value) == ("R-0002", "R-0009")
    assert (book["Leads"]["H2"].value, book["Leads"]["H3"].value) == ("='Deals'!B3", "=Deals!B2")
    assert book["Deals"]["H2"].value == "='Deals'!B3&'Leads'!B6"


@pytest.mark.parametrize(
    ("title", "formula", "after"),
    [
        pytest.param("Clienți câștigați", "'Clien&#539;i c&#226;&#537;tiga&#539;i'!B4", "!B3", id="letters as numbers"),
        pytest.param("O'Neil", "&apos;O&apos;&apos;Neil&apos;!B4", "!B3", id="apostrophes as names"),
        pytest.param("Deals", "DEALS!B4", "!B3", id="other letter case"),
    ],
)
def test_titles_are_known_however_they_are_written(tmp_path: Path, title: str, formula: str, after: str) -> None:
    path = tmp_path / "book.xlsx"
    book = openpyxl.Workbook()
    book.active.title = title
    for row in range(1, 6):
        book.active.append([row, f"b{row}"])
    book.create_sheet("Sums")["A1"] = "=PLACE"
    book.save(path)
    _with_part(path, "xl/worksheets/sheet2.xml", lambda xml: xml.replace("PLACE", formula))
    with XlsxFile(path) as file:
        file.remove_rows(title, [2])
        file.save()
    assert openpyxl.load_workbook(path)["Sums"]["A1"].value.endswith(after)


def test_rows_move_between_tabs_whose_elements_are_called_differently(workbook: ExcelWorkbook) -> None:
    def prefixed(xml: str) -> str:
        return re.sub(r"<(/?)(?=[a-zA-Z])", r"<\1x:", xml).replace('xmlns="', 'xmlns:x="')

    _with_part(workbook.path, "xl/worksheets/sheet1.xml", prefixed)
    workbook.apply(MOVED, workbook.read())
    sheet = openpyxl.load_workbook(workbook.path)["Deals"]
    assert [cell.value for cell in sheet[3]][:4] == ["R-0002", "Beta", None, "Qualified"]


def test_a_note_on_a_cell_that_has_no_place_there_goes_to_the_record(workbook: ExcelWorkbook) -> None:
    def dress(book: Any) -> None:
        book["Leads"]["D3"].comment = Comment("asked twice", "Ana")
        book["Deals"]["A3"].comment = Comment("left over", "Dan")

    workbook = _dressed(workbook, dress)
    base = workbook.read()
    workbook.apply(plan_of(MoveRow(key_of(base, "Leads", 3), "Deals", ((0, 0), (1, 1)))), base)
    assert openpyxl.load_workbook(workbook.path)["Deals"]["A3"].comment.text == "left over\nasked twice"


def test_hidden_rows_stay_hidden_wherever_they_move(workbook: ExcelWorkbook) -> None:
    def dress(book: Any) -> None:
        book["Leads"].auto_filter.ref = "A1:E6"
        book["Leads"].row_dimensions[4].hidden = True

    workbook = _dressed(workbook, dress)
    workbook.apply(MOVED, workbook.read())
    sheet = openpyxl.load_workbook(workbook.path)["Leads"]
    assert [row for row in range(1, 7) if sheet.row_dimensions[row].hidden] == [3]
    assert sheet["A3"].value == "R-0003"


def test_a_conversation_goes_along_with_its_answers(shared: Path, tmp_path: Path, libreoffice: str) -> None:
    path = tmp_path / "book.xlsx"
    shutil.copyfile(shared / "xlsx_corpus" / "poi__64759.xlsx", path)
    with XlsxFile(path) as file:
        source = file.tab(file.tabs[0])
        (row, column, note) = next((r, c, n) for r in range(1, 60) for c, n in take_notes(source, r).items())
        target = file.add_tab("Other", [["a"], ["b"]])
        put_note(target, 2, 1, note)
        file.save()
    book = openpyxl.load_workbook(path)
    assert book["Other"]["A2"].comment.text == book[book.sheetnames[0]].cell(row, column).comment.text
    conversations = [data for name, data in _parts(path).items() if "threadedComments/" in name]
    assert len(conversations) == 2
    assert b'ref="A2"' in conversations[1]
    _opens(libreoffice, path, tmp_path)


def test_charts_and_pictures_of_a_tab_that_is_written_anew_stay(workbook: ExcelWorkbook) -> None:
    def dress(book: Any) -> None:
        sheet = book["Report"]
        chart = openpyxl.chart.BarChart()
        chart.add_data(openpyxl.chart.Reference(sheet, min_col=2, min_row=1, max_row=2))
        sheet.add_chart(chart, "E2")

    workbook = _dressed(workbook, dress)
    before = _parts(workbook.path)
    workbook.apply(
        plan_of(WriteTab("Report", ((Styled("Won", "header"), Styled(3, "count")),), (20,))), workbook.read()
    )
    after = _parts(workbook.path)
    kept = [name for name in before if "chart" in name or "drawing" in name]
    assert kept
    assert all(after[name] == before[name] for name in kept)
    assert openpyxl.load_workbook(workbook.path)["Report"]._charts


# ------------------------------------------------------------------ what the team locked


def test_a_protected_tab_is_written_only_where_the_team_says_so(workbook: ExcelWorkbook) -> None:
    def dress(book: Any) -> None:
        book["Leads"].protection.sheet = True
        book["Report"].protection.sheet = True

    workbook = _dressed(workbook, dress)
    base = workbook.read()
    change = SetCells(key_of(WORKBOOK, "Leads", 3), (CellChange(2, "Qualified", "Won"),))
    with pytest.raises(NotAllowed, match="protected"):
        workbook.apply(plan_of(change), base)
    assert workbook.read() == base
    assert workbook.apply(plan_of(WriteTab("Report", ((Styled("sync's own"),),))), base).written
    allowed = Plan((change,), ADDRESSING, write_protected=True)
    assert workbook.apply(allowed, workbook.read()).written
    assert openpyxl.load_workbook(workbook.path)["Leads"].protection.sheet


def test_a_signed_file_is_left_alone_unless_told(workbook: ExcelWorkbook) -> None:
    with zipfile.ZipFile(workbook.path, "a") as archive:
        archive.writestr("_xmlsignatures/sig1.xml", b"<Signature/>")
    base = workbook.read()
    with pytest.raises(Unsupported, match="signature"):
        workbook.apply(MOVED, base)
    with XlsxFile(workbook.path, break_signature=True) as file:
        file.set("Leads", {"B2": "changed"})
        file.save()
    assert _parts(workbook.path)["_xmlsignatures/sig1.xml"] == b"<Signature/>"


# ------------------------------------------------------------------ other programs and the disk


def _opens(libreoffice: str, path: Path, folder: Path) -> None:
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [libreoffice, profile, "--headless", "--convert-to", "ods", "--outdir", str(folder / "out"), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    assert (folder / "out" / f"{path.stem}.ods").exists()


@pytest.fixture
def open_in_libreoffice(workbook: ExcelWorkbook, tmp_path: Path, libreoffice: str) -> Iterator[Callable[[], None]]:
    """The workbook open in a real LibreOffice; gives how it is closed."""
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    program = subprocess.Popen(
        [libreoffice, profile, "--headless", "--norestore", str(workbook.path)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    lock = workbook.path.with_name(f".~lock.{workbook.path.name}#")
    for _ in range(600):
        if lock.exists():
            break
        time.sleep(0.1)

    def close() -> None:
        subprocess.run(["pkill", "-TERM", "-s", str(program.pid)], check=False)
        program.wait(60)

    yield close
    if program.poll() is None:
        subprocess.run(["pkill", "-KILL", "-s", str(program.pid)], check=False)
        program.wait(60)


def test_sync_says_who_has_it_open_and_waits_as_long_as_it_was_told(
    workbook: ExcelWorkbook, open_in_libreoffice: Callable[[], None]
) -> None:
    base = workbook.read()
    with pytest.raises(Busy, match="LibreOffice") as busy:
        workbook.apply(MOVED, base)
    assert "open" in str(busy.value)
    assert workbook.read() == base
    told: list[Busy] = []

    def close(busy: Busy) -> None:
        told.append(busy)
        open_in_libreoffice()
        workbook.path.with_name(f".~lock.{workbook.path.name}#").unlink(missing_ok=True)

    receipt = carry_out(workbook, lambda snapshot, now: MOVED, wait=timedelta(minutes=1), waiting=close)
    assert receipt.written
    assert len(told) == 1


FILLED_UP = """
import resource, signal, sys
from sheetcrm.problems import Unavailable
from sheetcrm.tables import AddRows
from sheetcrm.workbooks.excel import ExcelWorkbook
from tests.workbook_suite import plan_of
workbook = ExcelWorkbook(sys.argv[1])
base = workbook.read()
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
try:
    workbook.apply(plan_of(AddRows("Leads", (("x",),))), base)
except Unavailable as error:
    print(error)
"""


def test_a_full_disk_changes_nothing_and_leaves_nothing(workbook: ExcelWorkbook) -> None:
    before = workbook.path.read_bytes()
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-c", FILLED_UP, str(workbook.path)]
    said = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout
    assert "disk may be full" in said
    assert workbook.path.read_bytes() == before
    assert not list(workbook.path.parent.rglob("*.tmp"))
    assert workbook.apply(plan_of(AddRows("Leads", (("x",),))), workbook.read()).written


def test_rows_come_above_the_totals_of_a_table_and_into_it(tmp_path: Path) -> None:
    path = tmp_path / "crm.xlsx"
    book = xlsxwriter.Workbook(str(path))
    for tab in WORKBOOK.tabs[:2]:
        sheet = book.add_worksheet(tab.title)
        headers = [{"header": str(cell)} for cell in tab.rows[0]]
        headers[0]["total_string"], headers[2]["total_function"] = "Total", "count"
        rows = [[str(cell) if cell else None for cell in row] for row in tab.rows[1:]]
        options = {"columns": headers, "data": rows, "total_row": True, "name": f"All{tab.title}"}
        sheet.add_table(0, 0, len(rows) + 1, 4, options)
        sheet.write(f"H{len(rows) + 4}", f"=C{len(rows) + 2}*2")
    book.close()
    workbook = ExcelWorkbook(path)
    base = workbook.read()
    assert [sorted(tab.totals) for tab in base.tabs] == [[6], [2]]
    moves = [MoveRow(key_of(base, "Leads", row), "Deals", ((0, 0), (1, 1), (2, 2))) for row in (3, 6)]
    plan = plan_of(*moves, AddRows("Leads", (("R-0100", "Zeta"),)))
    workbook.apply(plan, base)
    assert differences(workbook.read(), applied(base, plan)) == []
    book = openpyxl.load_workbook(path)
    leads, deals = book["Leads"], book["Deals"]
    assert [leads[f"A{row}"].value for row in range(2, 7)] == ["R-0001", "R-0003", None, "R-0100", "Total"]
    assert [deals[f"A{row}"].value for row in range(2, 6)] == ["R-0009", "R-0002", "R-0005", "Total"]
    assert (leads.tables["AllLeads"].ref, deals.tables["AllDeals"].ref) == ("A1:E6", "A1:E5")
    assert (leads["H10"].value, deals["H7"].value) == ("=C6*2", "=C5*2")
