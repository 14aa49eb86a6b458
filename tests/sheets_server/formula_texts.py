"""Functions of text and of dates."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import date, timedelta

from .formula_calls import (
    FUNCTIONS,
    Call,
    Failure,
    Result,
    failure,
    function,
    items,
)
from .numberformats import date_of, patterned, serial_of

# --- Text ---


FUNCTIONS["LEN"] = lambda call: len(call.text(0))
FUNCTIONS["LEFT"] = lambda call: call.text(0)[: int(call.number(1, 1))]
FUNCTIONS["RIGHT"] = lambda call: call.text(0)[-int(call.number(1, 1)) :] if call.number(1, 1) else ""
FUNCTIONS["MID"] = lambda call: call.text(0)[int(call.number(1)) - 1 :][: int(call.number(2))]
FUNCTIONS["TRIM"] = lambda call: (
    " ".join(call.text(0).split(" ")).strip() and " ".join(word for word in call.text(0).split(" ") if word)
)
FUNCTIONS["UPPER"] = lambda call: call.text(0).upper()
FUNCTIONS["LOWER"] = lambda call: call.text(0).lower()
FUNCTIONS["PROPER"] = lambda call: call.text(0).title()
FUNCTIONS["EXACT"] = lambda call: call.text(0) == call.text(1)
FUNCTIONS["REPT"] = lambda call: call.text(0) * int(call.number(1))
FUNCTIONS["CHAR"] = lambda call: chr(int(call.number(0)))
FUNCTIONS["T"] = lambda call: call.scalar(0) if isinstance(call.scalar(0), str) else ""
FUNCTIONS["CONCATENATE"] = lambda call: "".join(_texts(call))
FUNCTIONS["CONCAT"] = lambda call: call.text(0) + call.text(1)
FUNCTIONS["HYPERLINK"] = lambda call: call.scalar(1) if len(call) > 1 else call.text(0)


def _texts(call: Call) -> Iterator[str]:
    for item in items(call):
        yield call.engine.text(item)


@function("JOIN", "TEXTJOIN")
def _join(call: Call) -> Result:
    rest = Call(call.engine, call.name, call.arguments[2 if call.name == "TEXTJOIN" else 1 :])
    texts = list(_texts(rest))
    if call.name == "TEXTJOIN" and call.truth(1):
        texts = [text for text in texts if text]
    return call.text(0).join(texts)


@function("SUBSTITUTE")
def _substitute(call: Call) -> Result:
    text, old, new = call.text(0), call.text(1), call.text(2)
    if not old:
        return text
    if len(call) < 4:
        return text.replace(old, new)
    parts, which = text.split(old), int(call.number(3))
    return old.join(parts[:which]) + new + old.join(parts[which:]) if which < len(parts) else text


@function("FIND", "SEARCH")
def _find(call: Call) -> Result:
    needle, text, start = call.text(0), call.text(1), int(call.number(2, 1))
    if call.name == "SEARCH":
        needle, text = needle.casefold(), text.casefold()
    at = text.find(needle, start - 1)
    if at < 0:
        raise failure("VALUE", f"In {call.name} evaluation, cannot find '{call.text(0)}' within '{call.text(1)}'.")
    return at + 1


@function("REGEXMATCH")
def _regexmatch(call: Call) -> Result:
    try:
        return re.search(call.text(1), call.text(0)) is not None
    except re.error:
        message = f"Function REGEXMATCH parameter 2 value '{call.text(1)}' is not a valid regular expression."
        raise failure("REF", message) from None


@function("TEXT")
def _text(call: Call) -> Result:
    value, pattern = call.scalar(0), call.text(1)
    if isinstance(value, str):
        try:
            value = call.engine.number(value, "TEXT", 1)
        except Failure:
            return value
    if isinstance(value, bool):
        return call.engine.text(value)
    return patterned(value or 0, pattern, call.engine.locale)


@function("VALUE")
def _value(call: Call) -> Result:
    value = call.scalar(0)
    if isinstance(value, str):
        try:
            return call.engine.number(value, "VALUE", 1)
        except Failure:
            raise failure("VALUE", f"VALUE parameter '{value}' cannot be parsed to number.") from None
    return call.number(0)


# --- Dates ---


def _day(call: Call, index: int) -> date:
    return date_of(call.number(index))


FUNCTIONS["TODAY"] = lambda call: serial_of(call.engine.now.date())
FUNCTIONS["YEAR"] = lambda call: _day(call, 0).year
FUNCTIONS["MONTH"] = lambda call: _day(call, 0).month
FUNCTIONS["DAY"] = lambda call: _day(call, 0).day
FUNCTIONS["DAYS"] = lambda call: math.floor(call.number(0)) - math.floor(call.number(1))


@function("NOW")
def _now(call: Call) -> Result:
    now = call.engine.now
    return serial_of(now.date()) + (now.hour * 3600 + now.minute * 60 + now.second) / 86400


def _shifted(year: int, month: int) -> tuple[int, int]:
    months = year * 12 + month - 1
    return months // 12, months % 12 + 1


@function("DATE")
def _date(call: Call) -> Result:
    year, month = _shifted(int(call.number(0)), int(call.number(1)))
    if not 0 < year < 10000:
        raise failure("NUM", "Function DATE is out of range.")
    year = year + 1900 if year < 1900 else year
    return serial_of(date(year, month, 1)) + int(call.number(2)) - 1


@function("TIME")
def _time(call: Call) -> Result:
    return (call.number(0) * 3600 + call.number(1) * 60 + call.number(2)) / 86400 % 1


@function("EDATE", "EOMONTH")
def _edate(call: Call) -> Result:
    day = _day(call, 0)
    year, month = _shifted(day.year, day.month + int(call.number(1)))
    following = date(*_shifted(year, month + 1), 1)
    last = following - timedelta(days=1)
    return serial_of(last if call.name == "EOMONTH" else last.replace(day=min(day.day, last.day)))


@function("DATEVALUE", "TIMEVALUE")
def _datevalue(call: Call) -> Result:
    value = call.scalar(0)
    if isinstance(value, str):
        try:
            value = call.engine.number(value, call.name, 1)
        except Failure:
            raise failure("VALUE", f"{call.name} parameter '{value}' cannot be parsed to date/time.") from None
    return math.floor(value) if call.name == "DATEVALUE" else value % 1


@function("WEEKDAY")
def _weekday(call: Call) -> Result:
    monday_first = _day(call, 0).weekday()
    kinds = {1: (monday_first + 1) % 7 + 1, 2: monday_first + 1, 3: monday_first}
    kind = int(call.number(1, 1))
    if kind not in kinds:
        raise failure("NUM", f"Function WEEKDAY parameter 2 value is {kind}. It is not valid.")
    return kinds[kind]


@function("DATEDIF")
def _datedif(call: Call) -> Result:
    start, end, unit = _day(call, 0), _day(call, 1), call.text(2).upper()
    months = (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)
    found = {"D": (end - start).days, "M": months, "Y": months // 12, "YM": months % 12}.get(unit)
    if found is None:
        raise failure("NUM", f"Function DATEDIF parameter 3 value is '{unit}'. It is not valid.")
    return found
