"""Stage transitions: which moves are accepted, which refused and why, and what each leaves behind."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from sheetcrm.columns import read_layout
from sheetcrm.convert import Offered, Verdict, accept_as_it_stands, judge, unmet
from sheetcrm.model import Opportunity, State
from sheetcrm.pipeline import Pipeline, read_rules
from sheetcrm.settings import Settings
from sheetcrm.setup import fresh_workbook

TODAY = date(2026, 11, 23)
PIPELINE = read_rules(read_layout(fresh_workbook("en")).layouts, {}).pipeline

NEW = {"company": "Acme SRL", "source": "website"}
CONTACTED = {**NEW, "email": "ana@acme.ro"}
QUALIFIED = {**CONTACTED, "owner": "ana"}
ANALYSED = {**QUALIFIED, "interested_in": "pumps"}
OFFERED = {**ANALYSED, "value": Decimal(1000), "currency": "EUR", "expected_close": date(2026, 12, 1)}
WON = {**OFFERED, "confirmed_by": "phone"}
NOTHING, AN_OFFER, ACCEPTED = Offered(), Offered(True), Offered(True, True)


def judged(
    stage: str,
    has: dict[str, Any],
    *,
    before: str = "",
    days: int = 30,
    offered: Offered = NOTHING,
    strict: bool = False,
    pipeline: Pipeline = PIPELINE,
    **state: Any,
) -> Verdict:
    """What becomes of a record that stood in `before` for so many days and now asks for `stage`."""
    old = State(id="R-0001", stage=before, since=TODAY - timedelta(days=days), **state) if before else None
    lead = Opportunity(id="R-0001", stage=stage, **has)
    return judge(lead, old, pipeline, Settings(strict=strict), offered, TODAY)


@pytest.mark.parametrize(
    ("before", "stage", "has", "offered", "events"),
    [
        pytest.param("", "new", NEW, Offered(), ["stage new"], id="a new lead"),
        pytest.param("", "contacted", CONTACTED, Offered(), ["passed new", "stage contacted"], id="a lead spoken to"),
        pytest.param("new", "contacted", CONTACTED, Offered(), ["stage contacted"], id="one step forward"),
        pytest.param(
            "new",
            "needs-analysis",
            ANALYSED,
            Offered(),
            ["passed contacted", "passed qualified", "stage needs-analysis"],
            id="a jump notes each stage passed",
        ),
        pytest.param("needs-analysis", "offer-sent", OFFERED, AN_OFFER, ["stage offer-sent"], id="an offer was sent"),
        pytest.param("negotiation", "won", WON, Offered(), ["won won"], id="won, confirmed by phone"),
        pytest.param("negotiation", "won", OFFERED, ACCEPTED, ["won won"], id="won by an accepted offer"),
        pytest.param("negotiation", "contacted", {}, Offered(), ["stage contacted"], id="back needs nothing"),
        pytest.param("new", "lost", {"loss_reason": "price"}, Offered(), ["lost lost"], id="lost from the first stage"),
        pytest.param("", "lost", {"loss_reason": "price"}, Offered(), ["lost lost"], id="typed as lost"),
        pytest.param("new", "new", {}, Offered(), [], id="nothing was changed"),
        pytest.param("new", "no such stage", {}, Offered(), [], id="a stage nobody knows"),
    ],
)
def test_a_move_that_is_accepted(
    before: str, stage: str, has: dict[str, Any], offered: Offered, events: list[str]
) -> None:
    verdict = judged(stage, has, before=before, offered=offered)
    assert (verdict.refused, verdict.missing) == ("", ())
    assert [f"{step.event} {step.after}" for step in verdict.steps] == events
    assert verdict.stage == (stage if events else before)


@pytest.mark.parametrize(
    ("before", "stage", "has", "offered", "missing"),
    [
        pytest.param("", "new", {"company": "Acme"}, Offered(), ["source"], id="a new lead from nowhere"),
        pytest.param("", "contacted", {}, Offered(), ["company_or_contact", "source", "email_or_phone"], id="nobody"),
        pytest.param("new", "qualified", NEW, Offered(), ["email_or_phone", "owner"], id="a jump needs all it passes"),
        pytest.param(
            "qualified", "offer-sent", ANALYSED, AN_OFFER, ["value", "currency", "expected_close"], id="no sum"
        ),
        pytest.param("qualified", "offer-sent", OFFERED, Offered(), ["offer"], id="no offer at all"),
        pytest.param("qualified", "negotiation", OFFERED, Offered(), ["offer"], id="past an offer never sent"),
        pytest.param("negotiation", "won", OFFERED, AN_OFFER, ["confirmation"], id="won on an offer not accepted"),
        pytest.param("new", "lost", {}, Offered(), ["loss_reason"], id="lost without a reason"),
        pytest.param("new", "lost", {"loss_reason": "competitor"}, Offered(), ["competitor"], id="lost to whom"),
        pytest.param("new", "lost", {"loss_reason": "timing"}, Offered(), ["come_back_on"], id="lost until when"),
        pytest.param("new", "lost", {"loss_reason": "other"}, Offered(), ["note"], id="lost for another reason"),
        pytest.param("won", "lost", WON, Offered(), ["loss_reason"], id="a sale cancelled without a reason"),
    ],
)
def test_a_move_that_lacks_something_is_refused(
    before: str, stage: str, has: dict[str, Any], offered: Offered, missing: list[str]
) -> None:
    verdict = judged(stage, has, before=before, offered=offered)
    assert (verdict.stage, verdict.refused, verdict.why) == (before, stage, "needs-missing")
    assert [need.need for need in verdict.missing] == missing
    assert verdict.steps == ()


@pytest.mark.parametrize(
    ("before", "stage", "has", "days", "event", "cycle"),
    [
        pytest.param("lost", "qualified", QUALIFIED, 30, "reopened", 2, id="a lost one is taken up again"),
        pytest.param("won", "negotiation", WON, 30, "reopened", 2, id="a sale is taken up again"),
        pytest.param("lost", "new", {}, 30, "reopened", 2, id="back behind where it was lost needs nothing"),
        pytest.param("lost", "qualified", QUALIFIED, 7, "corrected", 1, id="within seven days it was a slip"),
        pytest.param("lost", "qualified", QUALIFIED, 8, "reopened", 2, id="after eight days it was not"),
        pytest.param("won", "lost", {"loss_reason": "price"}, 30, "lost", 1, id="a sale cancelled is no new cycle"),
    ],
)
def test_a_closed_record_changes(
    before: str, stage: str, has: dict[str, Any], days: int, event: str, cycle: int
) -> None:
    verdict = judged(
        stage, has, before=before, days=days, offered=AN_OFFER, closed_from="qualified", reached="qualified"
    )
    assert [step.event for step in verdict.steps] == [event]
    assert (verdict.stage, verdict.cycle, verdict.refused) == (stage, cycle, "")


def test_reopening_beyond_where_it_was_lost_needs_what_it_passes() -> None:
    verdict = judged("offer-sent", QUALIFIED, before="lost", closed_from="qualified")
    assert verdict.refused == "offer-sent"
    assert {need.stage for need in verdict.missing} == {"needs-analysis", "offer-sent"}


def test_lost_never_becomes_won_in_one_step() -> None:
    verdict = judged("won", WON, before="lost", closed_from="negotiation")
    assert (verdict.stage, verdict.refused, verdict.why) == ("lost", "won", "lost-to-won")


def test_what_a_closing_remembers() -> None:
    verdict = judged("lost", {"loss_reason": "price"}, before="negotiation", reached="negotiation")
    assert (verdict.closing, verdict.closed_from, verdict.reached) == (True, "negotiation", "negotiation")
    won = judged("won", WON, before="qualified", reached="qualified", offered=AN_OFFER)
    assert (won.closed_from, won.reached) == ("negotiation", "negotiation")


def test_going_back_does_not_unlearn_how_far_it_came() -> None:
    assert judged("new", {}, before="negotiation", reached="negotiation").reached == "negotiation"


STRICT = replace(
    PIPELINE,
    stages=tuple(
        replace(stage, may_go_on_to={"new": ("contacted", "lost"), "contacted": ("qualified",)}.get(stage.code, ()))
        for stage in PIPELINE.stages
    ),
)


@pytest.mark.parametrize(
    ("before", "stage", "allowed"),
    [
        pytest.param("", "new", True, id="a pipeline begins at its beginning"),
        pytest.param("", "contacted", True, id="or where the beginning leads"),
        pytest.param("", "qualified", False, id="but nowhere else"),
        pytest.param("new", "contacted", True, id="a move of the table"),
        pytest.param("new", "qualified", False, id="a jump"),
        pytest.param("contacted", "new", False, id="back, where the table does not say so"),
        pytest.param("new", "lost", True, id="lost, where the table says so"),
        pytest.param("contacted", "lost", False, id="lost, where it does not"),
    ],
)
def test_strict_allows_the_moves_of_the_table(before: str, stage: str, allowed: bool) -> None:
    has = {**QUALIFIED, "loss_reason": "price"}
    verdict = judged(stage, has, before=before, strict=True, pipeline=STRICT)
    assert (verdict.stage == stage) is allowed
    assert verdict.why == ("" if allowed else "move-not-allowed")


@pytest.mark.parametrize(
    ("stage", "home", "accepted", "events"),
    [
        pytest.param("won", "deals", "won", ["won"], id="a deal"),
        pytest.param("lost", "leads", "lost", ["lost"], id="a lost one"),
        pytest.param("negotiation", "leads", "negotiation", [], id="an open one that lacks everything"),
        pytest.param(None, "opportunities", "qualified", [], id="no stage is the first of its tab"),
    ],
)
def test_taking_over_accepts_what_stands(stage: str | None, home: str, accepted: str, events: list[str]) -> None:
    verdict = accept_as_it_stands(Opportunity(stage=stage), home, PIPELINE)
    assert (verdict.stage, [step.event for step in verdict.steps]) == (accepted, events)


def test_needs_are_told_in_the_order_of_the_stages_tab() -> None:
    stage = PIPELINE.stage("offer-sent")
    assert stage
    assert [n.need for n in unmet(Opportunity(), stage, PIPELINE, Offered())] == [
        "value",
        "currency",
        "expected_close",
        "offer",
    ]
