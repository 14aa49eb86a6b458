from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from conftest import require
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.loan_applications import PIPELINE as LOANS
from benchmarks.loan_applications import SETTINGS as LOAN_SETTINGS
from benchmarks.loan_applications import read_applications
from sheetcrm.funnel import Fact
from sheetcrm.learned import (
    Backtest,
    Chance,
    Cycle,
    Experience,
    Fulfilled,
    StageChance,
    backtest,
    chance_of,
    cycles_of,
    expected,
    expected_by_month,
    fulfilled,
    stage_chances,
)
from sheetcrm.model import Event
from sheetcrm.past import steps_of
from sheetcrm.pipeline import LossReason, Pipeline, Stage
from sheetcrm.settings import Settings

PIPELINE = Pipeline(
    stages=(
        Stage("new", "New", "leads", "open", Decimal(0)),
        Stage("offer-sent", "Offer sent", "opportunities", "open", Decimal("0.5")),
        Stage("won", "Won", "deals", "won", Decimal(1)),
        Stage("lost", "Lost", "", "lost", Decimal(0)),
    ),
    reasons=(LossReason("price", "Price"), LossReason("duplicate", "Duplicate", counts=False)),
)
DAY = date(2026, 3, 1)


def event(word: str, after: str, before: str = "", day: int = 0, **more: Any) -> Event:
    on = DAY + timedelta(days=day)
    values = {"number": 1, "run": 1, "record": "R-0001", "happened_on": on}
    return Event.of(
        **{**values, "seen_at": datetime(on.year, on.month, on.day, 20), **more}, event=word, before=before, after=after
    )


def cycles(facts: Sequence[Fact], events: Sequence[Event]) -> list[Cycle]:
    return cycles_of(facts, steps_of(events, Settings()), PIPELINE)


# ---------------------------------------------------------------- cycles

SENT = [event("stage", "new"), event("stage", "offer-sent", "new", 3)]
LOST = event("lost", "lost", "offer-sent", 5, reason="price")


@pytest.mark.parametrize(
    ("fact", "events", "expected"),
    [
        pytest.param(
            Fact("R-0001", outcome="won"),
            [*SENT, event("won", "won", "offer-sent", 5)],
            [("won", True, ("new", "offer-sent"))],
            id="a record that was won",
        ),
        pytest.param(Fact("R-0001"), SENT, [("open", True, ("new", "offer-sent"))], id="one that is open yet"),
        pytest.param(
            Fact("R-0001", outcome="won", cycle=2),
            [*SENT, LOST, event("reopened", "offer-sent", "lost", 9), event("won", "won", "offer-sent", 12)],
            [("lost", True, ("new", "offer-sent")), ("won", True, ("offer-sent",))],
            id="lost, taken up again and won: both count",
        ),
        pytest.param(
            Fact("R-0001", outcome="lost"),
            [*SENT, event("won", "won", "offer-sent", 5), event("lost", "lost", "won", 30)],
            [("lost", True, ("new", "offer-sent"))],
            id="a sale that was cancelled is lost",
        ),
        pytest.param(
            Fact("R-0001", outcome="lost", reason="Duplicate", reason_counts=False),
            [*SENT, LOST],
            [("lost", False, ("new", "offer-sent"))],
            id="the reason that its row gives now decides whether it counts",
        ),
        pytest.param(
            Fact("R-0001", cycle=2),
            [*SENT, event("lost", "lost", "new", 5, reason="duplicate"), event("reopened", "new", "lost", 9)],
            [("lost", False, ("new", "offer-sent")), ("open", True, ("new",))],
            id="of an earlier cycle, that of History",
        ),
        pytest.param(
            Fact("R-0001", outcome="won"),
            [event("imported", "won"), event("won", "won")],
            [("won", True, ())],
            id="one that was won when it was taken in teaches no stage",
        ),
        pytest.param(Fact("R-0002"), SENT, [], id="records that are gone teach nothing"),
    ],
)
def test_cycles(fact: Fact, events: list[Event], expected: list[tuple[object, ...]]) -> None:
    assert [(c.outcome, c.counts, c.stages) for c in cycles([fact], events)] == expected


# ---------------------------------------------------------------- what was learned


def closed(won: int, lost: int, source: str = "", industry: str = "", stage: str = "offer-sent") -> list[Cycle]:
    outcomes: list[Any] = ["won"] * won + ["lost"] * lost
    return [Cycle("R-1", DAY, DAY, outcome, True, (stage,), (source, industry)) for outcome in outcomes]


AT_OFFER = Fact("R-0009", stage="offer-sent", source="Fair", industry="Retail")


@pytest.mark.parametrize(
    ("fact", "taught", "expected"),
    [
        pytest.param(AT_OFFER, closed(9, 20), ("configured", "", 29, "0.5"), id="29 are too few: as configured"),
        pytest.param(AT_OFFER, closed(10, 20), ("learned", "", 30, "0.3347"), id="30 are enough"),
        pytest.param(
            AT_OFFER,
            [*closed(10, 20), *closed(0, 60, stage="new")],
            ("learned", "", 30, "0.2788"),  # (10 + 10 · 10.5 / 91) / 40
            id="drawn to the whole, of which a ninth was won",
        ),
        pytest.param(
            AT_OFFER,
            [*closed(30, 0, source="Fair"), *closed(0, 60, source="Web")],
            ("learned", "source", 30, "0.8334"),
            id="its source, drawn to its stage",
        ),
        pytest.param(
            AT_OFFER,
            [*closed(20, 9, source="Fair"), *closed(0, 60, source="Web")],
            ("learned", "", 89, "0.2250"),
            id="too few of its source: its stage",
        ),
        pytest.param(
            AT_OFFER,
            [*closed(30, 0, source="Fair"), *closed(0, 60, industry="Retail")],
            ("learned", "industry", 60, "0.0476"),
            id="of source and industry, that of which more is known",
        ),
        pytest.param(
            Fact("R-0009", stage="offer-sent", own_probability=Decimal("0.9")),
            closed(10, 20),
            ("own", "", 30, "0.9"),
            id="a person's own number wins",
        ),
        pytest.param(Fact("R-0009"), closed(10, 20), ("configured", "", 0, "0"), id="in no stage, no chance is known"),
        pytest.param(
            AT_OFFER,
            [c._replace(counts=False) for c in closed(0, 60)] + closed(20, 20),
            ("learned", "", 40, "0.5"),
            id="what does not count in rates teaches nothing",
        ),
        pytest.param(
            AT_OFFER,
            [c._replace(outcome="open", closed_on=None) for c in closed(0, 60)] + closed(20, 20),
            ("learned", "", 40, "0.5"),
            id="nor does what is open yet",
        ),
    ],
)
def test_chances(fact: Fact, taught: list[Cycle], expected: tuple[str, str, int, str]) -> None:
    chance = chance_of(fact, Experience.of(taught), PIPELINE)
    assert (chance.basis, chance.of, chance.n, chance.probability) == (*expected[:3], Decimal(expected[3]))
    if chance.basis == "learned":
        assert chance.low is not None
        assert chance.high is not None
        assert chance.low < chance.probability < chance.high
    else:
        assert (chance.low, chance.high) == (None, None)


@given(st.integers(0, 200), st.integers(0, 200), st.integers(0, 200), st.integers(0, 200))
def test_what_is_learned_of_a_source_lies_between_its_share_and_that_of_its_stage(
    won: int, lost: int, other_won: int, other_lost: int
) -> None:
    taught = [*closed(won, lost, source="Fair"), *closed(other_won, other_lost, source="Web")]
    found = chance_of(AT_OFFER, Experience.of(taught), PIPELINE)
    if found.of == "source":
        own, all_of_it = won / (won + lost), (won + other_won) / len(taught)
        near = 1 / (len(taught) + 1)  # the whole is drawn a little towards a coin
        assert min(own, all_of_it) - near <= found.probability <= max(own, all_of_it) + near


# ---------------------------------------------------------------- what may be expected


def test_a_forecast_weighs_what_is_open_and_adds_up_by_month_and_currency() -> None:
    may = date(2026, 5, 7)
    facts = [
        Fact("R-1", stage="offer-sent", value=Decimal("1000.01"), currency="EUR", expected_close=may),
        Fact("R-2", stage="offer-sent", value=Decimal(500), currency="EUR", expected_close=may),
        Fact("R-3", stage="offer-sent", value=Decimal(80), currency="RON", own_probability=Decimal("0.25")),
        Fact("R-4", stage="new", expected_close=date(2026, 4, 30)),
        Fact("R-5", stage="won", outcome="won", value=Decimal(9), currency="EUR", expected_close=may),
    ]
    lines = expected(facts, Experience(), PIPELINE)
    assert [(line.fact.id, line.weighted) for line in lines] == [
        ("R-1", Decimal("500.01")),
        ("R-2", Decimal("250.00")),
        ("R-3", Decimal("20.00")),
        ("R-4", None),
    ]
    assert lines[0].chance == Chance(Decimal("0.5"), "configured")
    assert [month[:-1] for month in expected_by_month(lines)] == [
        ("2026-04", None, 1, Decimal(0), Decimal(0), Decimal(0)),
        ("2026-05", "EUR", 2, Decimal(1), Decimal("1500.01"), Decimal("750.01")),
        (None, "RON", 1, Decimal("0.25"), Decimal(80), Decimal(20)),
    ]


def test_a_forecast_of_the_past_is_held_against_what_became_of_it() -> None:
    then = [Fact(f"R-{n}", stage="offer-sent", value=Decimal(100), currency="EUR") for n in range(1, 6)]
    now = [
        Fact("R-1", outcome="won", value=Decimal(130), currency="EUR"),
        Fact("R-2", outcome="won", value=Decimal(70), currency="RON"),
        Fact("R-3", outcome="lost"),
        Fact("R-4"),
    ]
    assert fulfilled(expected(then, Experience(), PIPELINE), now, PIPELINE) == (
        Fulfilled("offer-sent", "EUR", 5, Decimal("2.5"), Decimal(250), 2, 1, 1, 1, Decimal(130)),
    )


# ---------------------------------------------------------------- was it right?


def test_a_past_in_which_nothing_was_closed_cannot_be_tested() -> None:
    nothing = {"learned": None, "configured": None, "base": None}
    assert backtest(cycles([Fact("R-0001")], SENT), PIPELINE) == Backtest(None, 0, 0, nothing, (), ())


def test_only_what_was_closed_before_the_later_half_began_is_learned() -> None:
    days = [DAY + timedelta(days=n) for n in range(80)]
    late = DAY + timedelta(days=400)
    past = [Cycle(f"R-{n}", day, day if n % 2 else late, "won", True, ("new",), ("", "")) for n, day in enumerate(days)]
    found = backtest(past, PIPELINE)
    assert (found.divided_on, found.learned_from, found.tested_on) == (days[40], 20, 40)


def test_on_real_stage_history_what_was_learned_foretells_best(shared: Path) -> None:
    folder = shared / "data" / "bpi2012"
    require(folder.is_dir(), f"no data set bpi2012 in {folder.parent}")
    facts, events = read_applications(folder)
    found = backtest(cycles_of(facts, steps_of(events, LOAN_SETTINGS), LOANS), LOANS)
    assert (found.divided_on, found.learned_from, found.tested_on) == (date(2012, 1, 7), 710, 796)
    brier = {by: round(score, 4) for by, score in found.brier.items() if score is not None}
    assert brier == {"learned": 0.1812, "configured": 0.2109, "base": 0.2076}
    for line in found.calibration:
        if line.by == "learned":
            assert abs(line.said - line.won) < 0.03


def test_a_stage_is_learned_from_thirty_closed_records() -> None:
    few = Experience({(): 29, ("offer-sent",): 29}, {(): 10, ("offer-sent",): 10})
    enough = Experience({(): 30, ("offer-sent",): 30}, {(): 10, ("offer-sent",): 10})
    configured = Decimal("0.5")
    assert stage_chances(few, PIPELINE)[1] == StageChance("offer-sent", 29, configured, None, None, None)
    learned = stage_chances(enough, PIPELINE)[1]
    assert (learned.n, learned.configured) == (30, configured)
    assert learned.learned is not None
    assert learned.low is not None
    assert learned.high is not None
    assert learned.low < float(learned.learned) < learned.high


def test_months_say_what_they_are_worth_as_configured() -> None:
    facts = [
        Fact("R-1", stage="offer-sent", value=Decimal(100), currency="EUR", probability=Decimal("0.5")),
        Fact("R-2", stage="offer-sent", value=Decimal(100), currency="EUR", probability=Decimal("0.2")),
    ]
    enough = Experience({(): 30, ("offer-sent",): 30}, {(): 30, ("offer-sent",): 30})
    (month,) = expected_by_month(expected(facts, enough, PIPELINE))
    assert month.configured == Decimal(70)
    assert month.weighted > Decimal(190)
