"""Amounts of money: rounding, values of lines, VAT, totals, other currencies.

`Decimal` throughout. Each line is rounded half up to what its currency has, VAT
once per rate, and totals are sums of what was rounded, so that whoever adds up
what stands on the page finds the same. It knows no offer and no workbook.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, ROUND_HALF_UP, Context, Decimal
from typing import NamedTuple

__all__ = [
    "ROMANIA",
    "Totals",
    "VatLine",
    "VatTable",
    "converted",
    "line_value",
    "minor_digits",
    "rounded",
    "totals_of",
]

_DIGITS = {
    **dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
    # ISO 4217 still gives it two, but there has been no coin below one forint since 1999.
    "HUF": 0,
}
_USUAL_DIGITS = 2

_ZERO, _HUNDRED = Decimal(0), Decimal(100)
_EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN, rounding=ROUND_HALF_UP)
"""Products and sums keep every digit; only `rounded` drops some."""


def minor_digits(currency: str) -> int:
    """How many decimals amounts of a currency have."""
    return _DIGITS.get(currency.upper(), _USUAL_DIGITS)


def rounded(amount: Decimal, currency: str) -> Decimal:
    """The amount in whole cents, or what the currency has for them; half up, away from zero."""
    whole = amount.quantize(Decimal(1).scaleb(-minor_digits(currency)), ROUND_HALF_UP, _EXACT)
    return _EXACT.add(whole, _ZERO)  # a zero has no sign


def line_value(quantity: Decimal, unit_price: Decimal, discount_percent: Decimal, currency: str) -> Decimal:
    """What a line comes to before VAT: quantity × unit price × (1 − discount), rounded."""
    full = _EXACT.multiply(quantity, unit_price)
    left = _EXACT.subtract(_HUNDRED, discount_percent)
    return rounded(_EXACT.multiply(full, left).scaleb(-2, _EXACT), currency)


class VatLine(NamedTuple):
    """What is taxed at one rate, and the tax."""

    percent: Decimal
    base: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Totals:
    """What lines come to together."""

    net: Decimal
    vat: tuple[VatLine, ...]
    """One per rate, the highest first."""
    total: Decimal

    @property
    def vat_amount(self) -> Decimal:
        """The tax of all rates."""
        return _EXACT.subtract(self.total, self.net)


def totals_of(lines: Iterable[tuple[Decimal, Decimal]], currency: str) -> Totals:
    """The totals of lines, each given by its value, rounded already, and its VAT in percent.

    VAT is rounded once per rate, as in electronic invoices (EN 16931), not per line.
    """
    zero = rounded(_ZERO, currency)
    bases: dict[Decimal, Decimal] = {}
    for value, percent in lines:
        bases[percent] = _EXACT.add(bases.get(percent, zero), value)
    vat = tuple(
        VatLine(percent, base, rounded(_EXACT.multiply(base, percent).scaleb(-2, _EXACT), currency))
        for percent, base in sorted(bases.items(), reverse=True)
    )
    net, tax = zero, zero
    for line in vat:
        net, tax = _EXACT.add(net, line.base), _EXACT.add(tax, line.amount)
    return Totals(net, vat, _EXACT.add(net, tax))


@dataclass(frozen=True, slots=True)
class VatTable:
    """Which VAT rates hold from which day on."""

    periods: tuple[tuple[date, tuple[Decimal, ...]], ...]
    """First day → the rates, in percent, the standard rate first; the earliest day first."""

    @classmethod
    def of(cls, periods: Mapping[date, Sequence[int | str | Decimal]]) -> VatTable:
        """A table from a mapping such as `{date(2025, 8, 1): [21, 11]}`."""
        rates = {day: tuple(Decimal(str(rate)) for rate in given) for day, given in periods.items()}
        if not rates or not all(rates.values()):
            raise ValueError("every period has at least its standard rate")
        return cls(tuple(sorted(rates.items())))

    def rates(self, on: date) -> tuple[Decimal, ...]:
        """The rates of a day, the standard rate first; none before the table begins."""
        return next((rates for first, rates in reversed(self.periods) if first <= on), ())

    def standard(self, on: date) -> Decimal | None:
        """The standard rate of a day."""
        return next(iter(self.rates(on)), None)

    def knows(self, percent: Decimal, on: date) -> bool:
        """Whether a rate may stand on an offer of that day. Nothing at all always may: exempt, or taxed abroad."""
        return percent == 0 or percent in self.rates(on)


ROMANIA = VatTable.of({date(2017, 1, 1): [19, 9, 5], date(2025, 8, 1): [21, 11]})
"""Romania's rates. What was left at an old rate for a while (flats, until July 2026) is not in it."""


def converted(
    amount: Decimal, currency: str, to: str, rates: Mapping[str, Decimal], own_currency: str
) -> Decimal | None:
    """The amount in another currency, rounded; None where a rate is missing, for a rate is never guessed.

    `rates` say what one unit of a currency is in the team's own.
    """
    if currency == to:
        return rounded(amount, to)
    known = {**rates, own_currency: Decimal(1)}
    if currency not in known or to not in known or known[to] <= 0 or known[currency] <= 0:
        return None
    return rounded(amount * known[currency] / known[to], to)
