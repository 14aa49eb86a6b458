"""The records of a CRM: what a row means once it is understood.

Frozen values with the field's standard terms. Nothing here knows where a value
stood in a sheet, or what to do about it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict

__all__ = [
    "Account",
    "Activity",
    "Deal",
    "Event",
    "Lead",
    "Offer",
    "OfferLine",
    "Opportunity",
    "Product",
    "Record",
    "State",
]

Outcome: TypeAlias = Literal["open", "won", "lost"]


class Record(BaseModel):
    """A row understood. What could not be read is `None`; what stood there is a problem."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def of(cls, **values: Any) -> Self:
        """A record of values that are of their types already; pydantic's `model_construct` takes many times as long."""
        record = cls.__new__(cls)
        object.__setattr__(record, "__dict__", {**_defaults(cls), **values})
        object.__setattr__(record, "__pydantic_fields_set__", set(values))
        object.__setattr__(record, "__pydantic_extra__", None)
        object.__setattr__(record, "__pydantic_private__", None)
        return record


@cache
def _defaults(model: type[Record]) -> Mapping[str, Any]:
    return {name: field.default for name, field in model.model_fields.items() if not field.is_required()}


class Lead(Record):
    """A person or company that may buy. One row of the Leads tab."""

    id: str = ""
    company: str | None = None
    contact: str | None = None
    email: str | None = None
    """The first address of the cell, normalised."""
    phone: str | None = None
    """E.164, for comparing; the cell stays as typed."""
    address: str | None = None
    city: str | None = None
    county: str | None = None
    country: str | None = None
    tax_id: str | None = None
    """Compact: `RO14399840` where the country is known, digits only for a bare CUI."""
    industry: str | None = None
    source: str | None = None
    channel: str | None = None
    campaign: str | None = None
    referred_by: str | None = None
    referred_by_id: str | None = None
    account: str | None = None
    """An account's ID or name, as typed, or the word *new*."""
    account_id: str | None = None
    interested_in: str | None = None
    owner: str | None = None
    stage: str | None = None
    """The code of the stage that the cell names."""
    loss_reason: str | None = None
    """The code of the reason that the cell names."""
    competitor: str | None = None
    unmet_need: str | None = None
    come_back_on: dt.date | None = None
    next_step: str | None = None
    next_step_on: dt.date | None = None
    notes: str | None = None
    in_stage_since: dt.date | None = None
    created_on: dt.date | None = None
    closed_on: dt.date | None = None

    @property
    def name(self) -> str:
        """What people call it: the company, else the person, else how to reach them."""
        return self.company or self.contact or self.email or self.phone or ""


class Opportunity(Lead):
    """A lead that showed interest. One row of the Opportunities tab."""

    title: str | None = None
    value: Decimal | None = None
    currency: str | None = None
    """ISO 4217; the team's own currency where the row names none."""
    expected_close: dt.date | None = None
    confirmed_by: str | None = None
    own_probability: Decimal | None = None
    """0 to 1; a person's own number wins over the stage's."""
    probability: Decimal | None = None
    weighted_value: Decimal | None = None
    last_offer: str | None = None
    offer: str | None = None


class Deal(Opportunity):
    """An opportunity that was won. One row of the Deals tab."""


class Account(Record):
    """A customer. One row of the Accounts tab."""

    id: str = ""
    name: str | None = None
    tax_id: str | None = None
    address: str | None = None
    city: str | None = None
    county: str | None = None
    country: str | None = None
    contact: str | None = None
    email: str | None = None
    phone: str | None = None
    industry: str | None = None
    owner: str | None = None
    notes: str | None = None
    customer_since: dt.date | None = None
    won_value: str | None = None
    open_value: str | None = None
    deals: int | None = None


class Activity(Record):
    """A call, meeting, e-mail or task, planned or done."""

    id: str = ""
    record: str | None = None
    record_id: str | None = None
    record_name: str | None = None
    type: str | None = None
    date: dt.date | None = None
    owner: str | None = None
    subject: str | None = None
    status: str | None = None
    result: str | None = None


class Offer(Record):
    """An offer, made by sync or elsewhere."""

    number: str | None = None
    version: int | None = None
    record: str | None = None
    record_id: str | None = None
    record_name: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    link: str | None = None
    status: str | None = None
    sent_on: dt.date | None = None
    sent_to: str | None = None
    reason: str | None = None
    state: str | None = None
    made_on: dt.date | None = None
    valid_until: dt.date | None = None
    net: Decimal | None = None
    vat: Decimal | None = None
    total: Decimal | None = None
    file: str | None = None


class OfferLine(Record):
    """One product or service of an offer."""

    record: str | None = None
    record_id: str | None = None
    record_name: str | None = None
    product: str | None = None
    description: str | None = None
    quantity: Decimal | None = None
    unit: str | None = None
    unit_price: Decimal | None = None
    discount_percent: Decimal | None = None
    vat_percent: Decimal | None = None
    line_total: Decimal | None = None
    last_offer: str | None = None


class Product(Record):
    """Something the company sells."""

    code: str | None = None
    name: str | None = None
    unit: str | None = None
    price: Decimal | None = None
    currency: str | None = None
    vat_percent: Decimal | None = None
    active: bool | None = None


class Event(Record):
    """One line of History: something sync saw or did, said once."""

    number: int
    happened_on: dt.date | None = None
    """The working day it belongs to; unknown stays blank."""
    seen_at: dt.datetime
    """When sync saw it, in the workbook's time zone."""
    run: int
    record: str = ""
    event: str
    """A word of `sheetcrm.pipeline.EVENTS`."""
    before: str = ""
    """From: a stage code, a tab, or what a cell said."""
    after: str = ""
    tab: str = ""
    owner: str = ""
    source: str = ""
    industry: str = ""
    value: Decimal | None = None
    currency: str = ""
    reason: str = ""
    competitor: str = ""
    note: str = ""


class State(Record):
    """What sync remembers of one record (or of one line of Stages and Lists)."""

    id: str
    tab: str = ""
    """The tab it was last seen in: "leads", "accounts"."""
    name: str = ""
    stage: str = ""
    """The code of the last accepted stage; "" while none was accepted."""
    since: dt.date | None = None
    cycle: int = 1
    reached: str = ""
    """The code of the furthest open stage of this cycle."""
    closed_from: str = ""
    """The open stage it stood in before it was closed."""
    closed_on: dt.date | None = None
    """The day of closing that sync wrote, so that reopening can take it back."""
    closed_with: str = ""
    """The loss reason's code, for a lost one."""
    identity: str = ""
    """Fingerprint of company, contact, e-mail, phone."""
    fingerprint: str = ""
    """Fingerprint of people's cells."""
    wrote: str = ""
    """Fingerprint of what sync last wrote into its own cells of the row."""
    refused: str = ""
    """The code of the stage that was asked for and refused, while it is."""
    missing_since: dt.date | None = None
    copy_of: str = ""
    """The record that this one was pasted from, IDs and all."""
    touched: str = ""
    """Fingerprint of notes and next step: what counts as movement."""
    account_id: str = ""
    """The account it was linked to."""
    imported_as: str = ""
    """Fingerprint of the line of a file that it came from."""
    made: str = ""
    """Of an offer that sync made: what it put there, days and amounts and file (see `offer_states.Made`)."""
    file_print: str = ""
    """Of an offer that was sent: what its file said then, and what it was last seen to say."""
