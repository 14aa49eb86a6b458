"""Rows of one tab that go or come, as bytes: cells move up or down, and formulas follow.

Most of a long list is moved without a look at single cells. It knows which cells
come to which row; how rows are found and cells written is known to `rows`.
"""

from __future__ import annotations

from collections.abc import Container, Generator, Iterator, Sequence
from heapq import heappop, heappush

from sheetcrm.tables import column_letters
from sheetcrm.workbooks.excel.fills import Fills
from sheetcrm.workbooks.excel.formulas import LAST_ROW, Shift, Shifts
from sheetcrm.workbooks.excel.markup import attribute, with_attribute
from sheetcrm.workbooks.excel.rows import NOTHING, Blocked, Piece, Row, RowEdits, Rows, style_of

__all__ = ["moved"]

RUN_BYTES = 1 << 20
AFTER_DIGITS = ord("9") + 1


def moved(
    rows: Rows,
    shift: Shift | None,
    home: str,
    shifts: Shifts,
    *,
    edits: RowEdits | None = None,
    rows_travel: bool = False,
) -> Iterator[Piece]:
    """The part of a tab after cells were written and rows went or came, with formulas that follow.

    `shift` is what happens to this tab's own rows, if anything; `shifts` to those of
    all tabs. Where `rows_travel`, heights and hiding of rows go along with them.
    """
    edits = edits or RowEdits()
    fills = Fills(rows, home, shifts, shift) if rows.has_formulas or edits.has_formulas else None
    move = _Move(rows)
    yield rows.head
    if shift is None:
        yield from move.following(fills)
    elif shift.removed:
        yield from move.closing_up(shift, fills, edits, rows_travel)
    else:
        yield from move.making_room(shift, fills, edits)
    yield rows.tail


class _Move:
    """What is done to the rows of one tab."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def following(self, fills: Fills | None) -> Iterator[Piece]:
        """Rows stay; formulas that point at others follow."""
        at, runs = self._rows.start, memoryview(self._rows.xml)
        for row in self._followed(iter(self._rows), fills) if fills is not None else ():
            if row.is_new:
                yield runs[at : row.start]
                yield self._rows.bytes_of(row)
                at = row.end
        yield runs[at : self._rows.end]

    def making_room(self, shift: Shift, fills: Fills | None, edits: RowEdits) -> Iterator[Piece]:
        above: Row | None = None
        came = False
        at, runs = self._rows.start, memoryview(self._rows.xml)
        for row in self._followed(self._rows.edited(iter(self._rows), edits, self._rows.end), fills):
            if row.number < shift.at:
                if row.is_new:
                    yield runs[at : row.start]
                    yield self._rows.bytes_of(row)
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
                if any(self._rows.says_something(cell, row.inner) for cell in self._rows.cells(row.inner)):
                    raise Blocked("sheet-full")
            else:
                tag = with_attribute(row.tag, b"r", str(to))
                yield tag + self._rows.renumbered(row.inner, row.number, to) + self._rows.row_end
            at = row.end
        yield runs[at : self._rows.end]
        if not came:
            yield from self._rows_like(above, shift)

    def _followed(self, rows: Iterator[Row], fills: Fills | None) -> Iterator[Row]:
        """Rows with formulas that follow."""
        for row in rows:
            if fills is not None and self._rows.any_formula in row.inner:
                inner = fills.rewritten(row)
                yield row if inner is row.inner else row._replace(inner=inner, is_new=True)
            else:
                yield row

    def _rows_like(self, above: Row | None, shift: Shift) -> Iterator[bytes]:
        """Empty rows that look like the one above them."""
        if above is None:
            return
        tag = with_attribute(with_attribute(above.tag, b"hidden", None), b"collapsed", None)
        cells = [(c.column, style_of(c.tag)) for c in self._rows.cells(above.inner)]
        for number in range(shift.at, shift.at + shift.count):
            blank = b"".join(self._rows.cell_xml(number, column, NOTHING, style) for column, style in cells)
            yield with_attribute(tag, b"r", str(number)) + blank + self._rows.row_end

    def closing_up(self, shift: Shift, fills: Fills | None, edits: RowEdits, rows_travel: bool) -> Iterator[Piece]:
        """Cells in the columns of the shift move up; rows keep their heights, and whatever lies beside."""
        places = _Places(self._rows, shift, rows_travel)
        at, runs = self._rows.start, memoryview(self._rows.xml)
        first = self._rows.position(shift.first) if fills is None and shift.left == 1 else None
        if first is not None and first < self._rows.end and self._rows.number_at(first) == shift.first:
            for row in self._rows.touched(edits.part(1, shift.first - 1)):
                yield runs[at : row.start]
                yield self._rows.bytes_of(row)
                at = row.end
            yield runs[at:first]
            at = yield from self._closed_up_alike(first, places, edits)
            edits = edits.part((places.last or shift.first - 1) + 1, LAST_ROW)
        for row in self._followed(self._rows.edited(self._rows.from_(at, places.last), edits, self._rows.end), fills):
            if row.number < shift.first:
                if row.is_new:
                    yield runs[at : row.start]
                    yield self._rows.bytes_of(row)
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
        yield runs[at : self._rows.end]

    def _closed_up_alike(self, at: int, places: _Places, edits: RowEdits) -> Generator[Piece, None, int]:
        """The same for rows that follow one another, look alike and lie inside the columns: most of a long list.

        Gives the place of the first row that does not.
        """
        xml, opening, closing = self._rows.xml, self._rows.row_start, self._rows.row_end
        placed = self._rows.placed_cell
        last_cell = placed + places.last_column
        length = len(last_cell)
        gone, first = set(places.shift.removed), self._rows.number_at(at)
        opened = at + len(opening) + len(b'%d"' % first)
        outside = {row for row, cells in edits.cells.items() if not all(map(places.shift.holds, cells))}
        look = xml[opened : xml.find(b">", opened) + 1]
        number, lost = first, 0
        while not look.endswith(b"/>") and look.count(b'"') % 2 == 0 and b"'" not in look:
            stop = xml.rfind(closing, at, min(at + RUN_BYTES, self._rows.end))
            parts = xml[at:stop].split(closing) if stop > at else []
            alike = 0
            for row, part in enumerate(parts, number):
                if not part.startswith(b'%b%d"%b' % (opening, row, look)) or row in outside:
                    break
                # Most rows end in the last column; the others are looked at more closely.
                cell = part.rfind(placed)
                if not (part.startswith(last_cell, cell) and part[cell + length] < AFTER_DIGITS) and (
                    places.reaches_out(part)
                ):
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
                row = self._rows.rewritten(Row(number + place, part[:head], part[head:], 0, 0), edits)
                parts[place] = row.tag + row.inner
        return parts

    def _moved_up(self, parts: Sequence[bytes], number: int, lost: int, gone: Container[int]) -> bytes:
        """Rows from `number` on, `lost` rows further up; those of `gone` left out."""
        done: list[bytes] = []
        found = rows = 0
        for row, part in enumerate(parts, number):
            if row in gone:
                lost += 1
                continue
            old = b'%d"' % row
            found += part.count(old)
            rows += 1
            done.append(part.replace(old, b'%d"' % (row - lost)))
        moved_rows = self._rows.row_end.join([*done, b""])
        if moved_rows.count(b"<" + self._rows.prefix + b"row") != rows:
            raise Blocked("damaged-file")
        cells = moved_rows.count(self._rows.placed_cell)
        if found == cells + rows and moved_rows.count(self._rows.any_cell) == cells:
            return moved_rows
        # Some text or attribute ends like a row's number: cell by cell, then.
        done, lost = [], lost - sum(row in gone for row in range(number, number + len(parts)))
        for row, part in enumerate(parts, number):
            if row in gone:
                lost += 1
                continue
            head, new = part.index(b">") + 1, row - lost
            tag = with_attribute(part[:head], b"r", str(new))
            done.append(tag + self._rows.renumbered(part[head:], row, new) + self._rows.row_end)
        return b"".join(done)


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
        self.last_column = column_letters(shift.right - 1).encode()
        self.last = 0
        """The last row that was read."""

    def go_on(self, first: int, number: int, lost: int, look: bytes) -> None:
        """Go on where rows that look alike end: `lost` of them wait for what may still come."""
        self.last = number - 1 if number > first else 0
        for row in range(number - lost, number) if not self._rows_travel else ():
            self._put(row, (self._rows.row_start + b'%d"' % row + look, b"", b""))

    def reaches_out(self, row: bytes) -> bool:
        """Whether a row, whose cells say where they are, may have cells beside the columns."""
        begin = row.rfind(self._rows.placed_cell)
        if self.shift.is_whole or begin < 0:
            return not self.shift.is_whole
        begin += len(self._rows.placed_cell)
        letters = row[begin : begin + 3].rstrip(b"0123456789")
        return (len(letters), letters) > (len(self.last_column), self.last_column)

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
        if not tag.startswith(self._rows.row_start):
            tag = with_attribute(tag, b"r", str(row.number))
        self._put(row.number, (tag, beside, b""))

    def comes(self, row: Row, to: int, mine: bytes) -> None:
        """The cells of a row come to another."""
        moved = self._rows.renumbered(mine, row.number, to)
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
                yield tag + inner + self._rows.row_end

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
