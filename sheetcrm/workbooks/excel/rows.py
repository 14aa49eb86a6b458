"""The rows of one tab as bytes: found by searching, kept as they are, rewritten where they must be.

A tab of a hundred thousand rows is never parsed. Rows and cells that are not
touched keep their bytes; of the others only what changes is written anew. It knows
`<row>`, `<c>` and `<f>`, and nothing else of a sheet. Rows and columns count from 1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
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
from sheetcrm.workbooks.excel.markup import attribute, escape, unescaped, with_attribute
from sheetcrm.workbooks.excel.values import Content

__all__ = ["Blocked", "Cells", "NewCell", "RowEdits", "Row", "Rows"]


Piece: TypeAlias = bytes | memoryview
"""A run of bytes of a part."""


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


class Rows:
    """The part of a tab, its rows to be searched and rewritten.

    `xml` is in UTF-8 and has neither comments nor CDATA.
    """

    def __init__(self, xml: bytes) -> None:
        opening = re.search(rb"<((?:[\w.-]+:)?)sheetData(?=[\s/>])[^>]*>", xml)
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
        self._row = re.compile(rb"<" + p + rb"row(?=[\s/>])[^>]*>")
        self._cell = re.compile(rb"<" + p + rb"c(?=[\s/>])[^>]*>")
        self._formula = re.compile(rb"<" + p + rb"f((?:\s[^>]*?)?)(?:/>|>([^<]*)</" + p + rb"f\s*>)")
        self._row_start, self._row_end, self._cell_end = b"<" + p + b'row r="', b"</" + p + b"row>", b"</" + p + b"c>"
        self._placed = b"<" + p + b'c r="'
        self._any_cell = b"<" + p + b"c"
        self._any_formula = b"<" + p + b"f"

    # ------------------------------------------------------------ looking

    def __iter__(self) -> Iterator[Row]:
        """Every row, from the top."""
        before, at, xml = 0, self.start, self.xml
        search = self._row.search
        closing, length = self._row_end, len(self._row_end)
        while match := search(xml, at, self.end):
            tag, begins, ends = match[0], match.start(), match.end()
            before = number = self._number(tag, before)
            if tag.endswith(b"/>"):
                at = ends
                yield Row(number, tag[:-2].rstrip() + b">", b"", begins, ends)
            else:
                close = xml.find(closing, ends, self.end)
                if close < 0:
                    raise Blocked("damaged-file")
                at = close + length
                yield Row(number, tag, xml[ends:close], begins, at)

    def _number(self, tag: bytes, before: int) -> int:
        text: bytes | str | None
        if tag.startswith(self._row_start):
            begins = len(self._row_start)
            text = tag[begins : tag.index(b'"', begins)]
        else:
            text = attribute(tag, b"r")
        try:
            number = before + 1 if text is None else int(text)
        except ValueError:
            raise Blocked("damaged-file") from None
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
            if (in_order and column <= before) or column > LAST_COLUMN or (place and not letters.isalpha()):
                raise Blocked("damaged-file")
            if tag.endswith(b"/>"):
                at = match.end()
            else:
                close = inner.find(self._cell_end, match.end())
                if close < 0:
                    raise Blocked("damaged-file")
                at = close + len(self._cell_end)
            yield Cell(column, tag, match.start(), at)

    def row(self, number: int) -> Row | None:
        """One row."""
        hint = self.xml.find(self._row_start + b'%d"' % number, self.start, self.end)
        if hint >= 0:
            close = self.xml.find(b">", hint)
            tag = self.xml[hint : close + 1]
            if tag.endswith(b"/>"):
                return Row(number, tag[:-2].rstrip() + b">", b"", hint, close + 1)
            end = self.xml.find(self._row_end, close)
            return Row(number, tag, self.xml[close + 1 : end], hint, end + len(self._row_end))
        return next((row for row in self if row.number == number), None)

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
                return int(attribute(match[0], b"r") or 0)
        if at >= 0:
            for row in self:
                if any(self.says_something(cell, row.inner) for cell in self.cells(row.inner)):
                    last = row.number
        return last

    def has_data_in(self, column: int) -> bool:
        """Whether any cell of a column holds something."""
        letters = column_letters(column - 1).encode()
        opened = re.compile(re.escape(self._placed + letters) + rb"[0-9]+\"[^>]*(?<!/)>")
        if opened.search(self.xml, self.start, self.end):
            return True
        if b"<" + self.prefix + b"row r=" in self.xml and not self._has_unplaced_cells():
            return False
        return any(c.column == column and self.says_something(c, r.inner) for r in self for c in self.cells(r.inner))

    def _has_unplaced_cells(self) -> bool:
        unplaced = re.compile(self._any_cell + rb"(?=[\s/>])(?! r=\"[A-Z])")
        return unplaced.search(self.xml, self.start, self.end) is not None

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
        waiting = sorted(edits.cells)
        if not edits.wiped:
            for row in self._touched(edits, waiting):
                while waiting and waiting[0] < row.number:
                    yield runs[at : row.start]
                    at = row.start
                    yield self._new_row(waiting.pop(0), edits)
                mine: Cells = {}
                if waiting and waiting[0] == row.number:
                    mine = edits.cells[waiting.pop(0)]
                if not mine and edits.emptied is None:
                    continue
                yield runs[at : row.start]
                yield self._rewritten(row, mine, edits)
                at = row.end
            yield runs[at : self.end]
        for number in waiting:
            yield self._new_row(number, edits)
        yield self.tail

    def _touched(self, edits: RowEdits, waiting: list[int]) -> Iterator[Row]:
        """The rows that are rewritten, and those before which one comes to be. `waiting` is emptied meanwhile."""
        emptied = edits.emptied
        for row in self:
            if (waiting and waiting[0] <= row.number) or (
                emptied is not None and emptied.top <= row.number <= emptied.bottom
            ):
                yield row
            elif not waiting and (emptied is None or row.number > emptied.bottom):
                return

    def _rewritten(self, row: Row, new: Cells, edits: RowEdits) -> bytes:
        emptied = edits.emptied
        inside = emptied is not None and emptied.top <= row.number <= emptied.bottom
        default = int(attribute(row.tag, b"s") or 0) if attribute(row.tag, b"customFormat") in ("1", "true") else None
        pieces, waiting, at = [], sorted(new), 0
        for cell in self.cells(row.inner):
            while waiting and waiting[0] < cell.column:
                pieces += [row.inner[at : cell.start], self._new_cell(row.number, waiting[0], new, edits, default)]
                at = cell.start
                waiting.pop(0)
            if waiting and waiting[0] == cell.column:
                style = int(attribute(cell.tag, b"s") or 0)
                written = self._cell_xml(row.number, cell.column, new[waiting.pop(0)], style)
                pieces += [row.inner[at : cell.start], written]
                at = cell.end
            elif inside and emptied is not None and emptied.left <= cell.column <= emptied.right:
                style = int(attribute(cell.tag, b"s") or 0)
                pieces += [row.inner[at : cell.start], self._cell_xml(row.number, cell.column, _NOTHING, style)]
                at = cell.end
        pieces.append(row.inner[at:])
        pieces += [self._new_cell(row.number, column, new, edits, default) for column in waiting]
        return _widened(row.tag, new) + b"".join(pieces) + self._row_end

    def _new_cell(self, row: int, column: int, new: Cells, edits: RowEdits, default: int | None) -> bytes:
        style = default if default is not None else edits.column_look(column) if edits.column_look else 0
        return self._cell_xml(row, column, new[column], style)

    def _new_row(self, number: int, edits: RowEdits) -> bytes:
        tag = edits.heights.get(number) or b"<" + self.prefix + b"row>"
        tag = with_attribute(with_attribute(tag, b"spans", None), b"r", str(number))
        cells = edits.cells[number]
        default = int(attribute(tag, b"s") or 0) if attribute(tag, b"customFormat") in ("1", "true") else None
        written = b"".join(self._new_cell(number, column, cells, edits, default) for column in sorted(cells))
        return tag + written + self._row_end if written or number in edits.heights else b""

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

    def shifted(self, shift: Shift | None, home: str, shifts: Shifts, rows_travel: bool = False) -> Iterator[Piece]:
        """The part after rows went or came, with formulas that follow.

        `shift` is what happens to this tab's own rows, if anything; `shifts` to
        those of all tabs. Where `rows_travel`, heights and hiding of rows go along with them.
        """
        fill = _Fills(self, home, shifts, shift) if self.has_formulas else None
        yield self.head
        if shift is None:
            yield from self._following(fill)
        elif shift.removed:
            yield from self._closing_up(shift, fill, rows_travel)
        else:
            yield from self._making_room(shift, fill)
        yield self.tail

    def _following(self, fill: _Fills | None) -> Iterator[Piece]:
        """Rows stay; formulas that point at others follow."""
        at, runs = self.start, memoryview(self.xml)
        if fill is not None:
            for row in self:
                if self._any_formula in row.inner:
                    inner = fill.rewritten(row)
                    if inner is not row.inner:
                        yield runs[at : row.start]
                        yield row.tag + inner + self._row_end
                        at = row.end
        yield runs[at : self.end]

    def _making_room(self, shift: Shift, fill: _Fills | None) -> Iterator[Piece]:
        above: Row | None = None
        came = False
        at, runs = self.start, memoryview(self.xml)
        for row in self:
            inner = fill.rewritten(row) if fill is not None and self._any_formula in row.inner else row.inner
            if row.number < shift.at:
                if inner is not row.inner:
                    yield runs[at : row.start]
                    yield row.tag + inner + self._row_end
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
                if any(self.says_something(cell, inner) for cell in self.cells(inner)):
                    raise Blocked("sheet-full")
            else:
                tag = with_attribute(row.tag, b"r", str(to))
                yield tag + self._renumbered(inner, row.number, to) + self._row_end
            at = row.end
        yield runs[at : self.end]
        if not came:
            yield from self._rows_like(above, shift)

    def _rows_like(self, above: Row | None, shift: Shift) -> Iterator[bytes]:
        """Empty rows that look like the one above them."""
        if above is None:
            return
        tag = with_attribute(with_attribute(above.tag, b"hidden", None), b"collapsed", None)
        cells = [(c.column, int(attribute(c.tag, b"s") or 0)) for c in self.cells(above.inner)]
        for number in range(shift.at, shift.at + shift.count):
            blank = b"".join(self._cell_xml(number, column, _NOTHING, style) for column, style in cells)
            yield with_attribute(tag, b"r", str(number)) + blank + self._row_end

    def _closing_up(self, shift: Shift, fill: _Fills | None, rows_travel: bool) -> Iterator[Piece]:
        """Cells in the columns of the shift move up; rows keep their heights, and whatever lies beside."""
        places = _Places(self, shift, rows_travel)
        gone = set(shift.removed)
        at, first, runs = self.start, shift.first, memoryview(self.xml)
        for row in self:
            inner = fill.rewritten(row) if fill is not None and self._any_formula in row.inner else row.inner
            if row.number < first:
                if inner is not row.inner:
                    yield runs[at : row.start]
                    yield row.tag + inner + self._row_end
                    at = row.end
                continue
            if at < row.start and not places.begun:
                yield runs[at : row.start]
            mine, beside = places.divided(row, inner)
            yield from places.settled(row.number)
            places.stays(row, beside)
            if row.number not in gone:
                to = shift.row(row.number)
                places.comes(row, to or row.number, mine)
            at = row.end
        if places.begun:
            yield from places.settled(LAST_ROW + 1)
        yield runs[at : self.end]

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
        self._shift = shift
        self._rows_travel = rows_travel
        self._waiting: dict[int, tuple[bytes, bytes, bytes]] = {}
        """Row → its start tag, the cells that stay there, those that come there."""
        self._last = column_letters(shift.right - 1).encode()
        self.begun = False

    def divided(self, row: Row, inner: bytes) -> tuple[bytes, bytes]:
        """The cells in the columns of the shift, and those beside."""
        if self._lies_inside(inner):
            return inner, b""
        mine: list[bytes] = []
        beside: list[bytes] = []
        for cell in self._rows.cells(inner):
            whole = inner[cell.start : cell.end]
            if attribute(cell.tag, b"r") is None:
                whole = self._rows.placed(whole, f"{column_letters(cell.column - 1)}{row.number}")
            (mine if self._shift.holds(cell.column) else beside).append(whole)
        return b"".join(mine), b"".join(beside)

    def _lies_inside(self, inner: bytes) -> bool:
        if self._shift.is_whole or not inner:
            return True
        if self._shift.left > 1:
            return False
        begin = inner.rfind(self._rows._placed) + len(self._rows._placed)
        letters = inner[begin : begin + 3].rstrip(b'0123456789"')
        return (
            begin > len(self._rows._placed)
            and inner.find(self._rows._any_cell + b" ", begin) < 0
            and inner.find(self._rows._any_cell + b">", begin) < 0
            and (len(letters), letters) <= (len(self._last), self._last)
        )

    def stays(self, row: Row, beside: bytes) -> None:
        """The row's start tag and the cells beside stay where they are."""
        self.begun = True
        tag = b"" if self._rows_travel else row.tag
        if not tag.startswith(self._rows._row_start):
            tag = with_attribute(
                row.tag if beside else tag or b"<" + self._rows.prefix + b"row>", b"r", str(row.number)
            )
        self._waiting[row.number] = (tag, beside, b"")

    def comes(self, row: Row, to: int, mine: bytes) -> None:
        """The cells of a row come to another."""
        moved = self._rows._renumbered(mine, row.number, to)
        tag, beside, _ = self._waiting.get(to, (b"", b"", b""))
        mine_there = row.tag.replace(b'"%d"' % row.number, b'"%d"' % to, 1)
        if self._rows_travel or tag == mine_there:
            tag = mine_there if mine_there.startswith(self._rows._row_start) else with_attribute(row.tag, b"r", str(to))
        elif tag:
            tag = with_attribute(tag, b"spans", None)
        else:
            tag = b"<" + self._rows.prefix + b'row r="%d">' % to
        self._waiting[to] = (tag, beside, moved)

    def settled(self, before: int) -> Iterator[bytes]:
        """Rows to which nothing more can come once `before` is read."""
        limit = self._shift.row(before)
        if limit is None:
            limit = self._shift.rows(before + 1, LAST_ROW)[0] if before < LAST_ROW else before  # type: ignore[index]
        done = [number for number in self._waiting if number < limit or before > LAST_ROW]
        for number in sorted(done):
            tag, beside, comes = self._waiting.pop(number)
            if beside and comes:
                comes = self._in_order(comes + beside)
            inner = comes or beside
            if inner or _is_dressed(tag):
                yield tag + inner + self._rows._row_end

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
                attributes = _with(attributes, name, self._own.list(place) or place)
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
        reach = (self._own.list(group.reach) if self._own is not None else None) or group.reach
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
