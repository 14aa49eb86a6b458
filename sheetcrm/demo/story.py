"""What the team does, day by day: good days, and everything that goes wrong in a real workbook.

Each deed has its sentence in the catalogue and its edits on the desk. What sync
makes of it is not known here.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import time
from typing import NamedTuple

from sheetcrm import messages
from sheetcrm.demo.desk import Desk
from sheetcrm.demo.team import NOTEBOOK, SELLERS, Note, identity
from sheetcrm.tables import Cell

__all__ = ["STORY", "Deed", "Run"]

NIGHT = time(2, 17)
MORNING = time(8, 40)


class Deed(NamedTuple):
    """Something a person does: its sentence in the catalogue, and how it is done."""

    key: str
    do: Callable[[Desk], None]


class Run(NamedTuple):
    """What people did, and when sync came by."""

    key: str
    days_ago: int
    at: time
    deeds: tuple[Deed, ...]


# ---------------------------------------------------------------- the first night


PRODUCTS = (
    ("RK-120", "product-bay", "unit-piece", 2150),
    ("RK-MEZ", "product-mezzanine", "unit-area", 265),
    ("SV-MNT", "product-mounting", "unit-day", 590),
)
"""What they sell: code, name, unit, price."""


def write_down_the_team(desk: Desk) -> None:
    for row, seller in enumerate(SELLERS, 1):
        desk.type("lists", row, {"owner": seller})
    for row, rival in enumerate(("rival-1", "rival-2"), 1):
        desk.type("lists", row, {"competitor": rival})
    for setting in ("company", "tax-id", "registration", "address", "phone", "email", "bank", "iban"):
        _settle(desk, f"own-{setting}")
    for setting in ("delivery", "payment", "notes"):
        _settle(desk, f"offer-{setting}")
    for code, name, unit, price in PRODUCTS:
        desk.add("products", code=code, name=name, unit=unit, price=price)


def _settle(desk: Desk, setting: str) -> None:
    row = desk.row("settings", "setting", messages.text("settings", setting, desk.language))
    desk.type("settings", row, {"setting_value": f"settled-{setting}"})


def copy_the_notebook(desk: Desk) -> None:
    for note in NOTEBOOK:
        _copy(desk, note)


def _copy(desk: Desk, note: Note) -> None:
    tab = "deals" if note.stage == "won" else "opportunities" if note.interest or note.stage == "qualified" else "leads"
    values = identity(note.company, desk.language) | {
        "source": note.source,
        "industry": note.industry,
        "owner": SELLERS[note.seller],
        "stage": note.stage,
        "created_on": desk.day(note.created),
    }
    if note.closed:
        values["closed_on"] = desk.day(note.closed)
    if note.reason:
        values |= {"loss_reason": note.reason, "competitor": note.competitor}
    if note.interest:
        values |= {"interested_in": f"interest-{note.interest}", "value": note.value, "currency": "own-currency"}
        values["expected_close"] = desk.day(note.closed or 30)
        if note.stage != "needs-analysis":
            status = {"won": "accepted", "lost": "rejected"}.get(note.stage, "sent")
            sent = max(note.closed, note.created - 40 if note.closed else 74) + 9
            desk.add("offers", record=str(values["company"]), amount=note.value, status=status, sent_on=desk.day(sent))
    desk.add(tab, **values)


def leave_two_slips(desk: Desk) -> None:
    desk.edit("leads", "company-clinic", email="slip-email")
    desk.edit("leads", "company-hotel", owner="slip-owner")


def leave_a_row_half_typed(desk: Desk) -> None:
    desk.add("leads", notes="half-typed-note")


# ---------------------------------------------------------------- good days


def add_lead(desk: Desk, company: str, source: str, industry: str, seller: int, **more: str) -> None:
    who = identity(company, desk.language)
    desk.add("leads", **who, source=source, industry=industry, owner=SELLERS[seller], stage="new", **more)


def three_new_leads(desk: Desk) -> None:
    add_lead(desk, "fruit", "fair", "agriculture", 0, next_step="step-call")
    add_lead(desk, "farms", "referral", "agriculture", 1)
    add_lead(desk, "solar", "website", "energy", 2, notes="solar-note")


def finish_the_half_typed_row(desk: Desk) -> None:
    row = desk.row("leads", "notes", desk.word("half-typed-note"))
    who = identity("pets", desk.language)
    desk.type("leads", row, {**who, "source": "website", "owner": SELLERS[1], "stage": "new"})


def mend_the_slips(desk: Desk) -> None:
    desk.edit("leads", "company-clinic", email=str(identity("clinic", desk.language)["email"]))
    desk.edit("leads", "company-hotel", owner=SELLERS[0])


def qualify_parts(desk: Desk) -> None:
    desk.edit("leads", "company-parts", stage="qualified", notes="parts-note")
    desk.edit("leads", "company-printers", stage="contacted")


def note_activities(desk: Desk) -> None:
    call = {"type": "call", "status": "done", "subject": "subject-call", "result": "result-call"}
    desk.add("activities", record="company-wines", date=desk.day(64), owner=SELLERS[1], **call)
    meeting = {"type": "meeting", "status": "planned", "subject": "subject-meeting"}
    desk.add("activities", record="company-glass", date=desk.day(58), owner=SELLERS[2], **meeting)


# ---------------------------------------------------------------- a bad day, and how it is mended


def lose_garden_without_reason(desk: Desk) -> None:
    desk.edit("opportunities", "company-garden", stage="lost")


def jump_too_far(desk: Desk) -> None:
    desk.edit("leads", "company-boats", stage="offer-sent")


def paste_solar(desk: Desk) -> None:
    desk.paste_below("leads", "company-solar")


def shoes_say_what_they_want(desk: Desk) -> None:
    desk.edit("opportunities", "company-shoes", stage="needs-analysis", interested_in="interest-shelving", value=15200)


def give_garden_its_reason(desk: Desk) -> None:
    desk.edit("opportunities", "company-garden", loss_reason="competitor", competitor="rival-1")


def boats_one_step_at_a_time(desk: Desk) -> None:
    desk.edit("leads", "company-boats", stage="qualified")


def make_the_copy_another_lead(desk: Desk) -> None:
    desk.type("leads", desk.free_row("leads") - 1, {**identity("medical", desk.language), "notes": ""})


def add_own_column(desk: Desk) -> None:
    metres = {"company-fruit": 1200, "company-farms": 5400, "company-solar": 800, "company-hotel": 2500}
    desk.new_column("leads", "own-column", metres)


def win_cables(desk: Desk) -> None:
    desk.edit("opportunities", "company-cables", stage="won", confirmed_by="order")


# ---------------------------------------------------------------- conversion, sync's cells, a renaming


def qualify_fruit(desk: Desk) -> None:
    desk.edit("leads", "company-fruit", stage="qualified")


def offer_to(desk: Desk, company: str, days_ago: int) -> None:
    row = desk.row("opportunities", "company", desk.word(company))
    value = desk.cell("opportunities", row, "value")
    desk.add("offers", record=company, amount=value, status="sent", sent_on=desk.day(days_ago))
    desk.edit("opportunities", company, stage="offer-sent", currency="own-currency", expected_close=desk.day(-20))


def prepare_glass(desk: Desk) -> None:
    desk.add("offer_lines", record="company-glass", product="RK-120", quantity=12)
    desk.add("offer_lines", record="company-glass", product="SV-MNT", description="mounting-racks", quantity=10)
    desk.edit("opportunities", "company-glass", offer="command-prepare")


def two_offers(desk: Desk) -> None:
    desk.edit("opportunities", "company-glass", currency="own-currency", expected_close=desk.day(-20))
    row = desk.row("offers", "record_name", desk.word("company-glass"))
    desk.type("offers", row, {"status": "sent", "sent_on": desk.day(29)})
    offer_to(desk, "company-coffee", 28)


def type_into_probability(desk: Desk) -> None:
    desk.edit("opportunities", "company-glass", probability=0.95)


def lose_wines(desk: Desk) -> None:
    desk.edit("opportunities", "company-wines", stage="lost", loss_reason="price", notes="wines-note")


def rename_a_stage(desk: Desk) -> None:
    desk.rename("stages", "stage", "needs-analysis", "renamed-stage")
    desk.rename("lists", "loss_reason", "silent", "renamed-reason")


def courier_comes_back(desk: Desk) -> None:
    desk.edit("opportunities", "company-courier", stage="qualified", notes="courier-note")


def harbour_asks_again(desk: Desk) -> None:
    who = identity("harbour", desk.language)
    wish: dict[str, Cell] = {
        "title": "harbour-title",
        "interested_in": "interest-shelving",
        "value": 18600,
        "currency": "own-currency",
    }
    desk.add(
        "opportunities", **who, source="referral", industry="logistics", owner=SELLERS[1], stage="qualified", **wish
    )


def negotiate_with_glass(desk: Desk) -> None:
    desk.edit("opportunities", "company-glass", stage="negotiation", next_step="step-price")


def plan_the_days(desk: Desk) -> None:
    planned = {"status": "planned"}
    desk.add("activities", record="company-courier", type="call", date=desk.day(0), owner=SELLERS[1], **planned)
    visit = {"type": "meeting", "subject": "subject-visit", **planned}
    desk.add("activities", record="company-shoes", date=desk.day(2), owner=SELLERS[0], **visit)
    desk.edit("opportunities", "company-glass", next_step_on=desk.day(3))
    desk.edit("opportunities", "company-parts", next_step="step-visit", next_step_on=desk.day(0))
    desk.edit("leads", "company-hotel", next_step="step-call", next_step_on=desk.day(1))
    desk.edit("opportunities", "company-bikes", come_back_on=desk.day(1))


# ---------------------------------------------------------------- a disaster, and the last night


def sort_one_column(desk: Desk) -> None:
    desk.sort_one_column("leads", "company")


def prepare_glass_again(desk: Desk) -> None:
    row = desk.row("offer_lines", "record", desk.word("company-glass"))
    desk.type("offer_lines", row, {"discount_percent": 0.05})
    desk.edit("opportunities", "company-glass", offer="command-prepare")


def win_coffee(desk: Desk) -> None:
    desk.edit("opportunities", "company-coffee", stage="won", confirmed_by="e-mail")


def undo_the_sorting(desk: Desk) -> None:
    desk.undo_sorting("leads", "company")


def the_fair(desk: Desk) -> None:
    for number, company in enumerate(("frozen", "uniforms", "ceramics", "textiles", "tyres")):
        add_lead(desk, company, "fair", ("retail", "manufacturing")[number % 2], number % 3, campaign="fair-campaign")
    desk.edit("leads", "company-tyres", phone="slip-phone")


def type_hotel_twice(desk: Desk) -> None:
    who = identity("hotel", desk.language) | {"company": "hotel-again", "email": ""}
    desk.add("leads", **who, source="website", owner=SELLERS[2], stage="new")


def win_harbour_again(desk: Desk) -> None:
    row = desk.row("opportunities", "company", desk.word("company-harbour"))
    record = str(desk.cell("opportunities", row, "id"))
    desk.add("offers", record=record, amount=18600, status="accepted", sent_on=desk.day(5))
    desk.edit("opportunities", "company-harbour", stage="won", expected_close=desk.day(0))


def farms_not_now(desk: Desk) -> None:
    desk.edit("leads", "company-farms", stage="lost", loss_reason="timing")


def boats_in_a_hurry(desk: Desk) -> None:
    desk.edit("opportunities", "company-boats", stage="offer-sent", interested_in="interest-racking")


STORY = (
    Run(
        "night-notebook",
        70,
        NIGHT,
        (
            Deed("did-team", write_down_the_team),
            Deed("did-notebook", copy_the_notebook),
            Deed("did-slips", leave_two_slips),
            Deed("did-half", leave_a_row_half_typed),
        ),
    ),
    Run(
        "night-good",
        63,
        NIGHT,
        (
            Deed("did-three-leads", three_new_leads),
            Deed("did-finish-half", finish_the_half_typed_row),
            Deed("did-mend-slips", mend_the_slips),
            Deed("did-qualify", qualify_parts),
            Deed("did-activities", note_activities),
        ),
    ),
    Run(
        "night-bad",
        49,
        NIGHT,
        (
            Deed("did-lose", lose_garden_without_reason),
            Deed("did-jump", jump_too_far),
            Deed("did-paste", paste_solar),
            Deed("did-shoes", shoes_say_what_they_want),
        ),
    ),
    Run(
        "night-mended",
        42,
        NIGHT,
        (
            Deed("did-reason", give_garden_its_reason),
            Deed("did-step", boats_one_step_at_a_time),
            Deed("did-copy", make_the_copy_another_lead),
            Deed("did-column", add_own_column),
            Deed("did-win", win_cables),
            Deed("did-prepare", prepare_glass),
        ),
    ),
    Run(
        "night-travel",
        28,
        NIGHT,
        (
            Deed("did-fruit", qualify_fruit),
            Deed("did-offers", two_offers),
            Deed("did-probability", type_into_probability),
            Deed("did-wines", lose_wines),
        ),
    ),
    Run(
        "night-back",
        14,
        NIGHT,
        (
            Deed("did-rename", rename_a_stage),
            Deed("did-courier", courier_comes_back),
            Deed("did-harbour", harbour_asks_again),
            Deed("did-glass", negotiate_with_glass),
            Deed("did-plan", plan_the_days),
        ),
    ),
    Run("night-sorted", 7, NIGHT, (Deed("did-sort", sort_one_column), Deed("did-coffee", win_coffee))),
    Run("morning-undone", 7, MORNING, (Deed("did-undo", undo_the_sorting),)),
    Run(
        "night-last",
        0,
        NIGHT,
        (
            Deed("did-fair", the_fair),
            Deed("did-hotel", type_hotel_twice),
            Deed("did-harbour-again", win_harbour_again),
            Deed("did-farms", farms_not_now),
            Deed("did-discount", prepare_glass_again),
            Deed("did-hurry", boats_in_a_hurry),
        ),
    ),
)
"""The whole evening."""
