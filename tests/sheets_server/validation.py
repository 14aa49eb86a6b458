"""Conditions on a value: data validation and filters."""

from __future__ import annotations

import re
from typing import Any

from .a1 import Rect, cells_text
from .cells import Reader
from .errors import invalid
from .formula_calls import Failure
from .job import Job
from .model import Cell, CellError, Formula, Json, Sheet
from .numberformats import serial_of
from .typed import as_number


def check_strict(job: Job, sheet: Sheet, row: int, column: int, cell: Cell) -> None:
    """Refuse a value that a strict rule forbids, where Google is taken to refuse it from the API."""
    rule = cell.validation
    if not job.switches.strict_validation_rejects_api or not rule or not rule.get("strict") or cell.value is None:
        return
    value = cell.value
    if type(value) is Formula:
        return
    if not holds(job, sheet, rule["condition"], value):
        where = cells_text(Rect(row, column, row + 1, column + 1))
        raise invalid(f"The data you entered in cell {where} violates the data validation rules set on this cell.")


def operands(job: Job, sheet: Sheet, condition: Json) -> list[Any]:
    """What a condition compares with: its values, with formulas worked out and relative dates found."""
    found: list[Any] = []
    for item in condition.get("values") or ():
        if "relativeDate" in item:
            today = serial_of(job.engine.now.date())
            days = {"TODAY": 0, "YESTERDAY": -1, "TOMORROW": 1, "PAST_WEEK": -7, "PAST_MONTH": -30, "PAST_YEAR": -365}
            found.append(today + days.get(item["relativeDate"], 0))
            continue
        text = item.get("userEnteredValue", "")
        if text.startswith("="):
            found.append(job.engine.free(text, sheet))
        else:
            number = as_number(text, job.engine.locale, year=job.engine.now.year)
            found.append(text if number is None else number)
    return found


def _texts(condition: Json) -> list[str]:
    return [str(item.get("userEnteredValue", "")) for item in condition.get("values") or ()]


def listed(job: Job, sheet: Sheet, condition: Json) -> list[Any]:
    """The values that a ONE_OF_RANGE allows."""
    text = _texts(condition)[0].lstrip("=")
    engine = job.engine
    engine.here.append((sheet, 0, 0))
    try:
        area = engine.indirect(text)
        return [item for row in area.rows for item in row if item is not None]
    except Failure:
        return []
    finally:
        engine.here.pop()


def holds(job: Job, sheet: Sheet, condition: Json, value: Any) -> bool:
    """Whether a value meets a condition."""
    kind = condition.get("type", "")
    if kind == "BLANK":
        return value in (None, "")
    if kind == "NOT_BLANK":
        return value not in (None, "")
    if isinstance(value, CellError):
        return False
    if kind == "BOOLEAN":
        texts = _texts(condition)
        return str(value) in texts if texts else isinstance(value, bool)
    if kind == "ONE_OF_LIST":
        return _as_text(job, value) in _texts(condition)
    if kind == "ONE_OF_RANGE":
        return value in listed(job, sheet, condition)
    if kind == "CUSTOM_FORMULA":
        return True
    if kind.startswith("TEXT_"):
        return _text_holds(kind.removeprefix("TEXT_"), _as_text(job, value), _texts(condition))
    return _number_holds(kind, value, operands(job, sheet, condition))


def _as_text(job: Job, value: Any) -> str:
    return job.engine.text(value)


def _text_holds(kind: str, text: str, wanted: list[str]) -> bool:
    folded, first = text.casefold(), (wanted[0] if wanted else "").casefold()
    match kind:
        case "CONTAINS":
            return first in folded
        case "NOT_CONTAINS":
            return first not in folded
        case "STARTS_WITH":
            return folded.startswith(first)
        case "ENDS_WITH":
            return folded.endswith(first)
        case "EQ":
            return folded == first
        case "NOT_EQ":
            return folded != first
        case "IS_EMAIL":
            return re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text) is not None
        case "IS_URL":
            return re.fullmatch(r"(https?://)?[\w-]+(\.[\w-]+)+(/\S*)?", text) is not None
        case _:
            return True


def _number_holds(kind: str, value: Any, wanted: list[Any]) -> bool:
    if isinstance(value, bool | str) or value is None:
        return False
    if kind == "DATE_IS_VALID":
        return True
    if any(isinstance(item, str) or item is None for item in wanted):
        return False
    first = wanted[0] if wanted else 0
    second = wanted[1] if len(wanted) > 1 else first
    day = float(value // 1) if kind.startswith("DATE_") else value
    match kind.removeprefix("NUMBER_").removeprefix("DATE_"):
        case "GREATER" | "AFTER":
            return day > first
        case "GREATER_THAN_EQ" | "ON_OR_AFTER":
            return day >= first
        case "LESS" | "BEFORE":
            return day < first
        case "LESS_THAN_EQ" | "ON_OR_BEFORE":
            return day <= first
        case "EQ":
            return day == first
        case "NOT_EQ":
            return day != first
        case "BETWEEN":
            return first <= day <= second
        case "NOT_BETWEEN":
            return not first <= day <= second
        case _:
            return True


def shown_text(job: Job, sheet: Sheet, row: int, column: int) -> str:
    """What a person sees in a cell."""
    cell = sheet.cell(row, column)
    return "" if cell is None else Reader(job.engine).formatted(sheet, row, column, cell) or ""
