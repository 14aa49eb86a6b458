"""Functions that count and choose by conditions: COUNTIFS, IF, ISBLANK and their kin."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import lru_cache

from .formula_calls import (
    FUNCTIONS,
    Area,
    Call,
    Failure,
    Result,
    compared,
    failure,
    function,
    is_number,
    items,
)
from .model import CellError, Formula

# --- Counting ---


FUNCTIONS["COUNT"] = lambda call: sum(1 for item in items(call) if is_number(item))
FUNCTIONS["COUNTA"] = lambda call: sum(1 for item in items(call) if item is not None)


@function("COUNTBLANK")
def _countblank(call: Call) -> Result:
    area = call[0]
    size = area.rect.height * area.rect.width if isinstance(area, Area) else 1
    return size - sum(1 for item in items(call) if item not in (None, ""))


@function("COUNTUNIQUE")
def _countunique(call: Call) -> Result:
    return len({(type(item) is bool, item) for item in items(call) if item is not None})


@lru_cache(maxsize=512)
def wildcard(text: str) -> re.Pattern[str]:
    """A text with `*` and `?` as a pattern; a `~` makes them plain."""
    pattern = re.sub(r"~([*?~])|([*?])|([^~*?]+|~)", _wild_piece, text)
    return re.compile(pattern, re.IGNORECASE | re.DOTALL)


def _wild_piece(match: re.Match[str]) -> str:
    if match[1]:
        return re.escape(match[1])
    if match[2]:
        return ".*" if match[2] == "*" else "."
    return re.escape(match[3])


def criterion(call: Call, value: Result) -> Callable[[Result], bool]:
    """The test that `">5"`, `"<>x"`, `"ab*"` or a plain value stands for."""
    engine = call.engine
    if isinstance(value, CellError):
        raise Failure(value)
    if value is None:
        value = 0
    if not isinstance(value, str):
        return lambda item: isinstance(item, bool | int | float) and compared(item, value) == 0
    match = re.match(r"(<>|<=|>=|=|<|>)?(.*)\Z", value, re.DOTALL)
    operator, rest = (match[1] or "", match[2]) if match else ("", value)
    wanted: Result = rest
    if rest.upper() in ("TRUE", "FALSE"):
        wanted = rest.upper() == "TRUE"
    else:
        try:
            wanted = engine.number(rest, call.name, 2) if rest else rest
        except Failure:
            wanted = rest
    if operator in ("", "=", "<>"):
        same = _equality(wanted, rest, operator)
        return (lambda item: not same(item)) if operator == "<>" else same

    def ordered(item: Result) -> bool:
        if item is None or isinstance(item, CellError | bool) or isinstance(item, str) != isinstance(wanted, str):
            return False
        order = compared(item, wanted)
        return {"<": order < 0, ">": order > 0, "<=": order <= 0, ">=": order >= 0}[operator]

    return ordered


def _equality(wanted: Result, rest: str, operator: str) -> Callable[[Result], bool]:
    if rest == "":
        return (lambda item: item is None) if operator else (lambda item: item in (None, ""))
    if isinstance(wanted, bool):
        return lambda item: item is wanted
    pattern = wildcard(rest)
    if is_number(wanted):
        return lambda item: (
            (is_number(item) and item == wanted) or (isinstance(item, str) and pattern.fullmatch(item) is not None)
        )
    return lambda item: isinstance(item, str) and pattern.fullmatch(item) is not None


def _matching(call: Call, first: int) -> list[tuple[int, int]]:
    """Where all pairs of area and criterion from argument `first` on hold."""
    hits: set[tuple[int, int]] | None = None
    heights = []
    pairs = []
    for index in range(first, len(call) - 1, 2):
        area = call[index]
        heights.append(area.rect.height if isinstance(area, Area) else len(area))
        pairs.append((call.rows(index), criterion(call, call.engine.scalar(call[index + 1]))))
    if not pairs:
        raise failure("N_A", f"Wrong number of arguments to {call.name}.")
    if len(set(heights)) > 1:
        raise failure("VALUE", "Array arguments to " + call.name + " are of different size.")
    for rows, test in pairs:
        height = max(len(other) for other, _ in pairs)
        found = set()
        for r in range(height):
            row = rows[r] if r < len(rows) else [None] * len(rows[0] if rows else [])
            found.update((r, c) for c, item in enumerate(row) if test(item))
        hits = found if hits is None else hits & found
    return sorted(hits or ())


@function("COUNTIF", "COUNTIFS")
def _countifs(call: Call) -> Result:
    return len(_matching(call, 0)) + _empty_tail(call)


def _empty_tail(call: Call) -> int:
    """The empty cells below the last used row: they match where every criterion matches blank."""
    pairs = [(call[index], call[index + 1]) for index in range(0, len(call) - 1, 2)]
    if not all(isinstance(area, Area) for area, _ in pairs):
        return 0
    if not all(criterion(call, call.engine.scalar(value))(None) for _, value in pairs):
        return 0
    rect = pairs[0][0].rect
    return (rect.height - max(len(area.rows) for area, _ in pairs)) * rect.width


def _picked(call: Call, source: int, first: int) -> list[float | int]:
    rows = call.rows(source)
    picked = [rows[r][c] for r, c in _matching(call, first) if r < len(rows) and c < len(rows[r])]
    for item in picked:
        if isinstance(item, CellError):
            raise Failure(item)
    return [item for item in picked if is_number(item)]


def _if_source(call: Call) -> int:
    return 2 if len(call) > 2 else 0


def _pair_picked(call: Call) -> list[float | int]:
    pair = Call(call.engine, call.name, [*call.arguments[:2], *call.arguments[2:3]])
    return _picked(pair, _if_source(call), 0)


FUNCTIONS["SUMIF"] = lambda call: sum(_pair_picked(call))
FUNCTIONS["SUMIFS"] = lambda call: sum(_picked(call, 0, 1))
FUNCTIONS["MAXIFS"] = lambda call: max(_picked(call, 0, 1), default=0)
FUNCTIONS["MINIFS"] = lambda call: min(_picked(call, 0, 1), default=0)
FUNCTIONS["AVERAGEIF"] = lambda call: _mean(call, _pair_picked(call))
FUNCTIONS["AVERAGEIFS"] = lambda call: _mean(call, _picked(call, 0, 1))


def _mean(call: Call, found: list[float | int]) -> float:
    if not found:
        raise failure("DIVIDE_BY_ZERO", f"Evaluation of function {call.name} caused a divide by zero error.")
    return math.fsum(found) / len(found)


# --- Logic ---


@function("IF")
def _if(call: Call) -> Result:
    if call.truth(0):
        return call[1]
    return call[2] if len(call) > 2 else False


@function("IFS")
def _ifs(call: Call) -> Result:
    for index in range(0, len(call) - 1, 2):
        if call.truth(index):
            return call[index + 1]
    raise failure("N_A", "No match.")


@function("SWITCH")
def _switch(call: Call) -> Result:
    value = call.scalar(0)
    for index in range(1, len(call) - 1, 2):
        if compared(value, call.scalar(index)) == 0:
            return call[index + 1]
    if len(call) % 2 == 0:
        return call[len(call) - 1]
    raise failure("N_A", "No match.")


@function("IFERROR", "IFNA")
def _iferror(call: Call) -> Result:
    try:
        value = call[0]
        plain = call.engine.scalar(value)
        if not isinstance(plain, CellError):
            return value
        error = plain
    except Failure as failed:
        error = failed.error
    if call.name == "IFNA" and error.type != "N_A":
        raise Failure(error)
    return call[1] if len(call) > 1 else None


def _truths(call: Call) -> list[bool]:
    found = []
    for index in range(len(call)):
        value = call[index]
        if isinstance(value, Area | list):
            for row in call.rows(index):
                for item in row:
                    if isinstance(item, CellError):
                        raise Failure(item)
                    if isinstance(item, bool | int | float):
                        found.append(bool(item))
        else:
            found.append(call.truth(index))
    return found


FUNCTIONS["AND"] = lambda call: all(_truths(call))
FUNCTIONS["OR"] = lambda call: any(_truths(call))
FUNCTIONS["NOT"] = lambda call: not call.truth(0)
FUNCTIONS["TRUE"] = lambda _: True
FUNCTIONS["FALSE"] = lambda _: False
FUNCTIONS["ARRAYFORMULA"] = lambda call: call[0]


@function("NA")
def _na(_: Call) -> Result:
    raise failure("N_A", "Error")


# --- What a value is ---


def error_of(call: Call) -> tuple[Result, CellError | None]:
    """The value of a first argument, and the error that it is or ends in."""
    try:
        value = call.engine.scalar(call[0])
    except Failure as failed:
        return None, failed.error
    return value, value if isinstance(value, CellError) else None


def _is(test: Callable[[Result], bool]) -> Callable[[Call], Result]:
    def work(call: Call) -> Result:
        value, error = error_of(call)
        return error is None and test(value)

    return work


FUNCTIONS["ISBLANK"] = _is(lambda value: value is None)
FUNCTIONS["ISNUMBER"] = _is(is_number)
FUNCTIONS["ISTEXT"] = _is(lambda value: isinstance(value, str))
FUNCTIONS["ISNONTEXT"] = _is(lambda value: not isinstance(value, str))
FUNCTIONS["ISLOGICAL"] = _is(lambda value: isinstance(value, bool))
FUNCTIONS["ISERROR"] = lambda call: error_of(call)[1] is not None
FUNCTIONS["ISERR"] = lambda call: (error_of(call)[1] or CellError("N_A")).type != "N_A"
FUNCTIONS["ISNA"] = lambda call: (error_of(call)[1] or CellError("")).type == "N_A"


@function("ISFORMULA")
def _isformula(call: Call) -> Result:
    area = call[0]
    if not isinstance(area, Area):
        return False
    cell = area.sheet.cell(area.rect.top, area.rect.left)
    return cell is not None and type(cell.value) is Formula


@function("N")
def _n(call: Call) -> Result:
    value = call.scalar(0)
    return int(value) if isinstance(value, bool) else value if is_number(value) else 0
