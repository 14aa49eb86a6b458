"""One cell of openpyxl: text that stays text, numbers that stay exact, formats, marks.

It knows how a value of ours is laid into a cell; it does not know which cell.
"""

from __future__ import annotations

import re
from copy import copy
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from openpyxl.cell.cell import Cell as ExcelCell
from openpyxl.styles.numbers import is_date_format
from openpyxl.workbook import Workbook
from openpyxl.workbook.defined_name import DefinedName

from sheetcrm.tables import Cell, CellError, Formula
from sheetcrm.workbooks.excel.marks import mark_names
from sheetcrm.workbooks.looks import date_format, moment_format

__all__ = ["set_marks", "take_look", "write"]

_NEEDS_ESCAPE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_LOOKS_LIKE_FORMULA = ("=", "+", "-", "@")


def write(cell: ExcelCell, value: Cell, language: str) -> None:
    """Lay a value into a cell. Only a `Formula` becomes one; whatever people type stays text.

    openpyxl's own setter would make formulas of texts that begin with `=`.
    """
    inner: Any = cell
    if isinstance(value, Formula):
        inner._value, inner.data_type = str(value), "f"
    elif isinstance(value, CellError):
        inner._value, inner.data_type = str(value), "e"
    elif isinstance(value, str):
        inner._value, inner.data_type = (_escaped(value), "s") if value else (None, "n")
        if value.startswith(_LOOKS_LIKE_FORMULA):
            # A style may be shared with other cells.
            inner._style = copy(inner._style)
            inner.quotePrefix = True
    elif isinstance(value, bool):
        inner._value, inner.data_type = value, "b"
    elif isinstance(value, int | float | Decimal):
        inner._value, inner.data_type = _exact(value), "n"
        if is_date_format(cell.number_format):
            # A number that would be shown, and read back, as a date.
            cell.number_format = "General"
    else:
        inner._value, inner.data_type = _naive(value), "d"
        _give_date_format(cell, value, language)


def _exact(value: float | Decimal) -> Any:
    text = f"{value:.16g}"
    if isinstance(value, float) and float(text) != value:
        return repr(value)
    return format(value, "f") if isinstance(value, Decimal) and Decimal(text) != value else value


def _escaped(text: str) -> str:
    """What XML cannot hold, written as Excel writes it."""
    return _NEEDS_ESCAPE.sub(lambda match: f"_x{ord(match[0]):04X}_", text)


def _naive(value: date | time | timedelta) -> date | time | timedelta:
    return value.replace(tzinfo=None) if isinstance(value, datetime | time) else value


def _give_date_format(cell: ExcelCell, value: date | time | timedelta, language: str) -> None:
    if is_date_format(cell.number_format):
        return
    if isinstance(value, datetime):
        midnight = value.time() == time(0)
        cell.number_format = date_format(language) if midnight else moment_format(language)
    elif isinstance(value, date):
        cell.number_format = date_format(language)
    else:
        cell.number_format = "[h]:mm:ss" if isinstance(value, timedelta) else "hh:mm:ss"


def take_look(cell: ExcelCell, like: Any) -> None:
    """Give a cell the look of another, or of a column."""
    inner: Any = cell
    inner._style = copy(like._style)


def set_marks(book: Workbook, title: str, mark: str, columns: dict[str, int], header_row: int) -> None:
    """Leave sync's marks on a tab of a new workbook."""
    for name, place in mark_names(title, mark, columns, header_row).items():
        book.defined_names[name] = DefinedName(name, attr_text=place, hidden=True)
