from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from conftest import require

from benchmarks.loan_applications import PIPELINE as LOANS
from benchmarks.loan_applications import SETTINGS as LOAN_SETTINGS
from benchmarks.loan_applications import Applications, read_applications
from sheetcrm.funnel import Fact, funnel
from sheetcrm.model import Event
from sheetcrm.past import Duration, Transition, durations, standing_on, steps_of, transitions
from sheetcrm.pipeline import LossReason, Pipeline, Stage
from sheetcrm.settings import Settings

SETTINGS = Settings()
PIPELINE = Pipeline(
    stages=(
        Stage("new", "New", "leads", "open", Decimal(0)),
        Stage("qualified", "Qualified", "opportunities", "open", Decimal("0.1")),
        Stage("offer-sent", "Offer sent", "opportunities", "open", Decimal("0.5")),
        Stage("won", "Won", "deals", "won", Decimal(1)),
        Stage("lost", "Lost", "", "lost", Decimal(0)),
    ),
    reasons=(LossReason("price", "Price"), LossReason("duplicate", "Duplicate", counts=False)),
)
MARCH = date(2026, 3, 1)


def march(day: int) -> date:
    return date(2026, 3, day)


OFFERED = {"note": "OF-2026-0001-v1", "value": Decimal(500), "currency": "EUR"}


def event(word: str, day: int | None, after: str = "", before: str = "", *, seen: int = 0, **more: Any) -> Event:
    """Seen in the night after that day of March, or after the day `seen`."""
    happened = march(day) if day else None
    night = datetime.combine(march(seen or day or 1), time(2, 17)) + timedelta(days=1)
    values = {"number": 1, "run": 1, "record": "R-0001", "happened_on": happened, "seen_at": night}
    return Event.of(**{**values, "event": word, "before": before, "after": after, **more})


CREATED = event("created", 1)
WAY = [CREATED, event("stage", 1, "new"), event("stage", 5, "qualified", "new")]


# ---------------------------------------------------------------- steps


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param(WAY, [("", "new", 1, 1), ("new", "qualified", 5, 1)], id="one after the other"),
        pytest.param(
            [CREATED, event("passed", 1, "new"), event("stage", 1, "qualified")],
            [("", "qualified", 1, 1)],
            id="nobody saw it stand in a stage that it passed",
        ),
        pytest.param(
            [*WAY, event("lost", 6, "lost", "qualified"), event("corrected", 8, "qualified", "lost")],
            [("", "new", 1, 1), ("new", "qualified", 5, 1)],
            id="a closing that was put right never happened",
        ),
        pytest.param(
            [*WAY, event("lost", 6, "lost", "qualified"), event("corrected", 8, "offer-sent", "lost")],
            [("", "new", 1, 1), ("new", "qualified", 5, 1), ("qualified", "offer-sent", 8, 1)],
            id="put right to another stage, it came from where it stood before",
        ),
        pytest.param(
            [*WAY, event("lost", 6, "lost", "qualified"), event("reopened", 28, "new", "lost")],
            [("", "new", 1, 1), ("new", "qualified", 5, 1), ("qualified", "lost", 6, 1), ("lost", "new", 28, 2)],
            id="reopening begins another cycle",
        ),
        pytest.param(
            [event("imported", 1, "qualified", seen=9), event("stage", 12, "offer-sent", "qualified")],
            [("", "qualified", 9, 1), ("qualified", "offer-sent", 12, 1)],
            id="where it stood when it was taken in holds from then on",
        ),
        pytest.param(
            [event("imported", 1, "won", seen=9), event("won", 4, "won", seen=9)],
            [("", "won", 4, 1)],
            id="taken in as won, on the day that its row says",
        ),
        pytest.param([event("refused", 3, "won", "new"), event("edited", 4)], [], id="other events are no steps"),
    ],
)
def test_steps(events: list[Event], expected: list[tuple[str, str, int, int]]) -> None:
    found = steps_of(events, SETTINGS).get("R-0001", [])
    assert [(s.before, s.after, s.on.day, s.cycle) for s in found] == expected


def test_what_was_seen_in_the_night_has_the_hour_of_the_night() -> None:
    night = steps_of([event("stage", 5, "new")], SETTINGS)["R-0001"][0]
    assert (night.on, night.at) == (march(5), datetime(2026, 3, 6, 2, 17))


def test_a_person_s_day_of_closing_moves_the_moment_by_whole_days() -> None:
    closed = steps_of([event("won", 3, "won", "new", seen=20)], SETTINGS)["R-0001"][0]
    assert (closed.on, closed.at) == (march(3), datetime(2026, 3, 4, 2, 17))


# ---------------------------------------------------------------- ways and times


def test_transitions_stand_in_pipeline_order_and_leave_out_what_nobody_saw() -> None:
    taken_in = [event("taken-over", None, "offer-sent", record="R-0002", seen=2)]
    lost = [event("lost", 9, "lost", "offer-sent", record="R-0002"), event("lost", 9, "lost", "qualified")]
    steps = steps_of([*WAY, *taken_in, *lost], SETTINGS)
    assert transitions(steps.values(), PIPELINE) == (
        Transition("", "new", 1),
        Transition("new", "qualified", 1),
        Transition("qualified", "lost", 1),
        Transition("offer-sent", "lost", 1),
    )
    assert durations(steps.values(), PIPELINE) == (Duration("new", 1, 4.0, 4.0), Duration("qualified", 1, 4.0, 4.0))


def test_real_stage_history_gives_the_reference_figures(shared: Path) -> None:
    applications, reference = loans(shared)
    steps = steps_of(applications.events, LOAN_SETTINGS)
    assert {(way.before, way.after): way.n for way in transitions(steps.values(), LOANS)} == {
        (before or "", after): n for before, after, n in reference["transitions_A"]["rows"]
    }
    found = durations(steps.values(), LOANS)
    assert [stage.stage for stage in found] == [s.code for s in LOANS.stages if s.outcome != "lost"]
    assert sorted((d.stage, d.n, round(d.median_days, 4), round(d.p90_days, 4)) for d in found) == [
        tuple(row) for row in reference["days_spent_in_A_stage"]["rows"]
    ]


def test_real_stage_history_gives_the_reference_outcomes(shared: Path) -> None:
    applications, reference = loans(shared)
    said = funnel(applications.facts, LOANS).as_json()
    (values,) = reference["totals"]["rows"]
    total = dict(zip(reference["totals"]["columns"], values, strict=True))
    assert (said["records"], said["won"], said["lost"], said["open"], said["win_rate"], said["won_value"]) == (
        total["cases"],
        total["won"],
        total["declined"] + total["cancelled"],
        total["open"],
        total["win_rate"],
        {"EUR": total["won_amount"]},
    )


@pytest.mark.parametrize("day", [date(2011, 10, 1), date(2012, 1, 7), date(2012, 3, 14)], ids=str)
def test_real_stages_of_a_day_are_rebuilt_from_history_alone(day: date, shared: Path) -> None:
    applications, _ = loans(shared)
    stood = {e.record: e.after for e in applications.events if e.happened_on and e.happened_on <= day}
    then = standing_on(day, [], applications.events, LOANS, LOAN_SETTINGS)
    assert {fact.id: fact.stage for fact in then} == stood


def loans(shared: Path) -> tuple[Applications, dict[str, Any]]:
    folder = shared / "data" / "bpi2012"
    require(folder.is_dir(), f"no data set bpi2012 in {folder.parent}")
    reference = json.loads((shared / "data/reference/bpi2012.json").read_text("utf-8"))
    return read_applications(folder), reference["queries"]


# ---------------------------------------------------------------- a day of the past

LOST = event("lost", 10, "lost", "qualified", reason="price", competitor="Beta", owner="Ana", value=Decimal(70))
REOPENED = event("reopened", 20, "offer-sent", "lost", owner="Ion", value=Decimal(90), currency="EUR")
NOW = Fact(
    "R-0001",
    name="Acme",
    stage="offer-sent",
    reached="offer-sent",
    created_on=march(1),
    owner="Ion",
    value=Decimal(95),
    currency="EUR",
    cycle=2,
    own_probability=Decimal("0.9"),
)
STORY = [
    *WAY,
    LOST,
    REOPENED,
    event("offer-sent", 21, **OFFERED),
    event("edited", 25, owner="Ion", value=Decimal(95), currency="EUR"),
]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        pytest.param(1, ("new", "open", "new", None, None, "", 1), id="on its first day"),
        pytest.param(4, ("new", "open", "new", None, None, "", 1), id="until the day before it went on"),
        pytest.param(5, ("qualified", "open", "qualified", None, None, "", 1), id="from the day on which it came"),
        pytest.param(10, ("lost", "lost", "qualified", march(10), Decimal(70), "Price", 1), id="lost, and why"),
        pytest.param(20, ("offer-sent", "open", "offer-sent", None, Decimal(90), "", 2), id="taken up again"),
        pytest.param(21, ("offer-sent", "open", "offer-sent", None, Decimal(90), "", 2), id="an offer is not its row"),
        pytest.param(25, ("offer-sent", "open", "offer-sent", None, Decimal(95), "", 2), id="as it stands now"),
    ],
)
def test_a_record_as_it_stood(day: int, expected: tuple[object, ...]) -> None:
    (then,) = standing_on(march(day), [NOW], STORY, PIPELINE, SETTINGS)
    assert (then.stage, then.outcome, then.reached, then.closed_on, then.value, then.reason, then.cycle) == expected
    assert then.name == "Acme"
    assert then.own_probability == (NOW.own_probability if day == 25 else None)


@pytest.mark.parametrize(
    ("facts", "events", "day", "stages"),
    [
        pytest.param([NOW], STORY, date(2026, 2, 28), [], id="before it was created"),
        pytest.param([], STORY, march(7), ["qualified"], id="a row that was deleted since was there then"),
        pytest.param([], [*STORY, event("missing", 26)], march(27), [], id="a row that was gone is gone"),
        pytest.param(
            [NOW],
            [*STORY, event("missing", 26), event("returned", 28)],
            march(28),
            ["offer-sent"],
            id="and is there when it returns",
        ),
        pytest.param(
            [replace(NOW, created_on=date(2025, 1, 1))],
            [event("taken-over", None, "offer-sent", seen=9), event("edited", 12)],
            march(8),
            [""],
            id="created long ago, but nobody knows where it stood before it was taken over",
        ),
        pytest.param(
            [replace(NOW, created_on=None)],
            [event("taken-over", None, "offer-sent", seen=9)],
            march(8),
            [],
            id="without a day of creation it is there from when sync saw it",
        ),
        pytest.param(
            [replace(NOW, stage="won", outcome="won", closed_on=march(6))],
            [*WAY, event("won", 9, "won", "qualified"), event("edited", 30)],
            march(7),
            ["won"],
            id="the row's own day of closing wins over that of History",
        ),
        pytest.param([NOW], [], march(3), ["offer-sent"], id="without History it is what it is"),
    ],
)
def test_who_was_there(facts: list[Fact], events: list[Event], day: date, stages: list[str]) -> None:
    assert [fact.stage for fact in standing_on(day, facts, events, PIPELINE, SETTINGS)] == stages
