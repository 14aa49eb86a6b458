"""An offer as the client reads it: its parties, lines, number and totals; the name of its file.

The row in the Offers tab is `model.Offer`; here is what stands on the page. It
knows no template and no workbook; day and number are handed in.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

from sheetcrm.in_words import amount_in_words
from sheetcrm.money import Totals, line_value, totals_of

__all__ = [
    "MAX_LINES",
    "Offer",
    "OfferLine",
    "OfferNumber",
    "OfferRecord",
    "Party",
    "file_name",
    "next_number",
    "number_in",
]

MAX_LINES = 500

# ---------------------------------------------------------------- numbers

_NUMBER = re.compile(r"OF-([0-9]{4})-([0-9]{4,9})-v([1-9][0-9]{0,3})(?![0-9A-Za-z])", re.IGNORECASE)


class OfferNumber(NamedTuple):
    """`OF-2026-0042-v1`: year, counter, version. They sort as they were given out."""

    year: int
    counter: int
    version: int = 1

    def __str__(self) -> str:
        return f"OF-{self.year:04}-{self.counter:04}-v{self.version}"

    @classmethod
    def parse(cls, text: str) -> OfferNumber | None:
        """The number that a text is; None where it is something else."""
        found = _NUMBER.fullmatch(text.strip())
        return _number(found) if found else None

    @property
    def next_version(self) -> OfferNumber:
        """The number of the offer that takes this one's place."""
        return self._replace(version=self.version + 1)


def _number(found: re.Match[str]) -> OfferNumber | None:
    number = OfferNumber(int(found[1]), int(found[2]), int(found[3]))
    # `OF-2026-00042-v1` would be a second spelling of one number.
    return number if str(number).casefold() == found[0].casefold() else None


def next_number(year: int, seen: Iterable[OfferNumber]) -> OfferNumber:
    """The first number of a year that was never given out: the greatest seen and one."""
    return OfferNumber(year, max((number.counter for number in seen if number.year == year), default=0) + 1)


def number_in(name: str) -> OfferNumber | None:
    """The number with which the name of an offer's file begins."""
    found = _NUMBER.match(name)
    return _number(found) if found else None


# ---------------------------------------------------------------- the offer


@dataclass(frozen=True, slots=True)
class Party:
    """Who offers, or to whom."""

    name: str = ""
    tax_id: str = ""
    registration: str = ""
    """The number in the register of companies."""
    address: str = ""
    contact: str = ""
    phone: str = ""
    email: str = ""
    website: str = ""
    bank: str = ""
    iban: str = ""


@dataclass(frozen=True, slots=True)
class OfferLine:
    """One product or service."""

    quantity: Decimal
    unit_price: Decimal
    vat_percent: Decimal
    product: str = ""
    """What it is called."""
    code: str = ""
    description: str = ""
    unit: str = ""
    discount_percent: Decimal = Decimal(0)

    def value(self, currency: str) -> Decimal:
        """What it comes to before VAT, rounded."""
        return line_value(self.quantity, self.unit_price, self.discount_percent, currency)


@dataclass(frozen=True)
class Offer:
    """All that stands on an offer."""

    number: OfferNumber
    record_id: str
    """The lead, opportunity or deal that it is for."""
    made_on: date
    currency: str
    lines: tuple[OfferLine, ...]
    valid_until: date | None = None
    issuer: Party = field(default_factory=Party)
    client: Party = field(default_factory=Party)
    title: str = ""
    prepared_by: str = ""
    delivery: str = ""
    payment: str = ""
    currency_clause: str = ""
    """Whether prices follow a rate, and which."""
    notes: str = ""
    language: str = "en"

    def __post_init__(self) -> None:
        if not 1 <= len(self.lines) <= MAX_LINES:
            raise ValueError(f"an offer has 1 to {MAX_LINES} lines, not {len(self.lines)}")

    @cached_property
    def values(self) -> tuple[Decimal, ...]:
        """What each line comes to before VAT."""
        return tuple(line.value(self.currency) for line in self.lines)

    @cached_property
    def totals(self) -> Totals:
        """What all lines come to."""
        percents = (line.vat_percent for line in self.lines)
        return totals_of(zip(self.values, percents, strict=True), self.currency)

    @property
    def total_in_words(self) -> str:
        """The total, VAT included, in words."""
        return amount_in_words(self.totals.total, self.currency, self.language)

    @cached_property
    def content(self) -> str:
        """What tells one content from every other: who is offered what, by whom, for how much and how.

        Number and days are left out: two files with one content are the same offer made twice.
        """
        said = asdict(self)
        for name in ("number", "made_on", "valid_until"):
            del said[name]
        text = json.dumps(said, default=_plain, ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _plain(value: Any) -> str:
    # 1.50 and 1.5 are one price.
    return format(value.normalize(), "f") if isinstance(value, Decimal) else str(value)


class OfferRecord(NamedTuple):
    """By what the file of an offer is known, whatever it is called."""

    number: OfferNumber
    record_id: str
    made_on: date
    valid_until: date | None
    content: str
    """`Offer.content`: equal where the same is offered."""


# ---------------------------------------------------------------- the name of its file

MAX_NAME_BYTES = 120
"""Short enough for every file system, for a long folder before it, and for what programs put around it."""

_TO_SPACE = str.maketrans(dict.fromkeys('<>:"/\\|?*#%{}~^`', " "))
_BRACKETS = str.maketrans("[]", "()")  # Excel opens no file with square ones in its name
_KEPT = ("L", "M", "N", "P", "Z", "Sc", "Sm")
"""Letters, marks, digits, punctuation, spaces, signs of money and sums. The rest is invisible, or a picture."""


def file_name(number: OfferNumber, client: str, suffix: str = ".xlsx") -> str:
    """`OF-2026-0042-v1 Client.xlsx`, safe on every file system; the number always whole."""
    room = MAX_NAME_BYTES - len(f"{number} {suffix}")
    # Cut first: a name of any length takes no time.
    text = unicodedata.normalize("NFC", client[: MAX_NAME_BYTES * 4])
    text = "".join(" " if sign in "\n\r\t" else sign for sign in text if sign in "\n\r\t" or _is_kept(sign))
    text = " ".join(text.translate(_TO_SPACE).translate(_BRACKETS).split()).strip(" .")
    text = text.encode("utf-8")[:room].decode("utf-8", "ignore").strip(" .")
    # A name that is nothing but dots and marks of punctuation says nothing.
    return f"{number} {text}{suffix}" if any(map(str.isalnum, text)) else f"{number}{suffix}"


def _is_kept(sign: str) -> bool:
    return unicodedata.category(sign).startswith(_KEPT) and unicodedata.category(sign) not in ("Zl", "Zp")
