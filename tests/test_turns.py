"""Owners take turns: fair, pure, and never against what a person wrote."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sheetcrm import messages
from sheetcrm.display.answers import event_line
from sheetcrm.model import Event
from sheetcrm.pipeline import Choice, Owner, Pipeline
from sheetcrm.plan import make_plan
from sheetcrm.run import Arrival
from sheetcrm.tables import Snapshot
from sheetcrm.turns import Turns
from sheetcrm.workbooks.memory import MemoryWorkbook
from tests.laws.desk import FIRST_NIGHT, Desk
from tests.laws.team import GENTLE, Book, Edit, new_office, work
from tests.laws.watch import Office, breaches

ANA, ION, MARA = Owner("ana", "Ana Pop"), Owner("ion", "Ion Rusu"), Owner("mara", "Mara Șerban")


def given_to(number: int, code: str) -> Event:
    return Event(number=number, seen_at=datetime(2026, 3, 1), run=1, event="turn", record="R-0001", after=code)


@pytest.mark.parametrize(
    ("owners", "before", "expected"),
    [
        pytest.param([ANA, ION, MARA], "", "ana ion mara ana", id="nobody had one: as in Lists"),
        pytest.param([ANA, ION, MARA], "ana ion", "mara ana ion mara", id="who had none yet comes first"),
        pytest.param(
            [ANA, ION, MARA], "mara ana ion ana", "mara ion ana mara", id="the last turn counts, not the first"
        ),
        pytest.param([ANA, Owner("ion", "Ion", active=False)], "", "ana ana ana ana", id="one who left has no turn"),
        pytest.param([], "ana", "", id="nobody there"),
    ],
)
def test_whose_turn(owners: list[Owner], before: str, expected: str) -> None:
    turns = Turns(owners, [given_to(n, code) for n, code in enumerate(before.split(), 1)])
    found = []
    for _ in range(4):
        if owner := turns.next:
            found.append(owner.code)
            turns.taken()
    assert found == expected.split()


def with_turns(snapshot: Snapshot, language: str = "en") -> Snapshot:
    book = Book(snapshot, language)
    row = next(row for row in book.below("settings") if book.read("settings", row, "setting_code") == "turns")
    book.type("settings", row, "setting_value", messages.text("words", "yes", language))
    return book.snapshot()


def test_off_by_default() -> None:
    desk = Desk()
    desk.lead("Acme SRL", owner="")
    desk.sync()
    assert desk.says("Acme SRL", "owner") == ""


def test_new_records_without_an_owner_go_round() -> None:
    desk = Desk(with_turns(new_office("en")))
    for name in ("Acme", "Beta", "Gama", "Delta"):
        desk.lead(f"{name} SRL", owner="")
    desk.lead("Own SRL", owner="Mara Șerban")
    desk.lead("Gone SRL", owner="", stage="Lost", loss_reason="No need")
    desk.sync()
    assert [desk.says(f"{name} SRL", "owner") for name in ("Acme", "Beta", "Gama", "Delta", "Own", "Gone")] == [
        "Ana Pop",
        "Ion Rusu",
        "Mara Șerban",
        "Ana Pop",
        "Mara Șerban",
        "",
    ]
    turns = [(e.record, e.after, e.owner) for e in desk.plan.events if e.event == "turn"]
    assert turns[0] == ("R-0001", "ana-pop", "Ana Pop")
    assert len(turns) == 4
    desk.lead("Next SRL", owner="")
    desk.sync()
    assert desk.says("Next SRL", "owner") == "Ion Rusu"
    assert desk.events() == ["created R-0007", "stage R-0007", "turn R-0007"]


def test_a_stage_that_needs_an_owner_has_one_then_and_the_row_takes_it_home() -> None:
    desk = Desk(with_turns(new_office("en")))
    desk.lead("Acme SRL", owner="", stage="Qualified")
    desk.sync()
    assert desk.find("Acme SRL")[0] == "opportunities"
    assert desk.says("Acme SRL", "owner") == "Ana Pop"
    assert desk.sync(days=0).is_empty


def test_a_person_s_word_wins_for_ever_and_an_emptied_cell_stays_empty() -> None:
    desk = Desk(with_turns(new_office("en")))
    desk.lead("Acme SRL", owner="")
    desk.lead("Beta SRL", owner="")
    desk.sync()
    desk.type(*desk.find("Acme SRL"), "owner", "Mara Șerban")
    desk.type(*desk.find("Beta SRL"), "owner", "")
    desk.sync()
    desk.sync()
    assert (desk.says("Acme SRL", "owner"), desk.says("Beta SRL", "owner")) == ("Mara Șerban", "")


def test_rows_of_a_file_go_round_as_well_the_closed_ones_not() -> None:
    snapshot = with_turns(new_office("en"))
    rows = [{"company": "Acme SRL", "stage": "New"}, {"company": "Beta SRL", "stage": "Lost"}, {"company": "Gama SRL"}]
    workbook = MemoryWorkbook(snapshot)
    workbook.apply(
        make_plan(snapshot, FIRST_NIGHT, arrivals=[Arrival("leads", row, row["company"]) for row in rows]), snapshot
    )
    desk = Desk(workbook.read())
    assert [desk.says(row["company"], "owner") for row in rows] == ["Ana Pop", "", "Ion Rusu"]
    assert make_plan(workbook.read(), FIRST_NIGHT).is_empty


def test_a_formula_in_the_cell_is_left_alone() -> None:
    desk = Desk(with_turns(new_office("en")))
    row = desk.lead("Acme SRL", owner="")
    snapshot = desk.snapshot()
    at = (row, desk.layout("leads").columns["owner"])
    tabs = [replace(tab, formulas={at: '=""'}) if tab.mark == "leads" else tab for tab in snapshot.tabs]
    plan = make_plan(replace(snapshot, tabs=tuple(tabs)), FIRST_NIGHT)
    assert "turn" not in {event.event for event in plan.events}


def test_the_log_says_the_owner_s_name() -> None:
    pipeline = Pipeline(owners=(ANA,), choices={"owner": (Choice("ana", "Ana Pop"),)})
    assert event_line(given_to(1, "ana"), "en", pipeline) == "R-0001 given in turn: Ana Pop"


def test_taking_over_gives_nothing_away() -> None:
    desk = Desk(with_turns(new_office("en")))
    desk.lead("Acme SRL", owner="")
    desk.sync(takeover=True)
    assert desk.says("Acme SRL", "owner") == ""


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    language=st.sampled_from(messages.LANGUAGES),
    seed=st.integers(0, 2**31 - 1),
    days=st.lists(
        st.lists(st.builds(Edit, st.sampled_from(GENTLE), st.integers(0, 2**31 - 1)), max_size=6),
        min_size=1,
        max_size=3,
    ),
)
def test_every_law_holds_where_owners_take_turns(language: str, seed: int, days: list[list[Edit]]) -> None:
    office = Office(MemoryWorkbook(with_turns(new_office(language, 6, seed), language)))
    for number, day in enumerate([[], *days]):
        snapshot = office.workbook.snapshot
        for edit in day:
            snapshot = work(snapshot, edit, language)
        book = Book(snapshot, language)
        book.add("leads", company=f"Firma {number} SRL", email=f"a{number}@firma.ro", notes="№")
        office.workbook.snapshot = book.snapshot()
        now = FIRST_NIGHT + timedelta(days=number)
        night = office.night(now)
        assert breaches(night) == []
        assert make_plan(night.after, now).is_empty
