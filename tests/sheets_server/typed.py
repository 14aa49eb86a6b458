"""What a text becomes when it is typed into a cell: a number, a date, truth, a formula, or the text itself."""

from __future__ import annotations

import re
from datetime import date
from typing import Any, NamedTuple

from .locales import Locale
from .model import Formula, Plain, Value
from .numberformats import serial_of


class Typed(NamedTuple):
    """A value, and the number format that comes with it."""

    value: Value
    format: dict[str, Any] | None = None


TIME = re.compile(r"(\d{1,4}):([0-5]\d)(?::([0-5]\d)(\.\d{1,3})?)?(?: ?([ap])\.?m\.?)?\Z", re.IGNORECASE)
ISO_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})\Z")
WORDS = re.compile(r"[^\W\d_]+\.?|\d+", re.UNICODE)
SCIENTIFIC = re.compile(r"([+-]?\d+(?:\.\d+)?)[eE]([+-]?\d{1,3})\Z")
FOREIGN_SYMBOLS = ("$", "€", "£")


def typed(text: str, locale: Locale, *, year: int, is_text: bool = False) -> Typed:
    """What `text` becomes. `year` is that of a date typed without one; `is_text` says the cell holds plain text."""
    if text == "":
        return Typed(None)
    if is_text:
        return Typed(text)
    if text[0] == "'":
        return Typed(text[1:])
    if text[0] == "=":
        return Typed(Formula(text)) if len(text) > 1 else Typed(text)
    word = text.strip()
    found = _truth(word, locale) or number(word, locale) or moment(word, locale, year)
    if found:
        return found
    if text[0] in "+-" and re.search(r"\w", text):
        return Typed(Formula("=" + text))
    return Typed(text)


def _truth(word: str, locale: Locale) -> Typed | None:
    folded = word.casefold()
    if folded in ("true", locale.true.casefold()):
        return Typed(True)
    if folded in ("false", locale.false.casefold()):
        return Typed(False)
    return None


def plain_number(text: str, locale: Locale) -> tuple[float | int, bool, int] | None:
    """The number, whether its thousands are grouped, and its places; None if it is no number."""
    match = re.fullmatch(
        r"([+-]?)(\d{1,3}(?:GROUP\d{3})+|\d+|(?=DECIMAL\d))(?:DECIMAL(\d*))?".replace(
            "GROUP", _one_of(locale.group)
        ).replace("DECIMAL", re.escape(locale.decimal)),
        text,
    )
    if match is None:
        return None
    whole, places = re.sub(r"\D", "", match[2]), match[3] or ""
    has_group = not match[2].isdigit() and bool(match[2])
    number: float | int
    if places.strip("0") or len(whole) > 15:
        number = float(f"{whole or 0}.{places or 0}")
    else:
        number = int(whole or 0)
    return (-number if match[1] == "-" else number), has_group, len(places)


def _one_of(group: str) -> str:
    return "[\u202f\u00a0 ]" if group == "\u202f" else re.escape(group)


def number(word: str, locale: Locale) -> Typed | None:
    """A number, percentage or amount of money."""
    negative = word.startswith("(") and word.endswith(")")
    body = word[1:-1].strip() if negative else word
    if body.endswith("%"):
        found = plain_number(body[:-1].rstrip(), locale)
        if not found:
            return None
        value = _signed(found[0], negative)
        pattern = "0.00%" if found[2] else "0%"
        return Typed(float(f"{value}e-2"), {"type": "PERCENT", "pattern": pattern})
    money = _money(body, locale, negative)
    if money:
        return money
    scientific = SCIENTIFIC.match(body.replace(locale.decimal, ".") if locale.comma_is_decimal else body)
    if scientific:
        value = _signed(float(f"{scientific[1]}e{scientific[2]}"), negative)
        if abs(value) == float("inf"):
            return None
        return Typed(value, {"type": "SCIENTIFIC", "pattern": "0.00E+00"})
    found = plain_number(body, locale)
    if not found:
        return None
    value, has_group, places = found
    shape = {"type": "NUMBER", "pattern": "#,##0.00" if places else "#,##0"} if has_group else None
    return Typed(_signed(value, negative), shape)


def _signed(value: float | int, negative: bool) -> float | int:
    return -value if negative else value


def _money(body: str, locale: Locale, negative: bool) -> Typed | None:
    sign, rest = ("-", body[1:]) if body[:1] == "-" else ("", body)
    for symbol in (*locale.symbols, *FOREIGN_SYMBOLS):
        before = rest.startswith(symbol)
        after = len(rest) > len(symbol) and rest.lower().endswith(symbol.lower())
        if not (before or after):
            continue
        amount = rest[len(symbol) :] if before else rest[: -len(symbol)]
        found = plain_number(sign + amount.strip(), locale)
        if found:
            digits = "#,##0.00" if found[2] else "#,##0"
            name = f'"{symbol}"' if symbol in locale.symbols else f"[${symbol}]"
            pattern = f"{name}{digits}" if before else f"{digits} {name}"
            return Typed(_signed(found[0], negative), {"type": "CURRENCY", "pattern": pattern})
    return None


def moment(word: str, locale: Locale, year: int) -> Typed | None:
    """A date, a time, or both."""
    clock = _time(word)
    if clock:
        return Typed(clock[0], {"type": "TIME", "pattern": clock[1]})
    day = _date(word, locale, year)
    if day:
        return Typed(serial_of(day[0]), {"type": "DATE", "pattern": day[1]})
    head, mark, tail = word.partition(" ")
    while mark:
        day, clock = _date(head.rstrip(","), locale, year), _time(tail.strip())
        if day and clock and clock[0] < 1:
            return Typed(serial_of(day[0]) + clock[0], {"type": "DATE_TIME", "pattern": f"{day[1]} {clock[1]}"})
        more, mark, tail = tail.partition(" ")
        head = f"{head} {more}"
    return None


def _time(word: str) -> tuple[float, str] | None:
    match = TIME.match(word)
    if not match:
        return None
    hours, minutes, seconds = int(match[1]), int(match[2]), int(match[3] or 0)
    noon = match[5]
    if noon:
        if not 1 <= hours <= 12:
            return None
        hours = hours % 12 + (12 if noon.lower() == "p" else 0)
    fraction = (hours * 3600 + minutes * 60 + seconds + float(match[4] or 0)) / 86400
    if hours >= 24:
        return fraction, "[h]:mm:ss"
    shape = ("h" if len(match[1]) == 1 or noon else "HH") + ":mm" + (":ss" if match[3] else "")
    return fraction, shape + (" am/pm" if noon else "")


def _valid(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _full_year(digits: str) -> int | None:
    if len(digits) == 4:
        return int(digits)
    if len(digits) == 2:
        return 2000 + int(digits) if int(digits) < 50 else 1900 + int(digits)
    return None


def _date(word: str, locale: Locale, year: int) -> tuple[date, str] | None:
    iso = ISO_DATE.match(word)
    if iso:
        day = _valid(int(iso[1]), int(iso[2]), int(iso[3]))
        return (day, "yyyy-mm-dd") if day else None
    return _date_in_digits(word, locale, year) or _date_in_words(word, locale, year)


def _date_in_digits(word: str, locale: Locale, year: int) -> tuple[date, str] | None:
    match = re.fullmatch(r"(\d{1,4})([./-])(\d{1,2})(?:\2(\d{2}|\d{4}))?\.?", word)
    if not match or match[2] not in locale.date_separators:
        return None
    first, mark, second, third = match.groups()
    if len(first) == 4:
        day = _valid(int(first), int(second), int(third)) if third and len(third) == 2 else None
        return (day, f"yyyy{mark}MM{mark}dd") if day else None
    if len(first) > 2:
        return None
    whole_year = _full_year(third) if third else year
    if whole_year is None:
        return None
    month, day_of_month = (first, second) if locale.order == "mdy" else (second, first)
    day = _valid(whole_year, int(month), int(day_of_month))
    if day is None:
        return None
    month_shape = "MM" if month.startswith("0") else "M"
    day_shape = "dd" if day_of_month.startswith("0") else "d"
    pieces = [month_shape, day_shape] if locale.order == "mdy" else [day_shape, month_shape]
    if third:
        pieces.append("yyyy" if len(third) == 4 else "yy")
    return day, mark.join(pieces)


def _date_in_words(word: str, locale: Locale, year: int) -> tuple[date, str] | None:
    pieces = WORDS.findall(word)
    if not 2 <= len(pieces) <= 3 or re.sub(r"[\w., -]", "", word):
        return None
    months = [piece for piece in pieces if not piece[0].isdigit()]
    if len(months) != 1:
        return None
    name = months[0].rstrip(".").casefold()
    month = _month(name, locale)
    digits = [piece for piece in pieces if piece[0].isdigit()]
    if not month or not digits:
        return None
    years = [piece for piece in digits[1:] if len(piece) in (2, 4)]
    if len(digits) > 1 and not years:
        return None
    if len(digits[0]) == 4:  # March 2020
        day = _valid(int(digits[0]), month, 1)
        return (day, "mmmm yyyy") if day and len(digits) == 1 else None
    day = _valid(_full_year(years[0]) or year if years else year, month, int(digits[0]))
    if day is None:
        return None
    month_shape = "mmmm" if name in (m.casefold() for m in locale.months) and len(name) > 3 else "mmm"
    if pieces[0][0].isdigit():
        return day, f"d {month_shape}" + (" yyyy" if years else "")
    return day, f"{month_shape} d" + (", yyyy" if years else "")


def _month(name: str, locale: Locale) -> int | None:
    for names in (locale.months, locale.short_months):
        for index, month in enumerate(names):
            folded = month.rstrip(".").casefold()
            if folded == name or (len(name) == 3 and folded[:3] == name):
                return index + 1
    return None


def as_number(text: Plain, locale: Locale, *, year: int) -> float | int | None:
    """The number that a text stands for where a formula needs one; None if it stands for none."""
    if not isinstance(text, str):
        return None
    word = text.strip()
    found = number(word, locale) or moment(word, locale, year)
    return found.value if found else None  # type: ignore[return-value]
