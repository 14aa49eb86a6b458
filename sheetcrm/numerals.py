"""Numbers, amounts and rates as each language writes them.

It rounds for the eye only; it knows nothing of what is counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

__all__ = ["UNKNOWN", "amount_text", "amounts_text", "number_text", "percent_text", "signed_text"]

UNKNOWN = "–"
SIGNS = {"en": ",.", "ro": ".,"}
"""What stands between thousands, and before decimals."""


def number_text(number: Decimal | float, language: str, places: int = 0) -> str:
    """`8,174` or `8.174`."""
    exact = Decimal(str(number)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return f"{exact:,}".translate(str.maketrans(",.", SIGNS[language]))


def signed_text(difference: Decimal | float, language: str, places: int = 0) -> str:
    """`+7`, `−2` or `±0`."""
    size = number_text(max(difference, -difference), language, places)
    if size == number_text(0, language, places):
        return "±0"
    return f"{'+' if difference > 0 else '−'}{size}"


def amount_text(amount: Decimal, currency: str, language: str) -> str:
    """`3,500.00 EUR`."""
    return f"{number_text(amount, language, 2)} {currency or '?'}"


def amounts_text(amounts: Mapping[str, Decimal], language: str) -> str:
    """Every currency by itself."""
    return " + ".join(amount_text(amount, currency, language) for currency, amount in amounts.items()) or UNKNOWN


def percent_text(rate: float | None, language: str) -> str:
    """`12.5 %`; a dash where there is nothing to divide."""
    return UNKNOWN if rate is None else f"{number_text(rate * 100, language, 1)} %"
