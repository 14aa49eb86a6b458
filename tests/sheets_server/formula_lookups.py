"""Functions that look up cells."""

from __future__ import annotations

import re

from .formula_calls import (
    ERROR_TEXTS,
    FUNCTIONS,
    Area,
    Call,
    Result,
    compared,
    failure,
    function,
)
from .formula_conditions import error_of, wildcard
from .model import CellError


def _reference(call: Call, index: int) -> Area:
    value = call[index]
    if not isinstance(value, Area):
        raise failure("N_A", "Argument must be a range.")
    return value


@function("ROW", "COLUMN")
def _row(call: Call) -> Result:
    if not len(call):
        _, row, column = call.engine.here[-1]
        return (row if call.name == "ROW" else column) + 1
    rect = _reference(call, 0).rect
    return (rect.top if call.name == "ROW" else rect.left) + 1


FUNCTIONS["ROWS"] = lambda call: _reference(call, 0).rect.height
FUNCTIONS["COLUMNS"] = lambda call: _reference(call, 0).rect.width
FUNCTIONS["INDIRECT"] = lambda call: call.engine.indirect(call.text(0))


@function("CHOOSE")
def _choose(call: Call) -> Result:
    index = int(call.number(0))
    if not 1 <= index < len(call):
        raise failure("NUM", f"Function CHOOSE parameter 1 value is {index}. It is out of range.")
    return call[index]


@function("INDEX")
def _index(call: Call) -> Result:
    row, column = int(call.number(1, 0)), int(call.number(2, 0))
    source = call[0]
    if isinstance(source, Area):
        rect = source.rect
        if rect.height == 1 and len(call) == 2:
            row, column = 1, row
        top, left = rect.top + max(row, 1) - 1, rect.left + max(column, 1) - 1
        bottom = top + 1 if row else rect.bottom
        right = left + 1 if column or rect.width == 1 else rect.right
        if top >= rect.bottom or left >= rect.right:
            raise failure("NUM", f"Function INDEX parameter 2 value is {row}. It is out of range.")
        picked = source.rect._make((top, left, bottom, right))
        return Area(call.engine, source.sheet, picked, picked.height == picked.width == 1)
    rows = call.rows(0)
    if row > len(rows) or (rows and column > len(rows[0])):
        raise failure("NUM", f"Function INDEX parameter 2 value is {row}. It is out of range.")
    return rows[max(row, 1) - 1][max(column, 1) - 1]


def _position(values: list[Result], wanted: Result, sorted_way: int) -> int | None:
    if sorted_way == 0:
        pattern = wildcard(wanted) if isinstance(wanted, str) and re.search("[*?~]", wanted) else None
        for at, item in enumerate(values):
            if item is None or isinstance(item, CellError):
                continue
            if pattern is not None and isinstance(item, str) and pattern.fullmatch(item):
                return at
            if compared(item, wanted) == 0 and isinstance(item, str) == isinstance(wanted, str):
                return at
        return None
    found = None
    for at, item in enumerate(values):
        if item is None or isinstance(item, CellError) or isinstance(item, str) != isinstance(wanted, str):
            continue
        if compared(item, wanted) * sorted_way > 0:
            break
        found = at
    return found


@function("MATCH")
def _match(call: Call) -> Result:
    wanted, rows, way = call.scalar(0), call.rows(1), int(call.number(2, 1))
    values = rows[0] if len(rows) == 1 and len(rows[0]) > 1 else [row[0] for row in rows if row]
    at = _position(values, wanted, (way > 0) - (way < 0))
    if at is None:
        raise failure("N_A", f"Did not find value '{call.engine.text(wanted)}' in MATCH evaluation.")
    return at + 1


@function("VLOOKUP", "HLOOKUP")
def _vlookup(call: Call) -> Result:
    wanted, rows, column = call.scalar(0), call.rows(1), int(call.number(2))
    if call.name == "HLOOKUP":
        rows = [list(row) for row in zip(*rows, strict=True)]
    in_order = call.truth(3) if len(call) > 3 else True
    if rows and not 1 <= column <= len(rows[0]):
        raise failure("REF", f"{call.name} evaluates to an out of bounds range.")
    at = _position([row[0] for row in rows], wanted, 1 if in_order else 0)
    if at is None:
        raise failure("N_A", f"Did not find value '{call.engine.text(wanted)}' in {call.name} evaluation.")
    return rows[at][column - 1]


@function("XLOOKUP")
def _xlookup(call: Call) -> Result:
    keys, values = call.rows(1), call.rows(2)
    beside = len(keys) == 1 and len(keys[0]) > 1
    at = _position(keys[0] if beside else [row[0] for row in keys if row], call.scalar(0), 0)
    if at is not None:
        return values[0][at] if beside else values[at][0] if at < len(values) else None
    if len(call) > 3:
        return call[3]
    raise failure("N_A", f"Did not find value '{call.text(0)}' in XLOOKUP evaluation.")


@function("ERROR.TYPE")
def _error_type(call: Call) -> Result:
    order = ["NULL_VALUE", "DIVIDE_BY_ZERO", "VALUE", "REF", "NAME", "NUM", "N_A", "ERROR"]
    error = error_of(call)[1]
    if error is None or error.type not in ERROR_TEXTS:
        raise failure("N_A", "Argument is not an error.")
    return order.index(error.type) + 1
