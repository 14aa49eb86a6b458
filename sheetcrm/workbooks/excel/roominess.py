"""Rows as high as the texts in them need: what was filled in may be longer than what the template foresaw, or nothing.

Programs fit rows to their texts by themselves, but not those whose height somebody
set, nor those of merged cells. The font is not asked: letters are as wide as most are.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from math import ceil
from typing import NamedTuple

from sheetcrm.workbooks.excel.editor import XlsxFile
from sheetcrm.workbooks.excel.formulas import Area
from sheetcrm.workbooks.excel.markup import attribute, with_attribute
from sheetcrm.workbooks.excel.tab import TabEditor

__all__ = ["Written", "make_rows_high_enough"]

USUAL_WIDTH = 9.14
USUAL_HEIGHT = 15.0
MAX_HEIGHT = 409.0
LINE = 1.27
"""Height of a line in the size of its letters."""
EDGES = 4.0
DIGIT_POINTS, MARGIN_POINTS = 5.25, 3.75
"""Columns are as wide as so many digits of the usual size, and a margin."""
NARROW, WIDE, ASIAN, USUAL = 0.28, 0.72, 1.0, 0.55
"""Widths of letters, for letters one high."""
_NARROW, _WIDE = frozenset(" .,;:!|'’ijlfrtI()[]/-"), frozenset("mwMWABCDGHKNOQRUVXY%&@—ĂÂȘȚ")


class Written(NamedTuple):
    """A text that was filled in."""

    title: str
    row: int
    column: int
    text: str
    style: int


def make_rows_high_enough(file: XlsxFile, written: Iterable[Written]) -> None:
    """Let rows grow where their texts need it; none shrinks. One that has nothing to say any more is hidden."""
    by_tab: dict[str, list[Written]] = defaultdict(list)
    blank: dict[str, set[int]] = defaultdict(set)
    for one in written:
        if not one.text:
            blank[one.title].add(one.row)
        if ("\n" in one.text or len(one.text) > USUAL_WIDTH / 2) and file.book.styles.wraps(one.style):
            by_tab[one.title].append(one)
    for title, texts in by_tab.items():
        _grow(file.tab(title), texts)
    for title, rows in blank.items():
        _hide(file.tab(title), sorted(rows))


def _hide(tab: TabEditor, numbers: Iterable[int]) -> None:
    """Hide those rows that say nothing at all, and over which no text from above goes on."""
    spanned = {
        row for area in tab.skeleton.merged for row in range(area.top, area.bottom + 1) if area.top < area.bottom
    }
    pieces = []
    for number in numbers:
        row = tab.rows.row(number)
        if row is None or number in spanned:
            continue
        if not any(tab.rows.says_something(cell, row.inner) for cell in tab.rows.cells(row.inner)):
            pieces.append((row.start, row.start + len(row.tag), with_attribute(row.tag, b"hidden", "1")))
    tab.splice(pieces)


def _grow(tab: TabEditor, texts: Iterable[Written]) -> None:
    merged = {(area.top, area.left): area for area in tab.skeleton.merged}
    width_of = cache(lambda column: _width(tab, column))
    wanted: dict[int, float] = {}
    for one in texts:
        area = merged.get((one.row, one.column), Area(one.column, one.row, one.column, one.row))
        is_merged = (one.row, one.column) in merged
        found = [tab.rows.row(row) for row in range(area.top, area.bottom + 1)]
        heights = [_height(row.tag) if row else None for row in found]
        if heights == [None] and not is_merged:
            continue  # the program that opens it fits the row by itself
        width = sum(map(width_of, range(area.left, area.right + 1))) - MARGIN_POINTS
        needed = _needed(one.text, width, tab.book.styles.font_points(one.style))
        lacking = needed - sum(height or USUAL_HEIGHT for height in heights)
        if lacking > 0:
            last = (heights[-1] or USUAL_HEIGHT) + lacking
            wanted[area.bottom] = max(wanted.get(area.bottom, 0), min(last, MAX_HEIGHT))
    pieces = []
    for number in sorted(wanted):
        row = tab.rows.row(number)
        if row is not None and row.inner:
            tag = with_attribute(with_attribute(row.tag, b"ht", f"{wanted[number]:g}"), b"customHeight", "1")
            pieces.append((row.start, row.start + len(row.tag), tag))
    tab.splice(pieces)


def _height(tag: bytes) -> float | None:
    """The height that a row has, where somebody set it."""
    text = attribute(tag, b"ht")
    is_set = attribute(tag, b"customHeight") in ("1", "true")
    return float(text) if is_set and text and re.fullmatch(r"\d+(\.\d+)?", text) else None


def _needed(text: str, width: float, points: float) -> float:
    """The height that a text needs in a cell so many points wide."""
    lines = sum(_lines(line, width / points) for line in text.split("\n"))
    return lines * points * LINE + EDGES


def _lines(text: str, width: float) -> int:
    """How many lines a text takes; `width` is in heights of a letter."""
    lines, at = 1, 0.0
    for word in re.split(r"(?<=[\s-])", text):
        long = sum(map(_letter, word.rstrip()))
        if at and at + long > width:
            lines, at = lines + 1, 0.0
        if long > width > 0:
            lines += ceil(long / width) - 1
            long %= width
        at += long + (_letter(" ") if word[-1:].isspace() else 0)
    return lines


def _letter(letter: str) -> float:
    if letter in _NARROW:
        return NARROW
    return ASIAN if letter > "\u2e80" else WIDE if letter in _WIDE else USUAL


def _width(tab: TabEditor, column: int) -> float:
    """In points."""
    entry = tab.skeleton.column_like(column)
    text = entry.get("width", "") if entry is not None else ""
    digits = float(text) if re.fullmatch(r"\d+(\.\d+)?", text) else USUAL_WIDTH
    return digits * DIGIT_POINTS
