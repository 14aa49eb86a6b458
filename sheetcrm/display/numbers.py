"""Numbers, cells and tables as text, the way each language writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal

from sheetcrm.tables import Cell, raw_text

__all__ = ["amount_text", "amounts_text", "bar", "cell_json", "cell_text", "number_text", "percent_text", "table"]

UNKNOWN = "–"
SIGNS = {"en": ",.", "ro": ".,"}
"""What stands between thousands, and before decimals."""
LONGEST_CELL = 72
PARTS = " ▏▎▍▌▋▊▉"
"""Eighths of a sign."""


def number_text(number: Decimal | float, language: str, places: int = 0) -> str:
    """`8,174` or `8.174`."""
    exact = Decimal(str(number)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return f"{exact:,}".translate(str.maketrans(",.", SIGNS[language]))


def amount_text(amount: Decimal, currency: str, language: str) -> str:
    """`3,500.00 EUR`."""
    return f"{number_text(amount, language, 2)} {currency or '?'}"


def amounts_text(amounts: Mapping[str, Decimal], language: str) -> str:
    """Every currency by itself."""
    return " + ".join(amount_text(amount, currency, language) for currency, amount in amounts.items()) or UNKNOWN


def percent_text(rate: float | None, language: str) -> str:
    """`12.5 %`; a dash where there is nothing to divide."""
    return UNKNOWN if rate is None else f"{number_text(rate * 100, language, 1)} %"


def days_text(days: float | None, language: str) -> str:
    """Whole days where they are whole."""
    return UNKNOWN if days is None else number_text(days, language, 0 if float(days).is_integer() else 1)


def cell_text(cell: Cell) -> str:
    """A cell as a plan shows it: text in quotes and on one line, the rest as it is."""
    if not isinstance(cell, str):
        return raw_text(cell)
    line = " ".join(cell.split())
    return f'"{line if len(line) <= LONGEST_CELL else line[: LONGEST_CELL - 1] + "…"}"'


def cell_json(cell: Cell) -> str | int | float | bool | None:
    """A cell for a program: blank is null, days and hours are ISO text."""
    if isinstance(cell, str):
        return str(cell) or None
    if isinstance(cell, Decimal):
        return float(cell)
    if isinstance(cell, timedelta):
        return str(cell)
    return cell.isoformat() if isinstance(cell, date | datetime | time) else cell


def bar(part: int, whole: int, width: int = 24) -> str:
    """A bar as long as its part of the whole; anything at all shows."""
    eighths = max(round(part / whole * width * 8), 1) if part and whole else 0
    full, rest = divmod(eighths, 8)
    return "█" * full + PARTS[rest : rest + 1].strip()


def table(headers: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> list[str]:
    """Lines of columns below their headers: the first `left` of them and bars begin at the left."""
    lines = [headers, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headers))]
    texts = []
    for line in lines:
        padded = [
            word.ljust(width) if number < left or headers[number] == "" else word.rjust(width)
            for number, (word, width) in enumerate(zip(line, widths, strict=True))
        ]
        texts.append("  ".join(padded).rstrip())
    return texts
