"""Days, cells and tables as text; how a number is written is in `numerals`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from sheetcrm.numerals import UNKNOWN, number_text
from sheetcrm.tables import Cell, raw_text

__all__ = ["bar", "cell_json", "cell_text", "days_text", "table"]

LONGEST_CELL = 72
PARTS = " ▏▎▍▌▋▊▉"
"""Eighths of a sign."""


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
