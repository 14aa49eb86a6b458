"""Formulas as text: which cells they point at, and what they say when rows come or go.

It knows how references are written; it computes nothing. Rows and columns count
from 1 here, as formulas count them.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import NamedTuple

from sheetcrm.tables import column_letters

__all__ = [
    "Area",
    "LAST_COLUMN",
    "LAST_ROW",
    "Shift",
    "areas",
    "column_number",
    "each_reference",
    "follow",
    "followed_reference",
    "follow_rule",
    "text_of",
    "translate",
]

LAST_ROW = 1_048_576
LAST_COLUMN = 16_384
MAX_FORMULA = 8_192

_CELL = r"\$?[A-Za-z]{1,3}\$?[0-9]{1,7}"
_PLAIN_TITLE = r"(?:\[[^\[\]]*\])?[^\s!'\"(),;{}\[\]<>=+\-*/^&%@#:$]+"
_REFERENCE = re.compile(
    rf"""
    "[^"]*"                                                         # text, or a part of it
  | (?P<tab>'[^']*(?:''[^']*)*'!|(?!{_CELL}:){_PLAIN_TITLE}(?::{_PLAIN_TITLE})?!)?
    (?P<area>{_CELL}:{_CELL}|{_CELL}|\$?[A-Za-z]{{1,3}}:\$?[A-Za-z]{{1,3}}|\$?[0-9]{{1,7}}:\$?[0-9]{{1,7}})
    (?![\w.(!\[\\?])
  | \[(?:[^\[\]]|\[[^\[\]]*\])*\]                                   # columns of a table
  | [^\W\d][\w.\\?]*                                                # names and functions
  | [0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?
    """,
    re.VERBOSE,
)
_PARTS = re.compile(r"(\$?)([A-Za-z]{0,3})(\$?)([0-9]{0,7})")


class Area(NamedTuple):
    """A block of cells: first column, first row, last column, last row."""

    left: int
    top: int
    right: int
    bottom: int

    def meets_columns(self, other: Area) -> bool:
        """Whether they have a column in common."""
        return self.left <= other.right and other.left <= self.right

    def meets(self, other: Area) -> bool:
        """Whether they have a cell in common."""
        return self.meets_columns(other) and self.top <= other.bottom and other.top <= self.bottom

    def has(self, row: int, column: int) -> bool:
        """Whether a cell lies in it."""
        return self.top <= row <= self.bottom and self.left <= column <= self.right


@lru_cache(maxsize=20_000)
def column_number(letters: str) -> int:
    """1 for `A`, 27 for `AA`."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def text_of(area: Area) -> str:
    """`B5`, or `B5:C9`."""
    first = f"{column_letters(area.left - 1)}{area.top}"
    last = f"{column_letters(area.right - 1)}{area.bottom}"
    return first if first == last else f"{first}:{last}"


def areas(text: str) -> list[Area]:
    """The blocks that a list such as `B5 C7:D9 E:E` names; what is no block is left out."""
    found = (_area_of(part.rpartition("!")[2]) for part in text.replace(",", " ").split())
    return [area for area in found if area is not None]


def _area_of(text: str) -> Area | None:
    corners = [_PARTS.fullmatch(corner) for corner in text.split(":")]
    if not 1 <= len(corners) <= 2:
        return None
    first, last = corners[0], corners[-1]
    if first is None or last is None or not (first[2] or first[4]):
        return None
    if bool(first[2]) != bool(last[2]) or bool(first[4]) != bool(last[4]):
        return None
    area = Area(
        column_number(first[2]) if first[2] else 1,
        int(first[4]) if first[4] else 1,
        column_number(last[2]) if last[2] else LAST_COLUMN,
        int(last[4]) if last[4] else LAST_ROW,
    )
    area = Area(min(area[0], area[2]), min(area[1], area[3]), max(area[0], area[2]), max(area[1], area[3]))
    valid = 1 <= area.left <= area.right <= LAST_COLUMN and 1 <= area.top <= area.bottom <= LAST_ROW
    return area if valid else None


class Place(NamedTuple):
    """Where a row comes to."""

    title: str
    row: int
    columns: Mapping[int, int]
    """Column before → column there."""

    def of(self, text: str, area: Area) -> str | None:
        """A reference like `text`, to where the cells of one row come to; None where they do not stay side by side."""
        columns = [self.columns.get(column, 0) for column in range(area.left, area.right + 1)]
        if 0 in columns or columns != list(range(columns[0], columns[0] + len(columns))):
            return None
        corners = [_PARTS.fullmatch(corner) for corner in text.split(":")]
        ends = (columns[0], columns[-1])
        said = [f"{c[1]}{column_letters(n - 1)}{c[3]}{self.row}" for c, n in zip(corners, ends, strict=False) if c]
        quoted = self.title.replace("'", "''")
        return f"'{quoted}'!{':'.join(said)}"


@dataclass(frozen=True)
class Shift:
    """Rows of one tab that go, or come, in some of its columns."""

    removed: tuple[int, ...] = ()
    """Rows that go, from the top."""
    at: int = 0
    """The row before which others come."""
    count: int = 0
    """How many come there."""
    left: int = 1
    right: int = LAST_COLUMN
    stretches: bool = False
    """Whether blocks of several rows that end right above those that come reach over these."""
    repeated: int = 0
    """How many rows right above `at` are repeated by those that come: blocks that end in them reach over these."""
    moved: Mapping[int, Place] = field(default_factory=dict)
    """Rows that go to another tab, and where they come to."""
    lost: list[str] = field(default_factory=list, compare=False)
    """References, as they stood, to cells that are nowhere any more."""

    @property
    def first(self) -> int:
        """The first row that does not stay where it is."""
        return self.removed[0] if self.removed else self.at

    @property
    def rigid(self) -> Shift:
        """The same for blocks that reach over nothing new."""
        return replace(self, stretches=False, repeated=0) if self.stretches or self.repeated else self

    @property
    def is_whole(self) -> bool:
        """Whether it concerns whole rows."""
        return self.left == 1 and self.right == LAST_COLUMN

    def holds(self, column: int) -> bool:
        """Whether the cells of that column move."""
        return self.left <= column <= self.right

    def row(self, row: int) -> int | None:
        """Where a row will be; None where it goes."""
        if self.removed:
            place = bisect_left(self.removed, row)
            return None if place < len(self.removed) and self.removed[place] == row else row - place
        return row + self.count if row >= self.at else row

    def source(self, row: int) -> int:
        """The row whose cells will stand in `row`, where rows go."""
        before = row
        while (after := row + bisect_right(self.removed, before)) != before:
            before = after
        return before

    def rows(self, top: int, bottom: int) -> tuple[int, int] | None:
        """Where a run of rows will be; None where all of it goes."""
        if self.removed:
            top -= bisect_left(self.removed, top)
            bottom -= bisect_right(self.removed, bottom)
            return (top, bottom) if top <= bottom else None
        stretched = self.stretches and top < bottom == self.at - 1
        stretched |= self.at - self.repeated <= bottom < self.at
        if top >= self.at:
            top += self.count
        if bottom >= self.at or stretched:
            bottom = min(bottom + self.count, LAST_ROW)
        return (top, bottom) if top <= bottom else None

    def area(self, area: Area) -> Area | None:
        """Where a block will be; None where all of it goes. One that lies only partly in the columns stays."""
        if not (self.left <= area.left and area.right <= self.right):
            return area
        rows = self.rows(area.top, area.bottom)
        return None if rows is None else Area(area.left, rows[0], area.right, rows[1])

    def cuts(self, area: Area) -> bool:
        """Whether a block that cannot be divided would be."""
        if area.bottom < self.first or area.right < self.left or self.right < area.left:
            return False
        if not (self.left <= area.left and area.right <= self.right):
            return True
        if self.removed:
            gone = bisect_right(self.removed, area.bottom) - bisect_left(self.removed, area.top)
            return 0 < gone < area.bottom - area.top + 1
        return area.top < self.at

    def list(self, text: str) -> str | None:
        """Where the blocks of a list such as `B5 C7:D9` will be; None where all of them go."""
        kept = []
        for part in text.split():
            area = _area_of(part)
            after = area and self.area(area)
            if area is None or after == area:
                kept.append(part)
            elif after is not None:
                is_columns = area.top == 1 and area.bottom == LAST_ROW
                kept.append(part if is_columns else text_of(after))
        return " ".join(kept) or None


Shifts = Mapping[str, Shift]
"""Title, in lower case → what happens to the rows of that tab."""


def follow(formula: str, home: str, shifts: Shifts) -> str:
    """The formula as it reads when the rows that it points at have moved. `home` is the tab in which it stands."""

    def changed(tab: str, area: str) -> str:
        shift = shifts.get(title_of(tab) if tab else home.casefold())
        return tab + area if shift is None else followed_reference(tab, area, shift)

    return each_reference(formula, changed)


def each_reference(formula: str, change: Callable[[str, str], str]) -> str:
    """The formula with each reference changed: what stands before it, such as `Leads!`, and its cells are handed in."""

    def changed(match: re.Match[str]) -> str:
        area, tab = match["area"], match["tab"] or ""
        return match[0] if area is None else change(tab, area)

    if len(formula) > MAX_FORMULA:
        return formula  # nothing that Excel would take for one

    return _REFERENCE.sub(changed, formula)


def follow_rule(formula: str, home: str, shifts: Shifts, lowered_by: int) -> str:
    """A rule's formula, which is written for the first cell of its block, when that cell is so many rows lower.

    What is relative in it goes along with the cell; the rest follows what it points at.
    """

    def changed(tab: str, area: str) -> str:
        if any(pointer.is_row_relative for pointer in pointers(area)):
            return tab + _moved_area(area, lowered_by, 0)
        shift = shifts.get(title_of(tab) if tab else home.casefold())
        return tab + area if shift is None else followed_reference(tab, area, shift)

    return each_reference(formula, changed)


def title_of(prefix: str) -> str:
    """The title, in lower case, that stands before a reference: `'Our leads'!` → `our leads`."""
    title = prefix[:-1]
    if title.startswith("'"):
        title = title[1:-1].replace("''", "'")
    return title.casefold()


def followed_reference(tab: str, text: str, shift: Shift) -> str:
    """One reference, with what stands before it, when rows of its tab have moved."""
    area = _area_of(text)
    after = shift.area(area) if area is not None and any(letter.isdigit() for letter in text) else area
    if area is None or after == area:
        return tab + text
    if after is None:
        place = shift.moved.get(area.top) if area.top == area.bottom else None
        there = place.of(text, area) if place else None
        if there is None:
            shift.lost.append(tab + text)
        return there or f"{tab}#REF!"
    first, _, last = text.partition(":")
    # A block may be written from its last row up.
    top, bottom = (after.top, after.bottom)
    if last and _row(first) > _row(last):
        top, bottom = bottom, top
    said = tab + _with_row(first, top)
    return f"{said}:{_with_row(last, bottom)}" if last else said


def _row(corner: str) -> int:
    match = _PARTS.fullmatch(corner)
    return int(match[4]) if match else 0


def _with_row(corner: str, row: int) -> str:
    match = _PARTS.fullmatch(corner)
    if match is None:
        raise ValueError(f"no such place: {corner}")
    # Whole rows (`$5:$9`) have their dollar sign before nothing.
    return f"{match[1]}{match[2]}{match[3]}{row}"


def translate(formula: str, rows: int, columns: int) -> str:
    """The formula as it reads so many rows further down and columns to the right, as when it is filled there."""
    return (
        each_reference(formula, lambda tab, area: tab + _moved_area(area, rows, columns))
        if rows or columns
        else formula
    )


def _moved_area(area: str, rows: int, columns: int) -> str:
    corners = ":".join(_moved(corner, rows, columns) for corner in area.split(":"))
    return "#REF!" if "#" in corners else corners


def _moved(corner: str, rows: int, columns: int) -> str:
    match = _PARTS.fullmatch(corner)
    if match is None:
        raise ValueError(f"no such place: {corner}")
    dollar, letters, row_dollar, row = match.groups()
    if not letters:  # a whole row: its dollar sign was taken for a column's
        dollar, row_dollar = "", dollar
    if letters and not dollar:
        column = column_number(letters) + columns
        letters = column_letters(column - 1) if 1 <= column <= LAST_COLUMN else "#"
    if row and not row_dollar:
        row = str((int(row) + rows - 1) % LAST_ROW + 1)
    return f"{dollar}{letters}{row_dollar}{row}"


class Pointer(NamedTuple):
    """One reference of a formula."""

    tab: str
    """The title in lower case; "" for the formula's own tab."""
    area: Area
    is_row_relative: bool
    is_column_relative: bool


def pointers(formula: str) -> Iterator[Pointer]:
    """Every reference in a formula."""
    for match in _REFERENCE.finditer(formula):
        area = _area_of(match["area"]) if match["area"] else None
        if area is not None:
            parts = [_PARTS.fullmatch(corner) for corner in match["area"].split(":")]
            rows = any(p and p[4] and not (p[3] if p[2] else p[1]) for p in parts)
            columns = any(p and p[2] and not p[1] for p in parts)
            yield Pointer(title_of(match["tab"]) if match["tab"] else "", area, rows, columns)


def fills_alike(formula: str, cell: Area, is_one_column: bool, home: str, shifts: Shifts) -> bool:
    """Whether a formula that was filled over cells still reads alike in all of them when rows have moved.

    `cell` is the first of them; the others say the same relative to their own place.
    """
    own = shifts.get(home.casefold())
    for pointer in pointers(formula):
        shift = shifts.get(pointer.tab) if pointer.tab else own
        if shift is not None and pointer.is_column_relative and not is_one_column and not shift.is_whole:
            return False
        if not pointer.is_row_relative:
            continue
        travels_along = (
            shift is not None
            and shift is own
            and pointer.area.top == pointer.area.bottom == cell.top
            and shift.holds(pointer.area.left)
            and shift.holds(pointer.area.right)
            and shift.holds(cell.left)
        )
        if not travels_along and (shift is not None or (own is not None and own.holds(cell.left))):
            return False
    return True
