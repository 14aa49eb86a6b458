"""One tab that is being edited: what its cells shall say, and what moves with its rows.

Calls are gathered and carried out in one pass, cells first, then rows that move; a
call that comes out of that order has what is pending carried out before it. It
knows what an edit means around the cells of a tab; it opens and saves no file.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from lxml import etree

from sheetcrm.problems import Unsupported
from sheetcrm.tables import Formula
from sheetcrm.workbooks.excel.fills import formula_at, heirs
from sheetcrm.workbooks.excel.following import follow_elsewhere, follow_on_sheet, reach_down
from sheetcrm.workbooks.excel.formulas import LAST_ROW, Area, Shift, Shifts, areas, text_of, translate
from sheetcrm.workbooks.excel.markup import attribute, splice_attributes, start_tag, unescaped, with_attribute
from sheetcrm.workbooks.excel.moving import moved
from sheetcrm.workbooks.excel.package import Package, Sheet
from sheetcrm.workbooks.excel.regions import check_move, region
from sheetcrm.workbooks.excel.rows import NOTHING, Blocked, Cells, NewCell, Piece, Row, RowEdits, Rows, style_of
from sheetcrm.workbooks.excel.skeleton import Skeleton
from sheetcrm.workbooks.excel.stylesheet import Stylesheet
from sheetcrm.workbooks.excel.tables import Table, move_filter, rename_columns, table_of, widen_table
from sheetcrm.workbooks.excel.values import Value, content_of, date_format_of, looks_like_formula

__all__ = ["Book", "TabEditor"]

UNTOUCHED = 3
"""Pieces of a part in which no row is another: what stands before the rows, they themselves, what comes after."""


@dataclass
class Book:
    """What all tabs of a file have in common."""

    package: Package
    styles: Stylesheet
    tabs: dict[str, TabEditor] = field(default_factory=dict)
    """By title, in their order; sheets without cells left out."""
    shifts: list[Shift] = field(default_factory=list)
    """Every move of rows so far."""
    formulas_changed: bool = False
    """Whether the order in which formulas are worked out may be another now."""
    day_format: str = "yyyy-mm-dd"
    moment_format: str = "yyyy-mm-dd hh:mm"
    numbers_stay_numbers: bool = False
    """Whether a number that comes into a cell for dates takes the date's format away, so as not to become one."""

    @property
    def lost_references(self) -> list[str]:
        """References to cells that are nowhere any more; complete when the file is written."""
        return [reference for shift in self.shifts for reference in shift.lost]


class TabEditor:
    """The part of one tab, and what shall become of it."""

    def __init__(self, book: Book, sheet: Sheet) -> None:
        self.book, self.sheet = book, sheet
        self.package = book.package
        self._read: Rows | None = None
        self._skeleton_read: Skeleton | None = None
        self._skeleton_changed = False
        self._edits = RowEdits()
        self._shift: Shift | None = None
        self._rows_travel = False
        self._last: int | None = None
        self._written: Area | None = None
        self._had_formulas: bool | None = None

    # ------------------------------------------------------------ what it is like

    @property
    def rows(self) -> Rows:
        """The rows as they are, without what is pending."""
        if self._read is None:
            with self.refusing():
                self._read = Rows(self.package.text(self.sheet.part))
        return self._read

    @property
    def skeleton(self) -> Skeleton:
        """What stands around the rows, with what is pending."""
        if self._skeleton_read is None:
            with self.refusing():
                self._skeleton_read = Skeleton(self.rows)
        return self._skeleton_read

    @property
    def changed_skeleton(self) -> Skeleton:
        """The same, to be changed."""
        self._skeleton_changed = True
        return self.skeleton

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """Say in which file and tab something stands in the way."""
        try:
            with self.package.guarded():
                yield
        except Blocked as error:
            raise self._refusal(str(error)) from error

    def _refusal(self, key: str) -> Unsupported:
        return Unsupported(key, file=self.package.file_name, tab=self.sheet.title)

    @property
    def last_row(self) -> int:
        """The last row that says something; 0 without one."""
        if self._shift is not None:
            self.carry_out()
        if self._last is None:
            with self.refusing():
                last = self.rows.last_with_data()
            last = max([last, *(row for row, cells in self._edits.cells.items() if _says_something(cells))])
            # A merged block counts as far as it reaches.
            for area in sorted(self.skeleton.merged, key=lambda area: area.top):
                last = area.bottom if area.top <= last < area.bottom else last
            self._last = last
        return self._last

    @property
    def had_formulas(self) -> bool:
        """Whether the tab held a formula before it was last written anew."""
        return self.rows.has_formulas if self._had_formulas is None else self._had_formulas

    @property
    def tables(self) -> list[Table]:
        """The tables of the tab."""
        found = []
        for part in self.package.related(self.sheet.part, "table"):
            with self.refusing():
                found.append(Table(part, *table_of(self.package.text(part))))
        return found

    # ------------------------------------------------------------ cells

    def new_cell(self, value: Value) -> NewCell:
        """A cell that holds that value, in a look that shows it as what it is."""
        book, styles = self.book, self.book.styles
        content = content_of(value, self.rows.prefix, from_1904=self.package.counts_from_1904)
        if isinstance(value, Formula):
            book.formulas_changed = True
        elif looks_like_formula(value):
            return NewCell(content, styles.quoted)
        elif code := date_format_of(value, book.day_format, book.moment_format):
            return NewCell(content, lambda style: style if styles.is_date(style) else styles.with_format(style, code))
        elif book.numbers_stay_numbers and isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            return NewCell(
                content, lambda style: styles.with_format(style, "General") if styles.is_date(style) else style
            )
        return NewCell(content)

    def write(self, cells: Mapping[tuple[int, int], NewCell]) -> None:
        """Write cells, by row and column from 1."""
        if not cells:
            return
        self._begin_cells()
        with self.refusing():
            fixed = self.rows.fixed_areas
        self._check_covered(cells)
        for area in fixed:
            if any(area.has(row, column) for row, column in cells):
                raise self._refusal("array-in-the-way")
        self._note(self._with_headers(cells))

    def _check_covered(self, cells: Mapping[tuple[int, int], NewCell]) -> None:
        merged, said = self.skeleton.merged, [place for place, cell in cells.items() if cell.says_something]
        if any(_covers(area, place) for area in merged for place in said):
            raise self._refusal("merged-covers")

    def _note(self, cells: Mapping[tuple[int, int], NewCell]) -> None:
        for (row, column), cell in cells.items():
            self._edits.cells.setdefault(row, {})[column] = cell
        block = Area(
            min(column for _, column in cells),
            min(row for row, _ in cells),
            max(column for _, column in cells),
            max(row for row, _ in cells),
        )
        self._written = block if self._written is None else _around(self._written, block)
        said = [row for (row, _), cell in cells.items() if cell.says_something]
        self._last = None if len(said) < len(cells) or self._last is None else max(self._last, *said)

    def _begin_cells(self) -> None:
        if self._shift is not None or self._edits.emptied is not None or self._edits.wiped:
            self.carry_out()

    def _with_headers(self, cells: Mapping[tuple[int, int], NewCell]) -> Mapping[tuple[int, int], NewCell]:
        """The cells, headers of tables as text: a table calls its columns alike, or Excel calls the file damaged."""
        texts: dict[tuple[int, int], NewCell] = {}
        for table in self.tables if cells else ():
            header = {
                place: cell
                for place, cell in cells.items()
                if table.headers and place[0] == table.area.top and table.area.left <= place[1] <= table.area.right
            }
            if header:
                with self.refusing():
                    names = {column - table.area.left: text_in(cell) for (_, column), cell in header.items()}
                    rename_columns(self.package, table.part, names)
                texts |= {
                    place: self.new_cell(text_in(cell))._replace(base=cell.base) for place, cell in header.items()
                }
        return {**cells, **texts}

    def append(
        self, new: Sequence[Cells], *, at: int | None = None, header_row: int = 1, columns: Container[int] | None = None
    ) -> int:
        """Write rows below the last one that says something, or at `at`; gives the number of the first.

        They look like the row above, in those columns at least, unless that is no
        further down than `header_row`.
        """
        last = self.last_row if at is None else at - 1
        written = {column for cells in new for column in cells}
        table = next((t for t in self.tables if t.holds(last, written)), None)
        if table is not None and table.totals and table.area.bottom != last:
            table = None
        if at is None and table is not None and table.totals and new:
            last -= table.totals
            self.move(Shift(at=last + 1, count=len(new), stretches=True))
            table = next(t for t in self.tables if t.part == table.part)
        self._begin_cells()
        first, bottom = last + 1, last + len(new)
        if not new:
            return first
        if bottom > LAST_ROW:
            raise self._refusal("sheet-full")
        with self.refusing():
            above = self._row_above(last, header_row)
        grows = table is not None and table.area.bottom < bottom and not table.totals
        is_inside = table is not None and (grows or table.area.bottom > last)
        fill = self._calculated(last, table) if table is not None and is_inside else {}
        cells: dict[tuple[int, int], NewCell] = {}
        for number, given in enumerate(new, first):
            looks = {c for c in above.looks if columns is None or c in columns}
            for column in {*looks, *given, *fill}:
                cell = given.get(column, NOTHING)
                if column in fill and not cell.says_something:
                    cell = self.new_cell(Formula("=" + translate(fill[column], number - last, 0)))
                cells[number, column] = _in_look(cell, above.looks.get(column))
            if above.tag:
                self._edits.heights[number] = above.tag
        if cells:
            self._note(cells)
        self._last = bottom
        self._reach_down(first, len(new), table if grows else None)
        return first

    def _row_above(self, row: int, header_row: int) -> _Above:
        """How a row looks that comes below another, unless that is a header or says nothing."""
        pending = self._edits.cells.get(row, {})
        found = self.rows.row(row) if row else None
        is_header = any(t.headers and t.area.top == row for t in self.tables)
        if is_header or row <= header_row or (found is None and not pending):
            return _Above({}, b"")
        looks: dict[int, int] = {}
        if found is not None:
            looks = {c.column: style_of(c.tag) for c in self.rows.cells(found.inner)}
        for column, cell in pending.items():
            looks[column] = cell.style_over(looks.get(column, 0))
        is_dressed = found is not None and attribute(found.tag, b"customFormat") in ("1", "true")
        return _Above(looks, _style_only(found) if found is not None and is_dressed else b"")

    def _calculated(self, row: int, table: Table) -> dict[int, str]:
        """Column → the formula that the row above has in it."""
        found = self.rows.row(row)
        formulas: dict[int, str] = {}
        for column in table.calculated if found is not None else ():
            text = formula_at(self.rows, row, column)
            if text:
                formulas[column] = text
        return formulas

    def _reach_down(self, first: int, count: int, table: Table | None) -> None:
        """Tables, filters and rules that reach to the row above the new ones reach over these."""
        bottom = first + count - 1
        filter_before = self.skeleton.filtered
        with self.refusing():
            if reach_down(self.skeleton, first, count):
                self._skeleton_changed = True
        filter_after = self.skeleton.filtered
        if filter_before and filter_after and filter_before != filter_after:
            move_filter(self.package, self.sheet.title, filter_before, filter_after)
        if table is not None:
            data = self.package.text(table.part)
            whole = text_of(table.area._replace(bottom=bottom))
            before = text_of(table.area)
            data = splice_attributes(
                data, ["table", "autoFilter"], ["ref"], lambda text: whole if text == before else None
            )
            self.package.put(table.part, data)

    def raw_cells(self, row: int) -> dict[int, bytes]:
        """Column → the cell as it lies in the part, for one row; what is pending left out."""
        found = self.rows.row(row)
        with self.refusing():
            return {c.column: found.inner[c.start : c.end] for c in self.rows.cells(found.inner)} if found else {}

    def add_column(self, column: int, header: str, header_row: int, like: tuple[TabEditor, int] | None) -> None:
        """Dress a new column: its header like that to its left, the rest like another; a table there grows."""
        neighbour = self.raw_cells(header_row).get(column - 1, b"")
        style = attribute(neighbour[: neighbour.find(b">") + 1], b"s")
        self.write({(header_row, column): self.new_cell(header)._replace(base=int(style) if style else None)})
        entry = like[0].skeleton.column_like(like[1]) if like is not None else None
        if entry is not None or self.skeleton.column_like(column) is not None:
            self.changed_skeleton.set_column(column, like=entry)
        for table in self.tables:
            if table.headers and table.area.top == header_row and table.area.right == column - 1:
                with self.refusing():
                    widen_table(self.package, table.part, table.area._replace(right=column), header)
        before = self.skeleton.filtered
        if before is not None and before.top == header_row and before.right == column - 1:
            after = before._replace(right=column)
            group = self.changed_skeleton.child("autoFilter")
            if group is not None:
                group.set("ref", text_of(after))
            move_filter(self.package, self.sheet.title, before, after)

    def splice(self, pieces: Iterable[tuple[int, int, bytes]]) -> None:
        """Put other bytes where bytes of the part stand: first, end and what shall stand there, in their order.

        Nothing else may be pending: the places are those of the part as it is.
        """
        xml, at = memoryview(self.rows.xml), 0
        new: list[Piece] = []
        for first, end, piece in pieces:
            new += [xml[at:first], piece]
            at = end
        if new:
            self._put([*new, xml[at:]])

    # ------------------------------------------------------------ rows that move

    def move(self, shift: Shift, *, rows_travel: bool = False) -> None:
        """Rows go or come; all that points at them follows, in every tab and part.

        Where `rows_travel`, heights of rows and their hiding go along; else they stay, as when cells are deleted.
        """
        if self._shift is not None or self._edits.emptied is not None or self._edits.wiped:
            self.carry_out()
        self._check(shift)
        if shift.count and self.last_row >= shift.at and self.last_row + shift.count > LAST_ROW:
            raise self._refusal("sheet-full")
        home = self.sheet.title
        shifts = {home.casefold(): shift}
        with self.refusing():
            follow_on_sheet(self.changed_skeleton, home, shift, shifts)
            follow_elsewhere(self.package, self.sheet, shift)
        self._shift, self._rows_travel, self._last = shift, rows_travel, None
        self.book.shifts.append(shift)
        for tab in self.book.tabs.values():
            if tab is not self:
                tab.follow(shifts)
        self.book.formulas_changed = True

    def _check(self, shift: Shift) -> None:
        """Refuse what Excel refuses: to cut what cannot be divided."""
        package, pivots = self.package, []
        for part in package.related(self.sheet.part, "pivotTable"):
            for tag in start_tag("location").findall(package.text(part)):
                pivots += areas(attribute(tag, b"ref") or "")
        with self.refusing():
            fixed = self.rows.fixed_areas
            check_move(shift, fixed=fixed, merged=self.skeleton.merged, tables=self.tables, pivots=pivots)

    def follow(self, shifts: Shifts) -> None:
        """Let formulas here follow rows that moved in another tab. Where none does, the tab is not touched."""
        if self._shift is not None or self._edits.has_formulas:
            self.carry_out()
        with self.refusing():
            before = etree.tostring(self.skeleton.root)
            follow_on_sheet(self.skeleton, self.sheet.title, None, shifts)
            changed = etree.tostring(self.skeleton.root) != before
            self._skeleton_changed |= changed
            if not self.rows.has_formulas:
                return
            pieces = list(moved(self.rows, None, self.sheet.title, shifts))
            if len(pieces) > UNTOUCHED:
                self._put(pieces)

    def region(self, gone: Sequence[int]) -> tuple[int, int]:
        """First and last column of the table or list in which those rows lie."""
        pending = {c for cells in self._edits.cells.values() for c, cell in cells.items() if cell.says_something}
        with self.refusing():
            return region(self.rows, self.skeleton, self.tables, gone, pending)

    # ------------------------------------------------------------ all of a block

    def drop_tables(self) -> None:
        """Make plain cells of the tab's tables. One that other parts rely on is refused."""
        relations = self.package.relations(self.sheet.part)
        for table in self.tables:
            if self.package.relations(table.part):
                raise self._refusal("table-in-the-way")
            numbers = {key for key, relation in relations.items() if relation.part == table.part}
            group = self.changed_skeleton.child("tableParts")
            for entry in list(group) if group is not None else ():
                if numbers & set(map(str, entry.attrib.values())):
                    group.remove(entry)  # type: ignore[union-attr]  # it has entries
            if group is not None and not len(group):
                self.skeleton.root.remove(group)
            elif group is not None:
                group.set("count", str(len(group)))
            self.package.unrelate(self.sheet.part, table.part)
            self.package.remove(table.part)

    def empty(self, area: Area | None) -> None:
        """Empty a block, whose looks stay; without a block, forget every row of the tab. Cells may be written next."""
        self.carry_out()
        if area is None:
            self._edits.wiped = True
        else:
            with self.refusing():
                fixed = self.rows.fixed_areas
            if any(block.meets(area) and not _inside(block, area) for block in fixed):
                raise self._refusal("array-in-the-way")
            self._edits.emptied = area

    def fill(self, cells: Mapping[tuple[int, int], NewCell]) -> None:
        """Write the cells of a block that was just emptied."""
        area = self._edits.emptied
        if area is not None:
            headers = {
                (table.area.top, column): NOTHING
                for table in self.tables
                if table.headers and area.top <= table.area.top <= area.bottom
                for column in range(max(table.area.left, area.left), min(table.area.right, area.right) + 1)
            }
            cells = {**headers, **cells}
        self._check_covered(cells)
        if cells:
            self._note(self._with_headers(cells))
        self._last = None

    # ------------------------------------------------------------ carrying out

    def carry_out(self, *, at_last: bool = False) -> None:
        """Do what is pending. At last, the new part is made only while the file is written."""
        edits, shift = self._edits, self._shift
        is_written = bool(edits.cells or edits.emptied or edits.wiped)
        if not (is_written or shift or self._skeleton_changed):
            return
        title, rows = self.sheet.title, self.rows
        with self.refusing():
            rows.check()
            if is_written:
                if rows.has_formulas:
                    self.book.formulas_changed = True
                    self._hand_on_formulas(rows, edits)
                self._widen_dimension()
                edits.column_look = lru_cache(maxsize=None)(self.skeleton.column_style)
                _ = self.skeleton  # a sheet that is no XML is refused
                # Styles are settled here, before their own part is written.
                rows.settle(edits)
            pieces: Iterable[Piece] = (rows.head, memoryview(rows.xml)[rows.start : rows.end], rows.tail)
            if shift is not None:
                shifts = {title.casefold(): shift}
                pieces = moved(rows, shift, title, shifts, edits=edits, rows_travel=self._rows_travel)
            elif is_written:
                pieces = rows.written(edits)
            self._edits, self._shift, self._written = RowEdits(), None, None
            self._put(pieces, at_last=at_last)

    def _put(self, pieces: Iterable[Piece], *, at_last: bool = False) -> None:
        around = self._skeleton_read.around(self.rows) if self._skeleton_read and self._skeleton_changed else None
        new = pieces if around is None else _in_frame(pieces, *around)
        self._had_formulas = self.rows.has_formulas
        self.package.put(self.sheet.part, self._guarded(new) if at_last else b"".join(new))
        self._read = self._skeleton_read = None
        self._skeleton_changed = False

    def _guarded(self, pieces: Iterable[Piece]) -> Iterator[Piece]:
        with self.refusing():
            yield from pieces

    def _hand_on_formulas(self, rows: Rows, edits: RowEdits) -> None:
        """A filled formula whose first cell is written over goes on in its next cell."""

        def written(row: int, column: int) -> bool:
            area = edits.emptied
            inside = area is not None and area.has(row, column)
            return edits.wiped or inside or column in edits.cells.get(row, {})

        for row, column, whole in heirs(rows, written):
            edits.cells.setdefault(row, {})[column] = NewCell((b"", b""), whole=whole)

    def _widen_dimension(self) -> None:
        """What the sheet says of its size holds its new cells."""
        if self._written is None:
            return
        head = self.rows.head
        tag = next(iter(_tags(head, b"dimension")), None)
        known = areas(attribute(tag, b"ref") or "") if tag else []
        if not known or _inside(self._written, known[0]):
            return
        wider = text_of(_around(known[0], self._written))
        if self._skeleton_changed:
            dimension = self.skeleton.child("dimension")
            if dimension is not None:
                dimension.set("ref", wider)
        elif tag is not None:
            self.rows.head = head.replace(tag, with_attribute(tag, b"ref", wider), 1)


class _Above(NamedTuple):
    """How the row above looks: column → style, and its own start tag where the whole row has a style."""

    looks: dict[int, int]
    tag: bytes


def _in_frame(pieces: Iterable[Piece], head: bytes, tail: bytes) -> Iterator[Piece]:
    """The pieces between the first and the last, with another beginning and end."""
    waiting: Piece = head
    for number, piece in enumerate(pieces):
        if number:
            yield waiting
            waiting = piece
    yield tail


def _tags(data: bytes, name: bytes) -> Iterator[bytes]:
    for match in start_tag(name.decode()).finditer(data):
        yield match[0]


def _covers(area: Area, place: tuple[int, int]) -> bool:
    """Whether a merged block hides a cell: all but its first are."""
    return area.has(*place) and place != (area.top, area.left)


def _says_something(cells: Cells) -> bool:
    return any(cell.says_something for cell in cells.values())


def _in_look(cell: NewCell, style: int | None) -> NewCell:
    """The cell in the look of the row above, where it has one."""
    return cell if style is None else cell._replace(base=style)


def _style_only(row: Row) -> bytes:
    """A row's start tag with nothing but its style."""
    style = attribute(row.tag, b"s") or "0"
    name = row.tag.split(None, 1)[0].rstrip(b">")
    return name + b' s="' + style.encode() + b'" customFormat="1">'


def _around(one: Area, other: Area) -> Area:
    return Area(
        min(one.left, other.left), min(one.top, other.top), max(one.right, other.right), max(one.bottom, other.bottom)
    )


def _inside(one: Area, other: Area) -> bool:
    return other.left <= one.left and one.right <= other.right and other.top <= one.top and one.bottom <= other.bottom


def text_in(cell: NewCell) -> str:
    """The text or number that a cell holds."""
    match = re.search(rb"<(?:[\w.-]+:)?[tv](?:\s[^>]*)?>([^<]*)<", cell.content[1])
    return unescaped(match[1]) if match else ""
