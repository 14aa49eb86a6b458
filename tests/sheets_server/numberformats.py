"""Numbers, dates and times as a cell shows them."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

from .locales import Locale

EPOCH = date(1899, 12, 30)
LATEST = 2_958_465
"""The last day of the year 9999."""
DATE_TYPES = frozenset({"DATE", "TIME", "DATE_TIME"})

TOKEN = re.compile(
    r"""(?P<quoted>"[^"]*")|(?P<escaped>\\.)|(?P<elapsed>\[[hHmMsS]+\])|(?P<bracket>\[[^\]]*\])"""
    r"""|(?P<noon>am/pm|a/p|AM/PM|A/P)|(?P<date>[yY]+|[mM]+|[dD]+|[hH]+|[sS]+)|(?P<exponent>[eE][+-]0+)"""
    r"""|(?P<digits>[0#?](?:[0#?,.]*[0#?])?,*\.?|\.[0#?]+)|(?P<fill>[_*].)|(?P<other>.)""",
    re.DOTALL,
)


def serial_of(day: date) -> int:
    """Days since 1899-12-30."""
    return (day - EPOCH).days


def date_of(serial: float) -> date:
    """The day of a serial number."""
    return EPOCH + timedelta(days=int(serial // 1))


def shown(value: float | int, number_format: dict[str, Any] | None, locale: Locale) -> str:
    """A number in its cell's number format."""
    if not number_format:
        return general(value, locale)
    pattern = number_format.get("pattern") or default_pattern(number_format.get("type", ""), locale)
    if not pattern or pattern == "General":
        return general(value, locale)
    return patterned(value, pattern, locale)


def default_pattern(kind: str, locale: Locale) -> str:
    """What a type without a pattern looks like."""
    return {
        "DATE": locale.date,
        "TIME": locale.time,
        "DATE_TIME": f"{locale.date} {'H:mm:ss' if locale.time.startswith('h') else locale.time}",
        "NUMBER": "#,##0.00",
        "PERCENT": "0.00%",
        "CURRENCY": locale.currency,
        "SCIENTIFIC": "0.00E+00",
        "TEXT": "@",
    }.get(kind, "")


def general(value: float | int, locale: Locale) -> str:
    """A number in a cell without a format: ten digits at most behind a point, fifteen in all."""
    number = float(value)
    if number == int(number) and abs(number) < 1e15:
        return str(int(number))
    size = abs(number)
    if size >= 1e15 or size < 1e-9:
        mantissa, _, exponent = f"{number:.5E}".partition("E")
        mantissa = mantissa.rstrip("0").rstrip(".")
        return f"{mantissa}E{exponent[0]}{exponent[1:].zfill(2)}".replace(".", locale.decimal)
    whole = len(str(int(size))) if size >= 1 else 0
    places = max(0, 10 - whole)
    text = format(rounded(number, places), "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace(".", locale.decimal)


def rounded(value: float | int, places: int) -> Decimal:
    """Half away from zero, of the number as people read it."""
    return Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


@lru_cache(maxsize=1024)
def _sections(pattern: str) -> tuple[tuple[tuple[str, str], ...], ...]:
    sections: list[list[tuple[str, str]]] = [[]]
    for match in TOKEN.finditer(pattern):
        kind = match.lastgroup or "other"
        if kind == "other" and match.group() == ";":
            sections.append([])
        else:
            sections[-1].append((kind, match.group()))
    return tuple(tuple(section) for section in sections)


def is_date_pattern(pattern: str) -> bool:
    """Whether the pattern shows a moment rather than a number."""
    return any(kind in ("date", "elapsed") for kind, _ in _sections(pattern)[0])


def patterned(value: float | int, pattern: str, locale: Locale) -> str:
    """A number as `pattern` writes it."""
    sections = _sections(pattern)
    section, number = sections[0], float(value)
    if len(sections) > 2 and number == 0:
        section = sections[2]
    elif len(sections) > 1 and number < 0:
        section, number = sections[1], -number
    if any(kind in ("date", "elapsed") for kind, _ in section):
        return _moment(number, section, locale)
    return _number(number, section, locale)


def _literal(kind: str, text: str) -> str:
    if kind == "quoted":
        return text[1:-1]
    if kind == "escaped":
        return text[1]
    if kind == "bracket":
        return text[2:-1].partition("-")[0] if text.startswith("[$") else ""
    if kind == "fill":
        return " " if text[0] == "_" else ""
    return text


def _number(number: float, section: tuple[tuple[str, str], ...], locale: Locale) -> str:
    percent = sum(1 for kind, text in section if kind == "other" and text == "%")
    value = Decimal(repr(number)) * (100**percent)
    parts: list[str] = []
    negative = value < 0
    value = abs(value)
    for position, (kind, text) in enumerate(section):
        if kind == "digits":
            scientific = position + 1 < len(section) and section[position + 1][0] == "exponent"
            if scientific:
                parts.append(_scientific(value, text, section[position + 1][1], locale))
            else:
                parts.append(_digits(value, text, locale))
        elif kind == "exponent":
            continue
        elif kind == "other" and text == "@":
            parts.append(general(number, locale))
            negative = False
        else:
            parts.append(_literal(kind, text))
    return ("-" if negative else "") + "".join(parts)


def _digits(value: Decimal, text: str, locale: Locale) -> str:
    whole_pattern, _, places_pattern = text.partition(".")
    while whole_pattern.endswith(","):
        whole_pattern = whole_pattern[:-1]
        value /= 1000
    value = value.quantize(Decimal(1).scaleb(-len(places_pattern)), rounding=ROUND_HALF_UP)
    whole, _, places = format(value, "f").partition(".")
    least = whole_pattern.replace(",", "").count("0")
    whole = "" if whole == "0" and least == 0 else whole.zfill(least)
    if "," in whole_pattern:
        whole = grouped(whole, locale.group)
    spare = len(places_pattern) - len(places_pattern.rstrip("#"))
    while spare and places.endswith("0"):
        places, spare = places[:-1], spare - 1
    return whole + (locale.decimal + places if places or text.endswith(".") else "")


def grouped(digits: str, mark: str) -> str:
    """`1234567` as `1,234,567`."""
    return re.sub(r"(?<=\d)(?=(?:\d{3})+$)", mark, digits)


def _scientific(value: Decimal, mantissa: str, exponent: str, locale: Locale) -> str:
    places = len(mantissa.partition(".")[2])
    digits, _, power = f"{value:.{places}E}".partition("E")
    sign = power[0] if power[0] == "-" or exponent[1] == "+" else ""
    return digits.replace(".", locale.decimal) + "E" + sign + power[1:].lstrip("0").zfill(len(exponent) - 2)


def _moment(serial: float, section: tuple[tuple[str, str], ...], locale: Locale) -> str:
    if abs(serial) > LATEST:
        return general(serial, locale)
    seconds_in_all = Decimal(repr(serial)) * 86400
    fraction_digits = next((len(t) - 1 for k, t in section if k == "digits" and t.startswith(".")), 0)
    seconds_in_all = seconds_in_all.quantize(Decimal(1).scaleb(-fraction_digits), rounding=ROUND_HALF_UP)
    day_number, second_of_day = divmod(seconds_in_all, 86400)
    if second_of_day < 0:
        day_number, second_of_day = day_number - 1, second_of_day + 86400
    try:
        day = EPOCH + timedelta(days=int(day_number))
    except OverflowError:
        return general(serial, locale)
    hour, rest = divmod(int(second_of_day), 3600)
    minute, second = divmod(rest, 60)
    noon = any(kind == "noon" for kind, _ in section)
    tokens = [(i, kind, text) for i, (kind, text) in enumerate(section) if kind in ("date", "elapsed", "noon")]
    parts: list[str] = []
    for position, (kind, text) in enumerate(section):
        if kind == "date":
            letter = text[0].lower()
            if letter == "m" and _is_minute(position, tokens):
                letter = "n"
            parts.append(_piece(letter, len(text), day, hour, minute, second, noon, locale))
        elif kind == "elapsed":
            unit = {"h": 3600, "m": 60, "s": 1}[text[1].lower()]
            parts.append(str(int(seconds_in_all // unit)).zfill(len(text) - 2))
        elif kind == "noon":
            word = "AM" if hour < 12 else "PM"
            parts.append(word if len(text) > 3 else word[0])
        elif kind == "digits" and text.startswith("."):
            parts.append(locale.decimal + str(second_of_day % 1).partition(".")[2].ljust(fraction_digits, "0"))
        else:
            parts.append(_literal(kind, text))
    return "".join(parts)


def _is_minute(position: int, tokens: list[tuple[int, str, str]]) -> bool:
    here = next(n for n, (at, _, _) in enumerate(tokens) if at == position)
    before = tokens[here - 1][2].strip("[]")[0].lower() if here else ""
    after = tokens[here + 1][2].strip("[]")[0].lower() if here + 1 < len(tokens) else ""
    return before == "h" or after == "s"


def _piece(letter: str, size: int, day: date, hour: int, minute: int, second: int, noon: bool, locale: Locale) -> str:
    match letter:
        case "y":
            return f"{day.year % 100:02}" if size <= 2 else f"{day.year:04}"
        case "m":
            if size >= 5:
                return locale.months[day.month - 1][0]
            names = {3: locale.short_months, 4: locale.months}
            return names[size][day.month - 1] if size in names else str(day.month).zfill(size)
        case "d":
            if size >= 3:
                return (locale.short_days if size == 3 else locale.days)[day.weekday()]
            return str(day.day).zfill(size)
        case "h":
            return str((hour % 12 or 12) if noon else hour).zfill(size)
        case "n":
            return str(minute).zfill(size)
        case _:
            return str(second).zfill(size)
