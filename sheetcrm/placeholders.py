"""What a template may ask of an offer: `{{client.name}}`, `{{line.quantity}}`, and what is said there.

Each placeholder has a value for a cell of its own (a number, a day, a text) and a
text for use among other words. It knows no cells.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import Literal, TypeAlias

from sheetcrm.money import VatLine, minor_digits
from sheetcrm.offers import Offer, OfferLine, Party

__all__ = [
    "GROUPS",
    "NAMES",
    "REQUIRED",
    "Kind",
    "Value",
    "filled",
    "kind_of",
    "line_values",
    "names_in",
    "offer_values",
    "only_name",
    "vat_values",
]

Kind: TypeAlias = Literal["text", "whole", "amount", "price", "quantity", "rate", "day"]
Value: TypeAlias = str | int | Decimal | date
"""What stands in a cell. Rates are fractions: 0.21; "" where there is nothing to say."""

_OFFER: Mapping[str, tuple[Kind, Callable[[Offer], Value]]] = {
    "offer.number": ("text", lambda offer: str(offer.number)),
    "offer.version": ("whole", lambda offer: offer.number.version),
    "offer.date": ("day", lambda offer: offer.made_on),
    "offer.valid_until": ("day", lambda offer: offer.valid_until or ""),
    "offer.valid_days": (
        "whole",
        lambda offer: (offer.valid_until - offer.made_on).days if offer.valid_until else "",
    ),
    "offer.currency": ("text", lambda offer: offer.currency),
    "offer.title": ("text", lambda offer: offer.title),
    "offer.prepared_by": ("text", lambda offer: offer.prepared_by),
    "offer.delivery": ("text", lambda offer: offer.delivery),
    "offer.payment": ("text", lambda offer: offer.payment),
    "offer.currency_clause": ("text", lambda offer: offer.currency_clause),
    "offer.notes": ("text", lambda offer: offer.notes),
    "offer.net": ("amount", lambda offer: offer.totals.net),
    "offer.vat": ("amount", lambda offer: offer.totals.vat_amount),
    "offer.total": ("amount", lambda offer: offer.totals.total),
    "offer.total_in_words": ("text", lambda offer: offer.total_in_words),
}
_LINE: Mapping[str, tuple[Kind, Callable[[Offer, OfferLine, int], Value]]] = {
    "line.number": ("whole", lambda offer, line, place: place + 1),
    "line.code": ("text", lambda offer, line, place: line.code),
    "line.product": ("text", lambda offer, line, place: line.product),
    "line.description": ("text", lambda offer, line, place: line.description),
    "line.quantity": ("quantity", lambda offer, line, place: line.quantity),
    "line.unit": ("text", lambda offer, line, place: line.unit),
    "line.unit_price": ("price", lambda offer, line, place: line.unit_price),
    "line.discount": ("rate", lambda offer, line, place: line.discount_percent.scaleb(-2)),
    "line.vat_rate": ("rate", lambda offer, line, place: line.vat_percent.scaleb(-2)),
    "line.value": ("amount", lambda offer, line, place: offer.values[place]),
}
_VAT: Mapping[str, tuple[Kind, Callable[[VatLine], Value]]] = {
    "vat.rate": ("rate", lambda line: line.percent.scaleb(-2)),
    "vat.base": ("amount", lambda line: line.base),
    "vat.amount": ("amount", lambda line: line.amount),
}
_PARTIES = ("issuer", "client")
_PARTY_FIELDS = tuple(field.name for field in fields(Party))

NAMES: Mapping[str, Kind] = {
    **{f"{party}.{field}": "text" for party in _PARTIES for field in _PARTY_FIELDS},
    **{name: kind for name, (kind, _) in _OFFER.items()},
    **{name: kind for name, (kind, _) in _LINE.items()},
    **{name: kind for name, (kind, _) in _VAT.items()},
}
"""Every placeholder, and what kind of value it stands for."""

GROUPS = tuple(dict.fromkeys(name.partition(".")[0] for name in NAMES))

REQUIRED: tuple[tuple[str, ...], ...] = (
    ("offer.number",),
    ("offer.date",),
    ("client.name",),
    ("line.product", "line.description"),
    ("line.quantity",),
    ("line.unit_price",),
)
"""What every offer says: of each group one at least. Values and totals may be formulas of the template's own."""

_PLACEHOLDER = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")


def kind_of(name: str) -> Kind | None:
    """What kind of value a placeholder stands for; None where there is none of that name."""
    return NAMES.get(name)


def names_in(text: str) -> Iterator[str]:
    """The placeholders in a text, in lower case, known or not."""
    for found in _PLACEHOLDER.finditer(text):
        yield found[1].casefold()


def only_name(text: str) -> str:
    """The placeholder that is all that a text says; "" where it says more, or none."""
    found = _PLACEHOLDER.fullmatch(text.strip())
    return found[1].casefold() if found else ""


def offer_values(offer: Offer) -> dict[str, Value]:
    """What the offer says at every placeholder that stands once."""
    said: dict[str, Value] = {name: value(offer) for name, (_, value) in _OFFER.items()}
    for party in _PARTIES:
        who: Party = getattr(offer, party)
        said |= {f"{party}.{field}": getattr(who, field) for field in _PARTY_FIELDS}
    return said


def line_values(offer: Offer, place: int) -> dict[str, Value]:
    """What one line says; the first is at place 0."""
    return {name: value(offer, offer.lines[place], place) for name, (_, value) in _LINE.items()}


def vat_values(line: VatLine) -> dict[str, Value]:
    """What one VAT rate says."""
    return {name: value(line) for name, (_, value) in _VAT.items()}


# ---------------------------------------------------------------- among other words


def filled(text: str, values: Mapping[str, Value], offer: Offer) -> str:
    """The text with its placeholders said in the offer's language; those of other values stay.

    A line of which every placeholder has nothing to say is left out, label and all.
    """
    kept = []
    for line in text.split("\n"):
        said = [values[name] for name in names_in(line) if name in values]
        if said and all(value == "" for value in said) and len(said) == len(list(names_in(line))):
            continue
        kept.append(_PLACEHOLDER.sub(lambda found: _said(found, values, offer), line))
    return "\n".join(kept)


def _said(found: re.Match[str], values: Mapping[str, Value], offer: Offer) -> str:
    name = found[1].casefold()
    return _text(values[name], NAMES[name], offer) if name in values else found[0]


def _text(value: Value, kind: Kind, offer: Offer) -> str:
    if isinstance(value, date):
        return f"{value:%d.%m.%Y}" if offer.language == "ro" else value.isoformat()
    if not isinstance(value, Decimal):
        return str(value)
    least = minor_digits(offer.currency) if kind in ("amount", "price") else 0
    if kind == "rate":
        return f"{_number(value.scaleb(2), 0, offer.language)}{' ' if offer.language == 'ro' else ''}%"
    return _number(value, least, offer.language)


def _number(value: Decimal, least: int, language: str) -> str:
    """With all the decimals that it has, and so many at least."""
    exponent = value.normalize().as_tuple().exponent
    places = max(least, -exponent if isinstance(exponent, int) else 0)
    text = f"{value:,.{places}f}"
    return text.translate(str.maketrans(",.", ".,")) if language == "ro" else text
