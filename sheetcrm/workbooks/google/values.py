"""Cells as Google says them: values, serial days, formulas with links.

It knows how one cell is read and written; it does not know which cell says it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

from sheetcrm.problems import Unsupported
from sheetcrm.tables import Cell, CellError, Formula
from sheetcrm.workbooks.looks import date_format, moment_format

__all__ = ["KEY", "Json", "MAX_TEXT", "cell_of", "content_of", "formula_from", "number_format", "raw_of", "serial"]

Json: TypeAlias = dict[str, Any]

KEY = "sheetcrm"
"""Under this key sync leaves its marks: `leads` on a tab, `leads.company` on a column."""
MAX_TEXT = 50_000
DAY_ZERO = datetime(1899, 12, 30)

ERRORS = {
    "ERROR": "#ERROR!",
    "NULL_VALUE": "#NULL!",
    "DIVIDE_BY_ZERO": "#DIV/0!",
    "VALUE": "#VALUE!",
    "REF": "#REF!",
    "NAME": "#NAME?",
    "NUM": "#NUM!",
    "N_A": "#N/A",
    "LOADING": "#N/A",
}


def raw_of(value: Json) -> Cell:
    """What an effective value says, with days still counted as numbers."""
    if "stringValue" in value:
        return str(value["stringValue"])
    if "numberValue" in value:
        return value["numberValue"]  # type: ignore[no-any-return]  # a number in Google's JSON
    if "boolValue" in value:
        return bool(value["boolValue"])
    if "errorValue" in value:
        return CellError(ERRORS.get(value["errorValue"].get("type", ""), "#ERROR!"))
    return ""


def cell_of(raw: Cell, kind: str) -> Cell:
    """A number as the day or hour that its format shows. Serial days know no time zone."""
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return raw
    try:
        if kind == "DATE" and float(raw).is_integer():
            return (DAY_ZERO + timedelta(days=raw)).date()
        if kind in ("DATE", "DATE_TIME"):
            return DAY_ZERO + timedelta(seconds=round(raw * 86400))
        if kind == "TIME":
            passed = timedelta(seconds=round(raw * 86400))
            return (datetime.min + passed).time() if timedelta() <= passed < timedelta(days=1) else passed
    except OverflowError:
        return raw
    return raw


def serial(value: date | time | timedelta) -> int | float:
    """Days since Google's day 0."""
    if isinstance(value, datetime):
        days = (value.replace(tzinfo=None) - DAY_ZERO) / timedelta(days=1)
    elif isinstance(value, date):
        return (value - DAY_ZERO.date()).days
    elif isinstance(value, time):
        days = timedelta(hours=value.hour, minutes=value.minute, seconds=value.second) / timedelta(days=1)
    else:
        days = value / timedelta(days=1)
    return int(days) if days.is_integer() else days


def content_of(value: Cell, sheets: Mapping[str, int]) -> Json:
    """What a cell with that value holds. Text stays text, whatever it looks like.

    `sheets` gives the ID of each tab, for links that lead to one.
    """
    if isinstance(value, Formula):
        return {"formulaValue": _formula_to(str(value), sheets)}
    if isinstance(value, str):
        length = len(value.encode("utf-16-le", "surrogatepass")) // 2  # as Google's own programs count
        if length > MAX_TEXT:
            raise Unsupported("text-too-long", length=length, limit=MAX_TEXT)
        return {"stringValue": value} if value else {}
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, Decimal):
        return {"numberValue": int(value) if value == value.to_integral_value() else float(value)}
    if isinstance(value, int | float):
        return {"numberValue": value}
    return {"numberValue": serial(value)}


def number_format(value: Cell, language: str) -> Json | None:
    """The format in which a value is shown that counts days."""
    if isinstance(value, datetime):
        return {"type": "DATE_TIME", "pattern": moment_format(language)}
    if isinstance(value, date):
        return {"type": "DATE", "pattern": date_format(language)}
    if isinstance(value, timedelta):
        return {"type": "TIME", "pattern": "[hh]:mm:ss"}
    return {"type": "TIME", "pattern": "hh:mm:ss"} if isinstance(value, time) else None


# ---------------------------------------------------------------- formulas of sync's own

_PARTS = re.compile(r'"(?:[^"]|"")*"|\'(?:[^\']|\'\')*\'|[,;]')
"""Texts, titles of tabs, and what parts arguments."""
_LINK_TO_TAB = re.compile(r"\"#'((?:[^']|'')*)'!\$?([A-Z]+)")
_LINK_TO_ID = re.compile(r'"#gid=([0-9]+)&range=([A-Z]+)')


def _formula_to(formula: str, sheets: Mapping[str, int]) -> str:
    """Our formula as Google takes it: `;` parts arguments in every locale, links name a tab by its ID."""

    def link(match: re.Match[str]) -> str:
        sheet = sheets.get(match[1].replace("''", "'").replace('""', '"'))
        return match[0] if sheet is None else f'"#gid={sheet}&range={match[2]}'

    return _parted(_LINK_TO_TAB.sub(link, formula), ";")


def formula_from(formula: str, titles: Mapping[int, str]) -> str:
    """The same back again, as sync wrote it."""

    def link(match: re.Match[str]) -> str:
        title = titles.get(int(match[1]))
        if title is None:
            return match[0]
        return "\"#'" + title.replace("'", "''").replace('"', '""') + f"'!{match[2]}"

    return _parted(_LINK_TO_ID.sub(link, formula), ",")


def _parted(formula: str, comma: str) -> str:
    return _PARTS.sub(lambda match: comma if match[0] in ",;" else match[0], formula)
