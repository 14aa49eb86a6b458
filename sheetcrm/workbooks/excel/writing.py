"""What becomes of each tab, done with the editor: cells say something new, rows move, tabs come to be.

Whatever belongs to a cell travels with it: its look, the words in it that are bold,
its comment, its link. It opens and saves nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from copy import deepcopy
from typing import NamedTuple

from lxml import etree

from sheetcrm.problems import NotAllowed
from sheetcrm.schema import SYNC_TABS
from sheetcrm.tables import Snapshot, Styled, same_cell
from sheetcrm.workbooks.edits import NewRow, TabEdit
from sheetcrm.workbooks.excel.charts import add_charts, forget_numbers
from sheetcrm.workbooks.excel.editor import XlsxFile
from sheetcrm.workbooks.excel.formulas import Area, Place, Shift
from sheetcrm.workbooks.excel.marks import set_marks
from sheetcrm.workbooks.excel.markup import attribute, with_prefix
from sheetcrm.workbooks.excel.notes import Note, put_note, take_notes
from sheetcrm.workbooks.excel.package import relation_id
from sheetcrm.workbooks.excel.rows import NewCell
from sheetcrm.workbooks.excel.styles import header_style, named_style
from sheetcrm.workbooks.excel.tab import TabEditor
from sheetcrm.workbooks.looks import NUMBERS, date_format, moment_format

__all__ = ["write_edits"]

NEW_COLUMN_WIDTH = 16


class Traveller(NamedTuple):
    """What a row that leaves its tab takes along, by column from 1."""

    cells: Mapping[int, bytes]
    prefix: bytes
    """What stands before the names of elements in them."""
    notes: Mapping[int, Note]
    links: Mapping[int, tuple[etree._Element, str]]
    """The link, and the address outside to which it leads, if it does."""


def write_edits(
    file: XlsxFile, base: Snapshot, edits: Mapping[str, TabEdit], language: str, *, write_protected: bool = False
) -> None:
    """Do all that a plan does to a workbook that says what `base` says."""
    book = file.book
    book.day_format, book.moment_format = date_format(language), moment_format(language)
    book.numbers_stay_numbers = True
    for title, edit in edits.items():
        if edit.is_new:
            _make_tab(file, title, edit, language)
        else:
            _check_protection(file.tab(title), edit, write_protected)
            _write_cells(file, file.tab(title), edit, language)
    travellers = {
        new.source: _pack(file.tab(new.source[0]), new.source[1] + 1)
        for edit in edits.values()
        for new in edit.added
        if new.source
    }
    arrivals: dict[str, dict[int, tuple[str, NewRow, int]]] = defaultdict(dict)
    for title, edit in edits.items():
        if edit.added:
            first = _add_rows(file.tab(title), base, edit, travellers)
            for row, new in enumerate(edit.added, first):
                if new.source:
                    arrivals[new.source[0]][new.source[1] + 1] = (title, new, row)
    closed: dict[str, Shift] = {}
    for title, edit in edits.items():
        if edit.gone:
            closed[title] = _close_up(file.tab(title), edit, arrivals[title], closed)
    set_marks(file.package, {title: (e.mark, e.marks, e.header_row) for title, e in edits.items()})


def _close_up(
    tab: TabEditor, edit: TabEdit, arrivals: Mapping[int, tuple[str, NewRow, int]], closed: Mapping[str, Shift]
) -> Shift:
    """Rows leave; formulas that point at them go along to where they came."""
    moved = {}
    for row, (title, new, there) in arrivals.items():
        at = (closed[title].row(there) or there) if title in closed else there
        moved[row] = Place(title, at, {source + 1: column + 1 for column, source in new.carry.items()})
    gone = tuple(row + 1 for row in edit.gone_in_order)
    shift = Shift(removed=gone, moved=moved)
    for run in edit.columns_of_list:
        shift = Shift(removed=gone, left=run.start + 1, right=run.stop, moved=moved)
        tab.move(shift, rows_travel=edit.stands_alone)
    return shift


def _check_protection(tab: TabEditor, edit: TabEdit, write_protected: bool) -> None:
    """A tab that the team protected is written only where the team says so; sync's own tabs are sync's."""
    if tab.skeleton.is_protected and edit.mark not in SYNC_TABS and not write_protected:
        raise NotAllowed("protected-tab", file=tab.package.file_name, tab=tab.sheet.title)


def _make_tab(file: XlsxFile, title: str, edit: TabEdit, language: str) -> None:
    tab = file.add_tab(title, hidden=edit.tab.hidden)
    headers = set(edit.marks.values())
    cells = {(row + 1, column + 1): tab.new_cell(value) for (row, column), value in edit.cells.items()}
    if edit.mark == "report":
        add_charts(tab, language)
        tab.changed_skeleton.print_across()
    if edit.content is not None:
        _write_anew(tab, edit.content.rows, edit.content.widths, language)
        return
    if headers:
        look = file.book.styles.named(header_style("sync"))
        for column in headers:
            tab.changed_skeleton.set_column(column + 1, width=NEW_COLUMN_WIDTH)
            cells[1, column + 1] = cells[1, column + 1]._replace(base=look)
        tab.changed_skeleton.freeze_first_row()
    tab.write(cells)


def _write_cells(file: XlsxFile, tab: TabEditor, edit: TabEdit, language: str) -> None:
    if edit.content is not None:
        _write_anew(tab, edit.content.rows, edit.content.widths, language)
        return
    apart = set(edit.tab.merged) - set(edit.merged)
    if apart:
        blocks = (Area(left + 1, top + 1, right + 1, bottom + 1) for top, left, bottom, right in apart)
        tab.changed_skeleton.unmerge(blocks)
    for new in edit.columns:
        like = (file.tab(new.like[0]), new.like[1] + 1) if new.like and new.like[0] in file.tabs else None
        tab.add_column(new.column + 1, new.header, new.header_row + 1, like)
    headers = {(new.header_row, new.column) for new in edit.columns}
    tab.write({(r + 1, c + 1): tab.new_cell(value) for (r, c), value in edit.cells.items() if (r, c) not in headers})


def _write_anew(tab: TabEditor, rows: tuple[tuple[Styled, ...], ...], widths: tuple[int, ...], language: str) -> None:
    skeleton = tab.changed_skeleton
    skeleton.unmerge(skeleton.merged)
    skeleton.hide_grid()
    for column, width in enumerate(widths, 1):
        skeleton.set_column(column, width=width)
    tab.drop_tables()
    tab.empty(None)
    cells: dict[tuple[int, int], NewCell] = {}
    for row, line in enumerate(rows, 1):
        below = rows[row] if row < len(rows) else ()
        for column, (value, style) in enumerate((styled.value, styled.style) for styled in line):
            if value == "" and style == "text":
                continue
            is_number_below = len(below) > column and below[column].style in NUMBERS
            name = "header right" if style == "header" and is_number_below else style
            look = tab.book.styles.named(named_style(name, language))
            cells[row, column + 1] = tab.new_cell(value)._replace(base=look)
    tab.fill(cells)
    forget_numbers(tab.package, tab.sheet.title)


def _pack(tab: TabEditor, row: int) -> Traveller:
    relations = tab.package.relations(tab.sheet.part)
    links = {}
    for area, link in tab.skeleton.links():
        if area.top == area.bottom == row:
            relation = relation_id(link)
            for column in range(area.left, area.right + 1):
                links[column] = (deepcopy(link), relations[relation].part if relation in relations else "")
    return Traveller(tab.raw_cells(row), tab.rows.prefix, take_notes(tab, row), links)


def _add_rows(tab: TabEditor, base: Snapshot, edit: TabEdit, travellers: Mapping[tuple[str, int], Traveller]) -> int:
    rows = [_new_cells(tab, base, new, travellers) for new in edit.added]
    columns = {column + 1 for run in edit.columns_of_list for column in run}
    if edit.makes_room:
        tab.move(Shift(at=edit.last_row_before + 2, count=len(rows), stretches=True))
    first = tab.append(rows, at=edit.last_row_before + 2, header_row=edit.header_row + 1, columns=columns)
    for row, new in enumerate(edit.added, first):
        if new.source:
            _unpack(tab, row, travellers[new.source], {source + 1: column + 1 for column, source in new.carry.items()})
    return first


def _unpack(tab: TabEditor, row: int, traveller: Traveller, places: Mapping[int, int]) -> None:
    """Notes and links go to where their cells went; a note on a cell that went nowhere, to the record itself."""
    for source, note in traveller.notes.items():
        put_note(tab, row, places.get(source, min(places.values(), default=1)), note)
    for source, link in traveller.links.items():
        if source in places:
            _put_link(tab, row, places[source], *link)


def _new_cells(
    tab: TabEditor, base: Snapshot, new: NewRow, travellers: Mapping[tuple[str, int], Traveller]
) -> dict[int, NewCell]:
    if new.source is None:
        return {column + 1: tab.new_cell(value) for column, value in new.cells.items()}
    stood, row = base.tab(new.source[0]), new.source[1]
    packed = travellers[new.source]
    cells: dict[int, NewCell] = {}
    for column in {*new.cells, *new.carry}:
        value, source = new.cells.get(column, ""), new.carry.get(column)
        raw = packed.cells.get(source + 1, b"") if source is not None else b""
        style = attribute(raw[: raw.find(b">") + 1], b"s") or "0"
        as_it_is = (
            raw
            and stood is not None
            and source is not None
            and value != ""
            and (row, source) not in stood.formulas
            and same_cell(stood.cell(row, source), value)
            and (style != "0" or isinstance(value, str))  # a bare number must not become a day there
        )
        if as_it_is:
            cells[column + 1] = NewCell((b"", b""), whole=with_prefix(raw, packed.prefix, tab.rows.prefix))
        else:
            cells[column + 1] = tab.new_cell(value)._replace(base=int(style) if style != "0" else None)
    return cells


def _put_link(tab: TabEditor, row: int, column: int, link: etree._Element, address: str) -> None:
    link = deepcopy(link)
    if address:
        package = tab.package
        relation = package.relate(tab.sheet.part, package.relation_type("hyperlink"), address, outside=True)
        key = next(str(k) for k in link.attrib if str(k).endswith("}id"))
        link.set(key, relation)
    tab.changed_skeleton.add_link(Area(column, row, column, row), link)
