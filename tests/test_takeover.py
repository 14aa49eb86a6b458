"""Taking over a workbook that a team made itself: nothing is written over, nothing adopted, no row left out."""

from __future__ import annotations

from datetime import date

import pytest

from sheetcrm.columns import read_layout
from sheetcrm.problems import UsageError
from sheetcrm.tables import Cell, Snapshot, Tab, raw_text
from tests.laws.desk import Desk

Rows = list[list[Cell]]

CLIENTS: Rows = [
    ["Firma", "Persoana contact", "Tel.", "E-mail", "Etapa", "Resp.", "Valoare (lei)", "Creat la", "Scor"],
    ["Acme SRL", "Ana Pop", "0722345678", "ana@acme.ro", "calificat", "Ion", "1.200,50 lei", date(2025, 3, 1), "A"],
    ["Beta SA", "", "", "b@beta.ro", "Câştigat", "Ion", 900, "12.03.2025", "B"],
    ["", "Maria Radu", "0733111222", "", "", "", "", "", ""],
    ["Gama SRL", "", "", "", "Pierdut", "", "", "", "C"],
    [],
    ["TOTAL", "", "", "", "", "", 2100.5, "", ""],
]


def _taken_over(*tabs: Tab, language: str = "ro") -> Desk:
    desk = Desk(Snapshot(tabs), language)
    desk.sync(takeover=True)
    return desk


def _cells(desk: Desk) -> set[str]:
    return {raw_text(cell) for rows in desk.rows.values() for row in rows for cell in row if raw_text(cell).strip()}


def _records(desk: Desk) -> dict[str, tuple[str, str]]:
    """Company or contact → tab and ID."""
    found = {}
    for name in ("leads", "opportunities", "deals"):
        for row in desk.below(name):
            who = raw_text(desk.read(name, row, "company") or desk.read(name, row, "contact"))
            if who and who != "TOTAL":
                found[who] = (name, raw_text(desk.read(name, row, "id")))
    return found


def test_each_record_is_accepted_where_it_stands_and_goes_home() -> None:
    desk = _taken_over(Tab("Leaduri", CLIENTS))
    assert _records(desk) == {
        "Maria Radu": ("leads", "R-0003"),
        "Gama SRL": ("leads", "R-0004"),
        "Acme SRL": ("opportunities", "R-0001"),
        "Beta SA": ("deals", "R-0002"),
    }
    assert {"taken-over"} <= {event.split()[0] for event in desk.events()}
    assert not any(event.startswith("refused") for event in desk.events())


def test_every_cell_is_still_there() -> None:
    desk = _taken_over(Tab("Leaduri", CLIENTS))
    spelt = {"calificat": "Calificat", "Câştigat": "Câștigat"}
    wanted = {raw_text(cell) for row in CLIENTS for cell in row if raw_text(cell).strip()}
    assert {spelt.get(text, text) for text in wanted} <= _cells(desk)


def test_taking_over_again_and_the_next_sync_find_nothing_new() -> None:
    desk = _taken_over(Tab("Leaduri", CLIENTS))
    assert desk.sync(days=0).is_empty
    desk.sync()
    assert desk.events() == []


def test_dates_come_from_its_own_columns_and_unknown_ones_stay_blank() -> None:
    desk = _taken_over(Tab("Leaduri", CLIENTS))
    created = {e.record: e.happened_on for e in desk.plan.events if e.event == "taken-over"}
    assert created == {"R-0001": date(2025, 3, 1), "R-0002": date(2025, 3, 12), "R-0003": None, "R-0004": None}


def test_a_column_of_the_teams_own_travels() -> None:
    desk = _taken_over(Tab("Leaduri", CLIENTS))
    layout = desk.layout("deals")
    assert "Scor" in layout.own_names.values()
    column = next(c for c, name in layout.own_names.items() if name == "Scor")
    assert layout.tab.cell(desk.below("deals")[0], column) == "B"


@pytest.mark.parametrize(
    "above",
    [
        pytest.param([], id="headers in the first row"),
        pytest.param([["Lista clienților 2025"], []], id="a title above the headers"),
    ],
)
def test_headers_below_a_title_are_found(above: Rows) -> None:
    desk = _taken_over(Tab("Leads", [*above, *CLIENTS]))
    assert _records(desk)["Beta SA"][0] == "deals"


def test_a_second_line_of_headers_is_nobodys_record() -> None:
    two_lines: Rows = [CLIENTS[0], ["Companie", "Contact", "Telefon", "Email", "Stadiu", "", "", "", ""], *CLIENTS[1:]]
    desk = _taken_over(Tab("Leads", two_lines))
    assert len(_records(desk)) == 5  # the second line of headers is still there, but has no ID
    assert _records(desk)["Companie"] == ("leads", "")
    assert "second-header" in desk.codes()


@pytest.mark.parametrize("title", ["Raport", "Report", "Istoric", "Astăzi"])
def test_a_tab_of_theirs_that_bears_a_name_of_ours_is_left_alone(title: str) -> None:
    theirs: Rows = [["Raport vânzări"], ["Ian", 100], ["Feb", 200]]
    desk = _taken_over(Tab("Leads", CLIENTS), Tab(title, theirs))
    assert desk.rows[title] == theirs
    layouts = read_layout(desk.snapshot()).layouts
    assert title not in {layout.title for layout in layouts.values() if layout.name in ("report", "history", "today")}
    desk.sync()
    assert desk.rows[title] == theirs


def test_a_column_of_theirs_that_bears_a_name_of_ours_is_not_adopted() -> None:
    theirs: Rows = [["ID", "Firma", "Email", "De corectat"], ["C-77", "Acme SRL", "a@acme.ro", "nimic"]]
    desk = _taken_over(Tab("Leads", theirs))
    assert desk.cells("leads")[1][:4] == ["C-77", "Acme SRL", "a@acme.ro", "nimic"]
    assert desk.read("leads", 1, "id") == "R-0001"
    assert desk.events() == ["taken-over R-0001"]


def test_a_workbook_that_sync_was_never_let_into_is_not_touched() -> None:
    with pytest.raises(UsageError):
        Desk(Snapshot((Tab("Leads", CLIENTS),))).sync()


def test_from_then_on_a_new_row_is_a_jump_from_nothing() -> None:
    desk = _taken_over(Tab("Leads", CLIENTS))
    desk.add("leads", company="Delta SRL", stage="Negociere")
    desk.sync()
    assert desk.events()[:2] == ["created R-0005", "refused R-0005"]
