"""Somebody at work in the browser, and what others find afterwards."""

from collections.abc import Iterator
from random import Random
from threading import Thread
from typing import Any

import pytest

from tests.sheets_server.app import Call
from tests.sheets_server.desk import LEADS, NOTE, Plain, leads, shown
from tests.sheets_server.people import WEIGHTS, Person
from tests.sheets_server.server import SheetsServer
from tests.sheets_server.sheets import Caller
from tests.sheets_server.switches import Switches


@pytest.fixture
def server() -> Iterator[SheetsServer]:
    with SheetsServer() as running:
        yield running


class TestPeople:
    """Somebody at work in the browser."""

    def person(self, server: SheetsServer, **more: Any) -> Person:
        person = server.person(leads(server), seed=1)
        for name, value in more.items():
            setattr(person, name, value)
        return person

    def test_typing_is_recorded_beside_its_row(self, server: SheetsServer) -> None:
        deed = self.person(server).type_cell(0, 2, 3, "signs soon")
        typed = deed.typed[0]
        assert (typed.key, typed.header, typed.text) == ("R-0002", "Notes", "signs soon")
        assert typed.beside == {"ID": "R-0002", "Company": "Beta", "Stage": "Qualified", "Notes": "signs soon"}

    @pytest.mark.parametrize(
        ("kind", "arguments", "companies"),
        [
            ("add_row", (["", "Omega"],), "Acme Beta Gamma Delta Omega"),
            ("insert_row", (2, ["", "Omega"]), "Acme Omega Beta Gamma Delta"),
            ("delete_row", (2,), "Acme Gamma Delta"),
            ("sort_list", (1,), "Acme Beta Delta Gamma"),
            ("sort_rows", (3, 4, 1), "Acme Beta Delta Gamma"),
            ("cut_rows", (1, 2, 5), "  Gamma Delta Acme Beta"),
            ("move_rows", (3, 4, 1), "Gamma Delta Acme Beta"),
            ("clear_cell", (1, 1), " Beta Gamma Delta"),
            ("hide_rows", (1, 1), "Acme Beta Gamma Delta"),
            ("filter_rows", (1, ["Beta"]), "Acme Beta Gamma Delta"),
            ("add_note", (1, 1, "a note"), "Acme Beta Gamma Delta"),
            ("format_cell", (1, 1), "Acme Beta Gamma Delta"),
        ],
    )
    def test_rows(self, server: SheetsServer, kind: str, arguments: tuple[Any, ...], companies: str) -> None:
        person = self.person(server)
        before = person.spreadsheet.copy()
        deed = getattr(person, kind)(0, *arguments)
        assert deed.done
        rows = shown(server, person.spreadsheet_id)[1:]
        assert [row[1] if len(row) > 1 else "" for row in rows] == companies.split(" ")
        assert person.undo().done
        assert shown(server, person.spreadsheet_id) == LEADS
        assert [sheet.rows for sheet in person.spreadsheet.sheets] == [sheet.rows for sheet in before.sheets]

    def test_columns_and_tabs(self, server: SheetsServer) -> None:
        person = self.person(server)
        person.rename_header(0, 3, "Remarks")
        person.move_column(0, 3, 1)
        person.insert_column(0, 0, "Ours")
        assert shown(server, person.spreadsheet_id)[:2] == [
            ["Ours", "ID", "Remarks", "Company", "Stage"],
            ["", "R-0001", "met at the fair", "Acme", "New"],
        ]
        person.add_tab("More")
        person.rename_tab(0, "Sheet1 of mine")
        person.move_tab(0, 2)
        assert [sheet.title for sheet in person.spreadsheet.sheets] == ["More", "Sheet1 of mine"]

    def test_undo_leaves_the_work_of_others_alone(self, server: SheetsServer) -> None:
        person = self.person(server)
        other = server.person(person.spreadsheet_id, "other@example.com")
        person.type_cell(0, 1, 3, "mine")
        other.type_cell(0, 1, 3, "theirs")
        assert person.undo().refused == "Somebody has changed it since."
        person.type_cell(0, 2, 3, "mine")
        other.type_cell(0, 1, 2, "theirs")
        assert person.undo().done
        person.delete_row(0, 2)
        other.type_cell(0, 1, 1, "theirs")
        assert person.undo().done
        person.rename_header(0, 3, "Remarks")
        other.type_cell(0, 2, 1, "theirs")
        other.type_cell(0, 2, 1, "Beta")
        assert person.undo().done
        first = ["R-0001", "theirs", "theirs", "theirs"]
        assert shown(server, person.spreadsheet_id) == [LEADS[0], first, *LEADS[2:]]

    def test_a_protected_cell_is_refused_in_the_browser_too(self, server: SheetsServer) -> None:
        spreadsheet_id = leads(server)
        editors = {"users": [server.owner]}
        protected = {"range": {"sheetId": 0}, "editors": editors}
        Plain(server).batch(spreadsheet_id, {"addProtectedRange": {"protectedRange": protected}}).raise_for_status()
        person = server.person(spreadsheet_id, "other@example.com", seed=2)
        person.weights = {"type_cell": 1}
        assert "protected" in person.act().refused

    @pytest.mark.parametrize("seed", range(20))
    def test_at_random(self, server: SheetsServer, seed: int) -> None:
        person = Person(server.sheets, leads(server), Caller(server.owner), Random(seed))
        kinds = {person.act().kind for _ in range(60)}
        assert len(kinds) > 5
        assert kinds <= {*WEIGHTS, "nothing"}
        assert not [deed for deed in person.deeds if deed.refused and deed.kind != "undo"]

    def test_the_same_seed_does_the_same(self, server: SheetsServer) -> None:
        deeds = []
        for _ in range(2):
            person = Person(server.sheets, leads(server), Caller(server.owner), Random(7))
            deeds.append([person.act().kind for _ in range(30)])
        assert deeds[0] == deeds[1]

    def test_between_read_and_write(self, server: SheetsServer) -> None:
        person = self.person(server)
        call = Plain(server)

        def types(about: Call) -> None:
            if about.method.endswith("batchUpdate"):
                person.insert_row(0, 1, ["", "Omega"])

        server.before_call = types
        call.batch(person.spreadsheet_id, NOTE).raise_for_status()
        assert [row[1] for row in shown(server, person.spreadsheet_id)[1:3]] == ["Omega", "Acme"]
        assert shown(server, person.spreadsheet_id)[1][3] == "written"
        assert [each.committed for each in server.journal] == [True]

    def test_what_a_person_is_refused_the_caller_does_not_hear(self) -> None:
        server = SheetsServer().start()
        person = self.person(server)
        server.share(person.spreadsheet_id, "reader@example.com", "reader")
        person.caller = Caller("reader@example.com")
        server.before_call = lambda _: person.type_cell(0, 1, 1, "x")
        assert Plain(server)("GET", f"/v4/spreadsheets/{person.spreadsheet_id}").status_code == 500
        server.stop()
        with pytest.raises(AssertionError, match="A hook was refused: 403"):
            server.check()

    def test_many_at_once(self, server: SheetsServer) -> None:
        spreadsheet_id = leads(server)
        people = [server.person(spreadsheet_id, f"p{each}@example.com", seed=each) for each in range(3)]

        def reads_and_writes() -> None:
            call = Plain(server)
            for _ in range(20):
                call("GET", f"/v4/spreadsheets/{spreadsheet_id}", params={"includeGridData": "true"}).raise_for_status()
                call.batch(spreadsheet_id, NOTE)

        def works(person: Person) -> None:
            for _ in range(40):
                person.act()

        work = [Thread(target=reads_and_writes) for _ in range(3)] + [Thread(target=works, args=(p,)) for p in people]
        for each in work:
            each.start()
        for each in work:
            each.join()
        assert len(server.journal) == 120
        assert all(len(person.deeds) >= 40 for person in people)

    @pytest.mark.parametrize("later", [False, True])
    def test_between_commit_and_reply(self, later: bool) -> None:
        with SheetsServer(switches=Switches(reply_includes_later_edits=later)) as server:
            person = self.person(server)
            seen = []

            def types(about: Call) -> None:
                seen.append(about.method)
                person.type_cell(0, 2, 3, "typed in between")

            server.after_commit = types
            path = f"/v4/spreadsheets/{person.spreadsheet_id}:batchUpdate"
            body = {
                "requests": [NOTE],
                "includeSpreadsheetInResponse": True,
                "responseIncludeGridData": True,
                "responseRanges": ["Sheet1!D2:D3"],
            }
            told = Plain(server)("POST", path, json=body).json()["updatedSpreadsheet"]
            rows = told["sheets"][0]["data"][0]["rowData"]
            assert rows[0]["values"][0]["formattedValue"] == "written"
            assert (len(rows) > 1 and "formattedValue" in rows[1].get("values", [{}])[0]) == later
            assert len(seen) == 1
            assert shown(server, person.spreadsheet_id)[2][3] == "typed in between"
