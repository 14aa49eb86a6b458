"""The rows of one tab as bytes: found by searching, kept as they are, rewritten where they must be.

A tab of a hundred thousand rows is never parsed. Rows and cells that are not
touched keep their bytes; of the others only what changes is written anew. It knows
`<row>`, `<c>` and `<f>`, and nothing else of a sheet. Rows and columns count from 1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from heapq import heappop, heappush
from typing import NamedTuple, TypeAlias

from sheetcrm.tables import column_letters
from sheetcrm.workbooks.excel.formulas import (
    LAST_COLUMN,
    LAST_ROW,
    Area,
    Shift,
    Shifts,
    areas,
    column_number,
    fills_alike,
    follow,
    text_of,
    translate,
)
from sheetcrm.workbooks.excel.markup import REST_OF_TAG, attribute, escape, unescaped, with_attribute
from sheetcrm.workbooks.excel.values import Content

__all__ = ["Blocked", "Cells", "NewCell", "RowEdits", "Row", "Rows", "style_of"]


Piece: TypeAlias = bytes | memoryview
"""A run of bytes of a part."""


SMALL_BYTES = 1 << 14
SAMPLE_BYTES = 1 << 17
RUN_BYTES = 1 << 20
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
        self._formula = re.compile(rb"<" + p + rb"f((?:\s[^>]*?)?)(?:/>|>([^<]*)</" + p + rb"f\s*>)")
        self._row_start, self._row_end, self._cell_end = b"<" + p + b'row r="', b"</" + p + b"row>", b"</" + p + b"c>"
        self._placed = b"<" + p + b'c r="'
        self._any_cell = b"<" + p + b"c"
        self._any_formula = b"<" + p + b"f"

    # ------------------------------------------------------------ looking

    def __iter__(self) -> Iterator[Row]:
        """Every row, from the top."""
        return self.from_(self.start, 0)

    def from_(self, at: int, before: int) -> Iterator[Row]:
        """The rows that begin at `at` or later; the last before it has the number `before`."""
        xml, search, opening = self.xml, self._row.search, b"<" + self.prefix + b"row"
        closing, length = self._row_end, len(self._row_end)
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
        if tag.startswith(self._row_start):
            begins = len(self._row_start)
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
        at = self._position(number)
        match = self._row.match(self.xml, at) if at is not None else None
        if at is None:
            return next((row for row in self if row.number >= number and row.number == number), None)
        if match is None or self._number(match[0], 0) != number:
            return None
        if match[0].endswith(b"/>"):
            return Row(number, match[0][:-2].rstrip() + b">", b"", at, match.end())
        close = self.xml.find(self._row_end, match.end(), self.end)
        if close < 0:
            raise Blocked("damaged-file")
        return Row(number, match[0], self.xml[match.end() : close], at, close + len(self._row_end))

    @cached_property
    def _every(self) -> int:
        return self.xml.count(b"<" + self.prefix + b"row", self.start, self.end)

    @cached_property
    def _say_their_numbers(self) -> bool:
        return self._every == self.xml.count(self._row_start, self.start, self.end)

    def check(self) -> None:
        """Raise where rows do not begin and end in turn."""
        if self._every != self.xml.count(self._row_end, self.start, self.end):
            for _ in self:  # some may be closed in themselves; each is looked at
                pass

    def _position(self, number: int) -> int | None:
        """Where the first row from `number` on begins, found by halving; None where rows do not say their numbers."""
        if not self._say_their_numbers:
            return None
        low, high = self.start, self.end
        while high - low > SMALL_BYTES:
            middle = (low + high) // 2
            at = self.xml.find(self._row_start, middle, high)
            if at >= 0 and self._number_at(at) < number:
                low = at
            else:
                high = middle
        at = self.xml.find(self._row_start, low, self.end)
        while at >= 0 and self._number_at(at) < number:
            at = self.xml.find(self._row_start, at + 1, self.end)
        return self.end if at < 0 else at

    def _number_at(self, at: int) -> int:
        begins = at + len(self._row_start)
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
            inner = self.xml[match.end() : max(self.xml.find(self._row_end, match.end(), self.end), match.end())]
            if not match[0].endswith(b"/>") and any(self.says_something(cell, inner) for cell in self.cells(inner)):
                return self._number(match[0], 0)
        if at >= 0:
            for row in self:
                if any(self.says_something(cell, row.inner) for cell in self.cells(row.inner)):
                    last = row.number
        return last

    def has_data_in(self, column: int) -> bool:
        """Whether any cell of a column holds something."""
        letters, xml = self._placed + column_letters(column - 1).encode(), self.xml
        at = self.start
        while (at := xml.find(letters, at, self.end)) >= 0:
            match = _OPENED.match(xml, at + len(letters))
            if match and not match[0].endswith(b"/>"):
                return True
            at += len(letters)
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
        while (at := self.xml.find(self._any_formula, at, self.end)) >= 0:
            at += len(self._any_formula)
            if self.xml[at : at + 1] in (b">", b" ", b"/", b"\n", b"\r", b"\t"):
                return True
        return False

    def formula_at(self, row: int, column: int) -> str:
        """The formula of a cell, without its `=`; "" without one."""
        found = self.row(row)
        for cell in self.cells(found.inner) if found else ():
            match = self._formula.search(found.inner, cell.start, cell.end) if found and cell.column == column else None
            if match and match[2]:
                return unescaped(match[2])
            if match and (group := _groups(self).get(attribute(match[1], b"si") or "")):
                return translate(group.text, row - group.first.top, column - group.first.left)
        return ""

    def fixed_areas(self) -> list[Area]:
        """Blocks that one formula fills, of which no part can be changed alone."""
        found: list[Area] = []
        if self.xml.find(b"array", self.start, self.end) < 0 and self.xml.find(b"dataTable", self.start, self.end) < 0:
            return found
        for match in self._formula.finditer(self.xml, self.start, self.end):
            if attribute(match[1], b"t") in ("array", "dataTable"):
                found += [area for area in areas(attribute(match[1], b"ref") or "") if text_of(area).find(":") >= 0]
        return found

    # ------------------------------------------------------------ writing cells

    def written(self, edits: RowEdits) -> Iterator[Piece]:
        """The part with those cells written. Runs of untouched rows are copied as they are."""
        yield self.head
        at, runs = self.start, memoryview(self.xml)
        if not edits.wiped:
            for row in self._touched(edits):
                yield runs[at : row.start]
                yield self._bytes(row)
                at = row.end
            yield runs[at : self.end]
        else:
            yield from (self._bytes(row) for row in self._edited(iter(()), edits, self.end))
        yield self.tail

    def _bytes(self, row: Row) -> bytes:
        return row.tag + row.inner + self._row_end

    def _touched(self, edits: RowEdits) -> Iterator[Row]:
        """The rows that are rewritten, and those that come to be."""
        emptied, waiting = edits.emptied, sorted(edits.cells)
        if emptied is not None or not waiting or self._position(waiting[0]) is None:
            yield from (row for row in self._edited(iter(self), edits, self.end) if row.is_new)
            return
        for number in waiting:
            at = self._position(number)
            assert at is not None
            row = next(self.from_(at, 0), None)
            if row is not None and row.number == number:
                yield self._rewritten(row, edits)
            else:
                yield from self._new_row(number, edits, at)

    def _edited(self, rows: Iterator[Row], edits: RowEdits, end: int) -> Iterator[Row]:
        """Rows with what is written into them, and those that come to be among them and after them."""
        waiting, emptied = sorted(edits.cells, reverse=True), edits.emptied
        for row in rows:
            while waiting and waiting[-1] < row.number:
                yield from self._new_row(waiting.pop(), edits, row.start)
            inside = emptied is not None and emptied.top <= row.number <= emptied.bottom
            is_written = bool(waiting) and waiting[-1] == row.number
            if is_written:
                waiting.pop()
            yield self._rewritten(row, edits) if is_written or inside else row
        while waiting:
            yield from self._new_row(waiting.pop(), edits, end)

    def _rewritten(self, row: Row, edits: RowEdits) -> Row:
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
                what = new[waiting.pop(0)] if is_written else _NOTHING
                style = style_of(cell.tag)
                pieces += [row.inner[at : cell.start], self._cell_xml(row.number, cell.column, what, style)]
                at = cell.end
        pieces.append(row.inner[at:])
        pieces += [self._new_cell(row.number, column, new, edits, default) for column in waiting]
        return Row(row.number, _widened(row.tag, new), b"".join(pieces), row.start, row.end, is_new=True)

    def _new_cell(self, row: int, column: int, new: Cells, edits: RowEdits, default: int | None) -> bytes:
        style = default if default is not None else edits.column_look(column) if edits.column_look else 0
        return self._cell_xml(row, column, new[column], style)

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

    def _cell_xml(self, row: int, column: int, new: NewCell, style: int) -> bytes:
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

    # ------------------------------------------------------------ moving rows

    def shifted(
        self,
        shift: Shift | None,
        home: str,
        shifts: Shifts,
        *,
        edits: RowEdits | None = None,
        rows_travel: bool = False,
    ) -> Iterator[Piece]:
        """The part after cells were written and rows went or came, with formulas that follow.

        `shift` is what happens to this tab's own rows, if anything; `shifts` to
        those of all tabs. Where `rows_travel`, heights and hiding of rows go along with them.
        """
        edits = edits or RowEdits()
        fill = _Fills(self, home, shifts, shift) if self.has_formulas or edits.has_formulas else None
        yield self.head
        if shift is None:
            yield from self._following(fill)
        elif shift.removed:
            yield from self._closing_up(shift, fill, edits, rows_travel)
        else:
            yield from self._making_room(shift, fill, edits)
        yield self.tail

    def _following(self, fill: _Fills | None) -> Iterator[Piece]:
        """Rows stay; formulas that point at others follow."""
        at, runs = self.start, memoryview(self.xml)
        for row in self._followed(iter(self), fill) if fill is not None else ():
            if row.is_new:
                yield runs[at : row.start]
                yield self._bytes(row)
                at = row.end
        yield runs[at : self.end]

    def _making_room(self, shift: Shift, fill: _Fills | None, edits: RowEdits) -> Iterator[Piece]:
        above: Row | None = None
        came = False
        at, runs = self.start, memoryview(self.xml)
        for row in self._followed(self._edited(iter(self), edits, self.end), fill):
            if row.number < shift.at:
                if row.is_new:
                    yield runs[at : row.start]
                    yield self._bytes(row)
                    at = row.end
                if row.number == shift.at - 1:
                    above = row
                continue
            yield runs[at : row.start]
            if not came:
                yield from self._rows_like(above, shift)
                came = True
            to = row.number + shift.count
            if to > LAST_ROW:
                if any(self.says_something(cell, row.inner) for cell in self.cells(row.inner)):
                    raise Blocked("sheet-full")
            else:
                tag = with_attribute(row.tag, b"r", str(to))
                yield tag + self._renumbered(row.inner, row.number, to) + self._row_end
            at = row.end
        yield runs[at : self.end]
        if not came:
            yield from self._rows_like(above, shift)

    def _followed(self, rows: Iterator[Row], fill: _Fills | None) -> Iterator[Row]:
        """Rows with formulas that follow."""
        for row in rows:
            if fill is not None and self._any_formula in row.inner:
                inner = fill.rewritten(row)
                yield row if inner is row.inner else row._replace(inner=inner, is_new=True)
            else:
                yield row

    def _rows_like(self, above: Row | None, shift: Shift) -> Iterator[bytes]:
        """Empty rows that look like the one above them."""
        if above is None:
            return
        tag = with_attribute(with_attribute(above.tag, b"hidden", None), b"collapsed", None)
        cells = [(c.column, style_of(c.tag)) for c in self.cells(above.inner)]
        for number in range(shift.at, shift.at + shift.count):
            blank = b"".join(self._cell_xml(number, column, _NOTHING, style) for column, style in cells)
            yield with_attribute(tag, b"r", str(number)) + blank + self._row_end

    def _closing_up(self, shift: Shift, fill: _Fills | None, edits: RowEdits, rows_travel: bool) -> Iterator[Piece]:
        """Cells in the columns of the shift move up; rows keep their heights, and whatever lies beside."""
        places = _Places(self, shift, rows_travel)
        at, runs = self.start, memoryview(self.xml)
        first = self._position(shift.first) if fill is None and shift.left == 1 else None
        if first is not None and first < self.end and self._number_at(first) == shift.first:
            for row in self._touched(edits.part(1, shift.first - 1)):
                yield runs[at : row.start]
                yield self._bytes(row)
                at = row.end
            yield runs[at:first]
            at = yield from self._closed_up_alike(first, places, edits)
            edits = edits.part((places.last or shift.first - 1) + 1, LAST_ROW)
        for row in self._followed(self._edited(self.from_(at, places.last), edits, self.end), fill):
            if row.number < shift.first:
                if row.is_new:
                    yield runs[at : row.start]
                    yield self._bytes(row)
                    at = row.end
                continue
            if at < row.start and not places.last:
                yield runs[at : row.start]
            mine, beside = places.divided(row)
            yield from places.settled(row.number)
            places.stays(row, beside)
            to = shift.row(row.number)
            if to is not None:
                places.comes(row, to, mine)
            at = row.end
        yield from places.settled(LAST_ROW + 1)
        yield runs[at : self.end]

    def _closed_up_alike(self, at: int, places: _Places, edits: RowEdits) -> Generator[Piece, None, int]:
        """The same for rows that follow one another, look alike and lie inside the columns: most of a long list.

        Gives the place of the first row that does not.
        """
        xml, closing = self.xml, self._row_end
        gone, first = set(places.shift.removed), self._number_at(at)
        opened = at + len(self._row_start) + len(b'%d"' % first)
        look = xml[opened : xml.find(b">", opened) + 1]
        number, lost = first, 0
        while not look.endswith(b"/>") and look.count(b'"') % 2 == 0 and b"'" not in look:
            stop = xml.rfind(closing, at, min(at + RUN_BYTES, self.end))
            parts = xml[at:stop].split(closing) if stop > at else []
            alike = 0
            for part in parts:
                if not part.startswith(self._row_start + b'%d"' % (number + alike) + look) or places.reaches_out(part):
                    break
                alike += 1
            if alike:
                yield self._moved_up(self._with_cells(parts[:alike], number, edits), number, lost, gone)
                lost += sum(row in gone for row in range(number, number + alike))
                at += sum(map(len, parts[:alike])) + alike * len(closing)
                number += alike
            if not alike or alike < len(parts):
                break
        places.go_on(first, number, lost, look)
        return at

    def _with_cells(self, parts: list[bytes], number: int, edits: RowEdits) -> list[bytes]:
        """Rows from `number` on, with cells written into some."""
        if not edits.cells:
            return parts
        for place, part in enumerate(parts):
            if number + place in edits.cells:
                head = part.index(b">") + 1
                row = self._rewritten(Row(number + place, part[:head], part[head:], 0, 0), edits)
                parts[place] = row.tag + row.inner
        return parts

    def _moved_up(self, parts: Sequence[bytes], number: int, lost: int, gone: Container[int]) -> bytes:
        """Rows from `number` on, `lost` rows further up; those of `gone` left out."""
        done: list[bytes] = []
        found = kept = rows = 0
        for row, part in enumerate(parts, number):
            if row in gone:
                lost += 1
                continue
            old = b'%d"' % row
            found += part.count(old)
            rows += 1
            done.append(part.replace(old, b'%d"' % (row - lost)))
        text = b"".join(part for row, part in enumerate(parts, number) if row not in gone)
        if text.count(b"<" + self.prefix + b"row") != rows:
            raise Blocked("damaged-file")
        kept = text.count(self._placed)
        if found == kept + rows and text.count(self._any_cell) == kept:
            return self._row_end.join([*done, b""])
        # Some text or attribute ends like a row's number: cell by cell, then.
        done, lost = [], lost - sum(row in gone for row in range(number, number + len(parts)))
        for row, part in enumerate(parts, number):
            if row in gone:
                lost += 1
                continue
            head, new = part.index(b">") + 1, row - lost
            tag = with_attribute(part[:head], b"r", str(new))
            done.append(tag + self._renumbered(part[head:], row, new) + self._row_end)
        return b"".join(done)

    def _renumbered(self, inner: bytes, number: int, to: int) -> bytes:
        """The cells of a row under another number."""
        if number == to or not inner:
            return inner
        old = b'%d"' % number
        cells = inner.count(self._placed)
        if inner.count(self._any_cell) == cells == inner.count(old):
            return inner.replace(old, b'%d"' % to)
        pieces, at = [], 0
        for cell in self.cells(inner):
            if attribute(cell.tag, b"r") is not None:
                tag = with_attribute(cell.tag, b"r", f"{column_letters(cell.column - 1)}{to}")
                pieces += [inner[at : cell.start], tag]
                at = cell.start + len(cell.tag)
        return b"".join([*pieces, inner[at:]])


_NOTHING = NewCell((b"", b""))


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


class _Places:
    """Rows as they are put together while cells move up: what stays at its place, and what comes there."""

    def __init__(self, rows: Rows, shift: Shift, rows_travel: bool) -> None:
        self._rows = rows
        self.shift = shift
        self._rows_travel = rows_travel
        self._waiting: dict[int, tuple[bytes, bytes, bytes]] = {}
        """Row → its start tag, the cells that stay there, those that come there."""
        self._order: list[int] = []
        """The waiting rows, the first of them first."""
        self._last_column = column_letters(shift.right - 1).encode()
        self.last = 0
        """The last row that was read."""

    def go_on(self, first: int, number: int, lost: int, look: bytes) -> None:
        """Go on where rows that look alike end: `lost` of them wait for what may still come."""
        self.last = number - 1 if number > first else 0
        for row in range(number - lost, number) if not self._rows_travel else ():
            self._put(row, (self._rows._row_start + b'%d"' % row + look, b"", b""))

    def reaches_out(self, row: bytes) -> bool:
        """Whether a row, whose cells say where they are, may have cells beside the columns."""
        begin = row.rfind(self._rows._placed)
        if self.shift.is_whole or begin < 0:
            return not self.shift.is_whole
        begin += len(self._rows._placed)
        if row.startswith(self._last_column, begin) and row[begin + len(self._last_column)] < 58:  # a digit
            return False
        letters = row[begin : begin + 3].rstrip(b"0123456789")
        return (len(letters), letters) > (len(self._last_column), self._last_column)

    def _put(self, row: int, what: tuple[bytes, bytes, bytes]) -> None:
        if row not in self._waiting:
            heappush(self._order, row)
        self._waiting[row] = what

    def divided(self, row: Row) -> tuple[bytes, bytes]:
        """The cells in the columns of the shift, and those beside."""
        inner = row.inner
        if self.shift.is_whole:
            return inner, b""
        mine: list[bytes] = []
        beside: list[bytes] = []
        for cell in self._rows.cells(inner):
            whole = inner[cell.start : cell.end]
            if attribute(cell.tag, b"r") is None:
                whole = self._rows.placed(whole, f"{column_letters(cell.column - 1)}{row.number}")
            (mine if self.shift.holds(cell.column) else beside).append(whole)
        return (b"".join(mine), b"".join(beside)) if beside else (inner, b"")

    def stays(self, row: Row, beside: bytes) -> None:
        """The row's start tag and the cells beside stay where they are."""
        self.last = row.number
        plain = self._rows_travel and not beside
        tag = b"<" + self._rows.prefix + b"row>" if plain else row.tag
        if not tag.startswith(self._rows._row_start):
            tag = with_attribute(tag, b"r", str(row.number))
        self._put(row.number, (tag, beside, b""))

    def comes(self, row: Row, to: int, mine: bytes) -> None:
        """The cells of a row come to another."""
        moved = self._rows._renumbered(mine, row.number, to)
        tag, beside, _ = self._waiting.get(to, (b"", b"", b""))
        here = with_attribute(row.tag, b"r", str(to))
        if self._rows_travel or tag == here:
            tag = here
        elif tag:
            tag = with_attribute(tag, b"spans", None)
        else:
            tag = b"<" + self._rows.prefix + b'row r="%d">' % to
        self._put(to, (tag, beside, moved))

    def settled(self, before: int) -> Iterator[bytes]:
        """Rows to which nothing more can come once `before` is read."""
        while self._order and (before > LAST_ROW or self._is_past(before)):
            tag, beside, comes = self._waiting.pop(heappop(self._order))
            if beside and comes:
                comes = self._in_order(comes + beside)
            inner = comes or beside
            if inner or _is_dressed(tag):
                yield tag + inner + self._rows._row_end

    def _is_past(self, before: int) -> bool:
        """Whether the first waiting row lies above where the next row that stays will come."""
        rows = self.shift.rows(before, LAST_ROW)
        return rows is None or self._order[0] < rows[0]

    def _in_order(self, inner: bytes) -> bytes:
        """Cells in the order of their columns: those that came may stand on either side of those that stayed."""
        found = ((cell.column, inner[cell.start : cell.end]) for cell in self._rows.cells(inner, in_order=False))
        return b"".join(whole for _, whole in sorted(found))


def _is_dressed(tag: bytes) -> bool:
    """Whether a row says more of itself than where it is."""
    plain = with_attribute(with_attribute(tag, b"r", None), b"spans", None)
    return b"=" in plain


class _Fills:
    """The formulas of one tab, among them those that are written once and filled over many cells."""

    def __init__(self, rows: Rows, home: str, shifts: Shifts, own: Shift | None) -> None:
        self._rows, self._home, self._shifts, self._own = rows, home, shifts, own
        self._groups = _groups(rows)
        self._left_alone = {key for key, group in self._groups.items() if self._stays_alike(group)}
        self._written: set[str] = set()

    def _stays_alike(self, group: _Group) -> bool:
        return fills_alike(group.text, group.first, group.is_one_column, self._home, self._shifts)

    def rewritten(self, row: Row) -> bytes:
        """The cells of a row, with formulas that follow; the same object where none has to."""
        pieces, at = [], 0
        for cell in self._rows.cells(row.inner):
            whole = row.inner[cell.start : cell.end]
            match = self._rows._formula.search(whole, len(cell.tag))
            if match is None:
                continue
            new = self._new_formula(match, row.number, cell.column)
            if new != match[0]:
                pieces += [row.inner[at : cell.start + match.start()], new]
                at = cell.start + match.end()
        return b"".join([*pieces, row.inner[at:]]) if pieces else row.inner

    def _new_formula(self, match: re.Match[bytes], row: int, column: int) -> bytes:
        attributes, text = match[1], unescaped(match[2] or b"")
        kind = attribute(attributes, b"t")
        if self._own is not None and self._own.holds(column) and self._own.row(row) is None:
            return match[0]  # its cell goes
        if kind == "shared" and (key := attribute(attributes, b"si") or "") in self._groups:
            return self._shared(match, key, row, column)
        for name in (b"ref", b"r1", b"r2"):
            place = attribute(attributes, name)
            if place and kind in ("array", "dataTable") and self._own is not None:
                attributes = _with(attributes, name, self._own.rigid.list(place) or place)
        said = follow(text, self._home, self._shifts)
        if said == text and attributes == match[1]:
            return match[0]
        return self._element(attributes, said)

    def _shared(self, match: re.Match[bytes], key: str, row: int, column: int) -> bytes:
        group = self._groups[key]
        text = translate(group.text, row - group.first.top, column - group.first.left)
        said = follow(text, self._home, self._shifts)
        if key not in self._left_alone:
            return self._element(b"", said)
        is_first = key not in self._written
        self._written.add(key)
        if not is_first:
            return self._element(_with(match[1], b"ref", None), "") if match[2] else match[0]
        reach = (self._own.rigid.list(group.reach) if self._own is not None else None) or group.reach
        if match[2] and said == group.text and reach == group.reach:
            return match[0]
        return self._element(_with(match[1], b"ref", reach), said)

    def _element(self, attributes: bytes, text: str) -> bytes:
        p = self._rows.prefix
        tag = b"<" + p + b"f" + attributes
        return tag + b">" + escape(text) + b"</" + p + b"f>" if text else tag + b"/>"


def _with(attributes: bytes, name: bytes, value: str | None) -> bytes:
    return with_attribute(b"<f" + attributes + b">", name, value)[2:-1]


@dataclass
class _Group:
    """A formula that is written once, in the first of its cells."""

    text: str
    first: Area
    reach: str
    is_one_column: bool


def _groups(rows: Rows) -> dict[str, _Group]:
    found: dict[str, _Group] = {}
    if rows.xml.find(b"shared", rows.start, rows.end) < 0:
        return found
    for row in rows:
        if b"shared" not in row.inner:
            continue
        for cell in rows.cells(row.inner):
            match = rows._formula.search(row.inner, cell.start, cell.end)
            if match and attribute(match[1], b"t") == "shared" and match[2]:
                key, reach = attribute(match[1], b"si") or "", attribute(match[1], b"ref") or ""
                columns = {column for area in areas(reach) for column in (area.left, area.right)}
                first = Area(cell.column, row.number, cell.column, row.number)
                found.setdefault(key, _Group(unescaped(match[2]), first, reach, len(columns) <= 1))
    return found


def heirs(rows: Rows, written: Callable[[int, int], bool]) -> Iterable[tuple[int, int, bytes]]:
    """For each filled formula whose first cell is written over: the next cell of it, and what it must say then.

    Gives row, column, and the formula element that goes into that cell.
    """
    groups = {key: group for key, group in _groups(rows).items() if written(group.first.top, group.first.left)}
    for row in rows if groups else ():
        if b"shared" not in row.inner:
            continue
        for cell in rows.cells(row.inner):
            match = rows._formula.search(row.inner, cell.start, cell.end)
            key = attribute(match[1], b"si") if match and attribute(match[1], b"t") == "shared" else None
            if match is None or key not in groups or match[2] or written(row.number, cell.column):
                continue
            group = groups.pop(key)
            text = translate(group.text, row.number - group.first.top, cell.column - group.first.left)
            attributes, p = _with(match[1], b"ref", group.reach), rows.prefix
            formula = b"<" + p + b"f" + attributes + b">" + escape(text) + b"</" + p + b"f>"
            whole = row.inner[cell.start : cell.end]
            yield row.number, cell.column, whole.replace(match[0], formula, 1)
