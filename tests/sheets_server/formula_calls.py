"""What formulas work with: values, errors, areas of cells, and calls of functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from .a1 import Rect
from .model import CellError, Sheet

if TYPE_CHECKING:
    from .formulas import Engine

ERROR_TEXTS = {
    "ERROR": "#ERROR!",
    "NULL_VALUE": "#NULL!",
    "DIVIDE_BY_ZERO": "#DIV/0!",
    "VALUE": "#VALUE!",
    "REF": "#REF!",
    "NAME": "#NAME?",
    "NUM": "#NUM!",
    "N_A": "#N/A",
}
ERROR_TYPES = {text[1:]: kind for kind, text in ERROR_TEXTS.items()}


Result = Any
"""A number, text, truth, None for blank, a CellError, an Area or an array (rows of such values)."""


class Failure(Exception):
    """A formula cannot be worked out any further."""

    def __init__(self, error: CellError) -> None:
        super().__init__(error)
        self.error = error


def failure(kind: str, message: str = "") -> Failure:
    """An error of a kind."""
    return Failure(CellError(kind, message))


class Area:
    """A rectangle of cells that a formula refers to."""

    def __init__(self, engine: Engine, sheet: Sheet, rect: Rect, single: bool) -> None:
        self.engine = engine
        self.sheet = sheet
        self.rect = rect
        self.single = single

    @property
    def rows(self) -> list[list[Result]]:
        """Its values, without the empty rows at the end of the sheet."""
        return self.engine.area_rows(self.sheet, self.rect)

    @property
    def first(self) -> Result:
        """The value of its first cell."""
        return self.engine.value(self.sheet, self.rect.top, self.rect.left)


class Call:
    """A function's call: its arguments, each worked out when asked for."""

    def __init__(self, engine: Engine, name: str, arguments: list[Callable[[], Result]]) -> None:
        self.engine = engine
        self.name = name
        self.arguments = arguments

    def __len__(self) -> int:
        return len(self.arguments)

    def __getitem__(self, index: int) -> Result:
        if index >= len(self.arguments):
            raise failure("N_A", f"Wrong number of arguments to {self.name}.")
        return self.arguments[index]()

    def scalar(self, index: int) -> Result:
        """One value; an error in it ends the formula."""
        value = self.engine.scalar(self[index])
        if isinstance(value, CellError):
            raise Failure(value)
        return value

    def number(self, index: int, default: float | int | None = None) -> float | int:
        """A number."""
        if default is not None and index >= len(self.arguments):
            return default
        return self.engine.number(self.scalar(index), self.name, index + 1)

    def text(self, index: int, default: str | None = None) -> str:
        """A text."""
        if default is not None and index >= len(self.arguments):
            return default
        return self.engine.text(self.scalar(index))

    def truth(self, index: int) -> bool:
        """TRUE or FALSE."""
        value = self.scalar(index)
        if isinstance(value, str):
            if value.upper() in ("TRUE", "FALSE"):
                return value.upper() == "TRUE"
            if value:
                raise failure(
                    "VALUE",
                    f"Function {self.name} parameter {index + 1} expects boolean values. "
                    f"But '{value}' is a text and cannot be coerced to a boolean.",
                )
        return bool(value)

    def rows(self, index: int) -> list[list[Result]]:
        """A rectangle of values."""
        value = self[index]
        if isinstance(value, Area):
            return value.rows
        return value if isinstance(value, list) else [[value]]


def rank(value: Result) -> int:
    """Numbers come before texts, texts before truth."""
    if isinstance(value, bool):
        return 2
    return 1 if isinstance(value, str) else 0


def compared(left: Result, right: Result) -> int:
    """Below zero, zero or above, as `<` and `=` see it; letter case does not count."""
    if left is None and right is None:
        return 0
    if left is None:
        left = {0: 0, 1: "", 2: False}[rank(right)]
    if right is None:
        right = {0: 0, 1: "", 2: False}[rank(left)]
    if rank(left) != rank(right):
        return -1 if rank(left) < rank(right) else 1
    if isinstance(left, str):
        left, right = left.casefold(), right.casefold()
    return (left > right) - (left < right)


FUNCTIONS: dict[str, Callable[[Call], Result]] = {}


def function(*names: str) -> Callable[[Callable[[Call], Result]], Callable[[Call], Result]]:
    """Register a function under its names."""

    def register(work: Callable[[Call], Result]) -> Callable[[Call], Result]:
        for name in names:
            FUNCTIONS[name] = work
        return work

    return register


def is_number(value: Result) -> bool:
    """A number; truth is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def numbers(call: Call, first: int = 0) -> Iterator[float | int]:
    """The numbers among the arguments: in areas texts are passed over, elsewhere they must be numbers."""
    for index in range(first, len(call)):
        value = call[index]
        if isinstance(value, Area | list):
            for row in value.rows if isinstance(value, Area) else value:
                for item in row:
                    if isinstance(item, CellError):
                        raise Failure(item)
                    if is_number(item):
                        yield item
        elif value is not None:
            yield call.engine.number(value, call.name, index + 1)


def items(call: Call) -> Iterator[Result]:
    """Every value among the arguments."""
    for index in range(len(call)):
        for row in call.rows(index):
            yield from row
