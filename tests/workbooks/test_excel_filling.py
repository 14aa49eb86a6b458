"""Templates of offers, filled: every placeholder, rows per line, totals that stay alive, and what must not happen."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Border, Font, PatternFill, Side
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation

from benchmarks.filling import example, fill_stranger, seconds
from sheetcrm.offers import Offer, OfferLine, OfferNumber, Party
from sheetcrm.placeholders import NAMES
from sheetcrm.problems import UsageError
from sheetcrm.workbooks.excel import Unsupported
from sheetcrm.workbooks.excel.filling import fill_template, standard_template, suffix_for
from sheetcrm.workbooks.excel.record import OfferRecord, cells_digest, read_record, record_of
from sheetcrm.workbooks.excel.template import check_template
from tests.conftest import require

TEMPLATES = {"en": ROOT / "templates" / "offer_template.xlsx", "ro": ROOT / "templates" / "offer_template_ro.xlsx"}
GOLDEN = [(lines, language) for language in TEMPLATES for lines in (1, 2, 10, 37, 500)]
CACHED = re.compile(rb"(</f>|<f[^<>]*/>)<v>[^<]*</v>")


def D(text: str) -> Decimal:
    return Decimal(text)


def _made(path: Path, lay: Callable[[Any], None]) -> Path:
    book = openpyxl.Workbook()
    book.active.title = "Offer"
    lay(book)
    book.save(path)
    return path


def _plain(book: Any) -> None:
    """The least that an offer needs: a row of lines in row 3, totals below."""
    page = book.active
    for place, said in {
        "A1": "{{offer.number}}",
        "B1": "{{client.name}}",
        "C1": "{{offer.date}}",
        "A3": "{{line.product}}",
        "B3": "{{line.quantity}}",
        "C3": "{{line.unit_price}}",
        "D3": "{{line.discount}}",
        "E3": "{{line.vat_rate}}",
        "F3": "{{line.value}}",
        "F4": "{{offer.net}}",
        "F5": "{{offer.vat}}",
        "F6": "{{offer.total}}",
    }.items():
        page[place] = said


def _filled(path: Path, offer: Offer, *, values: bool = False) -> Any:
    return openpyxl.load_workbook(BytesIO(fill_template(path, offer)), data_only=values)


def _part(data: bytes, name: str) -> str:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return archive.read(name).decode()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "template.xlsx"


@pytest.fixture
def plain(path: Path) -> Path:
    return _made(path, _plain)


# ---------------------------------------------------------------- the templates that come with sheetcrm


def halves() -> Offer:
    """Lines that come to half a cent, as binary fractions nearly do."""
    lines = []
    for place in range(1, 200):
        odd = 2 * place**3 + 1
        quantity, price, discount = (
            (D("0.5"), D(odd).scaleb(-2), D(0)),
            (D(1), D(odd) / 200, D(0)),
            (D(-1), D(odd) / 200, D(0)),
            (D(3), D(odd) / 200, D(0)),
            (D(1), D(odd) / 25, D("12.5")),
            (D("1.25"), D(odd) / 50, D(20)),
        )[place % 6]
        lines.append(OfferLine(quantity, price, D(("21", "11", "5.5", "0")[place % 4]), discount_percent=discount))
    return replace(example(1), lines=tuple(lines))


@pytest.fixture(scope="module")
def golden(libreoffice: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every golden offer: filled, without its results and worked out anew by LibreOffice, and as PDF."""
    folder = tmp_path_factory.mktemp("golden")
    offers = {f"{lines}-{language}": example(lines, language) for lines, language in GOLDEN}
    for name, offer in {**offers, "halves": halves()}.items():
        data = fill_template(TEMPLATES[offer.language], offer)
        (folder / f"{name}.xlsx").write_bytes(data)
        with (
            zipfile.ZipFile(BytesIO(data)) as archive,
            zipfile.ZipFile(folder / f"{name} bare.xlsx", "w") as out,
        ):
            for part in archive.namelist():
                out.writestr(part, CACHED.sub(rb"\1", archive.read(part)))
    office = [libreoffice, f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to"]
    bare, full = (
        sorted(folder.glob("* bare.xlsx")),
        sorted(set(folder.glob("*.xlsx")) - set(folder.glob("* bare.xlsx"))),
    )
    for kind, target, paths in (("xlsx:Calc MS Excel 2007 XML", "anew", bare), ("pdf", "pdf", full)):
        subprocess.run([*office, kind, "--outdir", folder / target, *paths], check=True, capture_output=True)
    return folder


@pytest.mark.parametrize("name", [*(f"{lines}-{language}" for lines, language in GOLDEN), "halves"])
def test_libreoffice_comes_to_our_totals(name: str, golden: Path) -> None:
    lines, _, language = name.partition("-")
    offer = example(int(lines), language) if language else halves()
    formulas = openpyxl.load_workbook(golden / f"{name}.xlsx").active
    ours = openpyxl.load_workbook(golden / f"{name}.xlsx", data_only=True).active
    anew = openpyxl.load_workbook(golden / "anew" / f"{name} bare.xlsx", data_only=True).active
    places = [cell.coordinate for row in formulas.iter_rows() for cell in row if cell.data_type == "f"]
    said = {place: D(str(anew[place].value)).quantize(D("0.01")) for place in places}
    assert said == {place: D(str(ours[place].value)).quantize(D("0.01")) for place in places}
    assert all(abs(D(str(anew[place].value)) - said[place]) < D("1e-9") for place in places)
    totals = offer.totals
    assert [said[f"I{row}"] for row in range(16, 16 + len(offer.lines))] == list(offer.values)
    below = 16 + len(offer.lines) + 1
    assert said[f"I{below}"] == totals.net
    assert [said[f"I{below + 1 + n}"] for n in range(len(totals.vat))] == [line.amount for line in totals.vat]
    assert said[f"I{below + 1 + len(totals.vat)}"] == totals.total
    assert len(places) == len(offer.lines) + 2 + 2 * len(totals.vat)


@pytest.mark.parametrize(("lines", "language"), GOLDEN)
def test_it_is_one_page_for_up_to_ten_lines(lines: int, language: str, golden: Path) -> None:
    said = subprocess.run(["pdfinfo", golden / "pdf" / f"{lines}-{language}.pdf"], capture_output=True, text=True)
    pages = int(re.search(r"Pages:\s+(\d+)", said.stdout)[1])  # type: ignore[index]  # it says so
    assert pages == 1 if lines <= 10 else pages > 1
    text = subprocess.run(
        ["pdftotext", "-layout", golden / "pdf" / f"{lines}-{language}.pdf", "-"], capture_output=True, text=True
    )
    assert (
        text.stdout.count("Produs" if language == "ro" else "Product") >= pages
    )  # each page says what its columns are
    assert "{{" not in text.stdout
    assert "#" not in text.stdout


def test_libreoffice_keeps_what_the_file_says_of_itself(golden: Path) -> None:
    data = (golden / "anew" / "10-ro bare.xlsx").read_bytes()
    assert read_record(data, "x.xlsx") == record_of(example(10, "ro"))


def test_a_file_that_was_only_saved_anew_says_the_same(golden: Path) -> None:
    ours, anew = ((golden / name).read_bytes() for name in ("10-ro.xlsx", "anew/10-ro bare.xlsx"))
    assert cells_digest(ours, "x.xlsx") == cells_digest(anew, "x.xlsx")
    other = fill_template(TEMPLATES["ro"], replace(example(10, "ro"), payment="40 days"))
    assert cells_digest(other, "x.xlsx") != cells_digest(ours, "x.xlsx")


@pytest.mark.parametrize("language", TEMPLATES)
def test_templates_are_as_the_script_makes_them(language: str, tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("make", ROOT / "templates" / "make.py")
    assert spec
    assert spec.loader
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    script.make(language, tmp_path / "made.xlsx")
    made, kept = (zipfile.ZipFile(path) for path in (tmp_path / "made.xlsx", TEMPLATES[language]))
    for name in set(made.namelist()) | set(kept.namelist()):
        if name != "docProps/core.xml":  # it says when
            assert made.read(name) == kept.read(name), f"{name}: run python templates/make.py"


@pytest.mark.parametrize("language", TEMPLATES)
def test_templates_ask_for_all_that_stands_on_an_offer(language: str) -> None:
    assert check_template(TEMPLATES[language]) == []
    with zipfile.ZipFile(TEMPLATES[language]) as archive:
        said = b" ".join(map(archive.read, archive.namelist())).decode("utf-8", "replace")
    left_out = {name for name in NAMES if "{{" + name + "}}" not in said}
    assert left_out == {
        "client.bank",
        "client.iban",
        "client.website",
        "issuer.contact",
        "line.code",
        "offer.valid_days",
        "offer.vat",
    }


def test_ten_lines_are_filled_faster_than_openpyxl_loads_and_saves_twice() -> None:
    ours, theirs = seconds(TEMPLATES["en"], times=7)
    assert ours < 2 * theirs


def test_the_page_on_templates_names_every_placeholder() -> None:
    said = (ROOT / "docs" / "templates.md").read_text("utf-8")
    assert set(re.findall(r"`((?:offer|issuer|client|line|vat)\.[a-z_]+)`", said)) == NAMES.keys()


@pytest.mark.parametrize("language", TEMPLATES)
def test_the_package_has_its_templates(language: str) -> None:
    assert standard_template(language) == (TEMPLATES[language].name, TEMPLATES[language].read_bytes())


# ---------------------------------------------------------------- cells


def test_a_placeholder_alone_becomes_a_value_in_the_look_of_its_cell(path: Path) -> None:
    def lay(book: Any) -> None:
        _plain(book)
        page = book.active
        page["A1"].font = Font(b=True)
        page["C1"].number_format = "dd/mm/yy"
        page["F6"].number_format = "#,##0.0000"
        page["G1"] = "{{offer.version}}"
        page["G2"] = "{{offer.valid_until}}"
        page["G3"] = "untouched"

    page = _filled(_made(path, lay), example(2), values=True).active
    assert (page["A1"].value, page["A1"].font.b) == ("OF-2026-0042-v1", True)
    assert (page["C1"].value, page["C1"].number_format) == (datetime(2026, 11, 25), "dd/mm/yy")
    assert (page["G1"].value, page["G2"].value, page["G2"].number_format) == (1, datetime(2026, 12, 25), "yyyy-mm-dd")
    assert page["F7"].number_format == "#,##0.0000"
    assert (page["A3"].value, page["B4"].value, page["C4"].value) == ("Rigid box A4", 2, 33.325)
    assert [page[f"F{row}"].value for row in (3, 4, 5, 6, 7)] == [19.99, 59.99, 79.98, 16.8, 96.78]


def test_nothing_that_stands_in_a_cell_is_hidden_by_its_format(path: Path) -> None:
    def lay(book: Any) -> None:
        _plain(book)
        for place, code in {
            "B3": "#,##0",
            "C3": "#,##0.00",
            "D3": "0%;-0%;",
            "E3": "0%",
            "F3": "#,##0.00 [$€-1]",
        }.items():
            book.active[place].number_format = code

    line = OfferLine(D("2.25"), D("1.2345"), D("5.5"), "x", discount_percent=D("7.5"))
    offer = replace(example(1), lines=(line, replace(line, quantity=D(2), discount_percent=D(0))))
    page = _filled(_made(path, lay), offer).active
    assert [page[f"{column}3"].number_format for column in "BCDEF"] == [
        "#,##0.00",
        "#,##0.0000",
        "0.0%;-0.0%;",
        "0.0%",
        "#,##0.00 [$€-1]",
    ]
    assert [page[f"{column}4"].number_format for column in "BD"] == ["#,##0", "0%;-0%;"]


@pytest.mark.parametrize(("currency", "code", "total"), [("HUF", "#,##0", 97), ("KWD", "#,##0.000", 96.77)])
def test_amounts_have_the_decimals_of_their_currency(path: Path, currency: str, code: str, total: float) -> None:
    def lay(book: Any) -> None:
        _plain(book)
        book.active["F6"].number_format = "#,##0.00"

    offer = replace(example(2), currency=currency)
    for values in (True, False):
        page = _filled(path if path.exists() else _made(path, lay), offer, values=values).active
        assert page["F7"].number_format == page["F3"].number_format == code
        if values:
            assert page["F7"].value == total == float(offer.totals.total)
        else:
            assert page["F3"].value == f"=ROUND(B3*C3*(1-D3),{len(code.partition('.')[2])})"


def test_rates_stand_as_plain_numbers_where_the_template_shows_no_percent(path: Path) -> None:
    def lay(book: Any) -> None:
        _plain(book)
        for place in ("D3", "E3"):
            book.active[place].number_format = '0.0" %"'

    template = _made(path, lay)
    page = _filled(template, example(3)).active
    assert [page[f"E{row}"].value for row in (3, 4, 5)] == [21, 21, 11]
    assert page["F3"].value == "=ROUND(B3*C3*(1-D3/100),2)"
    assert "SUMIF($E$3:$E$5,21,$F$3:$F$5)*0.21" in page["F7"].value


def test_among_other_words_and_in_several_looks(path: Path) -> None:
    bold = InlineFont(b=True)

    def lay(book: Any) -> None:
        _plain(book)
        page = book.active
        page["A10"] = "Offer {{offer.number}} of {{offer.date}}"
        page["A11"] = CellRichText(
            TextBlock(bold, "Dear "), "{{client.name}}, ", TextBlock(bold, "total {{offer.total}}")
        )
        page["A12"] = CellRichText(TextBlock(bold, "Notes: "), "{{offer.notes}}")
        page["A13"] = "Notes: {{offer.notes}}"

    data = fill_template(_made(path, lay), example(1))
    page = openpyxl.load_workbook(BytesIO(data), rich_text=True).active
    assert page["A10"].value == "Offer OF-2026-0042-v1 of 2026-11-25"
    assert str(page["A11"].value) == "Dear Șerban & Asociații SRL, total 24.19"
    assert [isinstance(run, TextBlock) for run in page["A11"].value] == [True, False, True]
    assert (page["A12"].value, page["A13"].value) == (None, None)
    assert page.row_dimensions[13].hidden  # nothing is left to say in it


def test_names_of_cells_are_placeholders_too(path: Path) -> None:
    def lay(book: Any) -> None:
        _plain(book)
        book.active["H1"] = "here the title"
        book.active["A3"] = "here the product"
        for name, place in {"Offer.Title": "$H$1", "line.product": "$A$3"}.items():
            book.defined_names[name] = DefinedName(name, attr_text=f"Offer!{place}")

    page = _filled(_made(path, lay), example(3)).active
    assert page["H1"].value == "Packaging for the winter"
    assert [page[f"A{row}"].value for row in (3, 4, 5)] == ["Rigid box A4", "Paper bag, kraft", "Gift box with ribbon"]


# ---------------------------------------------------------------- rows that repeat


def test_each_line_takes_everything_along(path: Path) -> None:
    def lay(book: Any) -> None:
        _plain(book)
        page = book.active
        page.row_dimensions[3].height = 27
        page["A3"].border = Border(bottom=Side("thin"))
        page["G3"] = "=F3*2"
        page["H3"] = "=F3/SUM($F$3:$F$3)"
        page["I3"] = "=ROW()-2"
        page["J3"], page["J1"] = "=F3*J1", 10
        page["K3"] = "m²"
        page.merge_cells("L3:M3")
        page["L3"] = "{{line.unit}}"
        page.merge_cells("N2:N3")
        page.conditional_formatting.add(
            "F3", FormulaRule(formula=["$F3>50"], fill=PatternFill("solid", bgColor="FFFF00"))
        )
        check = DataValidation("list", formula1='"pcs,kg"')
        check.add("L3")
        page.add_data_validation(check)
        page["A8"] = "=SUM(F3)+COUNT(F3:F3)"
        page["A9"] = "=F3"
        page.print_area = "A1:N9"
        page.print_title_rows = "2:2"

    page = _filled(_made(path, lay), example(4)).active
    assert [page.row_dimensions[row].height for row in range(2, 8)] == [None, 27, 27, 27, 27, None]
    assert page["A6"].border.bottom.style == "thin"
    assert [page[f"{column}5"].value for column in "GHIJK"] == [
        "=F5*2",
        "=F5/SUM($F$3:$F$6)",
        "=ROW()-2",
        "=F5*J1",
        "m²",
    ]
    assert {str(block) for block in page.merged_cells.ranges} == {"L3:M3", "L4:M4", "L5:M5", "L6:M6", "N2:N6"}
    assert [str(block.sqref) for block in page.conditional_formatting] == ["F3:F6"]
    assert str(page.data_validations.dataValidation[0].sqref) == "L3:L6"
    assert (page["A11"].value, page["A12"].value) == ("=SUM(F3:F6)+COUNT(F3:F6)", "=F3")
    assert (page["F7"].value, page["F9"].value) == ("=SUM($F$3:$F$6)", "=F7+F8")
    assert (page.print_area, page.print_title_rows) == ("'Offer'!$A$1:$N$12", "$2:$2")
    values = _filled(path, example(4), values=True).active
    assert [values[place].value for place in ("G5", "J5", "A11", "A12")] == [258.96, 1294.8, 483.44, 19.99]
    assert values["I5"].value is None  # ROW() is worked out by whoever opens it


def test_rows_of_vat_come_once_per_rate_and_lines_may_take_two_rows(path: Path) -> None:
    def lay(book: Any) -> None:
        _plain(book)
        page = book.active
        page["A4"], page["F4"] = "{{line.description}}", None
        page["D5"], page["E5"], page["F5"] = "{{vat.rate}}", "{{vat.base}}", "{{vat.amount}}"
        page["F7"], page["F8"] = "{{offer.net}}", "{{offer.vat}}"
        page["F6"], page["F9"] = None, "{{offer.total}}"
        page.row_dimensions[4].height = 9
        page["A4"].font = Font(i=True)

    template, offer = _made(path, lay), example(3)
    page, values = _filled(template, offer).active, _filled(template, offer, values=True).active
    assert [page[f"A{row}"].value for row in range(3, 9)] == [
        "Rigid box A4",
        "Printed inside and out",
        "Paper bag, kraft",
        None,
        "Gift box with ribbon",
        offer.lines[2].description,
    ]
    assert [page.row_dimensions[row].height for row in range(3, 9)] == [None, 9, None, 9, None, 9]
    assert [page[f"A{row}"].font.i for row in (7, 8)] == [False, True]
    assert page["E10"].value == "=SUMIF($E$3:$E$7,D10,$F$3:$F$7)"
    assert page["F10"].value == "=ROUND(E10*D10,2)"
    assert page["F13"].value == "=SUM($F$9:$F$10)"
    assert [values[f"F{row}"].value for row in (9, 10)] == [float(line.amount) for line in offer.totals.vat]
    assert [values[f"F{row}"].value for row in (12, 14)] == [float(offer.totals.net), float(offer.totals.total)]


def test_other_tabs_repeat_and_follow(path: Path) -> None:
    def lay(book: Any) -> None:
        _plain(book)
        other = book.create_sheet("Delivery note")
        other["A2"], other["B2"] = "{{line.product}}", "{{line.quantity}}"
        other["B3"] = "=SUM(B2:B2)"
        other["C3"] = "=SUM(Offer!F3)"
        other["D3"] = "{{offer.total}}"

    template = _made(path, lay)
    other, values = (_filled(template, example(3), values=values)["Delivery note"] for values in (False, True))
    assert [other[f"B{row}"].value for row in (2, 3, 4)] == [1, 2, 3]
    assert [other[f"{column}5"].value for column in "BCD"] == [
        "=SUM(B2:B4)",
        "=SUM(Offer!F3:F5)",
        "='Offer'!F6+'Offer'!F7",
    ]
    assert [values[f"{column}5"].value for column in "BCD"] == [6, 209.46, 240.5]


def test_a_template_without_what_formulas_need_gets_numbers(path: Path) -> None:
    def lay(book: Any) -> None:
        _plain(book)
        book.active["E3"] = book.active["D3"] = None

    page = _filled(_made(path, lay), example(3)).active
    offer = example(3)
    assert [page[f"F{row}"].value for row in (3, 4, 5)] == [float(value) for value in offer.values]
    assert page["F6"].value == "=SUM($F$3:$F$5)"
    assert [page["F7"].value, page["F8"].value] == [float(offer.totals.vat_amount), "=F6+F7"]
    page = _filled(path, replace(offer, lines=(replace(offer.lines[0], vat_percent=D("5.5")),))).active
    assert [page["F5"].value, page["F3"].value] == ["=ROUND(SUM($F$3:$F$3)*0.055,2)", "=ROUND(B3*C3,2)"]


def test_tables_charts_pictures_and_boxes_stay(path: Path, tmp_path: Path) -> None:
    picture = ROOT / "docs" / "images" / "today.png"
    book = xlsxwriter.Workbook(path)
    page = book.add_worksheet("Offer")
    page.set_header("&L&G&R{{offer.number}} for {{client.name}}", {"image_left": str(picture)})
    page.insert_textbox("H1", "For {{client.name}}")
    page.insert_image("H30", str(picture))
    headers = ["product", "quantity", "unit_price", "value"]
    page.add_table("A3:D4", {"name": "Lines", "columns": [{"header": header} for header in headers]})
    page.write_row("A4", ["{{line.product}}", "{{line.quantity}}", "{{line.unit_price}}", "{{line.value}}"])
    page.write_row("A1", ["{{offer.number}}", "{{offer.date}}", "{{client.name}}"])
    page.write_formula("D6", "=SUM(Lines[value])", None, 123)
    page.write("D7", "{{offer.net}}")
    chart = book.add_chart({"type": "pie"})
    chart.add_series({"categories": "=Offer!$A$4:$A$4", "values": "=Offer!$D$4:$D$4"})
    page.insert_chart("H12", chart)
    page.set_h_pagebreaks([9])
    book.close()
    offer = replace(
        example(3),
        client=Party("A & B <Ltd>"),
        lines=tuple(replace(line, discount_percent=D(0)) for line in example(3).lines),
    )
    data = fill_template(path, offer)
    assert 'ref="A3:D6"' in _part(data, "xl/tables/table1.xml")
    assert "<c:f>Offer!$D$4:$D$6</c:f>" in _part(data, "xl/charts/chart1.xml")
    assert "For A &amp; B &lt;Ltd&gt;" in _part(data, "xl/drawings/drawing1.xml")
    sheet = _part(data, "xl/worksheets/sheet1.xml")
    assert "&amp;L&amp;G&amp;ROF-2026-0042-v1 for A &amp;&amp; B &lt;Ltd&gt;</oddHeader>" in sheet
    assert '<brk id="11"' in sheet
    assert "<f>SUM(Lines[value])</f></c>" in sheet  # an old result is worse than none
    before, after = (zipfile.ZipFile(source) for source in (path, BytesIO(data)))
    assert {name for name in before.namelist() if "media" in name or "vml" in name} <= set(after.namelist())


def test_long_texts_get_room(path: Path) -> None:
    def lay(book: Any) -> None:
        _plain(book)
        page = book.active
        page["A3"].alignment = page["A9"].alignment = openpyxl.styles.Alignment(wrap_text=True)
        page.row_dimensions[3].height = 15
        page.merge_cells("A9:C9")
        page["A9"] = "{{offer.notes}}"

    lines = (replace(example(1).lines[0], product="A name of a product that is rather long"), example(1).lines[0])
    page = _filled(_made(path, lay), replace(example(1), lines=lines, notes="one\ntwo\nthree")).active
    assert page.row_dimensions[3].height > 40
    assert page.row_dimensions[4].height in (15, pytest.approx(31.94))
    assert page.row_dimensions[10].height > 40


def test_what_is_made_from_a_template_of_excels_own_is_a_workbook(path: Path) -> None:
    def lay(book: Any) -> None:
        _plain(book)
        book.template = True

    data = fill_template(_made(path.with_suffix(".xltx"), lay), example(1))
    assert "spreadsheetml.sheet.main+xml" in _part(data, "[Content_Types].xml")
    assert "template.main" not in _part(data, "[Content_Types].xml")
    assert [suffix_for(f"x{end}") for end in (".xlsx", ".xltx", ".XLTM", ".xlsm")] == [".xlsx"] * 2 + [".xlsm"] * 2


@settings(max_examples=25)
@given(
    st.lists(
        st.builds(
            OfferLine,
            st.decimals("0.01", 10_000, places=3),
            st.decimals(-1000, 10_000, places=4),
            st.sampled_from([D("21"), D("11"), D("5.5"), D("0")]),
            st.text(st.characters(codec="utf-8"), max_size=20),
            discount_percent=st.decimals(0, 100, places=2),
        ),
        min_size=1,
        max_size=12,
    ),
    st.sampled_from(["EUR", "RON", "HUF", "KWD"]),
)
def test_any_offer_says_its_own_totals(lines: list[OfferLine], currency: str) -> None:
    offer = replace(example(1), lines=tuple(lines), currency=currency)
    page = openpyxl.load_workbook(BytesIO(fill_template(TEMPLATES["en"], offer)), data_only=True).active
    below = 16 + len(lines) + 1
    assert [D(str(page[f"I{16 + n}"].value)) for n in range(len(lines))] == list(offer.values)
    assert D(str(page[f"I{below}"].value)) == offer.totals.net
    assert D(str(page[f"I{below + 1 + len(offer.totals.vat)}"].value)) == offer.totals.total


# ---------------------------------------------------------------- malice


@pytest.mark.parametrize(
    "typed",
    [
        '=HYPERLINK("http://evil.example","click")',
        "+1+1",
        "-1",
        "@SUM(A1)",
        "=cmd|'/c calc'!A1",
        "{{offer.total}}",
        "<b>&amp;\x0b_x000B_",
        "\u202e\u0007 x",
    ],
)
def test_peoples_words_stay_words(plain: Path, typed: str) -> None:
    offer = replace(
        example(1), client=Party(typed), lines=(replace(example(1).lines[0], product=typed, description=typed),)
    )
    data = fill_template(plain, offer)
    page = openpyxl.load_workbook(BytesIO(data)).active
    for place in ("B1", "A3"):
        assert page[place].data_type == "s"
        assert openpyxl.utils.escape.unescape(page[place].value) == typed or page[place].value == typed
        assert page[place].quotePrefix == typed.startswith(("=", "+", "-", "@"))
    assert page["A1"].value == "OF-2026-0042-v1"


def test_a_text_that_no_cell_holds_is_refused(plain: Path) -> None:
    with pytest.raises(Unsupported, match="Nothing was written"):
        fill_template(plain, replace(example(1), client=Party("x" * 40_000)))


def test_links_to_other_files_and_macros_are_told_and_kept(shared: Path, tmp_path: Path) -> None:
    corpus = shared / "xlsx_corpus"
    codes = {f.code for f in check_template(corpus / "paper-xlsx__vba-test.xlsm")}
    assert "macros" in codes
    outside = [p for p in sorted(corpus.glob("*.xlsx")) if b"externalLinks/externalLink1.xml" in p.read_bytes()]
    assert outside
    findings = [f for f in check_template(outside[0]) if f.code == "external-link"]
    assert findings
    assert all("kept and never followed" in f.said("en") for f in findings)


@pytest.mark.parametrize("formula", ['=WEBSERVICE("http://evil.example")', "=cmd|'/c calc'!A1"])
def test_formulas_that_reach_out_are_told(path: Path, formula: str) -> None:
    def lay(book: Any) -> None:
        _plain(book)
        book.active["H1"] = formula

    findings = check_template(_made(path, lay))
    assert [(f.code, f.tab, f.is_error) for f in findings] == [("external-formula", "Offer", False)]
    assert _filled(path, example(2)).active["H1"].value == formula


# ---------------------------------------------------------------- the check


@pytest.mark.parametrize(
    ("place", "said", "code", "where"),
    [
        pytest.param("H2", "{{clinet.name}}", "unknown", "H2", id="a misspelt placeholder"),
        pytest.param("H2", "for {{client}}", "unknown", "H2", id="half of one, among words"),
        pytest.param("H2", '="x "&"{{offer.number}}"', "in-formula", "H2", id="one inside a formula"),
        pytest.param("H3", "{{vat.rate}}", "two-kinds", "3", id="a rate in a row of lines"),
        pytest.param("A3", "a product", "missing", "", id="no product"),
        pytest.param("A1", "Offer", "missing", "", id="no number"),
    ],
)
def test_mistakes_are_named_by_cell(path: Path, place: str, said: str, code: str, where: str) -> None:
    def lay(book: Any) -> None:
        _plain(book)
        book.active[place] = said

    template = _made(path, lay)
    (finding,) = check_template(template)
    assert (finding.code, finding.place) == (code, where)
    for language in ("en", "ro"):
        assert finding.said(language).startswith("Offer!" if where else "")
    if finding.is_error:
        with pytest.raises(UsageError, match="Nothing was written") as error:
            fill_template(template, example(1))
        assert finding.said("ro") in error.value.text("ro")


def test_a_file_without_placeholders_is_no_template(path: Path) -> None:
    found = check_template(_made(path, lambda book: None))
    assert [finding.code for finding in found if finding.is_error] == ["no-line-row"]
    assert "{{line.product}}" in found[0].said("en")
    with pytest.raises(UsageError):
        fill_template(path, example(1))


def test_a_header_cannot_repeat(path: Path) -> None:
    def lay(book: Any) -> None:
        _plain(book)
        book.active.oddHeader.center.text = "{{line.product}} {{no.such}}"

    assert [f.code for f in check_template(_made(path, lay))] == ["not-there", "unknown"]


# ---------------------------------------------------------------- what the file says of itself


def test_a_file_says_what_it_is(plain: Path) -> None:
    offer = example(2)
    data = fill_template(plain, offer)
    assert read_record(data, "x.xlsx") == OfferRecord(
        OfferNumber(2026, 42), "R-0042", date(2026, 11, 25), date(2026, 12, 25), offer.content
    )
    assert read_record(plain.read_bytes(), "x.xlsx") is None


def test_an_old_offer_may_be_the_template_of_the_next(path: Path) -> None:
    def lay(book: Any) -> None:
        _plain(book)
        book.custom_doc_props.append(openpyxl.packaging.custom.StringProperty("Department", "Sales"))

    once = fill_template(_made(path, lay), example(1))
    kept = openpyxl.load_workbook(BytesIO(once)).custom_doc_props
    assert [(kept["Department"].value, kept["sheetcrm.offer"].value)] == [("Sales", "OF-2026-0042-v1")]
    book = openpyxl.load_workbook(BytesIO(once))
    _plain(book)
    book.save(path)
    again = fill_template(path, replace(example(1), number=OfferNumber(2026, 43), valid_until=None))
    record = read_record(again, "x.xlsx")
    assert record is not None
    assert (str(record.number), record.valid_until) == ("OF-2026-0043-v1", None)
    assert len(openpyxl.load_workbook(BytesIO(again)).custom_doc_props.names) == 6


# ---------------------------------------------------------------- workbooks that nobody here made

STRANGERS = (
    "calamine__pivots.xlsx closedxml__AllShapes.xlsx closedxml__FileWithButton.xlsm closedxml__SampleSparklines.xlsx "
    "closedxml__multi-table.xlsx closedxml__UsingPhonetics.xlsx open-xml-sdk__extlst.xlsx "
    "open-xml-sdk__PerformanceArabic.xlsx paper-xlsx__gauntlet.xlsx paper-xlsx__merged.xlsx paper-xlsx__vba-test.xlsm "
    "phpspreadsheet__32readwriteBarChart3.xlsx phpspreadsheet__namespacenonstd.xlsx phpspreadsheet__utf16be.bom.xlsx "
    "phpspreadsheet__sparklineEdgeCases.xlsx poi__45540_form_Header.xlsx poi__59746_NoRowNums.xlsx "
    "poi__simple-monthly-budget.xlsx poi__SimpleStrict.xlsx poi__StructuredRefs-lots-with-lookups.xlsx "
    "test_files__threaded_comments_none.xlsx wolfxl__real-excel-table-slicers.xlsx xlsxwriter__header_image12.xlsx "
    "xlsxwriter__date_1904_02.xlsx xlsxwriter__dynamic_array02.xlsx xlsxwriter__protect04.xlsx xlsxwriter__table39.xlsx"
).split()

CANNOT_BE_DIVIDED = "calamine__pivots.xlsx closedxml__SampleSparklines.xlsx closedxml__multi-table.xlsx".split()


@pytest.fixture
def strangers(shared: Path) -> Path:
    require((shared / "tools" / "check_lossless.py").is_file(), f"no checker in {shared}/tools")
    return shared / "xlsx_corpus"


@pytest.mark.parametrize("name", STRANGERS)
def test_nothing_but_filled_cells_and_shifted_rows_differs(name: str, strangers: Path, tmp_path: Path) -> None:
    outcome = fill_stranger(strangers / name, tmp_path)
    assert outcome.kind == "filled", outcome.lines
    # Where Excel would make no room, the row stands below what is there.
    assert outcome.row == ("below" if name in CANNOT_BE_DIVIDED else "among rows")
