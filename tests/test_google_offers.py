"""Offers from a Google Sheet: the tabs at Google, the files in the folder that `sheetcrm.toml` names."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

import sheetcrm
from benchmarks.google_rig import is_write
from sheetcrm.offers import OfferNumber, number_in
from sheetcrm.problems import Changed
from sheetcrm.tables import Cell, Receipt, Tab, raw_text
from sheetcrm.workbooks.excel.record import read_record
from sheetcrm.workbooks.google import GoogleWorkbook
from tests.laws.desk import FIRST_NIGHT
from tests.laws.offer_desk import OfferDesk
from tests.sheets_server.app import Call
from tests.sheets_server.people import Person
from tests.sheets_server.server import SERVICE_ACCOUNT, SheetsServer
from tests.workbooks.excel_office import settings_file
from tests.workbooks.google_laying import lay_sheet

FIRST, SECOND, THIRD = "OF-2026-0001-v1", "OF-2026-0002-v1", "OF-2026-0003-v1"
COMPANIES = ("Acme SRL", "Beta SRL", "Gama SRL")


class Office:
    """A Google Sheet in which three opportunities say `prepare`, and the folder of their offers."""

    def __init__(self, server: SheetsServer, folder: Path) -> None:
        self.server, self.folder = server, folder
        desk = OfferDesk()
        self.records = [desk.opportunity(company) for company in COMPANIES]
        for place, record in enumerate(self.records, 1):
            desk.line(record, "Pump", place, 100)
            desk.line(record, "Hose", place, 12.5)
        for record in self.records:
            desk.write(record, offer="prepare")
        self.id = lay_sheet(server, desk.snapshot())
        self.address = f"https://docs.google.com/spreadsheets/d/{self.id}/edit"
        self.person: Person = server.person(self.id)
        self.nights = desk.nights

    def sync(self, days: int = 1) -> Receipt:
        self.nights += days
        now = FIRST_NIGHT + timedelta(days=self.nights - 1)
        return sheetcrm.open(self.address, now=lambda: now).sync()

    def tab(self, name: str) -> Tab:
        tab = GoogleWorkbook(self.address).read().marked(name)
        assert tab is not None
        return tab

    def rows(self, name: str) -> list[dict[str, Cell]]:
        tab = self.tab(name)
        found = [{f: tab.cell(row, column) for f, column in tab.marks.items()} for row in range(1, len(tab.rows))]
        return [row for row in found if any(cell != "" for cell in row.values())]

    def numbers(self) -> list[str]:
        return [raw_text(row["number"]) for row in self.rows("offers")]

    def files(self) -> list[str]:
        return sorted(path.name for path in self.folder.rglob("*") if path.is_file())

    def type(self, name: str, key: str, field: str, text: str) -> None:
        """Type into the row in which some cell says `key`."""
        tab = self.tab(name)
        [row] = [at for at, cells in enumerate(tab.rows) if key in map(raw_text, cells)]
        self.person.type_cell(self.sheet_id(name), row, tab.marks[field], text)

    def sheet_id(self, name: str) -> int:
        sheet = self.server.sheets.spreadsheets[self.id].sheet_titled(self.tab(name).title)
        assert sheet
        return sheet.id

    def is_in_order(self) -> None:
        """Each record has one offer, with its file; no number stands twice; nothing is left to do."""
        offers = self.rows("offers")
        assert sorted(raw_text(row["record_id"]) for row in offers) == self.records
        assert len({row["number"] for row in offers}) == len(COMPANIES)
        for row in offers:
            path = self.folder.parent / raw_text(row["file"])
            record = read_record(path.read_bytes(), path.name)
            assert record is not None
            assert (str(record.number), record.record_id) == (row["number"], row["record_id"])
        said = {raw_text(row["id"]): row for row in self.rows("opportunities")}
        assert {raw_text(row["number"]): row["record_id"] for row in offers} == {
            raw_text(said[record]["offer"]): record for record in self.records
        }
        lines = self.rows("offer_lines")
        assert sorted(
            (raw_text(row["record"]), row["product"], row["quantity"]) for row in lines if row["product"]
        ) == [(record, product, place) for place, record in enumerate(self.records, 1) for product in ("Hose", "Pump")]
        assert not self.sync(0).written


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SHEETCRM_CONFIG", str(settings_file(tmp_path, 'folder = "offers"')))
    (tmp_path / "offers").mkdir()
    return tmp_path / "offers"


@pytest.fixture
def office(sheets_server: SheetsServer, folder: Path) -> Iterator[Office]:
    yield Office(sheets_server, folder)
    sheets_server.before_call = sheets_server.after_commit = sheets_server.after_call = None
    sheets_server.faults.clear()


def test_the_way_of_an_offer_through_a_google_sheet(office: Office) -> None:
    office.sync()
    office.is_in_order()
    assert office.numbers() == [FIRST, SECOND, THIRD]
    assert office.files() == [f"{n} {c}.xlsx" for n, c in zip(office.numbers(), COMPANIES, strict=True)]
    line = next(row for row in office.rows("offer_lines") if row["product"] == "Pump")
    assert line["line_total"] == 100
    tab = office.tab("offer_lines")
    person_types = office.person.type_cell
    person_types(office.sheet_id("offer_lines"), 1, tab.marks["quantity"], "9")
    assert office.tab("offer_lines").cell(1, tab.marks["line_total"]) == 900  # live, before any sync
    office.type("opportunities", "Acme SRL", "offer", "prepare")
    office.sync()
    states = {raw_text(row["number"]): row["state"] for row in office.rows("offers")}
    assert states == {FIRST: "Superseded", SECOND: "Draft", THIRD: "Draft", "OF-2026-0001-v2": "Draft"}
    office.type("offers", "OF-2026-0001-v2", "status", "Sent")
    office.sync()
    stages = {raw_text(row["company"]): row["stage"] for row in office.rows("opportunities")}
    assert stages["Acme SRL"] == "Offer sent"
    office.type("offers", "OF-2026-0001-v2", "status", "Accepted")
    office.sync()
    [deal] = office.rows("deals")
    assert (deal["company"], deal["stage"], deal["last_offer"]) == ("Acme SRL", "Won", "OF-2026-0001-v2")
    assert not office.sync(0).written


def test_without_a_folder_it_is_said_and_the_word_stays(
    sheets_server: SheetsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHEETCRM_CONFIG", str(settings_file(tmp_path)))
    office = Office(sheets_server, tmp_path / "offers")
    office.sync()
    for row in office.rows("opportunities"):
        assert row["offer"] == "prepare"
        assert "nobody said where its file shall lie" in str(row["check"])
    assert not (tmp_path / "offers").exists()
    assert not office.sync(0).written


# ---------------------------------------------------------------- people in the gap

DEEDS: dict[str, Callable[[Office], object]] = {
    "sorts Offer lines": lambda o: o.person.sort_list(o.sheet_id("offer_lines"), 2),
    "sorts them the other way": lambda o: o.person.sort_list(o.sheet_id("offer_lines"), 2, descending=True),
    "inserts a row above in Offer lines": lambda o: o.person.insert_row(o.sheet_id("offer_lines"), 1, [""]),
    "inserts a row amid Offer lines": lambda o: o.person.insert_row(o.sheet_id("offer_lines"), 4, ["", "R-0002"]),
    "sorts Opportunities": lambda o: o.person.sort_list(o.sheet_id("opportunities"), 2, descending=True),
    "inserts a row in Opportunities": lambda o: o.person.insert_row(
        o.sheet_id("opportunities"), 2, ["", "", "New SRL"]
    ),
    "inserts a row in Offers": lambda o: o.person.insert_row(o.sheet_id("offers"), 1, ["", ""]),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_whatever_somebody_does_in_the_instant_of_the_write(office: Office, deed: str) -> None:
    waiting = [deed]

    def hook(call: Call) -> None:
        if waiting and is_write(call) and call.caller == SERVICE_ACCOUNT:
            assert len(office.files()) == len(COMPANIES)  # the files are made, the rows are not
            DEEDS[waiting.pop()](office)

    ids = {name: office.sheet_id(name) for name in ("offer_lines", "opportunities", "offers")}
    office.sheet_id = ids.__getitem__  # type: ignore[method-assign]  # asked amid a call, where nobody may read
    office.server.before_call = hook
    office.sync()
    office.server.before_call = None
    assert not waiting
    office.sync(0)
    office.is_in_order()
    assert len(office.files()) == len(COMPANIES)


def test_a_line_changed_in_the_instant_of_the_write_is_in_no_offer_twice(office: Office) -> None:
    """Its cell is nobody's business of that write: what was prepared is what stood there when it was read."""
    waiting = [True]
    quantity, sheet = office.tab("offer_lines").marks["quantity"], office.sheet_id("offer_lines")

    def hook(call: Call) -> None:
        if waiting and is_write(call) and call.caller == SERVICE_ACCOUNT:
            waiting.clear()
            office.person.type_cell(sheet, 1, quantity, "50")

    office.server.before_call = hook
    office.sync()
    office.server.before_call = None
    office.sync(0)
    assert len(office.numbers()) == len(set(office.numbers()))
    assert office.tab("offer_lines").cell(1, quantity) == 50
    numbers = {raw_text(row["id"]): raw_text(row["offer"]) for row in office.rows("opportunities")}
    assert all(OfferNumber.parse(number) for number in numbers.values())
    made = {str(number_in(name)) for name in office.files()}
    skipped = {raw_text(r["note"]) for r in office.rows("history") if r["event"] == "number of an offer skipped"}
    assert made == set(office.numbers()) | skipped


# ---------------------------------------------------------------- the way to Google


@pytest.mark.parametrize("kind", ["reset-after", "503-after", "truncated", "reset", "500"])
def test_a_write_of_unknown_outcome_makes_no_second_number(
    office: Office, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sheetcrm.workbooks.google import client

    monkeypatch.setitem(client.Client.__init__.__kwdefaults__, "sleep", lambda _: None)
    office.server.faults.add(kind, "write")
    office.sync()
    office.server.faults.clear()
    office.is_in_order()
    assert office.numbers() == [FIRST, SECOND, THIRD]
    assert len(office.files()) == len(COMPANIES)


def test_a_run_that_died_at_google_is_carried_on_with_its_files(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: Any) -> Receipt:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(GoogleWorkbook, "apply", die)
        with pytest.raises(KeyboardInterrupt):
            office.sync()
    assert len(office.files()) == len(COMPANIES)
    office.sync()
    office.is_in_order()
    assert office.numbers() == [FIRST, SECOND, THIRD]
    assert len(office.files()) == len(COMPANIES)


def test_files_stay_when_google_says_that_the_sheet_changed(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The write may have landed, or another machine may have taken the files for its own."""
    land = GoogleWorkbook.apply

    def landed_and_overtaken(self: GoogleWorkbook, *plan: Any) -> Receipt:
        land(self, *plan)
        raise Changed("sheet-changed")

    with monkeypatch.context() as patch:
        patch.setattr(GoogleWorkbook, "apply", landed_and_overtaken)
        office.sync()
    office.is_in_order()


@pytest.mark.parametrize("locale", ["en_US", "ro_RO", "de_DE"])
def test_line_totals_are_alive_in_every_locale(sheets_server: SheetsServer, folder: Path, locale: str) -> None:
    desk = OfferDesk()
    desk.add("products", code="P-1", name="Pump", price=33.5, currency="EUR")
    desk.add("settings", setting="Rate RON", setting_value="0,2011")
    record = desk.opportunity(currency="RON")
    desk.line(record, "P-1", 2, "", discount_percent=0.5)
    desk.line(record, "Hose", "2,5", 10)
    desk.write(record, offer="prepare")
    office = Office(sheets_server, folder)
    office.id = lay_sheet(sheets_server, desk.snapshot(), locale=locale)
    office.address = f"https://docs.google.com/spreadsheets/d/{office.id}/edit"
    office.sync()
    assert not office.sync(0).written
    assert [row["line_total"] for row in office.rows("offer_lines")] == [166.58, 25]
    [offer] = office.rows("offers")
    assert offer["net"] == 191.58


@pytest.mark.parametrize("meet", ["read", "write"])
def test_two_machines_at_once_with_one_folder(office: Office, meet: str) -> None:
    barrier = threading.Barrier(2)

    def hook(call: Call) -> None:
        wanted = call.caller == SERVICE_ACCOUNT and (call.reads if meet == "read" else is_write(call))
        if wanted and not barrier.broken:
            try:
                barrier.wait(20)
                barrier.abort()
            except threading.BrokenBarrierError:
                return

    errors: list[BaseException] = []
    now = FIRST_NIGHT + timedelta(days=office.nights)

    def machine() -> None:
        try:
            sheetcrm.open(office.address, now=lambda: now).sync()
        except BaseException as error:
            errors.append(error)

    office.server.before_call = hook
    machines = [threading.Thread(target=machine) for _ in range(2)]
    for one in machines:
        one.start()
    for one in machines:
        one.join(60)
    office.server.before_call = None
    # The slower one may find the quicker one's files in its way again and again, and says that it shall run again.
    assert [type(error) for error in errors] in ([], [Changed])
    office.nights += 1
    office.sync(0)
    office.is_in_order()
    skipped = {raw_text(r["note"]) for r in office.rows("history") if r["event"] == "number of an offer skipped"}
    assert {str(number_in(name)) for name in office.files()} == set(office.numbers()) | skipped


def test_the_days_of_a_google_sheet_are_days(office: Office) -> None:
    office.sync()
    [row] = [row for row in office.rows("offers") if row["number"] == FIRST]
    made, until = row["made_on"], row["valid_until"]
    assert isinstance(made, date)
    assert isinstance(until, date)
    assert (until - made).days == 30
