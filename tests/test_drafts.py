"""One ID for life: copies, wiped IDs, rows that vanish and come back, signs of a disaster."""

from __future__ import annotations

from datetime import date

import pytest

from sheetcrm.drafts import counter, well_formed
from sheetcrm.tables import Cell
from tests.laws.desk import Desk


@pytest.mark.parametrize(
    ("typed", "id_"),
    [
        pytest.param("R-0042", "R-0042", id="as sync writes it"),
        pytest.param(" r-42 ", "R-0042", id="as a person writes it"),
        pytest.param("R42", "R-0042", id="without the dash"),
        pytest.param("R-12345", "R-12345", id="beyond four digits"),
        pytest.param("A-0042", "", id="an account is no record"),
        pytest.param("42", "", id="a bare number"),
        pytest.param(42.0, "", id="a number"),
        pytest.param("R-0042b", "", id="something more"),
    ],
)
def test_what_is_an_id(typed: Cell, id_: str) -> None:
    assert well_formed(typed, "R") == id_


def test_numbers_are_never_given_twice() -> None:
    assert counter("R", ["R-0007", "R-0011", "A-0090", "stage/new"]).next() == "R-0012"


def _desk(*companies: str) -> Desk:
    desk = Desk()
    for company in companies:
        desk.lead(company)
    desk.sync()
    return desk


def test_a_typed_row_gets_an_id_once_it_has_a_name_or_a_way_to_reach_it() -> None:
    desk = _desk("Acme SRL")
    row = desk.add("leads", notes="ring the man from the fair")
    desk.sync()
    assert desk.read("leads", row, "id") == ""
    desk.type("leads", row, "phone", "0722 345 678")
    desk.sync()
    assert desk.read("leads", row, "id") == "R-0002"


def test_a_row_pasted_twice_gets_an_id_of_its_own() -> None:
    desk = _desk("Acme SRL", "Beta SA")
    desk.cells("leads").append(list(desk.cells("leads")[1]))
    desk.sync()
    assert [desk.read("leads", row, "id") for row in desk.below("leads")] == ["R-0001", "R-0002", "R-0003"]
    assert "id-given R-0003" in desk.events()
    assert "copied-id" in desk.codes()
    desk.sync()
    assert desk.events() == []
    assert "R-0001" in str(desk.read("leads", 3, "check"))


def test_a_copy_above_its_original_is_still_the_copy_where_it_was_changed() -> None:
    desk = _desk("Acme SRL")
    copy = list(desk.cells("leads")[1])
    desk.cells("leads").insert(1, copy)
    desk.type("leads", 1, "company", "Acme Trading SRL")
    desk.sync()
    assert desk.says("Acme SRL", "id") == "R-0001"
    assert desk.says("Acme Trading SRL", "id") == "R-0002"


def test_two_rows_that_may_both_be_the_original_are_frozen_and_flagged() -> None:
    desk = _desk("Acme SRL")
    desk.cells("leads").append(list(desk.cells("leads")[1]))
    for row, name in ((1, "Acme North SRL"), (2, "Acme South SRL")):
        desk.type("leads", row, "company", name)
        desk.type("leads", row, "stage", "Contacted")
    desk.sync()
    assert "duplicate-id" in desk.codes()
    assert [desk.read("leads", row, "id") for row in desk.below("leads")] == ["R-0001", "R-0001"]
    assert desk.events() == []
    desk.type("leads", 2, "id", "")
    desk.sync()
    assert desk.says("Acme North SRL", "id") == "R-0001"
    assert desk.says("Acme South SRL", "id") == "R-0002"


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("", id="wiped out"),
        pytest.param("??", id="typed over"),
        pytest.param("R-0777", id="typed over by an ID that sync never gave"),
    ],
)
def test_a_lost_id_comes_back(typed: str) -> None:
    desk = _desk("Acme SRL", "Beta SA")
    desk.type("leads", 1, "id", typed)
    desk.sync()
    assert desk.says("Acme SRL", "id") == "R-0001"
    assert desk.events() == ["id-restored R-0001"]


def test_a_row_cut_into_another_tab_goes_home_and_is_the_same_record() -> None:
    desk = _desk("Acme SRL")
    cells = dict(zip(("company", "email"), ("Acme SRL", "office@acme.ro"), strict=True))
    del desk.cells("leads")[1]
    desk.add("deals", **cells, source="Website", stage="New", owner="Ana Pop", interested_in="pumps")
    desk.sync()
    assert desk.find("Acme SRL")[0] == "leads"
    assert desk.says("Acme SRL", "id") == "R-0001"
    assert desk.events() == ["moved R-0001", "id-restored R-0001"]


def test_a_row_that_vanished_is_said_once_and_welcomed_back() -> None:
    desk = _desk("Acme SRL", "Beta SA")
    row = desk.cells("leads").pop(1)
    desk.sync()
    assert desk.events() == ["missing R-0001"]
    desk.sync()
    assert desk.events() == []
    assert "missing-record" in desk.codes()
    desk.cells("leads").append(row)
    desk.sync()
    assert desk.events() == ["returned R-0001"]
    assert "missing-record" not in desk.codes()


def test_the_id_of_a_deleted_row_is_not_given_again() -> None:
    desk = _desk("Acme SRL", "Beta SA")
    del desk.cells("leads")[2]
    desk.sync()
    desk.lead("Gama SRL")
    desk.sync()
    assert desk.says("Gama SRL", "id") == "R-0003"


def test_what_people_type_into_syncs_cells_goes_on_record_before_it_is_put_right() -> None:
    desk = _desk("Acme SRL")
    desk.type("leads", 1, "in_stage_since", "since Easter")
    desk.sync()
    assert [(e.event, e.before) for e in desk.plan.events] == [("overwritten", "since Easter")]
    assert desk.read("leads", 1, "in_stage_since") == date(2026, 11, 22)


@pytest.mark.parametrize(
    ("gone", "stops"),
    [
        pytest.param(5, False, id="five of twenty is a busy day"),
        pytest.param(6, True, id="six of twenty is a disaster"),
    ],
)
def test_how_many_rows_may_vanish(gone: int, stops: bool) -> None:
    desk = _desk(*(f"Firma{n} SRL" for n in range(20)))
    del desk.cells("leads")[1 : 1 + gone]
    desk.sync()
    assert bool(desk.plan.stopped) is stops
    assert len([e for e in desk.events() if e.startswith("missing")]) == (0 if stops else gone)


def test_many_rows_may_go_on_in_one_night_where_a_person_forces_it() -> None:
    desk = _desk(*(f"Firma{n} SRL" for n in range(20)))
    for row in desk.below("leads"):
        desk.type("leads", row, "stage", "Contacted")
    desk.sync()
    assert [p.code for p in desk.plan.stopped] == ["many-stages"]
    desk.sync(force=True)
    assert desk.plan.stopped == ()
    assert desk.events().count("stage R-0001") == 1


def test_without_the_id_column_there_is_nothing_to_approve() -> None:
    desk = _desk("Acme SRL")
    desk.put("leads", 0, desk.layout("leads").columns["id"], "")
    desk.sync(force=True)
    assert [p.code for p in desk.plan.stopped] == ["header-gone"]
