from __future__ import annotations

import csv
import json
import os
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetcrm.funnel import (
    Expected,
    Fact,
    Leak,
    Lost,
    Month,
    Movement,
    expected,
    funnel,
    leaks,
    losses,
    months,
    months_back,
    months_between,
    moved_most,
    open_pipeline,
    open_value,
    percentile,
    step_rates,
    value_won,
)
from sheetcrm.model import Event
from sheetcrm.pipeline import Pipeline, Stage

PIPELINE = Pipeline(
    stages=(
        Stage("new", "New", "leads", "open", Decimal(0)),
        Stage("contacted", "Contacted", "leads", "open", Decimal("0.05")),
        Stage("qualified", "Qualified", "opportunities", "open", Decimal("0.1")),
        Stage("offer-sent", "Offer sent", "opportunities", "open", Decimal("0.5")),
        Stage("won", "Won", "deals", "won", Decimal(1)),
        Stage("lost", "Lost", "", "lost", Decimal(0)),
    )
)
MARCH = date(2026, 3, 1)


def open_one(id: str = "R-0001", stage: str = "new", **more: Any) -> Fact:
    return Fact(id, stage=stage, **({"reached": stage} | more))


def won(id: str = "R-0001", **more: Any) -> Fact:
    return Fact(id, stage="won", outcome="won", **({"reached": "offer-sent"} | more))


def lost(id: str = "R-0001", **more: Any) -> Fact:
    return Fact(id, stage="lost", outcome="lost", **more)


def event(word: str, after: str = "", record: str = "R-0001", on: date | None = MARCH, before: str = "") -> Event:
    seen = datetime(2026, 12, 1, 2, 17)
    return Event(number=1, happened_on=on, seen_at=seen, run=1, record=record, event=word, before=before, after=after)


# ---------------------------------------------------------------- the shape


def test_the_json_shape_is_the_one_that_others_rely_on() -> None:
    facts = [
        won(created_on=MARCH, closed_on=date(2026, 3, 11), value=Decimal("3500.50"), currency="EUR", owner="Ana"),
        lost("R-0002", reached="contacted", reason="Price", owner="Ana", created_on=MARCH),
        lost("R-0003", reason="Duplicate", reason_counts=False),
        open_one("R-0004", "qualified", owner="Ion", created_on=date(2026, 4, 1)),
    ]
    assert json.loads(json.dumps(funnel(facts, PIPELINE, by="owner").as_json())) == {
        "records": 4,
        "open": 1,
        "won": 1,
        "lost": 2,
        "win_rate": 0.3333,
        "win_rate_counted": 0.5,
        "not_counted": 1,
        "won_value": {"EUR": 3500.5},
        "days_to_close": {"won": {"median": 10.0, "p90": 10.0}, "lost": {"median": None, "p90": None}},
        "cohorts": [
            {"month": "2026-03", "records": 2, "open": 0, "won": 1, "lost": 1, "won_value": {"EUR": 3500.5}},
            {"month": "2026-04", "records": 1, "open": 1, "won": 0, "lost": 0, "won_value": {}},
            {"month": None, "records": 1, "open": 0, "won": 0, "lost": 1, "won_value": {}},
        ],
        "stages": [
            {"stage": "New", "reached": 3, "now": 0},
            {"stage": "Contacted", "reached": 3, "now": 0},
            {"stage": "Qualified", "reached": 2, "now": 1},
            {"stage": "Offer sent", "reached": 1, "now": 0},
            {"stage": "Won", "reached": 1, "now": 1},
            {"stage": "Lost", "reached": 2, "now": 2},
        ],
        "loss_reasons": [{"reason": "Duplicate", "count": 1}, {"reason": "Price", "count": 1}],
        "groups": [
            {"key": "Ana", "records": 2, "open": 0, "won": 1, "lost": 1, "win_rate": 0.5, "won_value": {"EUR": 3500.5}},
            {"key": None, "records": 1, "open": 0, "won": 0, "lost": 1, "win_rate": 0.0, "won_value": {}},
            {"key": "Ion", "records": 1, "open": 1, "won": 0, "lost": 0, "win_rate": None, "won_value": {}},
        ],
    }


def test_an_unknown_grouping_is_refused() -> None:
    with pytest.raises(ValueError, match="owner, source, industry, channel"):
        funnel([], PIPELINE, by="colour")


@pytest.mark.parametrize(
    ("days", "percent", "expected"),
    [
        pytest.param([], 50, None, id="nothing has no median"),
        pytest.param([7], 90, 7, id="one value is every percentile"),
        pytest.param([10, 20, 30, 40], 50, 25, id="an even number lies half way"),
        pytest.param([10, 20, 30, 40], 90, 37, id="nine tenths in proportion"),
        pytest.param([-2, 0, 5], 50, 0, id="negative days count"),
        pytest.param([0, 1], 90, 0.9, id="a part of a day"),
    ],
)
def test_percentile(days: Sequence[int], percent: int, expected: float | None) -> None:
    assert percentile(days, percent) == expected


PERIOD_FACTS = [
    won("R-1", created_on=date(2026, 1, 31), closed_on=date(2026, 3, 1)),
    lost("R-2", created_on=date(2026, 2, 1), closed_on=date(2026, 2, 28)),
    open_one("R-3", created_on=date(2026, 2, 28)),
    won("R-4"),
]


@pytest.mark.parametrize(
    ("since", "until", "dated", "records"),
    [
        pytest.param(None, None, "created", 4, id="no period takes all"),
        pytest.param(date(2026, 2, 1), date(2026, 2, 28), "created", 2, id="both days belong to the period"),
        pytest.param(date(2026, 2, 2), None, "created", 1, id="an open end"),
        pytest.param(None, date(2026, 1, 31), "created", 1, id="an open beginning; unknown dates are in no period"),
        pytest.param(None, None, "closed", 3, id="dated closed leaves out what is open"),
        pytest.param(date(2026, 3, 1), date(2026, 3, 1), "closed", 1, id="by the day of closing"),
    ],
)
def test_periods(since: date | None, until: date | None, dated: Any, records: int) -> None:
    assert funnel(PERIOD_FACTS, PIPELINE, since=since, until=until, dated=dated).total.records == records


def test_a_stage_that_was_jumped_is_reached_all_the_same() -> None:
    counts = funnel([open_one(stage="offer-sent")], PIPELINE).stages
    assert [count.reached for count in counts] == [1, 1, 1, 1, 0, 0]
    assert [count.now for count in counts] == [0, 0, 0, 1, 0, 0]


def test_a_record_that_went_back_still_reached_what_it_reached() -> None:
    counts = funnel([open_one(stage="new", reached="qualified")], PIPELINE).stages
    assert [count.reached for count in counts] == [1, 1, 1, 0, 0, 0]


def test_step_rates_end_with_those_who_won() -> None:
    facts = [won("R-1"), lost("R-2", reached="contacted"), lost("R-3", reached="offer-sent"), open_one("R-4")]
    rates = step_rates(funnel(facts, PIPELINE).stages)
    assert rates == {"new": 3 / 4, "contacted": 2 / 3, "qualified": 1.0, "offer-sent": 0.5}


def test_leaks_begin_with_the_biggest() -> None:
    facts = [
        lost("R-1", reached="qualified", reason="Price", competitor="Beta"),
        lost("R-2", reached="qualified", reason="Price", competitor="Beta"),
        lost("R-3", reached="new", reason="Price"),
        won("R-4"),
    ]
    assert leaks(facts, PIPELINE) == (Leak("qualified", "Price", "Beta", 2), Leak("new", "Price", "", 1))


def test_the_open_pipeline_is_weighted_and_keeps_currencies_apart() -> None:
    facts = [
        open_one("R-1", "offer-sent", value=Decimal(10000), currency="EUR", probability=Decimal("0.75")),
        open_one("R-2", "offer-sent", value=Decimal(4000), currency="EUR", probability=Decimal("0.1")),
        open_one("R-3", "offer-sent", value=Decimal("99.99"), currency="RON", probability=Decimal("0.5")),
        open_one("R-4", "new"),
        won("R-5", value=Decimal(7), currency="EUR"),
    ]
    assert [tuple(line) for line in open_pipeline(facts, PIPELINE)] == [
        ("new", None, 1, Decimal(0), Decimal(0)),
        ("offer-sent", "EUR", 2, Decimal(14000), Decimal(7900)),
        ("offer-sent", "RON", 1, Decimal("99.99"), Decimal("50.00")),
    ]


# ---------------------------------------------------------------- months


def test_months_back_crosses_the_new_year() -> None:
    assert months_back(date(2026, 1, 31), 2) == ("2025-11", "2025-12", "2026-01")
    assert len(months_back(MARCH)) == 13


APRIL, MAY = date(2026, 4, 2), date(2026, 5, 3)


@pytest.mark.parametrize(
    ("fact", "events", "march", "may"),
    [
        pytest.param(open_one(created_on=MARCH), [event("created", "new")], (1, 0, 0, 0, 0), (0,) * 5, id="a new lead"),
        pytest.param(
            open_one(stage="qualified"),
            [event("created", "new"), event("passed", "contacted"), event("stage", "qualified")],
            (0, 1, 0, 0, 0),
            (0,) * 5,
            id="a qualified lead became an opportunity",
        ),
        pytest.param(
            open_one(stage="qualified"),
            [event("stage", "qualified"), event("stage", "new", on=APRIL), event("stage", "qualified", on=MAY)],
            (0, 1, 0, 0, 0),
            (0,) * 5,
            id="only the first time counts",
        ),
        pytest.param(
            open_one(stage="new"), [event("refused", "qualified")], (0,) * 5, (0,) * 5, id="what was refused is none"
        ),
        pytest.param(
            open_one(stage="offer-sent"),
            [event("imported", "qualified"), event("stage", "offer-sent", on=MAY)],
            (0,) * 5,
            (0,) * 5,
            id="an imported opportunity converted on an unknown day",
        ),
        pytest.param(
            lost(closed_on=MAY),
            [event("created", "new"), event("lost", "lost", on=APRIL)],
            (0,) * 5,
            (0, 0, 0, 0, 1),
            id="the row's own date wins over that of History",
        ),
        pytest.param(
            won(closed_on=MAY),
            [event("lost", "lost"), event("reopened", "qualified", on=APRIL), event("won", "won", on=MAY)],
            (0, 0, 0, 0, 1),
            (0, 0, 0, 1, 0),
            id="lost, reopened and won shows in both months",
        ),
        pytest.param(
            open_one(stage="qualified"),
            [event("lost", "lost"), event("reopened", "qualified", on=MAY)],
            (0, 0, 0, 0, 1),
            (0, 1, 0, 0, 0),
            id="a reopened one stays lost in its month",
        ),
        pytest.param(
            lost(closed_on=MAY),
            [event("won", "won"), event("lost", "lost", on=MAY)],
            (0, 1, 0, 1, 0),
            (0, 0, 0, 0, 1),
            id="a cancelled sale was won, then lost",
        ),
        pytest.param(
            open_one(stage="new"),
            [event("lost", "lost"), event("corrected", "new")],
            (0,) * 5,
            (0,) * 5,
            id="a closing put right was none",
        ),
        pytest.param(
            open_one("R-0002"),
            [event("lost", "lost"), event("stage", "qualified")],
            (0,) * 5,
            (0,) * 5,
            id="records that are gone count nowhere",
        ),
    ],
)
def test_months(fact: Fact, events: list[Event], march: tuple[int, ...], may: tuple[int, ...]) -> None:
    found = {m.month: m for m in months([fact], events, [], PIPELINE, MAY)}
    assert found["2026-03"][1:] == march
    assert found["2026-05"][1:] == may


def test_winning_straight_away_is_a_conversion_too() -> None:
    [*_, may] = months([won(closed_on=MAY)], [event("won", "won", on=MAY)], [], PIPELINE, MAY)
    assert may == Month("2026-05", 0, 1, 0, 1, 0)


def test_offers_are_counted_by_the_day_they_were_sent() -> None:
    found = months([], [], [MARCH, MARCH, date(2020, 1, 1)], PIPELINE, MAY)
    assert [m.offers_sent for m in found] == [0] * 10 + [2, 0, 0]


# ---------------------------------------------------------------- laws

OPEN_STAGES = [stage.code for stage in PIPELINE.open_stages]
DAYS = st.none() | st.dates(date(2024, 1, 1), date(2026, 12, 31))
WORDS = st.sampled_from(["", "Ana", "Ion", "Țepeș"])


@st.composite
def facts_of_any_kind(draw: st.DrawFn) -> Fact:
    outcome: Any = draw(st.sampled_from(["open", "won", "lost"]))
    stage = draw(st.sampled_from(["", *OPEN_STAGES])) if outcome == "open" else outcome
    return Fact(
        f"R-{draw(st.integers(1, 9999)):04}",
        stage=stage,
        reached=draw(st.sampled_from(["", *OPEN_STAGES])),
        outcome=outcome,
        created_on=draw(DAYS),
        closed_on=draw(DAYS),
        owner=draw(WORDS),
        value=draw(st.none() | st.decimals(0, 10**7, places=2)),
        currency=draw(st.sampled_from(["EUR", "RON"])),
        reason=draw(WORDS),
        reason_counts=draw(st.booleans()),
    )


FACTS = st.lists(facts_of_any_kind(), max_size=40)


@given(FACTS)
@settings(max_examples=60, deadline=None)
def test_cohorts_and_groups_add_up_to_the_whole(facts: list[Fact]) -> None:
    found = funnel(facts, PIPELINE, by="owner")
    for parts in (found.cohorts, found.groups):
        tallies = [tally for _, tally in parts]
        for name in ("records", "open", "won", "lost", "not_counted"):
            assert sum(getattr(tally, name) for tally in tallies) == getattr(found.total, name)
        for currency, amount in found.total.won_value.items():
            assert sum(tally.won_value.get(currency, Decimal(0)) for tally in tallies) == amount
    assert found.total.records == found.total.open + found.total.won + found.total.lost
    assert sum(reason.lost for reason in found.reasons) == found.total.lost
    assert sum(leak.lost for leak in leaks(facts, PIPELINE)) == found.total.lost
    assert sum(line.records for line in open_pipeline(facts, PIPELINE)) == found.total.open


@given(FACTS)
@settings(max_examples=60, deadline=None)
def test_no_stage_is_reached_by_more_than_the_one_before_it(facts: list[Fact]) -> None:
    stages = funnel(facts, PIPELINE).stages
    reached = [count.reached for count in stages if count.stage.outcome == "open"]
    assert reached == sorted(reached, reverse=True)
    assert all(count.reached >= count.now for count in stages)
    assert all(rate is None or 0 <= rate <= 1 for rate in step_rates(stages).values())


@given(FACTS, st.randoms())
@settings(max_examples=40, deadline=None)
def test_sorting_the_rows_changes_no_figure(facts: list[Fact], random: Any) -> None:
    shuffled = list(facts)
    random.shuffle(shuffled)
    assert funnel(shuffled, PIPELINE, by="owner").as_json() == funnel(facts, PIPELINE, by="owner").as_json()


@given(st.lists(st.integers(-50, 900), min_size=1), st.sampled_from([50, 90]))
def test_a_percentile_lies_among_the_values(days: list[int], percent: int) -> None:
    found = percentile(sorted(days), percent)
    assert found is not None
    assert min(days) <= found <= max(days)


@given(FACTS, st.dates(date(2024, 1, 1), date(2026, 12, 31)))
@settings(max_examples=40, deadline=None)
def test_a_period_and_what_is_outside_it_are_all_that_is_dated(facts: list[Fact], day: date) -> None:
    before = funnel(facts, PIPELINE, until=day - timedelta(days=1)).total.records
    after = funnel(facts, PIPELINE, since=day).total.records
    assert before + after == sum(fact.created_on is not None for fact in facts)


# ---------------------------------------------------------------- expected close, and what moved


def test_what_is_open_stands_in_the_month_in_which_it_is_expected_to_close() -> None:
    def deal(number: int, on: date | None, **more: Any) -> Fact:
        money = {"value": Decimal(1000), "currency": "EUR", "probability": Decimal("0.25")} | more
        return open_one(f"R-{number:04}", "qualified", expected_close=on, **money)

    facts = [
        deal(1, date(2026, 2, 28)),
        deal(2, date(2026, 3, 31)),
        deal(3, MARCH, currency="RON"),
        deal(4, date(2026, 4, 1)),
        deal(5, date(2026, 5, 1)),
        deal(6, None),
        deal(7, MARCH, value=None),
        won("R-0008", value=Decimal(1), currency="EUR", expected_close=MARCH),
    ]
    quarter = {"EUR": Decimal(250)}
    assert expected(facts, date(2026, 3, 20), ahead=1) == (
        Expected("late", 1, quarter),
        Expected("2026-03", 2, {**quarter, "RON": Decimal(250)}),
        Expected("2026-04", 1, quarter),
        Expected("later", 1, quarter),
        Expected("no-date", 1, quarter),
    )


@given(FACTS)
@settings(max_examples=40, deadline=None)
def test_months_of_expected_close_hold_all_that_is_open_and_has_a_value(facts: list[Fact]) -> None:
    valued = [line for line in open_pipeline(facts, PIPELINE) if line.currency is not None]
    assert sum(line.records for line in expected(facts, MARCH, 5)) == sum(line.records for line in valued)


def test_value_won_is_what_stands_as_won_and_was_closed_in_the_month() -> None:
    facts = [
        won("R-0001", closed_on=MARCH, value=Decimal(5), currency="EUR"),
        won("R-0002", closed_on=MARCH, value=Decimal(7), currency="RON"),
        won("R-0003", closed_on=date(2026, 4, 1), value=Decimal(9), currency="EUR"),
        lost("R-0004", closed_on=MARCH, value=Decimal(11), currency="EUR"),
    ]
    assert value_won(facts, "2026-03") == {"EUR": Decimal(5), "RON": Decimal(7)}


def test_the_win_rate_of_a_month_is_of_what_was_closed_in_it() -> None:
    assert Month("2026-03", 9, 0, 0, 1, 3).win_rate == 0.25
    assert Month("2026-03", 9, 0, 0, 0, 0).win_rate is None


FEBRUARY = date(2026, 2, 1)


@pytest.mark.parametrize(
    ("facts", "upwards", "moved"),
    [
        pytest.param([], False, None, id="nothing happened"),
        pytest.param(
            [open_one(source="Web", created_on=MARCH), open_one(source="Web", created_on=FEBRUARY)],
            False,
            None,
            id="as many as before",
        ),
        pytest.param(
            [open_one(source="Web", created_on=FEBRUARY)] * 3 + [won(owner="Ana", closed_on=MARCH)],
            False,
            Movement("created", "Web", 0, 3),
            id="the greatest change, if it is a fall",
        ),
        pytest.param(
            [open_one(source="Web", created_on=FEBRUARY)] * 3 + [won(owner="Ana", closed_on=MARCH)],
            True,
            Movement("won", "Ana", 1, 0),
            id="only what grew",
        ),
        pytest.param(
            [lost(reason="Price", closed_on=MARCH), lost(closed_on=MARCH), lost(closed_on=MARCH)],
            False,
            Movement("lost", "", 2, 0),
            id="a reason that nobody gave is one too",
        ),
        pytest.param(
            [won(owner="Ion", closed_on=MARCH), won(owner="Ana", closed_on=MARCH)],
            False,
            Movement("won", "Ana", 1, 0),
            id="of equal ones the first by name",
        ),
    ],
)
def test_what_moved_most(facts: list[Fact], upwards: bool, moved: Movement | None) -> None:
    assert moved_most(facts, "2026-03", "2026-02", upwards=upwards) == moved


# ---------------------------------------------------------------- real data

SHARED = Path(os.environ.get("SHEETCRM_SHARED", Path(__file__).parents[2] / "shared")) / "data"


def test_maven_gives_the_reference_figures() -> None:
    source, reference = SHARED / "maven_crm/sales_pipeline.csv", SHARED / "reference/maven_crm.json"
    if not source.exists():
        pytest.skip("the shared test data is not there: set SHEETCRM_SHARED to its folder")
    codes = {"Prospecting": "new", "Engaging": "qualified", "Won": "won", "Lost": "lost"}
    with source.open(encoding="utf-8", newline="") as lines:
        facts = [
            Fact(
                row["opportunity_id"],
                stage=codes[row["deal_stage"]],
                outcome={"Won": "won", "Lost": "lost"}.get(row["deal_stage"], "open"),  # type: ignore[arg-type]
                created_on=date.fromisoformat(row["engage_date"]) if row["engage_date"] else None,
                closed_on=date.fromisoformat(row["close_date"]) if row["close_date"] else None,
                owner=row["sales_agent"],
                value=Decimal(row["close_value"]) if row["close_value"] else None,
                currency="USD",
            )
            for row in csv.DictReader(lines)
        ]
    expected = queries(reference)
    found: Any = funnel(facts, PIPELINE, by="owner").as_json()
    total = expected["totals"][0]
    assert [found[key] for key in ("records", "open", "won", "lost")] == [
        total[key] for key in ("opportunities", "open", "won", "lost")
    ]
    assert found["win_rate"] == total["win_rate"]
    assert found["won_value"] == {"USD": total["won_amount"]}
    for line in expected["days_engage_to_close"]:
        days = found["days_to_close"][line["deal_stage"].lower()]
        assert (days["median"], days["p90"]) == pytest.approx((line["median_days"], line["p90_days"]))
    cohorts = {cohort["month"]: cohort for cohort in found["cohorts"] if cohort["month"]}
    assert {month: (c["records"], c["won"], c["lost"], c["won_value"].get("USD")) for month, c in cohorts.items()} == {
        line["month"]: (line["engaged"], line["won"], line["lost"], line["won_amount"])
        for line in expected["by_engage_month_cohort"]
    }
    groups = {group["key"]: group for group in found["groups"]}
    for line in expected["by_agent"]:
        group = groups[line["sales_agent"]]
        assert group["records"] == line["opportunities"]
        assert group["win_rate"] == line["win_rate"]
        assert group["won_value"] == {"USD": line["won_amount"]}


def queries(reference: Path) -> dict[str, list[dict[str, Any]]]:
    found = json.loads(reference.read_text("utf-8"))["queries"]
    return {name: [dict(zip(of["columns"], row, strict=True)) for row in of["rows"]] for name, of in found.items()}


# ---------------------------------------------------------------- losses by something else, and what is open

LOST_ONES = [
    lost("R-1", reached="contacted", reason="Price", source="Web", closed_on=date(2026, 3, 9)),
    lost("R-2", reached="offer-sent", reason="Price", competitor="Beta", source="Web", closed_on=date(2026, 1, 9)),
    lost("R-3", reason="No need", source="Fair"),
    lost("R-4", reached="offer-sent", reason="Price", competitor="Beta"),
    won("R-5"),
    open_one("R-6"),
]


@pytest.mark.parametrize(
    ("across", "found"),
    [
        pytest.param(
            "stage",
            [Lost("Price", "contacted", 1), Lost("Price", "offer-sent", 2), Lost("No need", "", 1)],
            id="by the furthest stage, in pipeline order",
        ),
        pytest.param(
            "competitor", [Lost("Price", "", 1), Lost("Price", "Beta", 2), Lost("No need", "", 1)], id="by competitor"
        ),
        pytest.param(
            "source", [Lost("Price", "", 1), Lost("Price", "Web", 2), Lost("No need", "Fair", 1)], id="by source"
        ),
        pytest.param(
            "month",
            [
                Lost("Price", "", 1),
                Lost("Price", "2026-01", 1),
                Lost("Price", "2026-03", 1),
                Lost("No need", "", 1),
            ],
            id="by month of the loss, unknown first",
        ),
    ],
)
def test_losses_are_counted_by_reason_and_something_else(across: str, found: list[Lost]) -> None:
    assert list(losses(LOST_ONES, across, PIPELINE)) == found
    assert sum(cell.lost for cell in found) == funnel(LOST_ONES, PIPELINE).total.lost


def test_losses_by_nonsense_are_refused() -> None:
    with pytest.raises(ValueError, match="Losses can be looked at by stage"):
        losses(LOST_ONES, "colour", PIPELINE)


def test_what_is_open_is_the_open_pipeline_of_all_stages() -> None:
    facts = [
        open_one("R-1", "new", value=Decimal(100), currency="EUR", probability=Decimal("0.5")),
        open_one("R-2", "qualified", value=Decimal(50), currency="EUR", probability=Decimal("0.1")),
        open_one("R-3", "qualified", value=Decimal(7), currency="RON", probability=Decimal(1)),
        open_one("R-4"),
        won("R-5", value=Decimal(1000), currency="EUR"),
    ]
    lines = [(n.currency, n.records, n.value, n.weighted) for n in open_value(facts, PIPELINE)]
    assert lines == [
        ("EUR", 2, Decimal(150), Decimal(55)),
        ("RON", 1, Decimal(7), Decimal(7)),
        (None, 1, Decimal(0), Decimal(0)),
    ]


def test_months_between_are_all_of_them() -> None:
    assert months_between("2025-11", "2026-02") == ("2025-11", "2025-12", "2026-01", "2026-02")
