"""The rows of one tab as bytes: found by searching, kept as they are, rewritten where they must be.

A tab of a hundred thousand rows is never parsed. Rows and cells that are not
touched keep their bytes; of the others only what changes is written anew. It knows
`<row>`, `<c>` and `<f>`, and nothing else of a sheet. Rows and columns count from 1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, TypeAlias

from sheetcrm.tables import column_letters
from sheetcrm.workbooks.excel.formulas import (
    LAST_COLUMN,
    LAST_ROW,
    Area,
    areas,
    column_number,
    text_of,
)
from sheetcrm.workbooks.excel.markup import REST_OF_TAG, attribute, with_attribute
from sheetcrm.workbooks.excel.values import Content

__all__ = ["Blocked", "Cells", "NOTHING", "NewCell", "Piece", "Row", "RowEdits", "Rows", "style_of"]


Piece: TypeAlias = bytes | memoryview
"""A run of bytes of a part."""


SMALL_BYTES = 1 << 14
SAMPLE_BYTES = 1 << 17
LONGEST_NUMBER = 9
_OPENED = re.compile(rb"[0-9]+\"[^>]*>")


class Blocked(Exception):
    """Something stands in the way of an edit. The first argument is a key of the error texts."""


class NewCell(NamedTuple):
    """What a cell shall hold."""

    content: Content
    look: Callable[[int], int] | None = None
    """The style that the cell has, or would have → the one that it shall have."""
    whole: bytes = b""
    """A cell of this workbook to be taken as it is, but for its place: its start tag to its end tag."""
    base: int | None = None
    """The style that it would have, where that is known; else its own, or that of its row or column."""

    @property
    def says_something(self) -> bool:
        """Whether it holds a value or a formula."""
        return bool(self.content[1] or self.whole)

    def style_over(self, style: int) -> int:
        """Its style where a cell of that style stands now."""
        style = style if self.base is None else self.base
        return style if self.look is None else self.look(style)


Cells = Mapping[int, NewCell]
"""Column → what its cell shall hold."""


class Row(NamedTuple):
    """One row as it lies in the part."""

    number: int
    tag: bytes
    """Its start tag, never closed in itself."""
    inner: bytes
    start: int
    end: int
    is_new: bool = False
    """It does not stand in the part like this."""


class Cell(NamedTuple):
    """One cell of a row."""

    column: int
    tag: bytes
    start: int
    """Where its start tag begins in the row."""
    end: int
    """Where it ends."""


@dataclass
class RowEdits:
    """All that happens to the rows of one tab in one go: cells are written, then rows move."""

    cells: dict[int, dict[int, NewCell]] = field(default_factory=dict)
    """Row → column → what it shall hold; rows that are not there come to be."""
    emptied: Area | None = None
    """A block whose other cells say nothing any more; they keep their looks."""
    wiped: bool = False
    """No old row stays."""
    heights: dict[int, bytes] = field(default_factory=dict)
    """Row that comes to be → the start tag that it is like."""
    column_look: Callable[[int], int] | None = None
    """Column → the style of a new cell."""

    @property
    def has_formulas(self) -> bool:
        """Whether any cell that is written holds a formula."""
        return any(
            b"f>" in cell.content[1] or b"<f" in cell.whole for row in self.cells.values() for cell in row.values()
        )

    def part(self, first: int, last: int) -> RowEdits:
        """What happens to some of the rows."""
        cells = {row: cells for row, cells in self.cells.items() if first <= row <= last}
        return RowEdits(cells, heights=self.heights, column_look=self.column_look)


class Rows:
    """The part of a tab, its rows to be searched and rewritten.

    `xml` is in UTF-8 and has neither comments nor CDATA.
    """

    def __init__(self, xml: bytes) -> None:
        opening = re.search(rb"<((?:[\w.-]+:)?)sheetData(?=[\s/>])" + REST_OF_TAG + rb">", xml)
        if opening is None:
            raise Blocked("damaged-file")
        self.prefix = p = opening[1]
        if opening[0].endswith(b"/>"):
            opened = opening[0][:-2].rstrip() + b">"
            xml = xml[: opening.start()] + opened + b"</" + p + b"sheetData>" + xml[opening.end() :]
            self.start = opening.start() + len(opened)
        else:
            self.start = opening.end()
        self.xml = xml
        self.end = xml.rfind(b"</" + p + b"sheetData>")
        if self.end < self.start:
            raise Blocked("damaged-file")
        self.head, self.tail = xml[: self.start], xml[self.end :]
        self._row = re.compile(rb"<" + p + rb"row(?=[\s/>])" + REST_OF_TAG + rb">")
        self._cell = re.compile(rb"<" + p + rb"c(?=[\s/>])" + REST_OF_TAG + rb">")
        self.formula = re.compile(rb"<" + p + rb"f((?:\s[^>]*?)?)(?:/>|>([^<]*)</" + p + rb"f\s*>)")
        self.row_start, self.row_end, self._cell_end = b"<" + p + b'row r="', b"</" + p + b"row>", b"</" + p + b"c>"
        self.placed_cell = b"<" + p + b'c r="'
        self.any_cell = b"<" + p + b"c"
        self.any_formula = b"<" + p + b"f"

    # ------------------------------------------------------------ looking

    def __iter__(self) -> Iterator[Row]:
        """Every row, from the top."""
        return self.from_(self.start, 0)

    def from_(self, at: int, before: int) -> Iterator[Row]:
        """The rows that begin at `at` or later; the last before it has the number `before`."""
        xml, search, opening = self.xml, self._row.search, b"<" + self.prefix + b"row"
        closing, length = self.row_end, len(self.row_end)
        while match := search(xml, at, self.end):
            tag, begins, ends = match[0], match.start(), match.end()
            if begins > at and xml[at:begins].strip():
                raise Blocked("damaged-file")
            before = number = self._number(tag, before)
            if tag.endswith(b"/>"):
                at = ends
                yield Row(number, tag[:-2].rstrip() + b">", b"", begins, ends)
            else:
                close = xml.find(closing, ends, self.end)
                inner = xml[ends:close]
                if close < 0 or opening in inner:
                    raise Blocked("damaged-file")
                at = close + length
                yield Row(number, tag, inner, begins, at)
        if xml[at : self.end].strip():
            raise Blocked("damaged-file")

    def _number(self, tag: bytes, before: int) -> int:
        text: bytes | str | None
        if tag.startswith(self.row_start):
            begins = len(self.row_start)
            text = tag[begins : tag.find(b'"', begins)]
        else:
            text = attribute(tag, b"r")
        if text is not None and (not text.isdigit() or len(text) > LONGEST_NUMBER):
            raise Blocked("damaged-file")
        number = before + 1 if text is None else int(text)
        if number <= before or number > LAST_ROW:
            raise Blocked("damaged-file")
        return number

    def cells(self, inner: bytes, *, in_order: bool = True) -> Iterator[Cell]:
        """The cells of a row."""
        column = at = 0
        while match := self._cell.search(inner, at):
            tag = match[0]
            place = attribute(tag, b"r")
            letters = place.replace("$", "").rstrip("0123456789") if place else ""
            before, column = column, (column_number(letters) if letters else column + 1)
            strange = (in_order and column <= before) or column > LAST_COLUMN or (place and not letters.isalpha())
            if strange or inner[at : match.start()].strip():
                raise Blocked("damaged-file")
            if tag.endswith(b"/>"):
                at = match.end()
            else:
                close = inner.find(self._cell_end, match.end())
                if close < 0 or self._cell.search(inner, match.end(), close):
                    raise Blocked("damaged-file")
                at = close + len(self._cell_end)
            yield Cell(column, tag, match.start(), at)
        rest = inner[at:].strip()
        if rest and not rest.startswith(b"<" + self.prefix + b"extLst"):
            raise Blocked("damaged-file")

    def row(self, number: int) -> Row | None:
        """One row."""
        at = self.position(number)
        match = self._row.match(self.xml, at) if at is not None else None
        if at is None:
            return next((row for row in self if row.number >= number and row.number == number), None)
        if match is None or self._number(match[0], 0) != number:
            return None
        if match[0].endswith(b"/>"):
            return Row(number, match[0][:-2].rstrip() + b">", b"", at, match.end())
        close = self.xml.find(self.row_end, match.end(), self.end)
        if close < 0:
            raise Blocked("damaged-file")
        return Row(number, match[0], self.xml[match.end() : close], at, close + len(self.row_end))

    @cached_property
    def _every(self) -> int:
        return self.xml.count(b"<" + self.prefix + b"row", self.start, self.end)

    @cached_property
    def _say_their_numbers(self) -> bool:
        return self._every == self.xml.count(self.row_start, self.start, self.end)

    def check(self) -> None:
        """Raise where rows do not begin and end in turn."""
        if self._every != self.xml.count(self.row_end, self.start, self.end):
            for _ in self:  # some may be closed in themselves; each is looked at
                pass

    def position(self, number: int) -> int | None:
        """Where the first row from `number` on begins, found by halving; None where rows do not say their numbers."""
        if not self._say_their_numbers:
            return None
        low, high = self.start, self.end
        while high - low > SMALL_BYTES:
            middle = (low + high) // 2
            at = self.xml.find(self.row_start, middle, high)
            if at >= 0 and self.number_at(at) < number:
                low = at
            else:
                high = middle
        at = self.xml.find(self.row_start, low, self.end)
        while at >= 0 and self.number_at(at) < number:
            at = self.xml.find(self.row_start, at + 1, self.end)
        return self.end if at < 0 else at

    def number_at(self, at: int) -> int:
        """The number of the row that begins there."""
        begins = at + len(self.row_start)
        text = self.xml[begins : self.xml.find(b'"', begins, begins + LONGEST_NUMBER + 1)]
        if not text.isdigit():
            raise Blocked("damaged-file")
        return int(text)

    def says_something(self, cell: Cell, inner: bytes) -> bool:
        """Whether a cell holds a value or a formula."""
        content = inner[cell.start + len(cell.tag) : cell.end]
        return any(b"<" + self.prefix + name in content for name in (b"v>", b"v ", b"f>", b"f ", b"f/", b"is>", b"is "))

    def last_with_data(self) -> int:
        """The last row that says something; 0 without one."""
        last = 0
        if self._row.search(self.xml, self.start, self.end) is None:
            return 0
        at = self.end
        while (at := self.xml.rfind(b"<" + self.prefix + b"row", self.start, at)) >= 0:
            match = self._row.match(self.xml, at)
            if match is None or attribute(match[0], b"r") is None:
                break
            inner = self.xml[match.end() : max(self.xml.find(self.row_end, match.end(), self.end), match.end())]
            if not match[0].endswith(b"/>") and any(self.says_something(cell, inner) for cell in self.cells(inner)):
                return self._number(match[0], 0)
        if at >= 0:
            for row in self:
                if any(self.says_something(cell, row.inner) for cell in self.cells(row.inner)):
                    last = row.number
        return last

    def has_data_in(self, column: int) -> bool:
        """Whether any cell of a column holds something."""
        letters, xml = self.placed_cell + column_letters(column - 1).encode(), self.xml
        at = self.start
        while (at := xml.find(letters, at, self.end)) >= 0:
            match = _OPENED.match(xml, at + len(letters))
            at += len(letters)
            if match and not match[0].endswith(b"/>") and not xml.startswith(self._cell_end, match.end()):
                return True
        if self._cells_say_their_places:
            return False
        return any(c.column == column and self.says_something(c, r.inner) for r in self for c in self.cells(r.inner))

    @cached_property
    def _cells_say_their_places(self) -> bool:
        """Whether cells say where they are; programs do so throughout or not at all."""
        ends = (
            self.xml[self.start : self.start + SAMPLE_BYTES]
            + self.xml[max(self.end - SAMPLE_BYTES, self.start) : self.end]
        )
        return self._say_their_numbers and not any(
            attribute(match[0], b"r") is None for match in self._cell.finditer(ends)
        )

    @cached_property
    def has_formulas(self) -> bool:
        """Whether any cell holds a formula."""
        at = self.start
        while (at := self.xml.find(self.any_formula, at, self.end)) >= 0:
            at += len(self.any_formula)
            if self.xml[at : at + 1] in (b">", b" ", b"/", b"\n", b"\r", b"\t"):
                return True
        return False

    @cached_property
    def fixed_areas(self) -> list[Area]:
        """Blocks that one formula fills, of which no part can be changed alone."""
        found: list[Area] = []
        if self.xml.find(b"array", self.start, self.end) < 0 and self.xml.find(b"dataTable", self.start, self.end) < 0:
            return found
        for match in self.formula.finditer(self.xml, self.start, self.end):
            if attribute(match[1], b"t") in ("array", "dataTable"):
                found += [area for area in areas(attribute(match[1], b"ref") or "") if text_of(area).find(":") >= 0]
        return found

    # ------------------------------------------------------------ writing cells

    def written(self, edits: RowEdits) -> Iterator[Piece]:
        """The part with those cells written. Runs of untouched rows are copied as they are."""
        yield self.head
        at, runs = self.start, memoryview(self.xml)
        if not edits.wiped:
            for row in self.touched(edits):
                yield runs[at : row.start]
                yield self.bytes_of(row)
                at = row.end
            yield runs[at : self.end]
        else:
            yield from (self.bytes_of(row) for row in self.edited(iter(()), edits, self.end))
        yield self.tail

    def bytes_of(self, row: Row) -> bytes:
        """A row as it shall stand in the part."""
        return row.tag + row.inner + self.row_end

    def touched(self, edits: RowEdits) -> Iterator[Row]:
        """The rows that are rewritten, and those that come to be."""
        emptied, waiting = edits.emptied, sorted(edits.cells)
        if emptied is None and not waiting:
            return
        if emptied is not None or self.position(waiting[0]) is None:
            yield from (row for row in self.edited(iter(self), edits, self.end) if row.is_new)
            return
        for number in waiting:
            at = self.position(number)
            assert at is not None
            row = next(self.from_(at, 0), None)
            if row is not None and row.number == number:
                yield self.rewritten(row, edits)
            else:
                yield from self._new_row(number, edits, at)

    def edited(self, rows: Iterator[Row], edits: RowEdits, end: int) -> Iterator[Row]:
        """Rows with what is written into them, and those that come to be among them and after them."""
        waiting, emptied = sorted(edits.cells, reverse=True), edits.emptied
        for row in rows:
            while waiting and waiting[-1] < row.number:
                yield from self._new_row(waiting.pop(), edits, row.start)
            inside = emptied is not None and emptied.top <= row.number <= emptied.bottom
            is_written = bool(waiting) and waiting[-1] == row.number
            if is_written:
                waiting.pop()
            yield self.rewritten(row, edits) if is_written or inside else row
        while waiting:
            yield from self._new_row(waiting.pop(), edits, end)

    def rewritten(self, row: Row, edits: RowEdits) -> Row:
        """A row with its cells written, and others emptied."""
        new, emptied = edits.cells.get(row.number, {}), edits.emptied
        inside = emptied is not None and emptied.top <= row.number <= emptied.bottom
        default = _own_style(row.tag)
        pieces, waiting, at = [], sorted(new), 0
        for cell in self.cells(row.inner):
            while waiting and waiting[0] < cell.column:
                pieces += [row.inner[at : cell.start], self._new_cell(row.number, waiting.pop(0), new, edits, default)]
                at = cell.start
            is_written = bool(waiting) and waiting[0] == cell.column
            is_emptied = inside and emptied is not None and emptied.left <= cell.column <= emptied.right
            if is_written or is_emptied:
                what = new[waiting.pop(0)] if is_written else NOTHING
                written = self.cell_xml(row.number, cell.column, what, style_of(cell.tag))
                if not written and attribute(cell.tag, b"r") is None:
                    written = b"<" + self.prefix + b"c/>"  # it keeps the place of those after it
                pieces += [row.inner[at : cell.start], written]
                at = cell.end
        pieces.append(row.inner[at:])
        pieces += [self._new_cell(row.number, column, new, edits, default) for column in waiting]
        return Row(row.number, _widened(row.tag, new), b"".join(pieces), row.start, row.end, is_new=True)

    def _new_cell(self, row: int, column: int, new: Cells, edits: RowEdits, default: int | None) -> bytes:
        style = default if default is not None else edits.column_look(column) if edits.column_look else 0
        return self.cell_xml(row, column, new[column], style)

    def _new_row(self, number: int, edits: RowEdits, at: int) -> Iterator[Row]:
        """A row that comes to be, unless nothing is to be said in it."""
        tag = edits.heights.get(number) or b"<" + self.prefix + b"row>"
        tag = with_attribute(with_attribute(tag, b"spans", None), b"r", str(number))
        cells, default = edits.cells[number], _own_style(tag)
        written = b"".join(self._new_cell(number, column, cells, edits, default) for column in sorted(cells))
        if written or number in edits.heights:
            yield Row(number, tag, written, at, at, is_new=True)

    def settle(self, edits: RowEdits) -> None:
        """Give every cell that is written the style that it shall have, from the one that it has."""
        for number, cells in edits.cells.items():
            if all(cell.look is None for cell in cells.values()):
                continue
            row = None if edits.wiped else self.row(number)
            there = {c.column: style_of(c.tag) for c in self.cells(row.inner)} if row else {}
            default = _own_style(row.tag if row else edits.heights.get(number, b""))
            for column, cell in cells.items():
                usual = default if default is not None else edits.column_look(column) if edits.column_look else 0
                cells[column] = cell._replace(look=None, base=cell.style_over(there.get(column, usual)))

    def cell_xml(self, row: int, column: int, new: NewCell, style: int) -> bytes:
        """A cell as it shall stand in the part, where one of that style stands or would."""
        place = column_letters(column - 1) + str(row)
        if new.whole:
            return self.placed(new.whole, place, new.base)
        style = new.style_over(style)
        kind, inner = new.content
        tag = b"<" + self.prefix + b'c r="' + place.encode() + b'"' + (b' s="%d"' % style if style else b"") + kind
        if not inner:
            return tag + b"/>" if style else b""
        return tag + b">" + inner + self._cell_end

    def placed(self, whole: bytes, place: str, style: int | None = None) -> bytes:
        """A cell taken from elsewhere, at another place; a style is for one that has none."""
        close = whole.index(b">") + 1
        tag = whole[:close]
        if style and attribute(tag, b"s") in (None, "0"):
            tag = with_attribute(tag, b"s", str(style))
        if attribute(tag, b"r") is None:
            begin = re.match(rb"<(?:[\w.-]+:)?c", tag)
            end = begin.end() if begin else 0
            return tag[:end] + b' r="' + place.encode() + b'"' + tag[end:] + whole[close:]
        return with_attribute(tag, b"r", place) + whole[close:]

    def renumbered(self, inner: bytes, number: int, to: int) -> bytes:
        """The cells of a row under another number."""
        if number == to or not inner:
            return inner
        old = b'%d"' % number
        cells = inner.count(self.placed_cell)
        if inner.count(self.any_cell) == cells == inner.count(old):
            return inner.replace(old, b'%d"' % to)
        pieces, at = [], 0
        for cell in self.cells(inner):
            if attribute(cell.tag, b"r") is not None:
                tag = with_attribute(cell.tag, b"r", f"{column_letters(cell.column - 1)}{to}")
                pieces += [inner[at : cell.start], tag]
                at = cell.start + len(cell.tag)
        return b"".join([*pieces, inner[at:]])


NOTHING = NewCell((b"", b""))


def style_of(tag: bytes) -> int:
    """The style that a start tag names; 0 where it names none."""
    text = attribute(tag, b"s") or "0"
    if not text.isdecimal() or len(text) > LONGEST_NUMBER:
        raise Blocked("damaged-file")
    return int(text)


def _own_style(tag: bytes) -> int | None:
    """The style that a whole row has, by its start tag."""
    return style_of(tag) if attribute(tag, b"customFormat") in ("1", "true") else None


def _widened(tag: bytes, new: Cells) -> bytes:
    """A row's start tag, whose `spans` reach over its new cells."""
    spans = attribute(tag, b"spans")
    first, _, last = (spans or "").partition(":")
    if not new or not (first.isdigit() and last.isdigit()):
        return tag
    return with_attribute(tag, b"spans", f"{min(int(first), *new)}:{max(int(last), *new)}")
