"""Number formats as Excel writes them: how many decimals they show, and whether they show percent.

It knows the codes; it changes no style.
"""

from __future__ import annotations

import re
from decimal import Decimal

__all__ = ["percent_of", "showing", "shows_percent"]

_ASIDE = r"\"[^\"]*\"|\\.|_.|\*.|\[[^\]]*\]"
_DIGITS = re.compile(rf"({_ASIDE})|([0#?])(\.[0#?]+)?(?![0#?,.])")
MAX_DECIMALS = 8


def shows_percent(code: str) -> bool:
    """Whether a number is shown in hundredths; "" is a cell without a format, which may get one."""
    return not code or "%" in re.sub(_ASIDE, "", code)


def percent_of(fraction: Decimal) -> str:
    """A format for a rate that has none."""
    return showing("0%", fraction * 100)


def showing(code: str, number: Decimal, *, exactly: int | None = None, least: int = 0) -> str:
    """The format with decimals enough for a number, so that nothing of it is hidden; or with so many `exactly`."""
    exponent = number.normalize().as_tuple().exponent
    needed = min(max(least, -exponent if isinstance(exponent, int) else 0), MAX_DECIMALS)

    def changed(found: re.Match[str]) -> str:
        if found[1]:
            return found[1]
        there = len(found[3] or ".") - 1
        wanted = max(there, needed) if exactly is None else exactly
        if wanted == there:
            return found[0]
        return found[2] + ("." + "0" * wanted if wanted else "")

    return _DIGITS.sub(changed, code)
