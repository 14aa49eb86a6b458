"""Every tab and its columns: the fields, how each is read, who writes it, in which order `init` lays them.

Data alone: how columns are called is in the message catalogue, and how they are
found in a workbook is in `columns`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

__all__ = [
    "FIELDS_OF_IDENTITY",
    "FILLED_IN_TURN",
    "HOME_MARK",
    "PIPELINE_TABS",
    "SYNC_TABS",
    "TABS",
    "Field",
    "Writer",
    "fields_of",
]

Writer: TypeAlias = Literal["people", "sync", "fill", "command"]
"""Who writes a column: people; sync; sync where blank; people a word that sync answers."""


class Field(NamedTuple):
    """A column as the design knows it."""

    name: str
    kind: str = "text"
    """How its cells are read: a key of `sheetcrm.fields.READERS`."""
    writer: Writer = "people"
    details: bool = False
    """Laid out collapsed, under *Details*."""


def _sync(name: str, kind: str = "text") -> Field:
    return Field(name, kind, "sync")


_WHO = (
    _sync("id"),
    _sync("check"),
    Field("company"),
    Field("contact"),
    Field("phone", "phone"),
    Field("email", "email"),
    Field("source", "source"),
    Field("stage", "stage"),
    Field("owner", "owner"),
    Field("next_step"),
    Field("next_step_on", "date"),
    Field("notes", "long-text"),
    Field("loss_reason", "loss_reason"),
    Field("competitor", "competitor"),
    Field("come_back_on", "date"),
)
_MONEY = (
    Field("title"),
    Field("value", "amount"),
    Field("currency", "currency"),
    Field("expected_close", "date"),
    Field("confirmed_by", "confirmed_by"),
    Field("own_probability", "percent"),
    _sync("probability", "percent"),
    _sync("weighted_value", "amount"),
    _sync("last_offer"),
    Field("offer", "text", "command"),
)
_DETAILS = tuple(
    f._replace(details=True)
    for f in (
        _sync("in_stage_since", "date"),
        Field("created_on", "date", "fill"),
        Field("closed_on", "date", "fill"),
        Field("interested_in"),
        Field("industry", "industry"),
        Field("channel", "channel"),
        Field("campaign"),
        Field("referred_by"),
        _sync("referred_by_id"),
        Field("account"),
        _sync("account_id"),
        Field("unmet_need"),
        Field("tax_id", "tax_id"),
        Field("address"),
        Field("city"),
        Field("county"),
        Field("country"),
    )
)

TABS: Mapping[str, tuple[Field, ...]] = {
    "leads": _WHO + _DETAILS,
    "opportunities": _WHO + _MONEY + _DETAILS,
    "deals": _WHO + _MONEY + _DETAILS,
    "accounts": (
        _sync("id"),
        _sync("check"),
        Field("name"),
        Field("tax_id", "tax_id"),
        Field("contact"),
        Field("email", "email"),
        Field("phone", "phone"),
        Field("industry", "industry"),
        Field("owner", "owner"),
        Field("address"),
        Field("city"),
        Field("county"),
        Field("country"),
        Field("notes", "long-text"),
        _sync("customer_since", "date"),
        _sync("won_value"),
        _sync("open_value"),
        _sync("deals", "count"),
    ),
    "activities": (
        _sync("id"),
        _sync("check"),
        Field("record"),
        Field("type", "activity_type"),
        Field("date", "date"),
        Field("owner", "owner"),
        Field("subject"),
        Field("status", "activity_status"),
        Field("result", "long-text"),
        _sync("record_id"),
        _sync("record_name"),
    ),
    "offers": (
        _sync("number"),
        _sync("check"),
        Field("record"),
        Field("amount", "amount"),
        Field("link"),
        Field("status", "offer_status"),
        Field("sent_on", "date", "fill"),
        Field("sent_to"),
        Field("reason"),
        _sync("record_id"),
        _sync("record_name"),
        _sync("version", "count"),
        _sync("state"),
        _sync("made_on", "date"),
        _sync("valid_until", "date"),
        _sync("net", "amount"),
        _sync("vat", "amount"),
        _sync("total", "amount"),
        _sync("currency", "currency"),
        _sync("file"),
    ),
    "offer_lines": (
        _sync("check"),
        Field("record"),
        Field("product"),
        Field("description"),
        Field("quantity", "amount"),
        Field("unit"),
        Field("unit_price", "amount"),
        Field("discount_percent", "percent"),
        Field("vat_percent", "percent"),
        _sync("record_id"),
        _sync("record_name"),
        _sync("line_total", "amount"),
        _sync("last_offer"),
    ),
    "products": (
        _sync("check"),
        Field("code"),
        Field("name"),
        Field("unit"),
        Field("price", "amount"),
        Field("currency", "currency"),
        Field("vat_percent", "percent"),
        Field("active", "yes-no"),
    ),
    "stages": (
        _sync("check"),
        Field("stage"),
        Field("home"),
        Field("outcome"),
        Field("probability", "percent"),
        Field("rot_days", "count"),
        Field("may_go_on_to"),
        Field("needs_company_or_contact", "yes-no"),
        Field("needs_source", "yes-no"),
        Field("needs_email_or_phone", "yes-no"),
        Field("needs_owner", "yes-no"),
        Field("needs_interested_in", "yes-no"),
        Field("needs_value", "yes-no"),
        Field("needs_currency", "yes-no"),
        Field("needs_expected_close", "yes-no"),
        Field("needs_offer", "yes-no"),
        Field("needs_confirmation", "yes-no"),
        Field("needs_loss_reason", "yes-no"),
        _sync("stage_code"),
    ),
    "lists": (
        _sync("check"),
        Field("loss_reason"),
        Field("reason_for"),
        Field("asks_competitor", "yes-no"),
        Field("asks_come_back_on", "yes-no"),
        Field("asks_note", "yes-no"),
        Field("counts_in_rates", "yes-no"),
        Field("source"),
        Field("channel"),
        Field("competitor"),
        Field("industry"),
        Field("owner"),
        Field("owner_active", "yes-no"),
        Field("hands_over_to"),
        _sync("loss_reason_code"),
        _sync("source_code"),
        _sync("channel_code"),
        _sync("competitor_code"),
        _sync("industry_code"),
        _sync("owner_code"),
    ),
    "settings": (
        _sync("check"),
        Field("setting"),
        Field("setting_value"),
        Field("meaning"),
        _sync("setting_code"),
    ),
    "today": (),
    "report": (),
    "problems": (),
    "history": tuple(
        _sync(name, kind)
        for name, kind in (
            ("number", "count"),
            ("happened_on", "date"),
            ("seen_at", "moment"),
            ("run", "count"),
            ("record", "text"),
            ("event", "text"),
            ("before", "text"),
            ("after", "text"),
            ("tab", "text"),
            ("owner", "text"),
            ("source", "text"),
            ("industry", "text"),
            ("value", "amount"),
            ("currency", "text"),
            ("reason", "text"),
            ("competitor", "text"),
            ("note", "long-text"),
        )
    ),
    "state": tuple(
        _sync(name, kind)
        for name, kind in (
            ("id", "text"),
            ("tab", "text"),
            ("name", "text"),
            ("stage", "text"),
            ("since", "date"),
            ("cycle", "count"),
            ("reached", "text"),
            ("closed_from", "text"),
            ("closed_on", "date"),
            ("closed_with", "text"),
            ("identity", "text"),
            ("fingerprint", "text"),
            ("wrote", "text"),
            ("refused", "text"),
            ("missing_since", "date"),
            ("copy_of", "text"),
            ("touched", "text"),
            ("imported_as", "text"),
            ("account_id", "text"),
            ("made", "text"),
            ("file_print", "text"),
        )
    ),
}
"""Every tab: what it is → its fields, in the order `init` lays them."""

PIPELINE_TABS = ("leads", "opportunities", "deals")
SYNC_TABS = ("today", "report", "problems", "history", "state")
"""Tabs that are sync's altogether; recognised by sync's mark alone."""

HOME_MARK = "home."
"""Begins the mark of a tab that the team made a home of some stage."""

FIELDS_OF_IDENTITY = ("company", "contact", "email", "phone")

FILLED_IN_TURN = "owner"
"""The column of people's, in tabs of records, whose blank sync fills in a new row if Settings want turns."""


def fields_of(name: str) -> Mapping[str, Field]:
    """The fields of a tab; a home of the team's own has those of a deal.

    A lead may bring along what people write on an opportunity: it may have been one.
    """
    brought = [field for field in _MONEY if field.writer != "sync"] if name == "leads" else []
    return {field.name: field for field in (*TABS.get(name, TABS["deals"]), *brought)}
