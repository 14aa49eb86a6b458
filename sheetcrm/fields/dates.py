"""Dates and moments as people write them, in English and Romanian.

Knows real dates, ISO and European text, month names, and the numbers that a
spreadsheet keeps for dates. What could be read in two ways is read by the
language and said so.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple

from sheetcrm.columns import fold
from sheetcrm.fields.reading import BLANK, Context, Issue, Read, Reading, failed, shown
from sheetcrm.fields.texts import tidy
from sheetcrm.tables import Cell

__all__ = ["day", "long_date", "moment"]

_FIRST_YEAR = 1950
_YEARS_AHEAD = 5

_FIRST_SERIAL, _LAST_SERIAL = 20_000, 80_000
"""Days since the end of 1899 that a date column may hold as numbers: 1954 to 2119."""
_SERIAL_DAY_ZERO = datetime(1899, 12, 30)

_MONTHS = {
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
    "ro": (
        *("ianuarie", "februarie", "martie", "aprilie", "mai", "iunie"),
        *("iulie", "august", "septembrie", "octombrie", "noiembrie", "decembrie"),
    ),
}
_MONTH_CALLED = {
    name.casefold()[:letters]: month
    for names in _MONTHS.values()
    for month, name in enumerate(names, 1)
    for letters in range(3, len(name) + 1)
}

_ISO = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})")
_NUMBERS = re.compile(r"([0-9]{1,2}) ?([-/.]) ?([0-9]{1,2}) ?\2 ?([0-9]{4}|[0-9]{2})\.?")
_DAY_MONTH = re.compile(
    r"(?:[a-z]{2,9}\.?,? )?([0-9]{1,2})(?:st|nd|rd|th)?[ .-]*([a-z]{3,})[ .,-]*([0-9]{4}|[0-9]{2})?"
)
_MONTH_DAY = re.compile(r"([a-z]{3,})[ .]*([0-9]{1,2})(?:st|nd|rd|th)?(?:[ ,]+([0-9]{4}))?")
_NO_YEAR = re.compile(r"([0-9]{1,2})[./]([0-9]{1,2})\.?")
_TIME = re.compile(
    r"(?P<day>.*[^ T,])[ T,]+(?:ora )?"
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,][0-9]+)?)?"
    r" ?(?P<half>[ap]\.?m\.?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?",
    re.IGNORECASE,
)


class _Parts(NamedTuple):
    """What a text says: year, month, day, and whether it says so without doubt."""

    year: int
    month: int
    day: int
    ambiguous: bool = False


def long_date(on: date, language: str) -> str:
    """A date that nobody can misread: `3 December 2026`."""
    return f"{on.day} {_MONTHS[language][on.month - 1]} {on.year}"


def day(context: Context) -> Read:
    """A calendar day; a time of day is left off."""
    return _reader(context, datetime.date)


def moment(context: Context) -> Read:
    """A day with its time; midnight where none is said."""
    return _reader(context, lambda at: at)


def _reader(context: Context, shape: Callable[[datetime], date]) -> Read:
    last = _years_after(context.today, _YEARS_AHEAD)

    def read(cell: Cell) -> Reading:
        at, issues = _understood(cell, context)
        if at is None:
            return Reading(None, issues)
        if at.year < _FIRST_YEAR or at.date() > last:
            issues = (*issues, Issue("far-date", {"value": long_date(at, context.language)}))
        return Reading(shape(at), issues)

    return read


def _years_after(today: date, years: int) -> date:
    return date(today.year + years, today.month, min(today.day, 28) if today.month == 2 else today.day)


def _understood(cell: Cell, context: Context) -> tuple[datetime | None, tuple[Issue, ...]]:
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=None), ()
    if isinstance(cell, date):
        return datetime.combine(cell, time()), ()
    if isinstance(cell, str):
        return _written(cell, context)
    if isinstance(cell, int | float | Decimal) and _FIRST_SERIAL <= cell <= _LAST_SERIAL:
        at = _SERIAL_DAY_ZERO + timedelta(seconds=round(float(cell) * 86_400))
        return at, (Issue("number-date", {"value": shown(cell), "read": long_date(at, context.language)}),)
    return None, failed("bad-date", cell).issues


def _written(cell: str, context: Context) -> tuple[datetime | None, tuple[Issue, ...]]:
    line = tidy(cell)
    if not line:
        return None, BLANK.issues
    timed = _TIME.fullmatch(line)
    parts = _parts(timed["day"] if timed else line, context.language)
    if isinstance(parts, str):
        return None, failed(parts, cell).issues
    try:
        at = datetime.combine(date(parts.year, parts.month, parts.day), _time_of(timed))
    except ValueError:
        return None, failed("impossible-date", cell).issues
    values = {"value": shown(line), "read": long_date(at, context.language)}
    codes = ("text-date", "ambiguous-date") if parts.ambiguous else ("text-date",)
    return at, tuple(Issue(code, values) for code in codes)


def _time_of(timed: re.Match[str] | None) -> time:
    if timed is None:
        return time()
    hour = int(timed["hour"])
    if timed["half"]:
        hour = hour % 12 + (12 if timed["half"][0] in "pP" else 0)
    return time(hour, int(timed["minute"]), int(timed["second"] or 0))


def _parts(text: str, language: str) -> _Parts | str:
    """Year, month and day of a text, or the code of what is wrong with it."""
    if iso := _ISO.fullmatch(text):
        return _Parts(int(iso[1]), int(iso[3]), int(iso[4]))
    if numbers := _NUMBERS.fullmatch(text):
        return _by_numbers(int(numbers[1]), int(numbers[3]), _full_year(numbers[4]), numbers[2], language)
    if no_year := _NO_YEAR.fullmatch(text):
        return "date-without-year" if max(int(no_year[1]), int(no_year[2])) <= 31 else "bad-date"
    words = fold(text)
    if named := _DAY_MONTH.fullmatch(words):
        return _by_name(named[1], named[2], named[3])
    if named := _MONTH_DAY.fullmatch(words):
        return _by_name(named[2], named[1], named[3])
    return "bad-date"


def _by_numbers(first: int, second: int, year: int, mark: str, language: str) -> _Parts:
    """Dots are always day.month; with other marks an English table puts the month first."""
    if mark == "." or first > 12 or first == second:
        return _Parts(year, second, first)
    if second > 12:
        return _Parts(year, first, second)
    if language == "en":
        return _Parts(year, first, second, ambiguous=True)
    return _Parts(year, second, first, ambiguous=True)


def _by_name(of_month: str, name: str, year: str | None) -> _Parts | str:
    month = _MONTH_CALLED.get(name)
    if month is None:
        return "bad-date"
    return _Parts(_full_year(year), month, int(of_month)) if year else "date-without-year"


def _full_year(year: str) -> int:
    if len(year) == 4:
        return int(year)
    return int(year) + (2000 if int(year) < 70 else 1900)
