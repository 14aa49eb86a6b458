"""The team's own rules: nonsense in them is said beside it, renames are followed by their codes."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from sheetcrm.columns import read_layout
from sheetcrm.pipeline import Rules, read_rules
from sheetcrm.tables import Cell
from tests.laws.desk import Desk
from tests.laws.team import Book, new_office

HOMES = ("leads", "opportunities", "deals")


def _rules(book: Book, remembered: Mapping[str, str] | None = None) -> Rules:
    snapshot = book.snapshot()
    return read_rules(read_layout(snapshot).layouts, remembered or {}, [tab.title for tab in snapshot.tabs])


def _line(book: Book, tab: str, field: str, word: str) -> int:
    return next(row for row in book.below(tab) if book.read(tab, row, field) == word)


@pytest.mark.parametrize("language", ["en", "ro"])
def test_the_default_pipeline_is_that_of_the_design(language: str) -> None:
    rules = _rules(Book(new_office(language), language))
    assert (rules.problems, rules.understood) == ((), True)
    assert [(s.code, s.home, s.outcome, int(s.probability * 100), s.rot_days) for s in rules.pipeline.stages] == [
        ("new", "leads", "open", 0, 7),
        ("contacted", "leads", "open", 5, 14),
        ("qualified", "opportunities", "open", 10, 14),
        ("needs-analysis", "opportunities", "open", 25, 14),
        ("offer-sent", "opportunities", "open", 50, 14),
        ("negotiation", "opportunities", "open", 75, 14),
        ("won", "deals", "won", 100, None),
        ("lost", "", "lost", 0, None),
    ]
    assert [(r.code, r.of, r.asks) for r in rules.pipeline.reasons if r.asks or not r.counts or r.of != "both"] == [
        ("competitor", "both", ("competitor",)),
        ("timing", "both", ("come_back_on",)),
        ("need", "leads", ()),
        ("other", "both", ("note",)),
        ("duplicate", "both", ()),
        ("wrong-contact", "leads", ()),
    ]


@pytest.mark.parametrize(
    ("tab", "field", "of", "typed", "code", "understood"),
    [
        pytest.param("stages", "home", "Qualified", "Nowhere", "bad-home", False, id="a home that is no tab"),
        pytest.param("stages", "home", "Qualified", "Report", "bad-home", False, id="a home that has a job of its own"),
        pytest.param("stages", "home", "Qualified", "", "bad-home", False, id="an open stage without a home"),
        pytest.param("stages", "home", "Lost", "", None, True, id="a lost stage without a home"),
        pytest.param("stages", "home", "Lost", "Deals", None, True, id="a lost stage with a home"),
        pytest.param("stages", "home", "Won", "oportunitati", None, True, id="a home in the other language"),
        pytest.param("stages", "stage", "Contacted", "new", "doubled-line", False, id="two stages of one name"),
        pytest.param("stages", "outcome", "Won", "maybe", "bad-outcome", False, id="an outcome that is none"),
        pytest.param("stages", "outcome", "Won", "open", "no-stage-of-outcome", False, id="no stage is won"),
        pytest.param("stages", "probability", "Qualified", "140 %", "bad-stage-probability", True, id="140 percent"),
        pytest.param("stages", "probability", "Qualified", "25 %", None, True, id="25 percent as text"),
        pytest.param("stages", "may_go_on_to", "New", "Elsewhere", "unknown-next-stage", True, id="leads nowhere"),
        pytest.param("stages", "may_go_on_to", "New", "Contacted, Lost", None, True, id="leads on"),
        pytest.param("lists", "reason_for", "Price too high", "cats", "bad-reason-for", True, id="a reason for cats"),
        pytest.param("lists", "source", "Referral", "Website", "doubled-line", True, id="two sources of one name"),
        pytest.param("settings", "setting_value", "Language", "Klingon", "bad-setting", True, id="no such language"),
        pytest.param("settings", "setting_value", "Time zone", "Mars", "bad-setting", True, id="no such time zone"),
        pytest.param("settings", "setting_value", "Day ends at", "25:00", "bad-setting", True, id="no such hour"),
        pytest.param(
            "settings", "setting_value", "Currency", "leu", None, True, id="three letters pass for a currency"
        ),
        pytest.param("settings", "setting_value", "Country", "Romania", "bad-setting", True, id="a country in full"),
        pytest.param("settings", "setting_value", "Strict", "perhaps", "bad-setting", True, id="neither yes nor no"),
        pytest.param("settings", "setting_value", "Strict", "DA", None, True, id="yes, in Romanian"),
        pytest.param("settings", "setting_value", "Rate EUR", "-5", "bad-setting", True, id="a rate below nothing"),
    ],
)
def test_nonsense_is_a_problem_of_its_line(
    tab: str, field: str, of: str, typed: Cell, code: str | None, understood: bool
) -> None:
    book = Book(new_office("en"), "en")
    name = {"stages": "stage", "settings": "setting"}.get(tab, "loss_reason" if field == "reason_for" else field)
    row = _line(book, tab, name, of)
    book.type(tab, row, field, typed)
    rules = _rules(book)
    rows = {problem.code: problem.row for problem in rules.problems}
    assert rules.understood is understood
    if code is None:
        assert rows == {}
    elif code == "no-stage-of-outcome":
        assert code in rows
    else:
        assert rows[code] == row + 1


def test_a_pipeline_that_makes_no_sense_stops_the_run_and_says_so_beside_it() -> None:
    desk = Desk()
    desk.lead("Acme SRL")
    row = _line(desk, "stages", "stage", "Won")
    desk.type("stages", row, "home", "Nowhere")
    rows = [list(cells) for cells in desk.cells("leads")]
    desk.sync()
    assert [problem.code for problem in desk.plan.stopped] == ["pipeline-not-understood"]
    assert "Nowhere" in str(desk.read("stages", row, "check"))
    assert desk.cells("leads") == rows
    assert desk.events() == []
    desk.type("stages", row, "home", "Deals")
    desk.sync()
    assert desk.plan.stopped == ()
    assert desk.says("Acme SRL", "id") == "R-0001"
    assert desk.read("stages", row, "check") == ""


@pytest.mark.parametrize(
    ("tab", "field", "old", "new", "cell"),
    [
        pytest.param("stages", "stage", "New", "Fresh", "stage", id="a stage"),
        pytest.param("lists", "owner", "Ana Pop", "Ana Ionescu", "owner", id="an owner who married"),
        pytest.param("lists", "source", "Website", "Our site", "source", id="a source"),
    ],
)
def test_a_rename_is_followed_everywhere_and_said_once(tab: str, field: str, old: str, new: str, cell: str) -> None:
    desk = Desk()
    desk.lead("Acme SRL")
    desk.sync()
    desk.type(tab, _line(desk, tab, field, old), field, new)
    desk.sync()
    assert desk.says("Acme SRL", cell) == new
    assert sorted(e.split()[0] for e in desk.events()) == ["renamed", "spelling"]
    assert not [p for p in desk.plan.problems if p.severity == "error"]
    desk.sync()
    assert desk.events() == []
    desk.lead("Beta SA", **{cell: old})
    desk.sync()
    assert desk.says("Beta SA", cell) == new


def test_sorting_one_list_by_itself_swaps_no_meanings() -> None:
    desk = Desk()
    desk.lead("Acme SRL", stage="Lost", loss_reason="Chose a competitor", competitor="Zeta")
    desk.sync()
    rows = list(desk.below("lists"))
    words = sorted(filter(None, (str(desk.read("lists", row, "loss_reason")) for row in rows)))
    codes = {desk.read("lists", row, "loss_reason"): desk.read("lists", row, "loss_reason_code") for row in rows}
    for row in rows:
        desk.type("lists", row, "loss_reason", words.pop(0) if words else "")
    desk.sync()
    assert desk.events() == []
    assert desk.says("Acme SRL", "loss_reason") == "Chose a competitor"
    assert {desk.read("lists", r, "loss_reason"): desk.read("lists", r, "loss_reason_code") for r in rows} == codes


def test_a_new_line_gets_a_code_that_stays() -> None:
    desk = Desk()
    row = desk.add("lists", source="Word of mouth")
    desk.sync()
    assert desk.read("lists", row, "source_code") == "word-of-mouth"
    desk.type("lists", row, "source", "Hearsay")
    desk.sync()
    assert desk.read("lists", row, "source_code") == "word-of-mouth"


def test_lost_rows_go_to_a_tab_that_the_team_names() -> None:
    desk = Desk()
    desk.type("stages", _line(desk, "stages", "stage", "Lost"), "home", "Deals")
    desk.lead("Acme SRL", stage="Lost", loss_reason="No budget")
    desk.sync()
    assert desk.find("Acme SRL")[0] == "deals"
    desk.type("deals", desk.find("Acme SRL")[1], "stage", "Contacted")
    desk.sync()
    assert desk.find("Acme SRL")[0] == "leads"
    assert "corrected R-0001" in desk.events()
