"""The commands on a Google Sheet, as the team sees them: laid out, typed into, synced, told of."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from conftest import Run

import sheetcrm
from benchmarks.google_rig import state_of
from sheetcrm import cli
from sheetcrm.report.blocks import CHARTS
from sheetcrm.settings import Settings, working_day
from sheetcrm.tables import Cell, CellError, Snapshot, Tab
from sheetcrm.workbooks.google import GoogleWorkbook
from tests.sheets_server.model import Cell as SheetCell
from tests.sheets_server.model import Formula, Sheet, Spreadsheet
from tests.sheets_server.server import OWNER, SheetsServer
from tests.sheets_server.sheets import Caller

Json = dict[str, Any]

GOOD = {
    "Company": "Acme SRL",
    "Contact": "Ana Pop",
    "Phone": "0722 111 222",
    "E-mail": "ana@acme.ro",
    "Source": "Website",
    "Stage": "New",
    "Owner": "Mara",
    "Interested in": "pumps",
}
"""A lead that lacks nothing, in any stage before an offer."""


class Google:
    """A spreadsheet that its owner shared, and its owner at work in it."""

    def __init__(self, server: SheetsServer, locale: str = "en_US") -> None:
        self.server = server
        spreadsheet = server.create("CRM", locale=locale, timeZone="Europe/Bucharest")
        server.share(spreadsheet.id)
        self.id = spreadsheet.id
        self.address = f"https://docs.google.com/spreadsheets/d/{self.id}/edit"
        self.owner = server.person(self.id)
        server.journal.clear()

    @property
    def spreadsheet(self) -> Spreadsheet:
        return self.server.sheets.spreadsheets[self.id]

    def sheet(self, title: str) -> Sheet:
        found = self.spreadsheet.sheet_titled(title)
        assert found, title
        return found

    def titles(self) -> list[str]:
        return [s.title for s in self.spreadsheet.sheets if not s.properties.get("hidden")]

    def shown(self, title: str) -> list[list[str]]:
        """What people see."""
        return self.owner.rows(self.sheet(title))

    def column(self, title: str, header: str) -> int:
        return self.shown(title)[0].index(header)

    def find(self, title: str, text: str) -> int:
        """The only row in which a cell says that."""
        rows = [at for at, row in enumerate(self.shown(title)) if text in row]
        assert len(rows) == 1, (text, rows)
        return rows[0]

    def says(self, title: str, text: str, header: str) -> str:
        row, column = self.shown(title)[self.find(title, text)], self.column(title, header)
        return row[column] if column < len(row) else ""

    def cell(self, title: str, row: int, header: str) -> SheetCell:
        return self.sheet(title).cell(row, self.column(title, header)) or SheetCell()

    def type(self, title: str, row: int, header: str, text: str) -> None:
        self.owner.type_cell(self.sheet(title).id, row, self.column(title, header), text)

    def add(self, title: str = "Leads", more: Mapping[str, str] | None = None, **headers: str) -> int:
        """Type a row below the last; gives its number."""
        cells = [""] * len(self.shown(title)[0])
        for header, text in {**headers, **(more or {})}.items():
            cells[self.column(title, header)] = text
        return int(self.owner.add_row(self.sheet(title).id, cells).details["row"])

    def as_owner(self, *requests: Json) -> None:
        body = {"requests": list(requests)}
        self.server.sheets.call("sheets.spreadsheets.batchUpdate", {"spreadsheetId": self.id}, body, Caller(OWNER))

    def read(self) -> Snapshot:
        return GoogleWorkbook(self.address).read()

    def calls(self) -> tuple[int, int]:
        """Reads and writes since this was last asked."""
        reads = [call.reads for call in self.server.journal if call.caller != OWNER]
        self.server.journal.clear()
        return sum(reads), len(reads) - sum(reads)

    def state(self) -> dict[tuple[object, ...], object]:
        return state_of(self.spreadsheet)


@pytest.fixture
def google(sheets_server: SheetsServer) -> Google:
    return Google(sheets_server)


@pytest.fixture(scope="module")
def laid_out(sheets_server: SheetsServer) -> Spreadsheet:
    """What `init` makes of a blank one, with somebody in the list of owners."""
    google = Google(sheets_server)
    assert cli.main(["init", google.address]) == 0
    google.type("Lists", 1, "Owner", "Mara")
    return google.spreadsheet.copy()


@pytest.fixture
def office(google: Google, laid_out: Spreadsheet) -> Google:
    google.server.sheets.restore(google.spreadsheet, laid_out)
    return google


@pytest.fixture
def synced(office: Google, run: Run) -> Callable[[], tuple[int, int]]:
    """Sync; gives the calls that it took."""

    def synced() -> tuple[int, int]:
        office.calls()
        exit_code, _, err = run("sync", office.address)
        assert (exit_code, err) == (0, "")
        return office.calls()

    return synced


Synced = Callable[[], tuple[int, int]]
NOTHING_TO_DO, ONE_WRITE = (1, 0), (2, 1)


# ---------------------------------------------------------------- init


def test_init_lays_out_all_tabs_and_the_blank_one_goes_last(google: Google, run: Run) -> None:
    exit_code, out, _ = run("init", google.address)
    assert exit_code == 0
    assert out
    assert google.titles()[:4] == ["Today", "Leads", "Opportunities", "Deals"]
    assert google.titles()[-1] == "Sheet1"
    leads = google.sheet("Leads")
    assert leads.properties["gridProperties"]["frozenRowCount"] == 1
    assert all(google.cell("Leads", row, "Stage").validation for row in (1, 2, 50))
    assert leads.conditional
    assert leads.protected


def test_init_twice_adds_nothing(office: Google, run: Run) -> None:
    before = office.state()
    office.calls()
    exit_code, out, _ = run("init", office.address)
    assert exit_code == 0
    assert out
    assert office.state() == before
    assert office.calls()[1] == 0


def _paste_blank_cells(google: Google) -> None:
    leads = google.sheet("Leads").id
    blank = {"sheetId": google.sheet("Sheet1").id, **_span((0, 3), (0, 2))}
    here = {"sheetId": leads, **_span((4, 7), (7, 9))}
    google.as_owner({"copyPaste": {"source": blank, "destination": here, "pasteType": "PASTE_DATA_VALIDATION"}})


def _wipe_all_drop_downs(google: Google) -> None:
    google.as_owner({"setDataValidation": {"range": {"sheetId": google.sheet("Leads").id}}})


def _delete_highlights(google: Google) -> None:
    leads = google.sheet("Leads")
    google.as_owner(*({"deleteConditionalFormatRule": {"sheetId": leads.id, "index": 0}} for _ in leads.conditional))


def _unprotect(google: Google) -> None:
    protected = google.sheet("Leads").protected + google.sheet("History").protected
    google.as_owner(*({"deleteProtectedRange": {"protectedRangeId": p["protectedRangeId"]}} for p in protected))


def _span(rows: tuple[int, int], columns: tuple[int, int]) -> Json:
    return {
        "startRowIndex": rows[0],
        "endRowIndex": rows[1],
        "startColumnIndex": columns[0],
        "endColumnIndex": columns[1],
    }


@pytest.mark.parametrize(
    "deed",
    [
        pytest.param(_paste_blank_cells, id="drop-downs wiped out by a paste"),
        pytest.param(_wipe_all_drop_downs, id="all drop-downs of a tab"),
        pytest.param(_delete_highlights, id="a deleted highlight"),
        pytest.param(_unprotect, id="a removed protection"),
    ],
)
def test_init_mends_what_was_broken(office: Google, run: Run, deed: Callable[[Google], None]) -> None:
    before = office.state()
    deed(office)
    assert office.state() != before
    assert run("init", office.address)[0] == 0
    assert _changed(before, office.state()) == []
    again = office.state()
    assert run("init", office.address)[0] == 0
    assert office.state() == again


def _changed(before: Json | dict[tuple[object, ...], object], after: dict[tuple[object, ...], object]) -> list[str]:
    both = before.keys() | after.keys()
    return sorted(f"{at}: {before.get(at)} → {after.get(at)}" for at in both if before.get(at) != after.get(at))


# ---------------------------------------------------------------- charts


def _charts(google: Google) -> dict[str, Json]:
    """Title → chart, as Google keeps it, wherever it is."""
    return {chart["spec"]["title"]: chart for sheet in google.spreadsheet.sheets for chart in sheet.charts}


def _drawn(google: Google, cells: Json) -> list[str]:
    """What a chart draws from its one source, header first."""
    (source,) = cells["sourceRange"]["sources"]
    assert source["sheetId"] == google.sheet("Report").id
    assert source["endColumnIndex"] == source["startColumnIndex"] + 1
    rows, column = google.shown("Report"), source["startColumnIndex"]
    shown = rows[source["startRowIndex"] : source["endRowIndex"]]
    return [row[column] if column < len(row) else "" for row in shown]


def test_init_makes_the_charts_in_a_grid_that_holds_them(office: Google) -> None:
    charts, report = _charts(office), office.sheet("Report")
    assert list(charts) == [chart.title("en") for chart in CHARTS]
    kinds = [chart["spec"]["basicChart"]["chartType"] for chart in charts.values()]
    assert kinds == ["COMBO", "BAR", "COLUMN", "BAR", "BAR", "BAR"]
    for chart in charts.values():
        basic = chart["spec"]["basicChart"]
        ranges = [
            part["sourceRange"]["sources"][0] for part in (basic["domains"][0]["domain"], basic["series"][0]["series"])
        ]
        assert max(source["endRowIndex"] for source in ranges) <= report.row_count
        assert len({source["endRowIndex"] - source["startRowIndex"] for source in ranges}) == 1
    edges = sorted(
        chart["position"]["overlayPosition"]["anchorCell"].get("columnIndex", 0) for chart in charts.values()
    )
    assert edges == [0, 0, 3, 3, 7, 7]


def test_charts_show_what_sync_wrote(office: Google, synced: Synced) -> None:
    office.add(more=GOOD)
    synced()
    charts = _charts(office)
    months = charts["New leads and wins, month by month"]["spec"]["basicChart"]
    assert _drawn(office, months["domains"][0]["domain"])[0] == "Month"
    assert [_drawn(office, series["series"])[:2] for series in months["series"]] == [["New leads", "1"], ["Won", "0"]]
    assert [series["type"] for series in months["series"]] == ["COLUMN", "LINE"]
    assert months["domains"][0]["reversed"]
    funnel = charts["Funnel: how many reached each stage"]["spec"]["basicChart"]
    assert _drawn(office, funnel["domains"][0]["domain"])[:3] == ["Stage", "New", "Contacted"]
    assert _drawn(office, funnel["series"][0]["series"])[:3] == ["Reached it", "1", "0"]
    assert funnel["axis"][0] == {"position": "BOTTOM_AXIS", "title": "Records"}


def test_a_chart_that_the_team_moved_and_restyled_stays_as_it_is(office: Google, run: Run, synced: Synced) -> None:
    first = next(iter(_charts(office).values()))
    spec = {**first["spec"], "title": "Our own", "fontName": "Lora"}
    there = {"overlayPosition": {"anchorCell": {"sheetId": office.sheet("Sheet1").id, "rowIndex": 4}}}
    office.as_owner(
        {"updateChartSpec": {"chartId": first["chartId"], "spec": spec}},
        {"updateEmbeddedObjectPosition": {"objectId": first["chartId"], "newPosition": there, "fields": "anchorCell"}},
    )
    before = _charts(office)
    for company in ("Acme", "Beta", "Gama"):
        office.add(more={**GOOD, "Company": company, "E-mail": f"office@{company.lower()}.ro"})
        synced()
    assert run("init", office.address)[0] == 0
    assert _charts(office) == before
    assert "Our own" in before


def test_init_again_brings_back_the_charts_that_are_gone_and_adds_none_twice(office: Google, run: Run) -> None:
    before = _charts(office)
    gone = [chart["chartId"] for chart in list(before.values())[1:3]]
    office.as_owner(*({"deleteEmbeddedObject": {"objectId": chart}} for chart in gone))
    office.as_owner(
        {"deleteDimension": {"range": {"sheetId": office.sheet("Report").id, "dimension": "ROWS", "startIndex": 50}}}
    )
    assert run("init", office.address)[0] == 0
    assert sorted(_charts(office)) == sorted(before)
    again = office.state()
    assert run("init", office.address)[0] == 0
    assert office.state() == again


def test_a_tab_that_the_team_calls_leads_is_refused_with_the_way_out(google: Google, run: Run) -> None:
    google.owner.rename_tab(0, "Leads")
    google.owner.add_row(0, ["Company", "Stage"])
    exit_code, _, err = run("init", google.address)
    assert exit_code == 2
    assert f"sheetcrm takeover {google.address}" in err
    assert google.calls()[1] == 0
    assert google.titles() == ["Leads"]


# ---------------------------------------------------------------- import, check, plan, funnel, log


def test_import_takes_in_a_list_and_the_same_one_only_once(office: Google, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "fair.csv"
    file.write_text("Company,Phone,Notes\nȚesătorul SRL,0722 111 222,call back\n=1+1 SRL,,\n", "utf-8")
    exit_code, out, err = run("import", office.address, "leads", str(file))
    assert (exit_code, err) == (0, "")
    assert out
    assert office.calls() == ONE_WRITE
    row = office.find("Leads", "Țesătorul SRL")
    assert office.cell("Leads", row, "Phone").value == "0722 111 222"
    name = office.cell("Leads", office.find("Leads", "=1+1 SRL"), "Company").value
    assert not isinstance(name, Formula)
    before = office.state()
    assert run("import", office.address, "leads", str(file))[0] == 0
    assert office.state() == before


def test_looking_takes_one_read_and_writes_nothing(office: Google, run: Run, synced: Synced) -> None:
    office.add(more=GOOD)
    office.add(Company="Beta", Stage="Nonsense")
    synced()
    record = office.says("Leads", "Acme SRL", "ID")
    before = office.state()
    for command, words, code in (
        (("check", office.address), "Nonsense", 1),
        (("plan", office.address), "", 0),
        (("sync", office.address, "--dry-run"), "", 0),
        (("funnel", office.address), "New", 0),
        (("log", office.address, record), record, 0),
    ):
        exit_code, out, err = run(*command)
        assert (exit_code, err) == (code, ""), command
        assert words in out
        assert office.calls() == NOTHING_TO_DO, command
    assert office.state() == before


def test_plan_says_what_sync_then_does(office: Google, run: Run, synced: Synced) -> None:
    office.add(more={**GOOD, "Stage": "Qualified"})
    _, out, _ = run("plan", office.address, "--json")
    planned = json.loads(out)
    assert {change["tab"] for change in planned["changes"] if change["change"] == "move"} == {"Leads"}
    synced()
    assert office.says("Opportunities", "Acme SRL", "Stage") == "Qualified"


# ---------------------------------------------------------------- sync


def test_a_night_takes_two_reads_and_a_write_and_a_quiet_one_a_read(office: Google, synced: Synced) -> None:
    office.add(more=GOOD)
    assert synced() == ONE_WRITE
    assert synced() == NOTHING_TO_DO
    office.type("Leads", 1, "Stage", "Qualified")
    assert synced() == ONE_WRITE
    assert synced() == NOTHING_TO_DO
    assert office.find("Opportunities", "Acme SRL") == 1
    assert [row for row in office.shown("Leads")[1:] if any(row)] == []


def test_sync_that_waits_goes_on_at_once(office: Google, run: Run) -> None:
    office.add(more=GOOD)
    assert run("sync", office.address, "--wait", "5m")[0] == 0
    assert office.says("Leads", "Acme SRL", "ID") == "R-0001"


def test_what_hangs_on_cells_goes_along_with_a_row(office: Google, synced: Synced) -> None:
    leads = office.sheet("Leads").id
    row = office.add(more=GOOD)
    synced()
    office.type("Leads", row, "Notes", f"=LEN(C{row + 1})")
    office.owner.add_note(leads, row, office.column("Leads", "Contact"), "ask for Ana")
    office.owner.format_cell(leads, row, office.column("Leads", "Phone"))
    office.owner.insert_column(leads, 3, "Ours")
    office.type("Leads", row, "Ours", "12.5%")
    office.type("Leads", row, "Stage", "Qualified")
    assert synced() == ONE_WRITE
    there = office.find("Opportunities", "Acme SRL")
    assert isinstance(office.cell("Opportunities", there, "Notes").value, Formula)
    assert office.says("Opportunities", "Acme SRL", "Notes") == "8"
    assert office.cell("Opportunities", there, "Contact").note == "ask for Ana"
    assert "backgroundColor" in str(office.cell("Opportunities", there, "Phone").format)
    ours = office.cell("Opportunities", there, "Ours")
    assert (ours.value, office.says("Opportunities", "Acme SRL", "Ours")) == (0.125, "12.50%")
    assert synced() == NOTHING_TO_DO


def test_hidden_and_filtered_rows_are_rows_like_others(office: Google, synced: Synced) -> None:
    leads = office.sheet("Leads").id
    for name in ("Acme SRL", "Beta SRL", "Gama SRL", "Delta SRL"):
        office.add(more={**GOOD, "Company": name, "E-mail": f"office@{name[:4].lower()}.ro"})
    office.owner.hide_rows(leads, 2, 2)
    synced()
    assert [row[0] for row in office.shown("Leads")[1:5]] == ["R-0001", "R-0002", "R-0003", "R-0004"]
    office.owner.filter_rows(leads, office.column("Leads", "Company"), ["Gama SRL"])
    for row in (2, 3):
        office.type("Leads", row, "Stage", "Qualified")
    synced()
    assert [row[2] for row in office.shown("Opportunities")[1:]] == ["Beta SRL", "Gama SRL"]
    assert [row[2] for row in office.shown("Leads")[1:3]] == ["Acme SRL", "Delta SRL"]
    assert synced() == NOTHING_TO_DO


def test_tabs_and_columns_are_known_whatever_people_call_them(office: Google, synced: Synced) -> None:
    office.add(more=GOOD)
    synced()
    leads, deals = office.sheet("Leads").id, office.sheet("Opportunities").id
    office.owner.rename_header(leads, office.column("Leads", "Stage"), "Where it stands")
    office.owner.rename_header(leads, office.column("Leads", "ID"), "Nr.")
    office.owner.move_column(leads, office.column("Leads", "Where it stands"), 2)
    office.owner.move_column(leads, 0, 12)
    office.owner.rename_tab(leads, "Our leads")
    office.owner.rename_tab(deals, "Chances")
    office.owner.move_tab(deals, 0)
    headers = office.shown("Our leads")[0]
    row = office.find("Our leads", "Acme SRL")
    office.type("Our leads", row, "Where it stands", "Qualified")
    synced()
    assert office.shown("Our leads")[0] == headers
    assert "Leads" not in office.titles()
    assert office.says("Chances", "Acme SRL", "Stage") == "Qualified"
    assert office.says("Chances", "Acme SRL", "ID") == "R-0001"
    assert synced() == NOTHING_TO_DO


TYPED = [
    pytest.param("Next step on", "3/12/2027", date(2027, 3, 12), id="a date as Americans type it"),
    pytest.param("Next step on", "2027-03-12", date(2027, 3, 12), id="a date as ISO has it"),
    pytest.param("Notes", "TRUE", True, id="truth"),
    pytest.param("Notes", "15%", 0.15, id="a percent"),
    pytest.param("Notes", "$1,234.50", 1234.5, id="an amount in dollars"),
    pytest.param("Notes", "=1/0", CellError("#DIV/0!"), id="an error"),
    pytest.param("Notes", "=NA()", CellError("#N/A"), id="nothing found"),
    pytest.param("Notes", "3/12/2027 14:05", datetime(2027, 3, 12, 14, 5), id="a moment"),
    pytest.param("Notes", "'=HYPERLINK(0)", "=HYPERLINK(0)", id="text that looks like a formula"),
    pytest.param("Notes", "'0012", "0012", id="text that looks like a number"),
    pytest.param("Phone", "0722111222", "0722111222", id="a phone number with its zero"),
    pytest.param("Phone", "+40722111222", "+40722111222", id="a phone number with its plus"),
    pytest.param("Tax ID", "00123", "00123", id="a tax ID with its zeros"),
]


@pytest.fixture(scope="module")
def typed(sheets_server: SheetsServer, laid_out: Spreadsheet) -> tuple[Google, Tab, Tab]:
    """All of it typed, a row each; what is read before and after a sync."""
    google = Google(sheets_server)
    google.server.sheets.restore(google.spreadsheet, laid_out)
    for number, row in enumerate(TYPED):
        header, text, _ = row.values
        google.add(more={**GOOD, "Company": f"Client {number} SRL", header: text})
    before, cells = google.read().marked("leads"), google.sheet("Leads").copy()
    assert cli.main(["sync", google.address]) == 0
    after, notes = google.read().marked("leads"), google.column("Leads", "Notes")
    assert before
    assert after
    assert all(google.sheet("Leads").cell(row, notes) == cells.cell(row, notes) for row in range(1, len(TYPED) + 1))
    return google, before, after


@pytest.mark.parametrize(("header", "text", "read"), TYPED)
def test_what_people_type_is_read_as_what_it_is(
    typed: tuple[Google, Tab, Tab], header: str, text: str, read: Cell
) -> None:
    google, *tabs = typed
    row = 1 + [param.values[:2] for param in TYPED].index((header, text))
    for tab in tabs:
        cell = tab.cell(row, google.column("Leads", header))
        assert (type(cell), cell) == (type(read), read)


def test_text_stays_text_wherever_sync_writes_it(office: Google, synced: Synced) -> None:
    office.add(more={**GOOD, "Company": '\'=HYPERLINK("https://example.com";"x")', "Stage": "Qualified"})
    synced()
    for sheet in office.spreadsheet.sheets:
        for row, column, cell in sheet.cells(sheet.grid):
            if isinstance(cell.value, Formula):
                assert "example.com" not in cell.value.partition(";")[0], (sheet.title, row, column)
    there = office.find("Opportunities", '=HYPERLINK("https://example.com";"x")')
    assert not isinstance(office.cell("Opportunities", there, "Company").value, Formula)


# ---------------------------------------------------------------- Romania, and a team's own sheet


def test_a_romanian_sheet_is_typed_into_and_read_as_romanians_do(sheets_server: SheetsServer, run: Run) -> None:
    google = Google(sheets_server, "ro_RO")
    assert run("init", google.address, "--lang", "ro")[0] == 0
    google.type("Liste", 1, "Responsabil", "Mara")
    good = {"Companie": "Țesătorul SRL", "E-mail": "t@tesatorul.ro", "Sursă": "Recomandare", "Responsabil": "Mara"}
    more = {"Stadiu": "Calificat", "Interesat de": "pompe", "Valoare": "1.234,50", "Monedă": "EUR"}
    google.add("Oportunități", {**good, **more, "Închidere estimată": "12.03.2027", "Probabilitate proprie": "15%"})
    exit_code, _, err = run("sync", google.address)
    assert (exit_code, err) == (0, "")
    tab = google.read().marked("opportunities")
    assert tab
    row = google.find("Oportunități", "Țesătorul SRL")
    assert tab.cell(row, tab.marks["value"]) == 1234.5
    assert tab.cell(row, tab.marks["expected_close"]) == date(2027, 3, 12)
    assert tab.cell(row, tab.marks["own_probability"]) == 0.15
    assert google.says("Oportunități", "Țesătorul SRL", "De corectat") == ""
    assert google.says("Oportunități", "Țesătorul SRL", "Închidere estimată") == "12.03.2027"
    assert (
        google.says("Oportunități", "Țesătorul SRL", "Creat la")
        == f"{working_day(datetime.now(UTC), Settings()):%d.%m.%Y}"
    )
    assert google.says("Oportunități", "Țesătorul SRL", "Valoare ponderată") == "185,18"
    google.calls()
    assert run("sync", google.address)[0] == 0
    assert google.calls() == NOTHING_TO_DO


def test_a_teams_own_sheet_is_taken_over_where_it_stands(sheets_server: SheetsServer, run: Run) -> None:
    google = Google(sheets_server, "ro_RO")
    google.owner.rename_tab(0, "Leaduri")
    rows = [
        ["Firma", "Tel.", "E-mail", "Etapa", "Valoare (lei)", "Creat la", "Scor"],
        ["Acme SRL", "0722345678", "ana@acme.ro", "calificat", "1.200,50", "01.03.2025", "A"],
        ["Beta SA", "", "b@beta.ro", "Pierdut", "900", "12.03.2025", "=1+1"],
    ]
    for at, row in enumerate(rows):
        for column, text in enumerate(row):
            google.owner.type_cell(0, at, column, text)
    google.owner.add_note(0, 1, 0, "sună luni")
    exit_code, out, err = run("takeover", google.address, "--lang", "ro")
    assert (exit_code, err) == (0, "")
    assert out
    assert google.says("Oportunități", "Acme SRL", "Stadiu") == "Calificat"
    note = google.cell("Oportunități", google.find("Oportunități", "Acme SRL"), "Companie").note
    assert note == "sună luni"
    assert google.says("Oportunități", "Acme SRL", "Scor") == "A"
    assert google.cell("Leaduri", google.find("Leaduri", "Beta SA"), "Scor").value == Formula("=1+1")
    assert list(_charts(google)) == [chart.title("ro") for chart in CHARTS]
    title = google.sheet("Raport").cell(0, 0)
    assert title
    assert title.format["textFormat"]["bold"]
    google.calls()
    assert run("sync", google.address)[0] == 0
    assert google.calls() == NOTHING_TO_DO


def test_cells_put_right_in_python_are_written_at_once_and_judged_by_the_next_sync(
    office: Google, synced: Synced
) -> None:
    office.add(more=GOOD | {"E-mail": "ana at acme.ro"})
    synced()
    crm = sheetcrm.open(office.address)
    rows = crm.cells("leads")
    rows.loc["R-0001", "email"] = "ana@acme.ro"
    rows.loc["R-0001", "stage"] = "Qualified"
    fix = crm.fix(rows)
    office.type("Leads", 1, "Notes", "Call after five.")
    assert fix.write().written
    assert office.says("Leads", "Acme SRL", "E-mail") == "ana@acme.ro"
    assert office.says("Leads", "Acme SRL", "Notes") == "Call after five."
    assert synced() == ONE_WRITE
    assert office.says("Opportunities", "Acme SRL", "To put right") == ""
    assert synced() == NOTHING_TO_DO
