"""What formulas come to. Worked out when asked for, once per revision.

Not emulated: arrays that spill into neighbouring cells; only their first value is shown.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from .a1 import Rect, parse_cells, split_title, unquoted
from .formula_calls import ERROR_TYPES, Area, Call, Failure, Result, compared, failure, is_number
from .formula_syntax import FormulaSyntaxError, Node, Ref, parsed
from .locales import Locale, locale_named
from .model import CellError, Formula, Sheet, Spreadsheet
from .numberformats import general, is_date_pattern
from .typed import as_number

PARSE_ERROR = CellError("ERROR", "Formula parse error.")
NO_REFERENCE = CellError("REF", "Reference does not exist.")
CIRCULAR = CellError("REF", "Circular dependency detected. To resolve with iterative calculation, see File > Settings.")

LARGEST = sys.float_info.max
TOO_LARGE = CellError("NUM", "Numeric value is greater than 1.79769e+308 and cannot be displayed properly.")

DATE_FUNCTIONS = {"TODAY": "DATE", "DATE": "DATE", "DATEVALUE": "DATE", "EDATE": "DATE", "EOMONTH": "DATE"} | {
    "NOW": "DATE_TIME",
    "TIME": "TIME",
    "TIMEVALUE": "TIME",
}

DEEPEST = 40
"""Formulas that refer to one another are worked out one inside the other to this depth."""


class TooDeep(Exception):
    """A formula is to be worked out first, before those that led to it."""

    def __init__(self, formula: str, sheet: Sheet, row: int, column: int) -> None:
        super().__init__(row, column)
        self.formula, self.sheet, self.row, self.column = formula, sheet, row, column


class Engine:
    """Works out the formulas of one spreadsheet at one revision."""

    def __init__(self, spreadsheet: Spreadsheet, now: datetime) -> None:
        self.spreadsheet = spreadsheet
        self.asked_at = now
        self.locale: Locale = locale_named(spreadsheet.properties.get("locale", "en_US"))
        try:
            self.now = now.astimezone(ZoneInfo(spreadsheet.properties.get("timeZone") or "Etc/GMT"))
        except (KeyError, ValueError, OSError):
            self.now = now
        self.results: dict[tuple[int, int, int], Result] = {}
        self.areas: dict[tuple[int, Rect], list[list[Result]]] = {}
        self.open: set[tuple[int, int, int]] = set()
        self.here: list[tuple[Sheet, int, int]] = []

    def value(self, sheet: Sheet, row: int, column: int) -> Result:
        """What the cell comes to: a number, text, truth, a CellError, or None."""
        cell = sheet.cell(row, column)
        if cell is None:
            return None
        if type(cell.value) is not Formula:
            return cell.value
        key = (sheet.id, row, column)
        if key in self.results:
            return self.results[key]
        if key in self.open:
            raise Failure(CIRCULAR)
        if not self.here:
            return self._settled(lambda: self._formula(cell.value, sheet, row, column))
        if len(self.here) >= DEEPEST:
            raise TooDeep(cell.value, sheet, row, column)
        return self._formula(cell.value, sheet, row, column)

    def _formula(self, formula: str, sheet: Sheet, row: int, column: int) -> Result:
        key = (sheet.id, row, column)
        self.open.add(key)
        self.here.append((sheet, row, column))
        try:
            result = self._worked_out(formula, sheet)
        finally:
            self.open.discard(key)
            self.here.pop()
        self.results[key] = result
        return result

    def _settled(self, work: Callable[[], Result]) -> Result:
        """What `work` comes to; a formula too far down a chain of formulas is worked out before it."""
        waiting: list[tuple[tuple[int, int, int] | None, Callable[[], Result]]] = [(None, work)]
        while True:
            try:
                result = waiting[-1][1]()
            except TooDeep as deep:
                inner = (deep.sheet.id, deep.row, deep.column)
                if any(inner == other for other, _ in waiting):
                    self.results[inner] = CIRCULAR
                else:
                    waiting.append((inner, partial(self._formula, deep.formula, deep.sheet, deep.row, deep.column)))
                continue
            waiting.pop()
            if not waiting:
                return result

    def _worked_out(self, formula: str, sheet: Sheet) -> Result:
        try:
            result = self.scalar(self.evaluate(parsed(formula, self.locale.comma_is_decimal), sheet))
        except FormulaSyntaxError:
            return PARSE_ERROR
        except Failure as failed:
            return failed.error
        except ArithmeticError:
            return TOO_LARGE
        too_large = is_number(result) and (abs(result) > LARGEST or result != result)
        return TOO_LARGE if too_large else result

    def free(self, formula: str, sheet: Sheet) -> Result:
        """What a formula that stands in no cell comes to."""
        return self._settled(partial(self._free, formula, sheet))

    def _free(self, formula: str, sheet: Sheet) -> Result:
        self.here.append((sheet, 0, 0))
        try:
            return self._worked_out(formula, sheet)
        finally:
            self.here.pop()

    def scalar(self, result: Result) -> Result:
        """One value: the first of an area or array."""
        if isinstance(result, Area):
            return result.first
        if isinstance(result, list):
            return result[0][0] if result and result[0] else None
        return result

    def area_rows(self, sheet: Sheet, rect: Rect) -> list[list[Result]]:
        """The values of a rectangle, down to the last row that holds any cell."""
        key = (sheet.id, rect)
        if key not in self.areas:
            bottom = min(rect.bottom, max(len(sheet.rows), rect.top + 1))
            right = min(rect.right, sheet.column_count)
            if not sheet.formula_columns:
                rows = [
                    [None if cell is None else cell.value for cell in self._padded(sheet, row, rect.left, right)]
                    for row in range(rect.top, bottom)
                ]
            else:
                rows = [
                    [self.value(sheet, row, column) for column in range(rect.left, right)]
                    for row in range(rect.top, bottom)
                ]
            self.areas[key] = rows
        return self.areas[key]

    @staticmethod
    def _padded(sheet: Sheet, row: int, left: int, right: int) -> list[Any]:
        cells = sheet.rows[row][left:right] if row < len(sheet.rows) else []
        return cells + [None] * (right - left - len(cells))

    def area(self, ref: Ref, sheet: Sheet) -> Area:
        """What a reference refers to."""
        target = sheet if ref.title is None else self.spreadsheet.sheet_titled(ref.title)
        if target is None:
            raise failure("REF", f"Unresolved sheet name '{ref.title}'.")
        rect = ref.rect.common(target.grid)
        if rect.empty:
            raise Failure(NO_REFERENCE)
        return Area(self, target, rect, ref.single)

    def named(self, name: str) -> Area:
        """The area that a named range names."""
        for named in self.spreadsheet.named_ranges:
            if named["name"].casefold() == name.casefold():
                target = self.spreadsheet.sheet(named["range"].get("sheetId", 0))
                if target is None:
                    raise Failure(NO_REFERENCE)
                box = named["range"]
                rect = Rect(
                    box.get("startRowIndex", 0),
                    box.get("startColumnIndex", 0),
                    box.get("endRowIndex", target.row_count),
                    box.get("endColumnIndex", target.column_count),
                )
                return Area(self, target, rect, rect.height == rect.width == 1)
        raise failure("NAME", f"Unknown range name: '{name.upper()}'.")

    def indirect(self, text: str) -> Area:
        """The area that a text names."""
        title, cells = split_title(text)
        sheet = self.here[-1][0] if title is None else self.spreadsheet.sheet_titled(unquoted(title))
        rect = parse_cells(cells.replace("$", ""))
        if rect is None and title is None:
            return self.named(text)
        if rect is None or sheet is None:
            raise failure(
                "REF", f"Function INDIRECT parameter 1 value is '{text}'. It is not a valid cell/range reference."
            )
        return Area(self, sheet, rect.common(sheet.grid), ":" not in cells)

    def evaluate(self, node: Node, sheet: Sheet) -> Result:
        """What a tree comes to."""
        match node:
            case ("value", value):
                return value
            case ("ref", ref):
                return self.area(ref, sheet)
            case ("binary", operator, left, right):
                return self.each(operator, self.evaluate(left, sheet), self.evaluate(right, sheet))
            case ("negative", inner):
                return self.each("*", self.evaluate(inner, sheet), -1, name="UMINUS")
            case ("positive", inner):
                return self.evaluate(inner, sheet)
            case ("percent", inner):
                return self.each("/", self.evaluate(inner, sheet), 100, name="UNARY_PERCENT")
            case ("call", name, arguments):
                return self.call(name, arguments, sheet)
            case ("name", name):
                return self.named(name)
            case ("error", text):
                raise failure(ERROR_TYPES.get(text, "ERROR"), NO_REFERENCE.message if text == "REF!" else "")
            case ("array", rows):
                return [[self.scalar(self.evaluate(item, sheet)) for item in row] for row in rows]
        raise Failure(PARSE_ERROR)

    def call(self, name: str, arguments: tuple[Node, ...], sheet: Sheet) -> Result:
        """What a function comes to; its arguments are worked out when it asks for them."""
        from .formula_functions import FUNCTIONS

        function = FUNCTIONS.get(name)
        if function is None:
            raise failure("NAME", f"Unknown function: '{name}'.")
        lazily: list[Callable[[], Result]] = [lambda node=node: self.evaluate(node, sheet) for node in arguments]
        try:
            return function(Call(self, name, lazily))
        except (ArithmeticError, ValueError):
            raise failure("NUM", f"Function {name} parameter value is out of range.") from None

    def each(self, operator: str, left: Result, right: Result, name: str = "") -> Result:
        """An operator between two values, or between arrays item by item."""
        if isinstance(left, Area):
            left = left.first if left.single else left.rows
        if isinstance(right, Area):
            right = right.first if right.single else right.rows
        if not isinstance(left, list) and not isinstance(right, list):
            return self.operate(operator, left, right, name)
        height = max(len(side) for side in (left, right) if isinstance(side, list))
        width = max(len(side[0]) if side else 0 for side in (left, right) if isinstance(side, list))
        return [
            [self._safely(operator, _item(left, r, c), _item(right, r, c), name) for c in range(width)]
            for r in range(height)
        ]

    def _safely(self, operator: str, left: Result, right: Result, name: str) -> Result:
        try:
            return self.operate(operator, left, right, name)
        except Failure as failed:
            return failed.error

    def operate(self, operator: str, left: Result, right: Result, name: str = "") -> Result:
        """An operator between two single values."""
        for side in (left, right):
            if isinstance(side, CellError):
                raise Failure(side)
        if operator == "&":
            return self.text(left) + self.text(right)
        if operator in ("=", "<>", "<", ">", "<=", ">="):
            order = compared(left, right)
            return {
                "=": order == 0, "<>": order != 0, "<": order < 0,
                ">": order > 0, "<=": order <= 0, ">=": order >= 0,
            }[operator]  # fmt: skip
        names = {"+": "ADD", "-": "MINUS", "*": "MULTIPLY", "/": "DIVIDE", "^": "POWER"}
        function = name or names[operator]
        a, b = self.number(left, function, 1), self.number(right, function, 2)
        match operator:
            case "+":
                return a + b
            case "-":
                return a - b
            case "*":
                return a * b
            case "/":
                if b == 0:
                    raise failure("DIVIDE_BY_ZERO", f"Function {function} parameter 2 cannot be zero.")
                return a / b
            case _:
                if a == 0 and b < 0:
                    raise failure("DIVIDE_BY_ZERO", "Function POWER caused a divide by zero error.")
                result = a**b if abs(b) <= 64 else float(a) ** b
                if isinstance(result, complex):
                    raise failure("NUM", "Function POWER is not a real number.")
                return result

    def number(self, value: Result, function: str, position: int) -> float | int:
        """A value where a number is needed."""
        if isinstance(value, bool):
            return int(value)
        if isinstance(value, int | float):
            return value
        if value is None:
            return 0
        if isinstance(value, CellError):
            raise Failure(value)
        found = as_number(value, self.locale, year=self.now.year)
        if found is None:
            raise failure(
                "VALUE",
                f"Function {function} parameter {position} expects number values. "
                f"But '{value}' is a text and cannot be coerced to a number.",
            )
        return found

    def text(self, value: Result) -> str:
        """A value where a text is needed."""
        if value is None:
            return ""
        if isinstance(value, bool):
            return self.locale.true if value else self.locale.false
        if isinstance(value, int | float):
            return general(value, self.locale)
        if isinstance(value, CellError):
            raise Failure(value)
        return value

    def format_hint(self, formula: str, sheet: Sheet, depth: int = 0) -> dict[str, Any] | None:
        """The number format that a formula's result brings with it."""
        try:
            return self._hint(parsed(formula, self.locale.comma_is_decimal), sheet, depth)
        except FormulaSyntaxError:
            return None

    def _hint(self, node: Node, sheet: Sheet, depth: int) -> dict[str, Any] | None:
        match node:
            case ("call", name, _) if name in DATE_FUNCTIONS:
                return {"type": DATE_FUNCTIONS[name]}
            case ("call", "IF" | "IFERROR" | "MAX" | "MIN" | "SUM" | "INDEX" as name, arguments) if arguments:
                return self._hint(arguments[1 if name == "IF" and len(arguments) > 1 else 0], sheet, depth)
            case ("binary", "+" | "-" as operator, left, right):
                a, b = self._hint(left, sheet, depth), self._hint(right, sheet, depth)
                both = bool(a and b and _is_date(a) and _is_date(b))
                return None if both and operator == "-" else a or b
            case ("ref", ref) if depth < 20:
                try:
                    area = self.area(ref, sheet)
                except Failure:
                    return None
                cell = area.sheet.cell(area.rect.top, area.rect.left)
                if cell is None:
                    return None
                if cell.format and "numberFormat" in cell.format:
                    return cell.format["numberFormat"]
                if type(cell.value) is Formula:
                    return self.format_hint(cell.value, area.sheet, depth + 1)
        return None


def _item(side: Result, row: int, column: int) -> Result:
    if not isinstance(side, list):
        return side
    row = 0 if len(side) == 1 else row
    if row >= len(side):
        return None
    column = 0 if len(side[row]) == 1 else column
    return side[row][column] if column < len(side[row]) else None


def _is_date(number_format: dict[str, Any]) -> bool:
    if number_format.get("type") in ("DATE", "DATE_TIME", "TIME"):
        return True
    return bool(number_format.get("pattern")) and is_date_pattern(number_format["pattern"])
