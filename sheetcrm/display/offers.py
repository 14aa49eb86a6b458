"""Offers for the terminal: a line each, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sheetcrm import messages
from sheetcrm.display.numbers import table
from sheetcrm.display.plans import said
from sheetcrm.numerals import UNKNOWN, amount_text

if TYPE_CHECKING:
    from datetime import date

    from sheetcrm.offer_figures import OfferFact

__all__ = ["offers_json", "offers_text"]

LONGEST_NAME = 32


def offers_text(facts: Sequence[OfferFact], language: str) -> str:
    """Each offer on its line, in the order given."""
    if not facts:
        return said("offers-none", language)
    heads = [messages.text("headers", name, language) for name in ("number", "record_name", "state")]
    heads += [messages.text("headers", name, language) for name in ("sent_on", "valid_until", "owner", "net")]
    rows = [
        [
            fact.number,
            fact.name[:LONGEST_NAME] or UNKNOWN,
            messages.text("defaults", f"offer_state-{fact.state}", language),
            _day(fact.sent_on),
            _day(fact.valid_until),
            fact.owner or UNKNOWN,
            UNKNOWN if fact.value is None else amount_text(fact.value, fact.currency, language),
        ]
        for fact in facts
    ]
    return "\n".join([*table(heads, rows, left=6), "", said("offers-sum", language, n=len(facts))])


def offers_json(facts: Sequence[OfferFact]) -> dict[str, object]:
    """The shape of `offers --json`: amounts without VAT, days ISO text, null for what is not known."""
    return {
        "offers": [
            {
                "number": fact.number,
                "record": fact.record or None,
                "name": fact.name or None,
                "state": fact.state,
                "made_on": _iso(fact.made_on),
                "sent_on": _iso(fact.sent_on),
                "answered_on": _iso(fact.answered_on),
                "valid_until": _iso(fact.valid_until),
                "value": None if fact.value is None else float(fact.value),
                "currency": fact.currency or None,
                "owner": fact.owner or None,
                "source": fact.source or None,
                "products": list(fact.products),
                "file": fact.file or None,
            }
            for fact in facts
        ]
    }


def _day(day: date | None) -> str:
    return day.isoformat() if day else UNKNOWN


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
