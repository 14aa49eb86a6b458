"""Somebody is at work in the instant between the last read and the write: nothing that they do is lost.

Each deed is done right before the one write of a run, which then lands by numbers
that are no longer true. What the run leaves, with its own repairs, must say every
word in its row and column.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from sheetcrm.plan import make_plan
from sheetcrm.sync import carry_out
from sheetcrm.tables import Receipt, Snapshot, raw_text
from sheetcrm.workbooks.google import GoogleWorkbook
from sheetcrm.workbooks.google.finding import column_map
from tests.laws.desk import Desk
from tests.laws.watch import records_out_of_place
from tests.sheets_server.people import Person
from tests.sheets_server.server import SheetsServer
from tests.workbooks.google_laying import lay_sheet, open_as_service

NOW = datetime(2026, 11, 25, 2, 17, tzinfo=UTC)
COMPANIES = ("Acme", "Beta", "Citron", "Delta", "Echo")

Deed = Callable[[Person, int], object]
"""What the person does in the tab of leads."""


class Office:
    """A team's sheet, a person who has it open, and sync."""

    def __init__(self, server: SheetsServer, email: str) -> None:
        desk = Desk()
        for company in COMPANIES:
            desk.lead(company, contact=f"{company} contact")
        desk.sync()
        desk.type("leads", desk.find("Beta")[1], "stage", "Qualified")
        desk.type("leads", desk.find("Delta")[1], "source", "webSITE")
        desk.lead("Foxtrot")
        self.server = server
        self.id = lay_sheet(server, desk.snapshot())
        self.person = server.person(self.id, email)
        self.book: GoogleWorkbook = open_as_service(server, self.id)
        self.leads = next(s.id for s in server.sheets.spreadsheets[self.id].sheets if s.title == "Leads")

    def column(self, field: str) -> int:
        """Where a field of leads stands."""
        tab = self.book.read().marked("leads")
        assert tab is not None
        return tab.marks[field]

    def sync(self, deed: Callable[[], object] | None = None) -> Receipt:
        """Run; the deed is done right before the first write."""
        pending = [deed] if deed else []

        def before(call: object) -> None:
            if pending and getattr(call, "method", "").endswith("batchUpdate"):
                pending.pop()()

        self.server.before_call = before
        try:
            return carry_out(self.book, make_plan, now=lambda: NOW)
        finally:
            self.server.before_call = None

    def rows(self) -> dict[str, tuple[str, dict[str, str]]]:
        """Company → tab and what its row says, by header; every company stands once."""
        found: dict[str, tuple[str, dict[str, str]]] = {}
        snapshot = self.book.read()
        for tab in snapshot.tabs:
            if tab.mark in ("leads", "opportunities", "deals") and tab.rows:
                headers = [raw_text(cell) for cell in tab.rows[0]]
                for cells in tab.rows[1:]:
                    row = {h: raw_text(c) for h, c in zip(headers, cells, strict=False) if h}
                    if row.get("Company"):
                        assert row["Company"] not in found
                        found[row["Company"]] = tab.mark, row
        return found


@pytest.fixture(params=["owner@example.com", "ann@example.com"], ids=["the owner", "an editor"])
def office(request: pytest.FixtureRequest, sheets_server: SheetsServer) -> Office:
    return Office(sheets_server, request.param)


def _typed(office: Office, row: int, field: str, text: str) -> Callable[[], object]:
    column = office.column(field)
    return lambda: office.person.type_cell(office.leads, row, column, text)


DEEDS: list[object] = [
    pytest.param(lambda o: lambda: o.person.sort_list(o.leads, 2, descending=True), id="sorts the list"),
    pytest.param(lambda o: lambda: o.person.insert_row(o.leads, 1, []), id="inserts a row at the top"),
    pytest.param(lambda o: lambda: o.person.insert_row(o.leads, 3, []), id="inserts a row in the middle"),
    pytest.param(lambda o: lambda: o.person.move_rows(o.leads, 2, 3, 5), id="drags the row that moves"),
    pytest.param(lambda o: lambda: o.person.cut_rows(o.leads, 1, 1, 9), id="cuts a row and pastes it below"),
    pytest.param(lambda o: lambda: o.person.insert_column(o.leads, 0, "Colour"), id="inserts a column at the left"),
    pytest.param(lambda o: lambda: o.person.insert_column(o.leads, 4, "Colour"), id="inserts a column in the middle"),
    pytest.param(lambda o: lambda: o.person.move_column(o.leads, 2, 6), id="moves the column Company"),
    pytest.param(lambda o: lambda: o.person.move_column(o.leads, 0, 4), id="moves the column ID"),
    pytest.param(lambda o: lambda: o.person.rename_header(o.leads, 3, "Person"), id="renames a header"),
    pytest.param(lambda o: lambda: o.person.rename_tab(o.leads, "Leaduri"), id="renames the tab"),
    pytest.param(lambda o: lambda: o.person.move_tab(o.leads, 5), id="moves the tab"),
    pytest.param(lambda o: lambda: o.person.add_tab("Mine"), id="adds a tab"),
]


@pytest.mark.parametrize("deed", DEEDS)
def test_a_deed_in_the_last_gap_moves_no_word_from_its_row(
    office: Office, deed: Callable[[Office], Callable[[], object]]
) -> None:
    office.sync(deed(office))
    office.sync()
    rows = office.rows()
    assert set(rows) == {*COMPANIES, "Foxtrot"}
    assert rows["Beta"][0] == "opportunities"
    for company, (_, row) in rows.items():
        header = "Person" if "Person" in row else "Contact"
        if company != "Foxtrot":
            assert row[header] == f"{company} contact"
            assert row["ID"] == f"R-000{COMPANIES.index(company) + 1}"
    assert rows["Foxtrot"][1]["ID"] == "R-0006"
    assert rows["Delta"][1]["Source"] == "Website"
    assert make_plan(office.book.read(), NOW).is_empty
    assert list(records_out_of_place_of(office.book.read())) == []


def records_out_of_place_of(snapshot: Snapshot) -> Iterator[str]:
    """Records in two tabs, or in the tab of another stage."""
    from tests.laws.watch import Night

    yield from records_out_of_place(Night(snapshot, make_plan(snapshot, NOW), snapshot, NOW))


@pytest.mark.parametrize(
    ("company", "field", "text"),
    [
        pytest.param("Beta", "notes", "on the row that moves", id="a cell that is only carried"),
        pytest.param("Beta", "contact", "Bea Beta", id="an identity"),
        pytest.param("Delta", "notes", "beside a cell that is written", id="a cell beside one that is written"),
        pytest.param("Delta", "source", "Referral", id="the very cell that is written"),
        pytest.param("Foxtrot", "notes", "in a row that gets its ID", id="a row that gets its ID"),
        pytest.param("Acme", "notes", "elsewhere", id="a row that nobody touches"),
    ],
)
def test_what_is_typed_in_the_last_gap_stands(office: Office, company: str, field: str, text: str) -> None:
    row = [*COMPANIES, "Foxtrot"].index(company) + 1
    office.sync(_typed(office, row, field, text))
    office.sync()
    header = {"notes": "Notes", "contact": "Contact", "source": "Source"}[field]
    assert office.rows()[company][1][header] == text
    assert sorted(row["ID"] for _, row in office.rows().values()) == [f"R-000{n}" for n in range(1, 7)]


def test_a_change_of_mind_in_the_last_gap_brings_the_row_back(office: Office) -> None:
    receipt = office.sync(_typed(office, 2, "stage", "Contacted"))
    assert receipt.again is False
    assert office.rows()["Beta"][0] == "leads"
    assert office.rows()["Beta"][1]["Stage"] == "Contacted"


def test_a_word_typed_into_sync_s_own_cell_in_the_last_gap_goes_on_record(office: Office) -> None:
    office.sync(_typed(office, 6, "id", "my own number"))
    office.sync()
    history = office.book.read().marked("history")
    assert history is not None
    assert any("my own number" in map(raw_text, row) for row in history.rows)
    assert office.rows()["Foxtrot"][1]["ID"].startswith("R-000")


def test_a_row_typed_below_the_last_in_the_last_gap_stands(office: Office) -> None:
    opportunities = next(
        s.id for s in office.server.sheets.spreadsheets[office.id].sheets if s.title == "Opportunities"
    )
    office.sync(lambda: office.person.type_cell(opportunities, 1, office.column("company"), "Golf"))
    office.sync()
    assert office.rows()["Golf"][0] == "opportunities"
    assert office.rows()["Beta"][0] == "opportunities"


def test_typing_into_a_column_inserted_in_the_last_gap_on_the_row_that_moves(office: Office) -> None:
    def deed() -> None:
        office.person.insert_column(office.leads, 3, "Colour")
        office.person.type_cell(office.leads, 2, 3, "green")

    office.sync(deed)
    office.sync()
    tab, row = office.rows()["Beta"]
    assert (tab, row["Colour"], row["Contact"]) == ("opportunities", "green", "Beta contact")


def test_a_column_that_comes_at_the_edge_of_the_grid_writes_over_no_header(office: Office) -> None:
    office.person.insert_column(office.leads, 3, "Colour")
    office.person.type_cell(office.leads, 2, 3, "green")
    there = next(s for s in office.server.sheets.spreadsheets[office.id].sheets if s.title == "Opportunities")
    used = len(there.rows[0])
    there.resize(columns=used + 1)
    office.person.type_cell(there.id, 0, used, "Ours")  # the last column of the grid
    office.sync(lambda: office.person.insert_column(there.id, 4, "Theirs"))
    office.sync()
    tab = office.book.read().marked("opportunities")
    assert tab is not None
    headers = [raw_text(cell) for cell in tab.rows[0]]
    assert [headers.count(header) for header in ("Ours", "Theirs", "Colour")] == [1, 1, 1]
    assert office.rows()["Beta"][1]["Colour"] == "green"


def _notes_beside_the_list(office: Office, rows: range) -> int:
    """Words behind an empty column, `beside 1` in row 1 and so on; tells their column."""
    sheet = next(s for s in office.server.sheets.spreadsheets[office.id].sheets if s.id == office.leads)
    column = len(sheet.rows[0]) + 2
    sheet.resize(columns=column + 4)
    for row in rows:
        office.person.type_cell(office.leads, row, column, f"beside {row}")
    return column


@pytest.mark.parametrize("field", ["closed_on", "notes", "contact"])
def test_notes_beside_the_list_keep_their_rows_when_a_column_is_dragged_past_them(office: Office, field: str) -> None:
    beside = _notes_beside_the_list(office, range(1, 9))  # the last two below the list
    office.sync(lambda: office.person.move_column(office.leads, office.column(field), beside + 2))
    office.sync()
    leads = office.book.read().marked("leads")
    assert leads is not None
    notes = [(raw_text(cell), row) for row, cells in enumerate(leads.rows) for cell in cells]
    assert {text: row for text, row in notes if text.startswith("beside")} == {
        f"beside {row}": row for row in range(1, 9)
    }
    rows = office.rows()
    assert {company: rows[company][1]["Contact"] for company in COMPANIES} == {c: f"{c} contact" for c in COMPANIES}
    assert rows["Beta"][0] == "opportunities"


@pytest.mark.parametrize("also", ["nothing", "sorts the list", "inserts a row"])
def test_a_column_that_comes_right_before_a_note_beside_the_list_goes_along(office: Office, also: str) -> None:
    beside = _notes_beside_the_list(office, range(1, 8))

    def deed() -> None:
        office.person.insert_column(office.leads, beside, "Colour")
        for row, company in enumerate([*COMPANIES, "Foxtrot"], 1):
            office.person.type_cell(office.leads, row, beside, f"{company} green")
        if also == "sorts the list":
            office.person.sort_list(office.leads, 2, descending=True)
        elif also == "inserts a row":
            office.person.insert_row(office.leads, 2, [])

    office.sync(deed)
    office.sync()
    assert {company: row["Colour"] for company, (_, row) in office.rows().items()} == {
        company: f"{company} green" for company in (*COMPANIES, "Foxtrot")
    }
    assert office.rows()["Beta"][0] == "opportunities"
    rows = [(row, cells) for tab in office.book.read().tabs for row, cells in enumerate(tab.rows)]
    notes = sorted((raw_text(cell), row) for row, cells in rows for cell in cells if "beside" in raw_text(cell))
    assert [text for text, _ in notes] == [f"beside {row}" for row in range(1, 8)]  # what adjoins a list goes along
    assert also != "nothing" or [row for _, row in notes] == list(range(1, 8))


@pytest.mark.parametrize("row", ["a word", 10**12, -1, None])
def test_what_somebody_scribbles_into_the_hidden_tab_stops_nothing(office: Office, row: object) -> None:
    office.sync(_typed(office, 2, "notes", "on the row that moves"))
    kept = next(s for s in office.server.sheets.spreadsheets[office.id].sheets if s.title == "_sheetcrm")
    about = json.dumps(["tab", office.leads, 0, "", [], {}, -1, [], [["ID"], 0, 0, "leads", {}, {}, [[0, 9]]]])
    for place, line in enumerate([about, json.dumps(["stay", office.leads, row, "", [], {}, -1, []]), "hello", "[1]"]):
        office.person.type_cell(kept.id, place, 0, line)
    office.person.type_cell(office.leads, 1, office.column("stage"), "Qualified")
    office.sync()
    office.sync()
    assert set(office.rows()) == {*COMPANIES, "Foxtrot"}
    assert office.rows()["Acme"][0] == office.rows()["Beta"][0] == "opportunities"
    assert office.rows()["Beta"][1]["Notes"] == "on the row that moves"


def test_a_formula_that_comes_to_something_else_meanwhile_stops_nothing(office: Office) -> None:
    sheets = {sheet.title: sheet.id for sheet in office.server.sheets.spreadsheets[office.id].sheets}
    office.person.type_cell(office.leads, 2, office.column("notes"), "=COUNTA(Products!C2:C99)")
    rows = iter(range(1, 99))

    def before(call: object) -> None:
        if getattr(call, "method", "").endswith("get"):
            office.person.type_cell(sheets["Products"], next(rows), 2, "a pump")

    office.server.before_call = before
    try:
        receipt = carry_out(office.book, make_plan, now=lambda: NOW)
    finally:
        office.server.before_call = None
    assert receipt.written
    assert office.rows()["Beta"][0] == "opportunities"


def test_two_machines_at_once_one_wins_and_the_other_plans_again(office: Office) -> None:
    other = open_as_service(office.server, office.id)
    theirs: list[Receipt] = []
    mine = office.sync(lambda: theirs.append(carry_out(other, make_plan, now=lambda: NOW)))
    assert theirs[0].written
    assert not mine.written  # nothing was left to do
    history = office.book.read().marked("history")
    assert history is not None
    events = [tuple(map(raw_text, row[4:8])) for row in history.rows[1:]]
    assert len(events) == len(set(events))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param("ABC", "ABC", {0: 0, 1: 1, 2: 2}, id="as it was"),
        pytest.param("ABC", "AxBC", {0: 0, 1: 2, 2: 3}, id="one came"),
        pytest.param("ABC", "A BC", {0: 0, 1: 2, 2: 3}, id="one without a header came"),
        pytest.param("ABC", "AC", {0: 0, 2: 1}, id="one went"),
        pytest.param("ABC", "CAB", {0: 1, 1: 2, 2: 0}, id="one moved"),
        pytest.param("ABC", "AxC", {0: 0, 1: 1, 2: 2}, id="one was renamed"),
        pytest.param("xBC", "ABC", {0: 0, 1: 1, 2: 2}, id="the first was renamed"),
        pytest.param("AAB", "AAB", {0: 0, 1: 1, 2: 2}, id="two of one name"),
    ],
)
def test_columns_are_found_again(before: str, after: str, expected: dict[int, int]) -> None:
    assert column_map([c.strip() for c in before], [c.strip() for c in after]) == expected
