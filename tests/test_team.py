"""How each owner stands: counted as elsewhere, and put side by side."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from sheetcrm.follow_ups import FollowUp
from sheetcrm.funnel import Fact, tally
from sheetcrm.team import SeenActivity, team
from tests.test_funnel import PIPELINE

TODAY = date(2026, 11, 25)


def do(owner: str, *, late: bool = False) -> FollowUp:
    return FollowUp("no-next-step", owner, "R-1", "Acme", "Leads", TODAY, late=late)


def test_owners_stand_side_by_side_who_has_most_records_first() -> None:
    facts = [
        Fact("R-1", stage="new", owner="Ana", value=Decimal(100), currency="EUR", probability=Decimal("0.5")),
        Fact("R-2", stage="won", outcome="won", owner="Ana"),
        Fact("R-3", stage="new", owner="Bob"),
        Fact("R-4", stage="new"),
    ]
    found = team(facts, [], {"Ana": [do("Ana"), do("Ana", late=True)], "": [do("")]}, PIPELINE, TODAY)
    assert [(m.owner, m.tally.records, m.due, m.late) for m in found] == [
        ("Ana", 2, 2, 1),
        ("", 1, 1, 0),
        ("Bob", 1, 0, 0),
    ]
    assert found[0].tally == tally(facts[:2])
    assert [(line.currency, line.weighted) for line in found[0].open] == [("EUR", Decimal(50))]


def test_activities_of_thirty_days_are_counted_and_all_that_are_planned() -> None:
    def on(days_ago: int, *, is_open: bool = False) -> SeenActivity:
        return SeenActivity("Ana", TODAY - timedelta(days=days_ago), is_open)

    seen = [on(0), on(29), on(30), on(-3), on(90, is_open=True), SeenActivity("Ana", None, is_open=True)]
    (ana,) = team([], seen, {}, PIPELINE, TODAY)
    assert (ana.owner, ana.done, ana.planned) == ("Ana", 2, 2)


def test_nobody_is_left_out_who_has_something_to_do() -> None:
    found = team([], [SeenActivity("Cora", TODAY, is_open=False)], {"Bob": [do("Bob")]}, PIPELINE, TODAY)
    assert [m.owner for m in found] == ["Bob", "Cora"]
