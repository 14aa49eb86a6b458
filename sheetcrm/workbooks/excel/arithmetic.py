"""What simple formulas come to: sums, products, rounding, conditions. Others are not guessed.

A program that shows files without working formulas out shows what the file says
they came to, so that must be right, or be left out. It reads no file: what cells
say is asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal, InvalidOperation
from typing import NoReturn, TypeAlias

from sheetcrm.workbooks.excel.formulas import Area, areas, title_of

__all__ = ["Result", "Unclear", "work_out"]

Result: TypeAlias = float | str | bool | None
"""None is an empty cell."""
Operand: TypeAlias = "Result | list[Result]"
"""A list is a range, row by row."""
Ask: TypeAlias = Callable[[str, Area], list[Result]]
"""Title in lower case, or "", and a block → what its cells say, row by row."""

MAX_DEPTH = 64
MAX_CELLS = 100_000

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<number>[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+)(?![\w.])
  | (?P<text>"(?:[^"]|"")*")
  | (?P<area>(?:'(?:[^']|'')*'!|[^\s!'"(),;{}\[\]<>=+\-*/^&%@#:$]+!)?
        \$?[A-Za-z]{1,3}\$?[0-9]{1,7}(?::\$?[A-Za-z]{1,3}\$?[0-9]{1,7})?)(?![\w.(!\[:])
  | (?P<name>[A-Za-z_][\w.]*)
  | (?P<sign><=|>=|<>|[-+*/^&=<>%(),])
    )""",
    re.VERBOSE,
)
_BINDS = {"=": 1, "<": 1, ">": 1, "<=": 1, ">=": 1, "<>": 1, "&": 2, "+": 3, "-": 3, "*": 4, "/": 4, "^": 5}


class Unclear(Exception):
    """A formula that is not worked out: it says something that is not known here, or ends in an error."""


def work_out(formula: str, ask: Ask) -> Result:
    """What a formula, without its `=`, comes to. Raises `Unclear` for what cannot be said for sure."""
    try:
        return _Reader(formula, ask).whole()
    except (ZeroDivisionError, OverflowError, InvalidOperation, RecursionError, TypeError, ValueError) as error:
        raise Unclear(formula) from error


class _Reader:
    """One formula, read from left to right."""

    def __init__(self, formula: str, ask: Ask) -> None:
        self._tokens = list(_tokens(formula))
        self._ask = ask
        self._at = self._depth = 0

    def whole(self) -> Result:
        value = _one(self._expression(0))
        if self._kind != "end":
            _unclear()
        return value

    @property
    def _kind(self) -> str:
        return self._tokens[self._at][0]

    @property
    def _sign(self) -> str:
        kind, text = self._tokens[self._at]
        return text if kind == "sign" else ""

    def _next(self) -> tuple[str, str]:
        self._at += 1
        return self._tokens[self._at - 1]

    def _expression(self, least: int) -> Operand:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            _unclear()
        left = self._term()
        while True:
            sign = self._sign
            if sign == "%":
                self._next()
                left = _each(left, lambda value: _number(value) / 100)
            elif _BINDS.get(sign, 0) > least:
                self._next()
                left = _combined(sign, left, self._expression(_BINDS[sign]))
            else:
                self._depth -= 1
                return left

    def _term(self) -> Operand:
        kind, text = self._next()
        if kind == "number":
            return float(text)
        if kind == "text":
            return text[1:-1].replace('""', '"')
        if kind == "area":
            return self._area(text)
        if kind == "name":
            return self._named(text.upper().removeprefix("_XLFN."))
        if text == "(":
            value = self._expression(0)
            self._expect(")")
            return value
        if text in ("-", "+"):
            # Binds closer than a power: -2^2 is 4.
            value = self._expression(_BINDS["^"])
            return _each(value, lambda value: -_number(value)) if text == "-" else value
        return _unclear()

    def _area(self, text: str) -> Operand:
        tab, mark, place = text.rpartition("!")
        area = next(iter(areas(place.replace("$", ""))), None)
        if area is None or (area.right - area.left + 1) * (area.bottom - area.top + 1) > MAX_CELLS:
            return _unclear()
        cells = self._ask(title_of(tab + mark) if tab else "", area)
        return cells if ":" in place else cells[0]

    def _named(self, name: str) -> Operand:
        if name in ("TRUE", "FALSE") and self._sign != "(":
            return name == "TRUE"
        if self._sign != "(" or name not in _FUNCTIONS:
            return _unclear()
        self._next()
        if name in ("IF", "IFERROR"):
            return self._choice(name)
        arguments: list[Operand] = []
        while self._sign != ")":
            arguments.append(self._expression(0))
            if self._sign == ",":
                self._next()
            elif self._sign != ")":
                _unclear()
        self._next()
        return _FUNCTIONS[name](arguments)

    def _choice(self, name: str) -> Operand:
        """All branches are read, but only the one that is chosen has to be clear."""
        values: list[Operand | Unclear] = []
        while True:
            start = self._at
            try:
                values.append(self._expression(0))
            except (Unclear, ZeroDivisionError) as error:
                values.append(Unclear(str(error)))
                self._at = self._end_of_argument(start)
            if self._next() != ("sign", ","):
                break
        if self._tokens[self._at - 1] != ("sign", ")"):
            _unclear()
        first, *rest = values
        if name == "IFERROR" or isinstance(first, Unclear):
            # An error could be one of ours only.
            return _clear(first)
        chosen = 0 if _truth(_one(first)) else 1
        return _clear(rest[chosen]) if chosen < len(rest) else False

    def _end_of_argument(self, start: int) -> int:
        depth = 0
        for at in range(start, len(self._tokens)):
            kind, text = self._tokens[at]
            if kind == "end" or (depth == 0 and kind == "sign" and text in (",", ")")):
                return at
            depth += (text == "(") - (text == ")") if kind == "sign" else 0
        return len(self._tokens) - 1

    def _expect(self, sign: str) -> None:
        if self._next() != ("sign", sign):
            _unclear()


def _tokens(formula: str) -> Iterator[tuple[str, str]]:
    at, formula = 0, formula.rstrip()
    while at < len(formula):
        found = _TOKEN.match(formula, at)
        if found is None or found.lastgroup is None:
            _unclear()
        yield found.lastgroup, found[found.lastgroup]
        at = found.end()
    yield "end", ""


def _unclear() -> NoReturn:
    raise Unclear


def _clear(value: Operand | Unclear) -> Operand:
    if isinstance(value, Unclear):
        raise value
    return value


def _one(value: Operand) -> Result:
    return _unclear() if isinstance(value, list) else value


def _number(value: Result) -> float:
    if value is None:
        return 0.0
    if isinstance(value, bool):
        return float(value)
    return value if isinstance(value, float) else _unclear()


def _truth(value: Result) -> bool:
    return _unclear() if isinstance(value, str) else bool(value)


def _each(value: Operand, change: Callable[[Result], Result]) -> Operand:
    return [change(one) for one in value] if isinstance(value, list) else change(value)


def _combined(sign: str, left: Operand, right: Operand) -> Operand:
    if isinstance(left, list) and isinstance(right, list):
        return [_pair(sign, a, b) for a, b in zip(left, right, strict=True)]
    if isinstance(left, list):
        return [_pair(sign, a, _one(right)) for a in left]
    if isinstance(right, list):
        return [_pair(sign, left, b) for b in right]
    return _pair(sign, left, right)


def _pair(sign: str, left: Result, right: Result) -> Result:
    if sign == "&":
        return _text(left) + _text(right)
    if sign in ("=", "<>", "<", ">", "<=", ">="):
        return _compared(sign, left, right)
    a, b = _number(left), _number(right)
    match sign:
        case "+":
            return a + b
        case "-":
            return a - b
        case "*":
            return a * b
        case "/":
            return a / b
    power = a**b
    return power if isinstance(power, float) else _unclear()


def _compared(sign: str, left: Result, right: Result) -> bool:
    if left is None:
        left = "" if isinstance(right, str) else 0.0
    if right is None:
        right = "" if isinstance(left, str) else 0.0
    if isinstance(left, str) != isinstance(right, str) or isinstance(left, bool) != isinstance(right, bool):
        return sign == "<>" if sign in ("=", "<>") else _unclear()
    a, b = (left.casefold(), right.casefold()) if isinstance(left, str) and isinstance(right, str) else (left, right)
    found = {"=": a == b, "<>": a != b}
    if sign in found:
        return found[sign]
    less, more = a < b, a > b  # type: ignore[operator]  # both are of one kind
    return {"<": less, ">": more, "<=": not more, ">=": not less}[sign]


def _text(value: Result) -> str:
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return f"{value:.15g}" if abs(value) < 1e15 and "e" not in f"{value:.15g}" else _unclear()
    return value or ""


# ---------------------------------------------------------------- functions


def _numbers(arguments: Sequence[Operand]) -> list[float]:
    """The numbers of ranges, whose texts do not count, and of arguments, which must be numbers."""
    found: list[float] = []
    for argument in arguments:
        if isinstance(argument, list):
            found += [value for value in argument if isinstance(value, float)]
        else:
            found.append(_number(argument))
    return found


def _sum(values: Sequence[float]) -> float:
    """Without what binary fractions leave over: cents add up to cents."""
    return float(sum(map(_decimal, values)))


def _decimal(value: float) -> Decimal:
    return Decimal(f"{value:.15g}")


def _rounded(arguments: Sequence[Operand], how: str) -> float:
    value, places = (_number(_one(argument)) for argument in [*arguments, 0.0][:2])
    return float(_decimal(value).quantize(Decimal(1).scaleb(-int(places)), how))


def _sum_if(arguments: Sequence[Operand]) -> float:
    where, wanted = arguments[0], _one(arguments[1])
    what = arguments[2] if len(arguments) > 2 else where
    where, what = (value if isinstance(value, list) else [value] for value in (where, what))
    if len(where) != len(what) or (isinstance(wanted, str) and re.search(r"^[<>=]|[*?~]", wanted)):
        _unclear()
    pairs = zip(where, what, strict=True)
    return _sum([value for key, value in pairs if isinstance(value, float) and _fits(key, wanted)])


def _fits(key: Result, wanted: Result) -> bool:
    return key is not None and _compared("=", key, wanted)


def _product_sum(arguments: Sequence[Operand]) -> float:
    columns = [argument if isinstance(argument, list) else [argument] for argument in arguments]
    total = Decimal(0)
    for values in zip(*columns, strict=True):
        product = Decimal(1)
        for value in values:
            product *= _decimal(value) if isinstance(value, float) else Decimal(0)
        total += product
    return float(total)


def _product(values: Sequence[float]) -> float:
    product = 1.0
    for value in values:
        product *= value
    return product


def _count_all(arguments: Sequence[Operand]) -> float:
    return float(sum(v is not None for a in arguments for v in (a if isinstance(a, list) else [a])))


def _flat(arguments: Sequence[Operand]) -> list[Result]:
    return [value for argument in arguments for value in (argument if isinstance(argument, list) else [argument])]


_FUNCTIONS: dict[str, Callable[[Sequence[Operand]], Operand]] = {
    "IF": lambda a: _unclear(),
    "IFERROR": lambda a: _unclear(),
    "SUM": lambda a: _sum(_numbers(a)),
    "SUMIF": _sum_if,
    "SUMPRODUCT": _product_sum,
    "PRODUCT": lambda a: _product(_numbers(a)),
    "AVERAGE": lambda a: _sum(_numbers(a)) / len(_numbers(a)),
    "MIN": lambda a: min(_numbers(a), default=0.0),
    "MAX": lambda a: max(_numbers(a), default=0.0),
    "COUNT": lambda a: float(len(_numbers([v if isinstance(v, list) else [v] for v in a]))),
    "COUNTA": _count_all,
    "ABS": lambda a: abs(_number(_one(a[0]))),
    "INT": lambda a: float(_number(_one(a[0])) // 1),
    "ROUND": lambda a: _rounded(a, ROUND_HALF_UP),
    "ROUNDUP": lambda a: _rounded(a, ROUND_UP),
    "ROUNDDOWN": lambda a: _rounded(a, ROUND_DOWN),
    "AND": lambda a: all(map(_truth, _flat(a))),
    "OR": lambda a: any(map(_truth, _flat(a))),
    "NOT": lambda a: not _truth(_one(a[0])),
    "CONCATENATE": lambda a: "".join(map(_text, _flat(a))),
    "CONCAT": lambda a: "".join(map(_text, _flat(a))),
}
