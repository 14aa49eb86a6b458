"""Functions that reckon."""

from __future__ import annotations

import math
import random
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal

from .formula_calls import (
    FUNCTIONS,
    Call,
    Failure,
    Result,
    failure,
    function,
    numbers,
)
from .model import CellError


@function("SUM")
def _sum(call: Call) -> Result:
    found = list(numbers(call))
    return sum(found) if all(isinstance(n, int) for n in found) else math.fsum(found)


@function("AVERAGE")
def _average(call: Call) -> Result:
    found = list(numbers(call))
    if not found:
        raise failure("DIVIDE_BY_ZERO", "Evaluation of function AVERAGE caused a divide by zero error.")
    return math.fsum(found) / len(found)


FUNCTIONS["MIN"] = lambda call: min(numbers(call), default=0)
FUNCTIONS["MAX"] = lambda call: max(numbers(call), default=0)
FUNCTIONS["PRODUCT"] = lambda call: math.prod(numbers(call))
FUNCTIONS["ABS"] = lambda call: abs(call.number(0))
FUNCTIONS["INT"] = lambda call: math.floor(call.number(0))
FUNCTIONS["SQRT"] = lambda call: math.sqrt(_not_negative(call))
FUNCTIONS["SIGN"] = lambda call: (call.number(0) > 0) - (call.number(0) < 0)
FUNCTIONS["RAND"] = lambda _: random.random()
FUNCTIONS["POWER"] = lambda call: call.engine.operate("^", call.scalar(0), call.scalar(1))


def _not_negative(call: Call) -> float | int:
    value = call.number(0)
    if value < 0:
        raise failure("NUM", f"Function {call.name} parameter 1 value is negative. It should be positive or zero.")
    return value


@function("MEDIAN")
def _median(call: Call) -> Result:
    found = sorted(numbers(call))
    if not found:
        raise failure("NUM", "MEDIAN has no valid input data.")
    middle = len(found) // 2
    return found[middle] if len(found) % 2 else (found[middle - 1] + found[middle]) / 2


@function("MOD")
def _mod(call: Call) -> Result:
    divisor = call.number(1)
    if divisor == 0:
        raise failure("DIVIDE_BY_ZERO", "Function MOD parameter 2 cannot be zero.")
    return call.number(0) % divisor


@function("ROUND", "ROUNDUP", "ROUNDDOWN", "TRUNC")
def _round(call: Call) -> Result:
    way = {"ROUND": ROUND_HALF_UP, "ROUNDUP": ROUND_UP}.get(call.name, ROUND_DOWN)
    places = int(call.number(1, 0))
    value = Decimal(repr(float(call.number(0)))).quantize(Decimal(1).scaleb(-places), rounding=way)
    return int(value) if places <= 0 else float(value)


@function("SUMPRODUCT")
def _sumproduct(call: Call) -> Result:
    arrays = [call.rows(index) for index in range(len(call))]
    total: float | int = 0
    for r in range(max(len(rows) for rows in arrays)):
        for c in range(max(len(rows[0]) if rows else 0 for rows in arrays)):
            product: float | int = 1
            for rows in arrays:
                item = rows[r][c] if r < len(rows) and c < len(rows[r]) else None
                if isinstance(item, CellError):
                    raise Failure(item)
                product *= item if isinstance(item, int | float) else 0
            total += product
    return total
