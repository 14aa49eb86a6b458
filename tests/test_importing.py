"""Reading other people's files, mapping their columns, and taking them in."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetcrm.columns import read_layout
from sheetcrm.importing import ImportReport, import_into, open_import
from sheetcrm.importing.files import Contents, read_file, sniff_delimiter, sniff_encoding
from sheetcrm.importing.headers import target_called
from sheetcrm.importing.maps import ImportMap, read_map
from sheetcrm.importing.reading import Understood, understand
from sheetcrm.pipeline import read_rules
from sheetcrm.plan import make_plan
from sheetcrm.problems import SheetCrmError, Stopped, UsageError
from sheetcrm.setup import fresh_workbook
from sheetcrm.tables import Cell, Snapshot
from sheetcrm.validate import context_of
from sheetcrm.workbooks.memory import MemoryWorkbook

FAIR = "Firmă,Telefon,Observații\nȚesătorul SRL,0722 111 222,îl sunăm\n"


def written(folder: Path, data: str | bytes, name: str = "list.csv") -> Path:
    file = folder / name
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    return file


def rows(contents: Contents) -> list[tuple[int, list[object]]]:
    return [(line.number, list(line.cells)) for line in contents.lines]


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        pytest.param(FAIR.encode(), "utf-8", id="what everybody writes today"),
        pytest.param(FAIR.encode("utf-8-sig"), "utf-8-sig", id="Excel's “CSV UTF-8”"),
        pytest.param(FAIR.encode("utf-16"), "utf-16", id="Excel's “Unicode text”"),
        pytest.param(FAIR.encode("utf-16-le"), "utf-16-le", id="the same without its mark"),
        pytest.param("Țesătorul".replace("Ț", "Ţ").encode("cp1250"), "cp1250", id="old Romanian Windows"),
        pytest.param("„Țesătorul”, ștampilă".encode("iso-8859-16"), "iso-8859-16", id="Romanian Unix"),
        pytest.param("Crème brûlée à Mâcon".encode("cp1252"), "cp1252", id="French Windows"),
        pytest.param("José Muñoz".encode("cp1252"), "cp1252", id="Spanish Windows"),
        pytest.param(b"Company,Phone\nACME,1\n", "utf-8", id="nothing but ASCII"),
    ],
)
def test_encoding_is_found_out(data: bytes, encoding: str) -> None:
    assert sniff_encoding(data) == encoding


@given(st.text(), st.sampled_from(["utf-8", "utf-8-sig"]))
def test_utf_8_is_always_recognised(text: str, encoding: str) -> None:
    data = text.replace("\x00", "").encode(encoding, "replace")
    if not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        assert sniff_encoding(data) in ("utf-8", "utf-8-sig")


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        pytest.param("a,b\n1,2\n", ",", id="commas"),
        pytest.param("a;b\n1,5;2,5\n3;4\n", ";", id="semicolons, with decimal commas"),
        pytest.param("a\tb\nx, y\t2\n", "\t", id="tabs"),
        pytest.param("a|b\n1|2\n", "|", id="bars"),
        pytest.param('a,b\n"one; two; three",2\n"x; y; z",3\n', ",", id="semicolons within quotation marks"),
        pytest.param("company\nACME\n", ",", id="a single column"),
        pytest.param("My list\n\na;b;c\n1;2;3\n4;5;6\n", ";", id="a title above"),
    ],
)
def test_delimiter_is_found_out(text: str, delimiter: str) -> None:
    assert sniff_delimiter(text) == delimiter


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param("a,b\n1,2\n", [(1, ["a", "b"]), (2, ["1", "2"])], id="plain"),
        pytest.param("a,b\r1,2\r", [(1, ["a", "b"]), (2, ["1", "2"])], id="line ends of an old Mac"),
        pytest.param("a,b\n\n,\n1,2\n", [(1, ["a", "b"]), (4, ["1", "2"])], id="blank lines are left out"),
        pytest.param(
            'a,b\n"one\ntwo",2\n3,4\n',
            [(1, ["a", "b"]), (2, ["one\ntwo", "2"]), (4, ["3", "4"])],
            id="a cell of two lines",
        ),
        pytest.param("sep=;\na;b\n1;2\n", [(2, ["a", "b"]), (3, ["1", "2"])], id="Excel names the delimiter"),
        pytest.param("a,b\n007,=1+1\n", [(1, ["a", "b"]), (2, ["007", "=1+1"])], id="cells stay as they are"),
        pytest.param('a,b\n19" rack,2\n', [(1, ["a", "b"]), (2, ['19" rack', "2"])], id="inches"),
    ],
)
def test_text_is_read_with_its_line_numbers(tmp_path: Path, data: str, expected: list[object]) -> None:
    assert rows(read_file(written(tmp_path, data))) == expected


@pytest.mark.parametrize(
    "data",
    [
        pytest.param('a,b\n1,2\n"3,4\n5,6\n7,8\n', id="up to the end of the file"),
        pytest.param('a,b\n1,2\n"3,4\n5,6\n"7",8\n', id="up to the next quotation mark"),
    ],
)
def test_a_quotation_mark_left_open_costs_one_line(tmp_path: Path, data: str) -> None:
    contents = read_file(written(tmp_path, data))
    assert [(n.line, n.why) for n in contents.unread] == [(3, "open-quote")]
    assert [line.number for line in contents.lines] == [1, 2, 4, 5]


def test_a_spreadsheet_keeps_its_numbers_and_dates(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Company", "Phone", "Since"])
    book.active.append(["ACME", 722111222, None])
    book.create_sheet("Other").append(["x"])
    book.save(tmp_path / "list.xlsx")
    assert rows(read_file(tmp_path / "list.xlsx")) == [
        (1, ["Company", "Phone", "Since"]),
        (2, ["ACME", 722111222, ""]),
    ]
    assert rows(read_file(tmp_path / "list.xlsx", sheet="Other")) == [(1, ["x"])]
    with pytest.raises(UsageError, match="only: Sheet, Other"):
        read_file(tmp_path / "list.xlsx", sheet="Nope")


@pytest.mark.parametrize(
    ("data", "name", "asked", "says"),
    [
        pytest.param(None, "list.csv", {}, "There is no file", id="no file"),
        pytest.param(b"PK no zip", "list.xlsx", {}, "cannot be read", id="a spreadsheet in name only"),
        pytest.param("a,b\n", "list.csv", {"sheet": "One"}, "is a text file", id="a sheet of a text"),
        pytest.param(b"\xff\n", "list.csv", {"encoding": "utf-8"}, "is not text in “utf-8”", id="another encoding"),
    ],
)
def test_what_cannot_be_read_says_so(
    tmp_path: Path, data: str | bytes | None, name: str, asked: dict[str, str], says: str
) -> None:
    file = tmp_path / name if data is None else written(tmp_path, data, name)
    with pytest.raises(SheetCrmError, match=says) as error:
        read_file(file, **asked)
    assert "Nothing was imported" in str(error.value)
    assert "Nu s-a importat nimic" in error.value.text("ro")


# ---------------------------------------------------------------- mapping and reading


def taken_in(folder: Path, data: str, tab: str = "Leads", toml: str = "", language: str = "en") -> Understood:
    """What becomes of a text file in a fresh workbook."""
    import_map = read_map(written(folder, toml, "map.toml")) if toml else ImportMap()
    layouts = read_layout(fresh_workbook(language)).layouts
    rules = read_rules(layouts, {})
    contents = read_file(written(folder, data), encoding=import_map.encoding, delimiter=import_map.delimiter)
    target = target_called(tab, layouts, language)
    return understand(contents, import_map, target, rules.pipeline, context_of(rules, date(2026, 11, 23)))


def cells(found: Understood) -> list[Mapping[str, Cell]]:
    return [arrival.cells for arrival in found.arrivals]


@pytest.mark.parametrize(
    ("data", "toml", "expected"),
    [
        pytest.param(
            "Firma;TELEFON;e mail\nACME;0722111222;a@b.ro\n",
            "",
            {"company": "ACME", "phone": "0722111222", "email": "a@b.ro"},
            id="headers of either language need no map",
        ),
        pytest.param(
            "Kunde;Wer\nACME;Ana\n",
            '[columns]\nKunde = "Companie"\nWer = "Contact"',
            {"company": "ACME", "contact": "Ana"},
            id="a map may speak Romanian and English",
        ),
        pytest.param(
            "Company;Booth;Junk\nACME;B-12;x\n",
            '[columns]\nJunk = "-"',
            {"company": "ACME", "Booth": "B-12"},
            id="a column that is none of ours comes along, one may be left out",
        ),
        pytest.param(
            "Company;Id;Check\nACME;007;ok\n",
            "",
            {"company": "ACME", "Id (imported)": "007", "Check (imported)": "ok"},
            id="theirs is not taken for sync's own columns",
        ),
        pytest.param(
            "Company;Phone;Phone;\nACME;1;2;3\n",
            "",
            {"company": "ACME", "phone": "1", "Phone (2)": "2", "Column D": "3"},
            id="doubled and missing headers",
        ),
        pytest.param(
            "Company;Stage;Created on\nACME;payment done;31.12.2023 10:29\n",
            '[values.Stage]\n"Payment Done" = "Won"',
            {"company": "ACME", "stage": "Won", "created_on": date(2023, 12, 31)},
            id="their words for ours; a moment becomes its day",
        ),
        pytest.param(
            "Company;Created on\nACME;03/04/2026\n",
            "",
            {"company": "ACME", "created_on": "03/04/2026"},
            id="a date that could be two stays as typed",
        ),
        pytest.param(
            "Company;Created on\nACME;03/04/2026\n",
            'dates = "dmy"',
            {"company": "ACME", "created_on": date(2026, 4, 3)},
            id="until the map says which",
        ),
        pytest.param(
            "Company;Created on;Notes\nACME;soon;31.12.2023\n",
            "",
            {"company": "ACME", "created_on": "soon", "notes": "31.12.2023"},
            id="what is no date stays, and so does a date among notes",
        ),
        pytest.param(
            "Company;Source\nACME;\nBETA;Fair\n",
            '[fill]\nSource = "Website"',
            {"company": "ACME", "source": "Website"},
            id="a blank is filled in as the map says",
        ),
        pytest.param(
            "Company;Value\nACME;10\n",
            "",
            {"company": "ACME", "value": 10},
            id="a lead's value comes along, to be its value when it moves on",
        ),
    ],
)
def test_a_line_becomes_a_record(tmp_path: Path, data: str, toml: str, expected: dict[str, Cell]) -> None:
    assert cells(taken_in(tmp_path, data, toml=toml))[0] == expected


@pytest.mark.parametrize(
    ("typed", "toml", "expected"),
    [
        pytest.param("11000", "", {"value": 11000}, id="digits"),
        pytest.param("1234.5", "", {"value": 1234.5}, id="decimals"),
        pytest.param("€ 3.500,00", "", {"value": 3500, "currency": "EUR"}, id="a sign goes into Currency"),
        pytest.param("1.234,50 lei", "", {"value": 1234.5, "currency": "RON"}, id="lei are RON"),
        pytest.param("1.234", "", {"value": "1.234"}, id="a lone thousand or a fraction: as typed"),
        pytest.param("1.234", 'decimal = ","', {"value": 1234}, id="until the map says which"),
        pytest.param("1.234", 'decimal = "."', {"value": 1.234}, id="or the other"),
        pytest.param("-5", "", {"value": "-5"}, id="less than nothing: as typed, to be flagged"),
        pytest.param("to agree", "", {"value": "to agree"}, id="words"),
        pytest.param("1234567890123456", "", {"value": "1234567890123456"}, id="more digits than a sheet keeps"),
        pytest.param("€ 5", '[fill]\nCurrency = "USD"', {"value": 5, "currency": "EUR"}, id="a sign beats a filler"),
        pytest.param(
            "5", '[fill]\nCurrency = "USD"', {"value": 5, "currency": "USD"}, id="a filler where none is said"
        ),
    ],
)
def test_amounts_become_numbers_where_they_can_be_read_in_one_way(
    tmp_path: Path, typed: str, toml: str, expected: dict[str, Cell]
) -> None:
    found = cells(taken_in(tmp_path, f"Company;Value\nACME;{typed}\n", "Opportunities", toml))
    assert found == [{"company": "ACME", **expected}]


def test_two_currencies_for_one_amount_stay_as_typed(tmp_path: Path) -> None:
    found = cells(taken_in(tmp_path, "Company;Value;Currency\nACME;€ 5;USD\n", "Opportunities"))
    assert found == [{"company": "ACME", "value": "€ 5", "currency": "USD"}]


@pytest.mark.parametrize(
    ("stage", "tab"),
    [
        pytest.param("Won", "deals", id="a won one to Deals"),
        pytest.param("contactat", "leads", id="an early one to Leads"),
        pytest.param("Lost", "opportunities", id="a lost one stays"),
        pytest.param("", "opportunities", id="one without stage stays"),
        pytest.param("???", "opportunities", id="one in no stage of ours stays"),
    ],
)
def test_a_record_arrives_in_the_home_of_its_stage(tmp_path: Path, stage: str, tab: str) -> None:
    assert taken_in(tmp_path, f"Company;Stage\nACME;{stage}\n", "Opportunities").arrivals[0].tab == tab


@pytest.mark.parametrize(
    ("line", "why"),
    [
        pytest.param(",#REF!,", "noise", id="a formula's leftover"),
        pytest.param("-,--,.", "noise", id="dashes"),
        pytest.param("TOTAL:,12,", "total", id="a total"),
        pytest.param("Company,Phone,Booth", "header-again", id="the headers once more"),
        pytest.param("ACME, SRL,07,B", "too-many-cells", id="a comma too many"),
    ],
)
def test_what_is_no_record_is_named(tmp_path: Path, line: str, why: str) -> None:
    found = taken_in(tmp_path, f"Company,Phone,Booth\nOne,1,\n{line}\nTwo,2,\n")
    assert [(n.line, n.why) for n in found.unread] == [(3, why)]
    assert [c["company"] for c in cells(found)] == ["One", "Two"]


def test_titles_above_the_headers_are_named(tmp_path: Path) -> None:
    found = taken_in(tmp_path, "Târg 2026,,\n\nCompany,Phone,Booth\nACME,1,\n")
    assert [(n.line, n.why, n.text) for n in found.unread] == [(1, "above-header", "Târg 2026")]
    assert cells(found) == [{"company": "ACME", "phone": "1"}]


KEYED = 'key = "Nr"'


@pytest.mark.parametrize(
    ("one", "other", "toml", "same"),
    [
        pytest.param("ACME;1;x", "ACME;1;x", "", True, id="the same line"),
        pytest.param("ACME;1;x", "ACME;1;y", "", False, id="another note, without a key"),
        pytest.param("ACME;1;x", "ACME SRL;1;y", KEYED, True, id="the same number"),
        pytest.param("ACME;1;x", "ACME;2;x", KEYED, False, id="another number"),
        pytest.param("ACME;;x", "ACME;;x", KEYED, True, id="no number: the line again"),
        pytest.param("ACME;;x", "BETA;;x", KEYED, False, id="no number: another line"),
    ],
)
def test_what_makes_two_lines_the_same_record(tmp_path: Path, one: str, other: str, toml: str, same: bool) -> None:
    first, second = (taken_in(tmp_path, f"Company;Nr;Booth\n{line}\n", toml=toml) for line in (one, other))
    assert (first.arrivals[0].key == second.arrivals[0].key) is same
    both = taken_in(tmp_path, f"Company;Nr;Booth\n{one}\n{other}\n", toml=toml)
    assert len(both.arrivals) == (1 if same else 2)
    assert [(n.line, n.values["first"]) for n in both.unread] == ([(3, "2")] if same else [])


def test_a_repeated_number_fills_in_what_was_blank(tmp_path: Path) -> None:
    found = taken_in(tmp_path, "Company;Nr;Phone\nACME;1;\nBETA;1;07\n", toml=KEYED)
    assert cells(found) == [{"company": "ACME", "Nr (imported)": "1", "phone": "07"}]


def test_the_same_number_of_another_system_is_another_record(tmp_path: Path) -> None:
    data = "Company;Nr\nACME;1\n"
    one, other = (taken_in(tmp_path, data, toml=f'{KEYED}\nsystem = "{s}"') for s in ("Zoho", "Odoo"))
    assert one.arrivals[0].key != other.arrivals[0].key


def test_the_order_of_columns_does_not_make_another_record(tmp_path: Path) -> None:
    one = taken_in(tmp_path, "Company;Phone\nACME;1\n")
    other = taken_in(tmp_path, "Phone;Company\n1;ACME\n")
    assert one.arrivals[0].key == other.arrivals[0].key


def test_words_that_no_list_has_are_found_once(tmp_path: Path) -> None:
    data = "Company;Source;Owner\nA;Fair 2026;Ana\nB;FAIR 2026;ana\nC;Site web;Dan\n"
    assert taken_in(tmp_path, data).new_choices == {"source": ("Fair 2026",), "owner": ("Ana", "Dan")}


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        pytest.param('[columns]\nFirma = "Company"', "“Firma”, which is not in the file", id="a header they lack"),
        pytest.param('[columns]\nCompny = "Company"', "did you mean “Company”", id="a header misspelt"),
        pytest.param('[columns]\nBooth = "Colour"', "has no such column", id="a target we lack"),
        pytest.param('[columns]\nBooth = "Sourse"', "did you mean “Source”", id="a target misspelt"),
        pytest.param('[columns]\nBooth = "ID"', "fills in by itself", id="a column of sync's own"),
        pytest.param('[columns]\nBooth = "Notes"\nCompany = "Notes"', "both “Company” and “Booth”", id="two into one"),
        pytest.param('key = "Nr"', "“Nr”, which is not in the file", id="a key they lack"),
        pytest.param('[values.Stage]\nPaid = "Won"', None, id="words for a column that the file has"),
        pytest.param('[values.Stage]\nPaid = "Payed"', "none of: “New”", id="a stage we lack"),
        pytest.param('[values.Colour]\nred = "blue"', "has no such column", id="words for no column"),
        pytest.param('[fill]\nColour = "red"', "has no such column", id="a filler for no column"),
        pytest.param('colums = "x"', "does not know: colums", id="a key misspelt"),
        pytest.param('columns = "x"', "must be a section", id="a section that is none"),
        pytest.param("[columns]\nBooth = 5", "must be a text", id="a number for a header"),
        pytest.param('dates = "ymd"', "it may say “dmy”, “mdy”", id="an order of dates we do not know"),
        pytest.param('encoding = "latin-99"', "which is no encoding", id="an encoding that is none"),
        pytest.param('delimiter = "::"', "it is one sign", id="a delimiter of two signs"),
        pytest.param("[columns", "cannot be read", id="no TOML"),
    ],
)
def test_a_map_that_cannot_be_meant_is_refused(tmp_path: Path, toml: str, says: str | None) -> None:
    data = "Company,Stage,Booth\nACME,Paid,B\n"
    if says is None:
        assert cells(taken_in(tmp_path, data, toml=toml))[0]["stage"] == "Won"
        return
    with pytest.raises(SheetCrmError, match=says) as error:
        taken_in(tmp_path, data, toml=toml)
    assert "Nothing was imported" in str(error.value)
    assert "Nu s-a importat nimic" in error.value.text("ro")
    assert error.value.exit_code == 78


@pytest.mark.parametrize(
    ("tab", "data", "says"),
    [
        pytest.param("Report", "Company\nA\n", "cannot import into “Report”", id="a tab of sync's own"),
        pytest.param("Nowhere", "Company\nA\n", "Choose one of: Leads", id="no tab at all"),
        pytest.param("Leads", "Kunde;Wer\nA;B\n", "No header of the file is known", id="headers nobody knows"),
        pytest.param("Leads", "\n\n", "holds no line", id="an empty file"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused(tmp_path: Path, tab: str, data: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        taken_in(tmp_path, data, tab)


@given(st.lists(st.tuples(*[st.text("aăȘ 09.,;\"'=-#\n", max_size=8)] * 3), min_size=1, max_size=12))
def test_no_line_is_lost(tmp_path_factory: pytest.TempPathFactory, typed: list[tuple[str, str, str]]) -> None:
    """Every line that is not blank is a record, or is named in the report."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([("Company", "Phone", "Booth"), *typed])
    found = taken_in(tmp_path_factory.mktemp("lines"), out.getvalue(), toml='delimiter = ","')
    filled = [line for line in typed if any(cell.strip() for cell in line)]
    assert found.lines == len(filled)
    assert len(found.arrivals) + len(found.unread) == len(filled)
    said = " ".join([str(cell) for c in cells(found) for cell in c.values()])
    if not found.unread:
        assert all(cell.strip() in said for line in typed for cell in line)


# ---------------------------------------------------------------- into a workbook

NIGHT = datetime(2026, 11, 23, 0, 17, tzinfo=UTC)


class Desk:
    """A workbook in memory, and files to take into it."""

    def __init__(self, folder: Path, language: str = "en") -> None:
        self.folder = folder
        self.workbook = MemoryWorkbook(fresh_workbook(language))

    def take_in(
        self, data: str, tab: str = "Leads", toml: str = 'key = "Nr"', *, lists: bool = False, dry_run: bool = False
    ) -> ImportReport:
        map_file = written(self.folder, toml, "map.toml")
        importing = open_import(tab, written(self.folder, data), map_file, add_to_lists=lists)
        return import_into(self.workbook, importing, dry_run=dry_run, now=lambda: NIGHT)

    def rows(self, tab: str) -> list[dict[str, Cell]]:
        layout = read_layout(self.workbook.snapshot).layouts[tab]
        headers = [str(cell) for cell in layout.tab.rows[layout.header_row]]
        named = {header: name for name, c in layout.columns.items() for header in [headers[c]]}
        return [
            {named.get(h, h): cell for h, cell in zip(headers, row, strict=False) if cell != ""}
            for row in layout.tab.rows[layout.header_row + 1 :]
        ]

    def type(self, tab: str, row: int, name: str, cell: Cell) -> None:
        """What a person does: write into a cell (counted without the header)."""
        layout = read_layout(self.workbook.snapshot).layouts[tab]
        rows = [list(r) for r in layout.tab.rows]
        at = rows[layout.header_row + 1 + row]
        column = layout.columns[name]
        at += [""] * (column + 1 - len(at))
        at[column] = cell
        self._put(replace(layout.tab, rows=rows))

    def delete(self, tab: str, row: int) -> None:
        layout = read_layout(self.workbook.snapshot).layouts[tab]
        rows = list(layout.tab.rows)
        del rows[layout.header_row + 1 + row]
        self._put(replace(layout.tab, rows=rows))

    def _put(self, tab: object) -> None:
        tabs = tuple(tab if t.title == tab.title else t for t in self.workbook.snapshot.tabs)  # type: ignore[attr-defined]
        self.workbook.snapshot = Snapshot(tabs)  # type: ignore[arg-type]

    def nothing_to_do(self) -> bool:
        return make_plan(self.workbook.snapshot, NIGHT).is_empty


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


FIRST = "Nr;Company;Phone;Source;Stage;Booth\n1;ACME;;Website;New;\n2;BETA;0722111222;Website;Won;B2\n"


def test_a_list_is_taken_in_and_each_record_goes_home(desk: Desk) -> None:
    report = desk.take_in(FIRST)
    assert (report.lines, report.added, report.updated, report.skipped) == (2, 2, 0, 0)
    assert report.written
    assert [(r["id"], r["company"], r["Nr (imported)"]) for r in desk.rows("leads")] == [("R-0001", "ACME", "1")]
    assert [(r["id"], r["company"], r["Booth"]) for r in desk.rows("deals")] == [("R-0002", "BETA", "B2")]
    assert [r["name"] for r in desk.rows("accounts")] == ["BETA"]
    assert desk.nothing_to_do()


def test_a_lead_keeps_its_value_and_a_column_that_the_team_dropped_comes_back(desk: Desk) -> None:
    layout = read_layout(desk.workbook.snapshot).layouts["leads"]
    campaign = layout.columns["campaign"]
    rows = [[*r[:campaign], *r[campaign + 1 :]] for r in layout.tab.rows]
    marks = {n: c - (c > campaign) for n, c in layout.tab.marks.items() if n != "campaign"}
    desk._put(replace(layout.tab, rows=rows, marks=marks))
    report = desk.take_in("Nr;Company;Stage;Value;Campaign;Booth\n1;ACME;New;€ 10;Spring;B\n")
    (acme,) = desk.rows("leads")
    assert (acme["value"], acme["currency"], acme["campaign"], acme["Booth"]) == (10, "EUR", "Spring", "B")
    assert report.columns_added == ("Nr (imported)", "Booth")
    assert desk.nothing_to_do()


def test_the_same_file_twice_adds_nothing_twice(desk: Desk) -> None:
    desk.take_in(FIRST)
    before = desk.workbook.snapshot
    report = desk.take_in(FIRST)
    assert (report.added, report.updated, report.skipped, report.written) == (0, 0, 2, False)
    assert desk.workbook.snapshot is before


def test_a_newer_export_fills_in_blanks_only(desk: Desk) -> None:
    desk.take_in(FIRST)
    desk.type("leads", 0, "company", "ACME Tools")
    report = desk.take_in(
        "Nr;Company;Phone;Source;Stage;Booth;Colour\n"
        "1;ACME;0733;Website;Lost;A1;\n"
        "2;BETA;0744;Website;Won;B9;red\n"
        "3;CETA;;;;;\n"
    )
    assert (report.added, report.updated, report.skipped) == (1, 2, 0)
    acme, ceta = desk.rows("leads")
    assert (acme["company"], acme["phone"], acme["stage"], acme["Booth"]) == ("ACME Tools", "0733", "New", "A1")
    assert (ceta["id"], ceta["company"]) == ("R-0003", "CETA")
    (beta,) = desk.rows("deals")
    assert (beta["phone"], beta["Booth"], beta["Colour"]) == ("0722111222", "B2", "red")
    assert desk.nothing_to_do()


def test_filling_in_who_they_are_is_no_sign_of_a_disaster(desk: Desk) -> None:
    desk.take_in("Nr;Company\n" + "".join(f"{n};Firm {n}\n" for n in range(40)))
    report = desk.take_in("Nr;Company;Phone\n" + "".join(f"{n};Firm {n};07221112{n:02}\n" for n in range(40)))
    assert report.updated == 40
    assert desk.nothing_to_do()


def test_what_people_took_out_is_not_put_back(desk: Desk) -> None:
    desk.take_in(FIRST)
    desk.delete("leads", 0)
    report = desk.take_in(FIRST)
    assert [(n.line, n.why, n.values["id"]) for n in report.unread] == [(2, "gone", "R-0001")]
    assert desk.rows("leads") == []
    assert [r["id"] for r in desk.rows("deals")] == ["R-0002"]


@pytest.mark.parametrize(
    ("tab", "title", "data"),
    [
        pytest.param("products", "Products", "Nr;Code;Name;Price\n1;P1;Drill;€ 99,50\n", id="products"),
        pytest.param("accounts", "Clienți", "Nr;Denumire;Oraș\n1;ACME SRL;Iași\n", id="accounts, said in Romanian"),
        pytest.param("activities", "Activities", "Nr;Record;Subject;Date\n1;ACME;Call;2026-11-02\n", id="activities"),
        pytest.param("offers", "Offers", "Nr;Record;Amount\n1;ACME;100\n", id="offers"),
    ],
)
def test_every_tab_of_peoples_takes_files_in_once(desk: Desk, tab: str, title: str, data: str) -> None:
    desk.take_in(FIRST)
    stood = len(desk.rows(tab))
    assert desk.take_in(data, title).added == 1
    assert desk.take_in(data, title).added == 0
    assert len(desk.rows(tab)) == stood + 1
    assert desk.nothing_to_do()


def test_unknown_words_go_into_lists_when_asked(desk: Desk) -> None:
    data = "Nr;Company;Source;Owner\n1;ACME;Fair 2026;Ana\n2;BETA;FAIR 2026;Ana\n"
    dry = desk.take_in(data, dry_run=True)
    assert dry.as_json()["not_in_lists"] == {"source": ["Fair 2026"], "owner": ["Ana"]}
    report = desk.take_in(data, lists=True)
    assert report.as_json()["list_lines_added"] == {"source": ["Fair 2026"], "owner": ["Ana"]}
    words = desk.rows("lists")
    assert "Fair 2026" in [row.get("source") for row in words]
    assert "Ana" in [row.get("owner") for row in words]
    assert [r["source"] for r in desk.rows("leads")] == ["Fair 2026", "Fair 2026"]
    assert desk.nothing_to_do()


def test_a_list_keeps_no_cedillas(desk: Desk) -> None:
    desk.take_in("Nr;Company;Source\n1;ACME;Târg Bucureşti\n", lists=True)
    assert [r["source"] for r in desk.rows("leads")] == ["Târg București"]


def test_a_dry_run_writes_nothing(desk: Desk) -> None:
    before = desk.workbook.snapshot
    report = desk.take_in(FIRST, dry_run=True)
    assert (report.added, report.written, report.dry_run) == (2, False, True)
    assert desk.workbook.snapshot is before
    assert "nothing was written" in report.as_text("en")


def test_a_workbook_that_has_to_be_put_right_first_takes_nothing_in(desk: Desk) -> None:
    desk.take_in(FIRST)
    layout = read_layout(desk.workbook.snapshot).layouts["leads"]
    column = layout.columns["id"]
    rows = [[("" if c == column else cell) for c, cell in enumerate(row)] for row in layout.tab.rows]
    desk._put(replace(layout.tab, rows=rows, marks={}))
    before = desk.workbook.snapshot
    with pytest.raises(Stopped, match="Nothing was imported"):
        desk.take_in("Nr;Company\n9;NEW\n")
    assert desk.workbook.snapshot is before


def test_the_report_names_everything(desk: Desk) -> None:
    report = desk.take_in("Nr;Company;Source;Booth\n1;ACME;Fair;B\n;#REF!;;\n1;ACME;;\n")
    assert report.as_text("ro").splitlines() == [
        "list.csv → Leads",
        "3 rânduri citite",
        "  1 înregistrare adăugată",
        "2 rânduri nepreluate:",
        "  rândul 3: nu conține nimic de folos. Conține: #REF!",
        "  rândul 4: are același număr ca rândul 2; s-au completat doar celulele goale de acolo. Conține: 1 | ACME",
        "Coloane venite cu fișierul: Nr (imported), Booth",
        "Nu sunt în Liste, Sursă: Fair. Sunt marcate; adăugați-le cu --add-to-lists sau traduceți-le în hartă.",
    ]
    said = report.as_json()
    assert said["not_read"] == [
        {"line": 3, "why": "noise", "message": "nothing in it but noise", "text": "#REF!"},
        {
            "line": 4,
            "why": "same-number",
            "message": "it has the same number as line 2; only what is blank there was filled in",
            "text": "1 | ACME",
        },
    ]
