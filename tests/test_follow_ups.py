"""What is due, for whom and in which order: as tables, and for any day's work at all."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetcrm import messages
from sheetcrm.columns import fold
from sheetcrm.follow_ups import KINDS, FollowUp, OpenActivity, OpenOffer, Standing, days_late, follow_ups, urgency
from sheetcrm.funnel import Fact
from sheetcrm.pipeline import Choice, Owner, Pipeline, Stage
from sheetcrm.plan import make_plan
from sheetcrm.report import Place, Status, today_rows
from sheetcrm.report.today_tab import MOST_PER_OWNER
from sheetcrm.settings import Settings
from sheetcrm.tables import Cell, Formula, raw_text
from tests.laws.desk import FIRST_NIGHT, Desk
from tests.laws.offer_desk import OfferDesk

TODAY = date(2026, 3, 20)
EUR = Settings(currency="EUR", rates={"RON": Decimal("0.2")})
OWNERS = (
    Owner("ana", "Ana Pop"),
    Owner("ion", "Ion Rusu", active=False, hands_over_to="mara șerban"),
    Owner("mara", "Mara Șerban", active=False, hands_over_to="ANA POP"),
    Owner("dan", "Dan Ilie", active=False, hands_over_to="Eva Stan"),
    Owner("eva", "Eva Stan", active=False, hands_over_to="Dan Ilie"),
)
PIPELINE = Pipeline(
    stages=(
        Stage("new", "New", "leads", "open", Decimal(0), rot_days=7),
        Stage("offer", "Offer sent", "opportunities", "open", Decimal("0.5"), rot_days=14),
        Stage("talk", "Negotiation", "opportunities", "open", Decimal("0.75")),
        Stage("won", "Won", "deals", "won", Decimal(1)),
        Stage("lost", "Lost", "", "lost", Decimal(0)),
    ),
    owners=OWNERS,
    choices={"owner": (Choice("ana", "Ana Pop", ("Ana Ionescu",)),)},
)


def ago(days: int) -> date:
    """So many days before today."""
    return TODAY - timedelta(days=days)


def record(number: int = 1, stage: str = "offer", **more: Any) -> Standing:
    """A record in a stage; what is no field of a `Fact` is one of a `Standing`."""
    known = PIPELINE.stage(stage)
    assert known
    standing = {name: more.pop(name) for name in [*more] if name in Standing._fields}
    values = {"name": f"Firm {number}", "tab": "Leads", "owner": "Ana Pop", "probability": known.probability, **more}
    return Standing(Fact(f"R-{number:04}", stage=stage, outcome=known.outcome, **values), **standing)


def due(
    *records: Standing, activities: Any = (), offers: Any = (), of: Settings = EUR, today: date = TODAY
) -> dict[str, list[FollowUp]]:
    return follow_ups(records, activities, offers, PIPELINE, of, today)


def said(found: dict[str, list[FollowUp]]) -> list[str]:
    """Each thing to do in short: kind, record, since when."""
    return [f"{one.kind} {one.id} {one.since}" for mine in found.values() for one in mine]


# ---------------------------------------------------------------- what is due


@pytest.mark.parametrize(
    ("standing", "expected"),
    [
        pytest.param({"next_step": "Call", "next_step_on": ago(0)}, "next-step 2026-03-20", id="a step for today"),
        pytest.param({"next_step_on": ago(3)}, "next-step 2026-03-17", id="a step without words is late too"),
        pytest.param({"next_step": "Call", "next_step_on": ago(-1)}, "", id="a step for tomorrow"),
        pytest.param({"next_step_on": ago(-1), "moved_on": ago(99)}, "", id="what is planned does not rot"),
        pytest.param({"moved_on": ago(2)}, "no-next-step 2026-03-18", id="no next step since it last moved"),
        pytest.param({}, "no-next-step 2026-03-20", id="no next step, and nobody knows since when"),
        pytest.param({"next_step": "Call", "moved_on": ago(13)}, "", id="a step without a day, and still fresh"),
        pytest.param(
            {"next_step": "Call", "moved_on": ago(14)}, "rotting 2026-03-20", id="still for as long as allowed"
        ),
        pytest.param(
            {"moved_on": ago(14)}, "rotting 2026-03-06", id="neither movement nor a step: late since it moved"
        ),
        pytest.param({"stage": "talk", "next_step": "x", "moved_on": ago(999)}, "", id="a stage that never rots"),
        pytest.param({"stage": "won", "next_step_on": ago(3)}, "", id="won"),
        pytest.param(
            {"stage": "lost", "come_back_on": ago(0)}, "come-back 2026-03-20", id="lost, and the day has come"
        ),
        pytest.param({"stage": "lost", "come_back_on": ago(-1)}, "", id="lost, and the day lies ahead"),
        pytest.param({"stage": "lost", "next_step_on": ago(1)}, "", id="a lost one has no next step"),
        pytest.param({"come_back_on": ago(9), "next_step_on": ago(-1)}, "", id="an open one does not come back"),
    ],
)
def test_of_a_record(standing: dict[str, Any], expected: str) -> None:
    assert [one.replace("R-0001 ", "") for one in said(due(record(**standing)))] == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        pytest.param(ago(0), ["activity R-0001 2026-03-20"], id="today"),
        pytest.param(ago(5), ["activity R-0001 2026-03-15"], id="five days late"),
        pytest.param(ago(-5), [], id="ahead: the record has a plan, and is left in peace"),
        pytest.param(None, [], id="without a day it is a plan all the same"),
    ],
)
def test_of_an_activity(on: date | None, expected: list[str]) -> None:
    activity = OpenActivity("T-0001", on, "Call", record="R-0001")
    assert said(due(record(moved_on=ago(99)), activities=[activity])) == expected


@pytest.mark.parametrize(
    ("ends", "stage", "expected"),
    [
        pytest.param(ago(-7), "offer", ["offer-sent R-0001 2026-03-20"], id="in seven days"),
        pytest.param(ago(0), "offer", ["offer-sent R-0001 2026-03-13"], id="today is its last day"),
        pytest.param(ago(-8), "offer", [], id="there is time"),
        pytest.param(ago(1), "offer", [], id="it has expired"),
        pytest.param(None, "offer", [], id="it holds for ever"),
        pytest.param(ago(-3), "won", [], id="the record was won meanwhile"),
    ],
)
def test_of_an_offer(ends: date | None, stage: str, expected: list[str]) -> None:
    offer = OpenOffer("R-0001", "OF-2026-0001-v1", ends)
    assert said(due(record(stage=stage, next_step_on=ago(-1)), offers=[offer])) == expected


def test_an_offer_that_was_not_sent_is_worth_what_it_says() -> None:
    offer = OpenOffer("R-0001", "OF-1", ago(-2), Decimal(900), "RON", draft=True)
    (one,) = due(record(value=Decimal(5), currency="EUR"), offers=[offer])["Ana Pop"]
    assert (one.kind, one.on, one.value, one.currency, one.worth) == (
        "offer-draft",
        ago(-2),
        Decimal(900),
        "RON",
        Decimal(90),
    )


def test_a_record_that_is_on_the_list_is_not_told_to_stand_still_as_well() -> None:
    step = record(moved_on=ago(99), next_step="Call", next_step_on=ago(1))
    call = OpenActivity("T-0001", ago(2), "Call", record="R-0001")
    assert said(due(step, activities=[call])) == ["activity R-0001 2026-03-18", "next-step R-0001 2026-03-19"]


# ---------------------------------------------------------------- for whom


@pytest.mark.parametrize(
    ("owner", "expected"),
    [
        pytest.param("Ana Pop", {"Ana Pop": ["next-step"]}, id="one who works here"),
        pytest.param("ana ionescu", {"Ana Pop": ["next-step"]}, id="by what she was called before"),
        pytest.param("", {"": ["next-step"]}, id="nobody"),
        pytest.param("Who Knows", {"Who Knows": ["next-step"]}, id="somebody who is in no list"),
        pytest.param("Mara Șerban", {"Ana Pop": ["next-step", "hand-over"]}, id="one who left"),
        pytest.param("Ion Rusu", {"Ana Pop": ["next-step", "hand-over"]}, id="whose successor left too"),
        pytest.param("Dan Ilie", {"": ["next-step", "hand-over"]}, id="two who left to one another"),
    ],
)
def test_for_whom(owner: str, expected: dict[str, list[str]]) -> None:
    found = due(record(owner=owner, next_step_on=ago(1)))
    assert {name: [one.kind for one in mine] for name, mine in found.items()} == expected


def test_an_activity_is_for_whoever_plans_to_do_it() -> None:
    own, handed = (OpenActivity(f"T-000{n}", ago(0), "Call", who, "R-0001") for n, who in ((1, "Eva"), (2, "Ion Rusu")))
    found = due(record(owner="Dan Ilie"), activities=[own, handed])
    assert {name: [one.number for one in mine] for name, mine in found.items()} == {
        "Ana Pop": ["T-0002"],
        "Eva": ["T-0001"],
        "": [""],
    }


# ---------------------------------------------------------------- what comes first


@pytest.mark.parametrize(
    ("since", "late"),
    [
        pytest.param(ago(0), 0, id="today"),
        pytest.param(ago(1), 1, id="yesterday"),
        pytest.param(ago(30), 30, id="a month ago"),
        pytest.param(ago(400), 30, id="more than a month is no more"),
    ],
)
def test_days_late(since: date, late: int) -> None:
    assert days_late(since, TODAY) == late
    assert urgency(Decimal(100), since, TODAY) == 100 * (late + 1)
    assert urgency(None, since, TODAY) is None


def test_value_times_probability_times_lateness() -> None:
    late = {"next_step_on": ago(1), "currency": "EUR"}
    records = [
        record(1, value=Decimal(100), **late),  # 100 × 0.5 × 2 = 100
        record(2, "talk", value=Decimal(80), **late),  # 80 × 0.75 × 2 = 120
        record(3, value=Decimal(100), currency="EUR", next_step_on=ago(9)),  # 100 × 0.5 × 10 = 500
        record(4, value=Decimal(1000), currency="RON", next_step_on=ago(1)),  # 1000 × 0.2 × 0.5 × 2 = 200
        record(5, value=Decimal(9999), currency="USD", next_step_on=ago(1)),  # no rate: not known
        record(6, next_step_on=ago(2)),  # no value: not known, but waiting longer
        record(7, "new", value=Decimal(7), **late),  # 0
    ]
    assert [one.id[-1] for one in due(*records)["Ana Pop"]] == list("3421765")


def test_a_lost_one_is_worth_what_it_was_where_it_was_lost() -> None:
    back = {"value": Decimal(100), "currency": "EUR", "come_back_on": ago(0)}
    found = due(record(1, "lost", reached="talk", **back), record(2, "lost", **back))["Ana Pop"]
    assert [one.worth for one in found] == [Decimal(75), None]


DAYS = st.none() | st.dates(ago(50), ago(-20))
RECORDS = st.lists(
    st.builds(
        record,
        st.integers(1, 60),
        st.sampled_from([stage.code for stage in PIPELINE.stages]),
        owner=st.sampled_from(["", "Nobody", *(owner.name for owner in OWNERS)]),
        value=st.none() | st.decimals(0, 10**6, places=2),
        currency=st.sampled_from(["EUR", "RON", "USD", ""]),
        reached=st.sampled_from(["", "new", "talk"]),
        moved_on=DAYS,
        next_step=st.sampled_from(["", "Call", "{x}", "=1+1"]),
        next_step_on=DAYS,
        come_back_on=DAYS,
    ),
    max_size=60,
    unique_by=lambda standing: standing.fact.id,
)
IDS = st.integers(1, 70).map("R-{:04}".format)
ACTIVITIES = st.lists(
    st.builds(
        OpenActivity,
        st.integers(1, 99).map("T-{:04}".format),
        DAYS,
        st.sampled_from(["", "Call"]),
        st.sampled_from(["", "Ana Pop", "Ion Rusu"]),
        IDS | st.just(""),
    ),
    max_size=20,
    unique_by=lambda activity: activity.id,
)
OFFERS = st.lists(
    st.builds(OpenOffer, IDS, st.integers(1, 99).map(str), DAYS, draft=st.booleans()),
    max_size=20,
    unique_by=lambda offer: offer.number,
)


@given(RECORDS, ACTIVITIES, OFFERS, st.randoms())
@settings(max_examples=80, deadline=None)
def test_any_day_at_all(
    records: list[Standing], activities: list[OpenActivity], offers: list[OpenOffer], random: Any
) -> None:
    found = due(*records, activities=activities, offers=offers)
    every = [one for mine in found.values() for one in mine]
    assert len({(one.kind, one.id, one.number) for one in every}) == len(every), "something stands there twice"
    still = [one.id for one in every if one.kind in ("rotting", "no-next-step")]
    assert all([one.id for one in every].count(id_) == 1 for id_ in still)
    for owner, mine in found.items():
        assert {one.owner for one in mine} == {owner}
        assert not (known := PIPELINE.owner_called(owner)) or known.active
        assert all(one.since <= TODAY for one in mine)
        for one, other in pairwise(mine):
            first, second = (urgency(x.worth, x.since, TODAY) for x in (one, other))
            assert second is None if first is None else second is None or first >= second
            assert first != second or one.since <= other.since
    for rows in (records, activities, offers):
        random.shuffle(rows)
    assert due(*records, activities=activities, offers=offers) == found
    for language in messages.LANGUAGES:
        _at_most_fifteen_stand_there(found, language)


def _at_most_fifteen_stand_there(found: dict[str, list[FollowUp]], language: str) -> None:
    status = Status(datetime(2026, 3, 20, 2, 17), 1)
    sheet = today_rows(status, (), (), Settings(language), {"leads": Place("Leads", 0)}, to_do=found)
    rows = [[cell.value for cell in row] for row in sheet.rows]
    title = messages.text("report", "no-owner", language)
    for owner, mine in found.items():
        start = rows.index(next(row for row in rows if row[:1] == [f"{owner or title} ({len(mine)})"]))
        end = next((n for n in range(start, len(rows)) if not rows[n]), len(rows))
        lines = rows[start + 1 : end]
        assert [line[2] for line in lines[:MOST_PER_OWNER]] == [
            _link(one.id) if one.tab == "Leads" else one.id for one in mine[:MOST_PER_OWNER]
        ]
        assert len(lines) == min(len(mine), MOST_PER_OWNER + 1)
        if len(mine) > MOST_PER_OWNER:
            more = messages.text("report", "and-more", language, n=len(mine) - MOST_PER_OWNER)
            assert str(lines[-1][0]).startswith(f"{more}: ")
    for row in rows:
        assert not any(isinstance(cell, Formula) for cell in row[3:])


def _link(record_id: str) -> Cell:
    sheet = f'HYPERLINK("#\'Leads\'!A"&MATCH("{record_id}",\'Leads\'!$A:$A,0),"{record_id}")'
    return Formula(f'=IFERROR({sheet},"{record_id}")')


def test_every_kind_says_what_to_do_in_both_languages() -> None:
    for kind in KINDS:
        assert {f"do-{kind}", f"kind-{kind}"} <= messages.area("report").keys()


# ---------------------------------------------------------------- a workbook through the nights


def to_do(desk: Desk, language: str = "en") -> list[str]:
    """The lines of the block, each with its owner: who, day, value, what."""
    found, owner, inside = [], "", False
    for row in desk.cells("today"):
        cells = [raw_text(cell) for cell in row]
        if cells and cells[0] == messages.text("report", "do-title", language):
            inside = True
        elif cells and cells[0] == messages.text("report", "right-title", language):
            break
        elif inside and len(cells) > 4 and cells[4] == messages.text("report", "do-what", language):
            owner = cells[0]
        elif inside and len(cells) > 4 and cells[4]:
            found.append(" | ".join((owner, cells[0], cells[1][:10], cells[3], cells[4])))
    return found


def test_a_day_s_work_in_a_workbook() -> None:
    desk = Desk()
    desk.lead("Acme SRL", next_step="Call Maria", next_step_on=FIRST_NIGHT.date())
    desk.lead("Beta SRL")
    desk.lead("Gama SRL", stage="Lost", loss_reason="Not now", come_back_on=FIRST_NIGHT.date() + timedelta(days=3))
    desk.add(
        "activities", record="Beta SRL", type="Call", date=FIRST_NIGHT.date() + timedelta(days=1), status="Planned"
    )
    desk.sync()
    assert to_do(desk) == ["Ana Pop (1) | Acme SRL | 2026-11-23 |  | Call Maria. Then write the next step and its day."]
    call = "Call. Then write the result into Activities (T-0001) and set it to done."
    desk.sync()
    assert to_do(desk)[1] == f"Ana Pop (2) | Beta SRL | 2026-11-24 |  | {call}"
    desk.sync(days=2)
    assert to_do(desk)[-1].startswith("Ana Pop (3) | Gama SRL | 2026-11-26 |  | Come back: it was lost (Not now).")


def test_the_day_is_the_one_that_begins_not_the_working_day_of_the_night() -> None:
    desk = Desk()
    desk.lead("Acme SRL", next_step="Call", next_step_on=date(2026, 11, 23))
    desk.sync()  # 02:17 on the 23rd, still the working day before
    assert to_do(desk)[0].startswith("Ana Pop (1) | Acme SRL | 2026-11-23")


def test_a_changed_note_is_movement_and_a_quiet_stage_rots() -> None:
    desk = Desk()
    desk.lead("Acme SRL", next_step="Think")
    desk.sync()
    desk.sync(days=7)
    assert to_do(desk) == [
        "Ana Pop (1) | Acme SRL | 2026-11-22 |  | No movement for 7 days or more: get in touch, or close it."
    ]
    desk.type(*desk.find("Acme SRL"), "notes", "She was on holiday")
    desk.sync()
    assert to_do(desk) == []


def test_an_offer_about_to_expire_has_its_own_worth() -> None:
    desk = OfferDesk()
    record = desk.opportunity(next_step_on=date(2027, 3, 1))
    desk.line(record, "Pump", 10, 121)
    number = desk.prepared(record)
    desk.answer(number, "sent")
    desk.write(record, stage="Negotiation")
    desk.sync()
    assert to_do(desk) == []
    desk.sync(days=12)
    desk.write(record, notes="they will call")  # else it has stood still for a fortnight
    desk.sync(days=12)
    until = desk.offer(number, "valid_until")[:10]
    sentence = f"Offer {number} expires on this day: ask for an answer, or make a new version."
    assert to_do(desk) == [f"Ana Pop (1) | Acme SRL | {until} | 1,210 EUR | {sentence}"]
    desk.answer(number, "rejected", reason="too dear")
    desk.sync()
    assert to_do(desk) == []


def test_rows_of_one_who_left_are_handed_over() -> None:
    desk = Desk()
    desk.lead("Acme SRL", owner="Ion Rusu", next_step_on=date(2027, 3, 1))
    lists = {raw_text(desk.read("lists", row, "owner")): row for row in desk.below("lists")}
    desk.type("lists", lists["Ion Rusu"], "owner_active", "no")
    desk.sync()
    nobody = "Ion Rusu has left, and Lists name nobody to hand over to: choose an owner."
    assert to_do(desk) == [f"Without owner (1) | Acme SRL |  |  | {nobody}"]
    desk.type("lists", lists["Ion Rusu"], "hands_over_to", "Mara Şerban")
    desk.sync()
    assert to_do(desk) == [
        "Mara Șerban (1) | Acme SRL |  |  | Ion Rusu has left: take it over and write your name in as its owner."
    ]
    desk.type("lists", lists["Ion Rusu"], "hands_over_to", "Mira")
    assert "unknown-successor" in {problem.code for problem in desk.sync().problems}


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_a_second_run_finds_nothing_and_tomorrow_writes_only_what_it_always_does(language: str) -> None:
    desk = Desk(language=language)
    for number in range(20):
        desk.lead(f"Firma{number} SRL", next_step_on=date(2026, 11, 20 + number % 3), next_step=f"Pas {number}")
    desk.sync()
    assert make_plan(desk.snapshot(), FIRST_NIGHT.replace(tzinfo=UTC) + timedelta(minutes=30)).is_empty
    before = to_do(desk, language)
    desk.sync()
    assert to_do(desk, language) == before
    assert not desk.plan.events
    assert {fold(getattr(change, "tab", "") or change.row.tab) for change in desk.plan.changes} == {  # type: ignore[union-attr]
        fold(messages.text("tabs", name, language)) for name in ("today", "state")
    }
