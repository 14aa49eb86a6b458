"""Values as cells hold them: text that stays text, numbers that stay exact, days as numbers.

It knows how one value is written; it does not know which cell says it.
"""

from __future__ import annotations

import math
import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TypeAlias

from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, to_excel

from sheetcrm.problems import Unsupported
from sheetcrm.tables import Cell, CellError, Formula
from sheetcrm.workbooks.excel.markup import escape

__all__ = ["Content", "Value", "content_of", "date_format_of", "looks_like_formula"]

Value: TypeAlias = Cell | None
"""What may be written into a cell. None and the empty text empty it."""

Content: TypeAlias = tuple[bytes, bytes]
"""The cell's type attribute, with a space before it, and what stands inside the cell."""

MAX_TEXT = 32_767
_NEEDS_ESCAPE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_LOOKS_LIKE_FORMULA = ("=", "+", "-", "@")


def looks_like_formula(value: Value) -> bool:
    """Whether Excel would take the text for a formula when somebody edits the cell."""
    return type(value) is str and value.startswith(_LOOKS_LIKE_FORMULA)


def content_of(value: Value, prefix: bytes, *, from_1904: bool) -> Content:
    """What a cell with that value holds. `prefix` stands before the names of elements."""
    if value is None or value == "":
        return b"", b""
    if isinstance(value, Formula):
        return b"", _element(prefix, b"f", escape(_escaped(value[1:], len(value))))
    if isinstance(value, CellError):
        return b' t="e"', _element(prefix, b"v", escape(value))
    if isinstance(value, str):
        text = escape(_escaped(value, len(value)))
        keep = b' xml:space="preserve"' if value != value.strip() or "\n" in value or "\t" in value else b""
        inner = b"<" + prefix + b"t" + keep + b">" + text + b"</" + prefix + b"t>"
        return b' t="inlineStr"', _element(prefix, b"is", inner)
    if isinstance(value, bool):
        return b' t="b"', _element(prefix, b"v", b"1" if value else b"0")
    if isinstance(value, int | float | Decimal):
        return b"", _element(prefix, b"v", _exact(value))
    return b"", _element(prefix, b"v", _exact(_serial(value, from_1904)))


def _element(prefix: bytes, name: bytes, inner: bytes) -> bytes:
    return b"<" + prefix + name + b">" + inner + b"</" + prefix + name + b">"


def _escaped(text: str, length: int) -> str:
    """What XML cannot hold, written as Excel writes it."""
    if length > MAX_TEXT:
        raise Unsupported("text-too-long", length=length, limit=MAX_TEXT)
    return _NEEDS_ESCAPE.sub(lambda match: f"_x{ord(match[0]):04X}_", text)


def _exact(value: int | float | Decimal) -> bytes:
    if (isinstance(value, float) and not math.isfinite(value)) or (
        isinstance(value, Decimal) and not value.is_finite()
    ):
        raise Unsupported("no-number", value=str(value))
    if isinstance(value, Decimal):
        return format(value, "f").encode()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value)).encode()
    return repr(value).encode()


def _serial(value: date | time | timedelta, from_1904: bool) -> float:
    """Days since the workbook's day 0."""
    epoch = CALENDAR_MAC_1904 if from_1904 else CALENDAR_WINDOWS_1900
    if isinstance(value, datetime | time):
        value = value.replace(tzinfo=None)
    return float(to_excel(value, epoch))  # type: ignore[no-untyped-call]  # openpyxl's stubs say nothing of it


def date_format_of(value: Value, day: str, moment: str) -> str:
    """The format in which a value is shown that counts days; "" for other values."""
    if isinstance(value, datetime):
        return day if value.time() == time(0) else moment
    if isinstance(value, date):
        return day
    if isinstance(value, timedelta):
        return "[h]:mm:ss"
    return "hh:mm:ss" if isinstance(value, time) else ""
