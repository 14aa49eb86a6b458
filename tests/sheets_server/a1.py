"""A1 notation: columns as letters, ranges as text, and rectangles of cells.

All indexes count from zero and all ends are outside, as in the API.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

ALL_ROWS = 10_000_000
ALL_COLUMNS = 18_278
"""Beyond every grid: what an open end of a range means."""

A1_RANGE = re.compile(
    r"\$?(?P<c1>[A-Za-z]{1,3})?\$?(?P<r1>[1-9][0-9]{0,7})?(?::\$?(?P<c2>[A-Za-z]{1,3})?\$?(?P<r2>[1-9][0-9]{0,7})?)?\Z"
)
R1C1_RANGE = re.compile(r"R(?P<r1>[1-9][0-9]*)C(?P<c1>[1-9][0-9]*)(?::R(?P<r2>[1-9][0-9]*)C(?P<c2>[1-9][0-9]*))?\Z")
PLAIN_TITLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


class Rect(NamedTuple):
    """A rectangle of cells of one sheet."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def height(self) -> int:
        """Rows in it."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """Columns in it."""
        return self.right - self.left

    @property
    def empty(self) -> bool:
        """Holds no cell."""
        return self.top >= self.bottom or self.left >= self.right

    def meets(self, other: Rect) -> bool:
        """Shares a cell with `other`."""
        return (
            self.top < other.bottom and other.top < self.bottom and self.left < other.right and other.left < self.right
        )

    def common(self, other: Rect) -> Rect:
        """What both hold; may be empty."""
        return Rect(
            max(self.top, other.top),
            max(self.left, other.left),
            min(self.bottom, other.bottom),
            min(self.right, other.right),
        )

    def around(self, other: Rect) -> bool:
        """Holds all of `other`."""
        return (
            self.top <= other.top
            and other.bottom <= self.bottom
            and self.left <= other.left
            and other.right <= self.right
        )

    def moved(self, down: int, right: int) -> Rect:
        """The same size, elsewhere."""
        return Rect(self.top + down, self.left + right, self.bottom + down, self.right + right)


@cache
def column_letters(index: int) -> str:
    """0 is A, 26 is AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


@cache
def column_index(letters: str) -> int:
    """A is 0, AA is 26."""
    index = 0
    for letter in letters.upper():
        index = index * 26 + ord(letter) - 64
    return index - 1


def quoted(title: str) -> str:
    """A tab's title as it stands before `!`: in quotes only where it needs them."""
    if PLAIN_TITLE.match(title) and not looks_like_a_cell(title):
        return title
    return "'" + title.replace("'", "''") + "'"


def looks_like_a_cell(text: str) -> bool:
    """`D3` and `R1C1` are cells before they are titles."""
    match = A1_RANGE.match(text)
    return bool(match and match["c1"] and match["r1"]) or bool(R1C1_RANGE.match(text))


def unquoted(text: str) -> str:
    """The title that `'It''s'` writes."""
    if len(text) >= 2 and text[0] == text[-1] == "'":
        return text[1:-1].replace("''", "'")
    return text


def split_title(text: str) -> tuple[str | None, str]:
    """Title (as written) and the rest of a range; the title is None where none is given."""
    if text.startswith("'"):
        end = text.find("'!", 1)
        while end != -1 and text[1:end].count("'") % 2:
            end = text.find("'!", end + 1)
        if end != -1:
            return text[: end + 1], text[end + 2 :]
        return None, text
    title, mark, rest = text.rpartition("!")
    return (title, rest) if mark else (None, text)


def parse_cells(text: str) -> Rect | None:
    """The rectangle that `B2:D4`, `A:C`, `A2:C`, `2:3` or `R1C1` names; open ends are `ALL_…`; None if it is none."""
    rc = R1C1_RANGE.match(text)
    if rc:
        top, left = int(rc["r1"]) - 1, int(rc["c1"]) - 1
        bottom, right = int(rc["r2"] or rc["r1"]), int(rc["c2"] or rc["c1"])
        return Rect(min(top, bottom - 1), min(left, right - 1), max(top + 1, bottom), max(left + 1, right))
    match = A1_RANGE.match(text)
    if not text or match is None:
        return None
    c1, r1, c2, r2 = match["c1"], match["r1"], match["c2"], match["r2"]
    if ":" not in text:
        if not (c1 and r1):
            return None
        top, left = int(r1) - 1, column_index(c1)
        return Rect(top, left, top + 1, left + 1)
    if not (c1 or r1) or not (c2 or r2):
        return None
    rows = [int(r) - 1 for r in (r1, r2) if r]
    columns = [column_index(c) for c in (c1, c2) if c]
    top, bottom = (min(rows), max(rows) + 1) if len(rows) == 2 else (rows[0] if rows else 0, ALL_ROWS)
    left, right = (min(columns), max(columns) + 1) if len(columns) == 2 else (columns[0] if columns else 0, ALL_COLUMNS)
    return Rect(top, left, bottom, right)


def cells_text(rect: Rect) -> str:
    """`A1:C3`, or `A1` for one cell."""
    first = f"{column_letters(rect.left)}{rect.top + 1}"
    if rect.height == 1 and rect.width == 1:
        return first
    return f"{first}:{column_letters(rect.right - 1)}{rect.bottom}"


def range_text(title: str, rect: Rect) -> str:
    """`Sheet1!A1:C3`."""
    return f"{quoted(title)}!{cells_text(rect)}"
