"""What becomes of each tab, as one list of requests that Google carries out whole or not at all.

Their order is the point: what will be overwritten is kept first; rows that come
get rows of their own, which are blank at that instant; rows that go are cut, so
that what was typed a moment ago goes along; and only what was cut is deleted. It
sends nothing.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from sheetcrm.report.blocks import WIDTHS
from sheetcrm.schema import SYNC_TABS, TABS
from sheetcrm.tables import Cell, Formula, Plan, WriteTab, raw_text, same_cell
from sheetcrm.workbooks.edits import NewRow, TabEdit, by_row
from sheetcrm.workbooks.google import requests as do
from sheetcrm.workbooks.google.aside import PROBE_TITLE, Entry, Keeper, Kind, cell_print, prints_of
from sheetcrm.workbooks.google.charts import COLUMNS, ROWS, missing_charts
from sheetcrm.workbooks.google.dressing import (
    dress_tab,
    header_cell,
    kind_of,
    missing_dress,
    pixels,
    places_of_lists,
    styled_rows,
)
from sheetcrm.workbooks.google.reading import Reading, Sheet
from sheetcrm.workbooks.google.values import KEY, Json, content_of, number_format

__all__ = ["Write", "new_id", "write_of"]

SPARE_ROWS, FEW_SPARE_ROWS = 200, 20
"""Blank rows below, in tabs where people add rows and elsewhere: each is read every night."""
SPARE_COLUMNS = 3
NEW_COLUMN_WIDTH = 16


@dataclass(frozen=True, slots=True)
class Write:
    """One batchUpdate."""

    token: int
    """The ID of the tab that keeps what it overwrites: new in every write."""
    requests: list[Json]


def new_id(taken: Iterable[int]) -> int:
    """An ID that no tab has, and no other machine will think of."""
    known = set(taken)
    while True:
        # Which writer's token it is shows afterwards, so it must not be guessed by the next.
        found = random.SystemRandom().randrange(1 << 20, 1 << 31)
        if found not in known:
            return found


def write_of(reading: Reading, plan: Plan, edits: Mapping[str, TabEdit]) -> Write:
    """All that a plan does to a spreadsheet that says what was read."""
    return _Writer(reading, plan, edits).write()


class _Writer:
    def __init__(self, reading: Reading, plan: Plan, edits: Mapping[str, TabEdit]) -> None:
        self.reading = reading
        self.language = plan.language
        self.addressing = plan.addressing
        self.edits = edits
        self.ids = dict(reading.ids)
        for title, edit in edits.items():
            if edit.is_new:
                self.ids[title] = new_id(self.ids.values())
        self.cuts = reading.learned.get("cut", "yes") != "no"
        self.keeper = Keeper(reading.mends if plan is reading.snapshot.repair else None)

    def write(self) -> Write:
        aside = self.reading.aside
        token = new_id([*self.ids.values(), aside.id if aside else 0])
        for title, edit in self.edits.items():
            self._keep(title, edit)
        body = [request for part in self._parts() for request in part]
        return Write(token, [*self.keeper.requests(token, aside.id if aside else None), *body])

    def _parts(self) -> Iterator[Iterable[Json]]:
        old = {title: edit for title, edit in self.edits.items() if not edit.is_new}
        # What a probe left that landed when nobody waited for it any more.
        yield [{"deleteSheet": {"sheetId": id_}} for title, id_ in self.reading.ids.items() if _is_probe(title)]
        for title, edit in old.items():
            yield self._unmerge(title, edit)
            yield self._add_columns(title, edit)
            yield self._marks(title, edit)
        # Only now: a column that comes would shift what formulas and rules of these tabs refer to.
        for title, edit in self.edits.items():
            if edit.is_new:
                yield self._make_tab(title, edit)
        for title, edit in self.edits.items():
            if edit.is_new:
                yield self._dress(title, edit)
        for title, edit in old.items():
            yield self._write_anew(title, edit) if edit.content else self._set_cells(title, edit)
        for title, edit in old.items():
            yield self._make_room(title, edit)
        for title, edit in self.edits.items():
            yield self._bring_rows(title, edit)
        for title, edit in self.edits.items():
            yield self._write_rows(title, edit)
        for title, edit in old.items():
            yield self._close_up(title, edit)

    # ------------------------------------------------------------ what is kept

    def _keep(self, title: str, edit: TabEdit) -> None:
        """Every row that is touched, and the headers above it."""
        if edit.is_new:
            return
        sheet = self.reading.sheets[title]
        tab = self.reading.snapshot.tab(title)
        assert tab is not None  # it was read
        marked = {name: c for name, c in edit.marks.items() if tab.marks.get(name) != c}
        at = self.addressing.get(title)
        header_row = max(at.header_row, 0) if at else 0
        headers = sheet.raw[header_row] if header_row < len(sheet.raw) else []
        self.keeper.keep(
            Entry(
                "tab",
                sheet.id,
                header_row,
                headers=tuple(raw_text(cell) for cell in headers),
                header_row=header_row,
                id_column=tab.marks.get("id", -1),
                mark=edit.mark,
                marks=marked,
                added={new.column: new.header for new in edit.columns},
                leaves=() if edit.stands_alone else tuple(_spans(edit)),
            ),
            sheet.columns,
        )
        if edit.content:
            for row in range(len(sheet.raw)):
                self._keep_row(sheet, "whole", row)
            return
        for row, cells in sorted(by_row(_written(edit)).items()):
            if row < sheet.rows and row not in edit.gone:
                self._keep_row(sheet, "set", row, cells)
        if edit.gone and not edit.stands_alone:
            # Beside a note rows close up by columns: what stays must be known, should a column be dragged past it.
            for row in range(min(edit.gone) + 1, max(edit.last_row_before + 1, len(sheet.raw))):
                if row not in edit.gone:
                    self._keep_row(sheet, "stay", row)
        for new in edit.added:
            own = self._own_cells(new)
            if new.source is None:
                self.keeper.keep(Entry("add", sheet.id, wrote=_prints(own)))
        for source in sorted(edit.gone):
            there, new = self._arrival(title, source)
            self._keep_row(sheet, "move", source, self._own_cells(new), self.ids[there], new)

    def _keep_row(
        self,
        sheet: Sheet,
        kind: Kind,
        row: int,
        cells: Mapping[int, Cell] | None = None,
        to: int = -1,
        new: NewRow | None = None,
    ) -> None:
        raw = sheet.raw[row] if row < len(sheet.raw) else []
        formulas = tuple(column for column in range(len(raw)) if (row, column) in sheet.formulas)
        carry = tuple(sorted((here, there) for there, here in new.carry.items())) if new else ()
        entry = Entry(kind, sheet.id, row, prints_of(raw), formulas, _prints(cells or {}), to, carry)
        self.keeper.keep(entry, sheet.columns)

    def _arrival(self, title: str, row: int) -> tuple[str, NewRow]:
        return self._arrivals[title, row]

    @cached_property
    def _arrivals(self) -> dict[tuple[str, int], tuple[str, NewRow]]:
        """Where each row that leaves a tab comes."""
        return {new.source: (title, new) for title, edit in self.edits.items() for new in edit.added if new.source}

    def _own_cells(self, new: NewRow) -> dict[int, Cell]:
        """The cells of a row that comes which sync writes: all of a new one, of a moved one what is not carried."""
        if new.source is None:
            return {column: cell for column, cell in new.cells.items() if cell != ""}
        title, row = new.source
        edit, spilled = self.edits[title], self.reading.sheets[title].spilled
        return {
            column: cell
            for column, cell in new.cells.items()
            if column not in new.carry
            or (row, new.carry[column]) in spilled
            or not _is_carried(edit, row, new.carry[column], cell)
        }

    # ------------------------------------------------------------ tabs

    def _make_tab(self, title: str, edit: TabEdit) -> Iterator[Json]:
        sheet = self.ids[title]
        height = max((row for row, _ in edit.cells), default=-1) + 1 + len(edit.added)
        width = max((column for _, column in edit.cells), default=-1) + 1
        width = max(width, *(max(new.cells, default=-1) + 1 for new in edit.added), 0)
        spare = FEW_SPARE_ROWS if edit.mark in (*SYNC_TABS, "stages", "lists", "settings") else SPARE_ROWS
        grid = {"rowCount": height + spare, "columnCount": max(width + SPARE_COLUMNS, 12)}
        if edit.mark == "report":  # charts, and what they point at, must lie in it
            grid = {"rowCount": max(height, ROWS) + spare, "columnCount": max(width, COLUMNS) + SPARE_COLUMNS}
        properties = {"sheetId": sheet, "title": title, "hidden": edit.tab.hidden, "gridProperties": grid}
        yield {"addSheet": {"properties": properties}}
        if edit.mark:
            yield do.mark(KEY, edit.mark, sheet)
        for name, column in edit.marks.items():
            yield do.mark(KEY, f"{edit.mark}.{name}", sheet, column)
        kind = kind_of(edit.mark)
        if kind:
            yield from dress_tab(sheet, kind, edit.marks, self.language)
        if edit.mark == "report":
            yield from self._size_columns(sheet, WIDTHS)
        if edit.content:
            return  # what it says is laid out when all tabs are there
        headers = {column: name for name, column in edit.marks.items()}
        writers = {field.name: field.writer for field in TABS.get(kind, ())}
        body: dict[int, dict[int, Cell]] = {}
        for row, cells in by_row(edit.cells).items():
            if row == 0 and headers:
                line = [
                    header_cell(raw_text(cells.get(c, "")), writers.get(headers.get(c, ""), "sync"))
                    for c in range(width)
                ]
                yield do.put(sheet, 0, 0, [line], "userEnteredValue,userEnteredFormat")
            else:
                body[row] = cells
        yield from self._put(sheet, None, body)

    def _dress(self, title: str, edit: TabEdit) -> Iterator[Json]:
        """What refers to other tabs, all of which are there by now: drop-downs, highlights, links; and charts."""
        kind, sheet = kind_of(edit.mark), self.ids[title]
        if kind:
            height = max((row for row, _ in edit.cells), default=-1) + 1 + len(edit.added)
            ticks = {c for (row, c), cell in edit.cells.items() if isinstance(cell, bool)}
            bare = {"properties": {"sheetId": sheet}}
            yield from missing_dress(bare, kind, edit.marks, 0, self.lists, self.language, ticks, height)
        if edit.content:
            yield from self._lay_out(sheet, edit.content)
        if edit.mark == "report":
            yield from missing_charts(sheet, self.language)

    @property
    def lists(self) -> dict[str, tuple[str, int]]:
        """Where the words of each kind stand: title and column."""
        known = [(tab.title, tab.mark, tab.marks) for tab in self.reading.snapshot.tabs]
        known += [(title, edit.mark, edit.marks) for title, edit in self.edits.items()]
        return places_of_lists(known)

    def _write_anew(self, title: str, edit: TabEdit) -> Iterator[Json]:
        assert edit.content is not None
        sheet = self.reading.sheets[title]
        rows = edit.content.rows
        columns = max(len(edit.content.widths), *(len(line) for line in rows), 0)
        if len(rows) > sheet.rows:
            yield do.add_rows(sheet.id, len(rows) - sheet.rows)
        if columns > sheet.columns:
            yield do.add_columns(sheet.id, columns - sheet.columns)
        yield from self._lay_out(sheet.id, edit.content)

    def _lay_out(self, sheet: int, content: WriteTab) -> Iterator[Json]:
        """What a tab of sync's own says, and how it looks."""
        made = styled_rows(content.rows, self.ids, self.language)
        whole = {"range": do.block(sheet), "rows": [{"values": line} for line in made]}
        yield {"updateCells": {**whole, "fields": "userEnteredValue,userEnteredFormat"}}
        yield do.set_properties(sheet, {"gridProperties": {"hideGridlines": True}}, "gridProperties.hideGridlines")
        yield from self._size_columns(sheet, content.widths)

    def _size_columns(self, sheet: int, widths: Sequence[int]) -> Iterator[Json]:
        for column, width in enumerate(widths):
            yield do.size_columns(sheet, column, column + 1, pixels(width))

    def _unmerge(self, title: str, edit: TabEdit) -> Iterator[Json]:
        tab = self.reading.snapshot.tab(title)
        stays = set() if edit.content else set(edit.merged)
        for top, left, bottom, right in sorted(set(tab.merged if tab else ()) - stays):
            yield {"unmergeCells": {"range": do.block(self.ids[title], (top, bottom + 1), (left, right + 1))}}

    def _add_columns(self, title: str, edit: TabEdit) -> Iterator[Json]:
        sheet = self.reading.sheets[title]
        columns = sheet.columns
        for new in sorted(edit.columns, key=lambda new: new.column):
            if new.column >= columns:
                yield do.add_columns(sheet.id, new.column + 1 - columns)
                columns = new.column + 1
            # Inserted, even at the far right: what somebody put there a moment ago moves aside.
            yield do.insert_columns(sheet.id, new.column)
            columns += 1
            like = new.like
            if like and like[0] in self.reading.sheets:
                rows = 0, min(self.reading.sheets[like[0]].rows, sheet.rows)
                source = do.block(self.ids[like[0]], rows, (like[1], like[1] + 1))
                yield do.copy(source, do.block(sheet.id, rows, (new.column, new.column + 1)), "PASTE_FORMAT")
                cell: Json = {"userEnteredValue": {"stringValue": new.header}}
                yield do.put(sheet.id, new.header_row, new.column, [[cell]], "userEnteredValue")
            else:
                cell = header_cell(new.header, "sync" if new.mark else "people")
                yield do.put(sheet.id, new.header_row, new.column, [[cell]], "userEnteredValue,userEnteredFormat")
                yield do.size_columns(sheet.id, new.column, new.column + 1, pixels(NEW_COLUMN_WIDTH))

    def _marks(self, title: str, edit: TabEdit) -> Iterator[Json]:
        sheet = self.reading.sheets[title]
        tab = self.reading.snapshot.tab(title)
        assert tab is not None  # it was read
        if edit.mark != tab.mark:
            if tab.mark:
                yield do.unmark(sheet.mark_ids[tab.mark])
            yield do.mark(KEY, edit.mark, sheet.id)
        for name, column in edit.marks.items():
            key = f"{edit.mark}.{name}"
            if tab.marks.get(name) != column or edit.mark != tab.mark:
                if key in sheet.mark_ids:
                    yield do.unmark(sheet.mark_ids[key])
                yield do.mark(KEY, key, sheet.id, column)

    # ------------------------------------------------------------ cells and rows

    def _set_cells(self, title: str, edit: TabEdit) -> Iterator[Json]:
        cells = _written(edit)
        sheet = self.reading.sheets[title]
        height = max((row for row, _ in cells), default=-1) + 1
        if height > sheet.rows:
            yield do.add_rows(sheet.id, height - sheet.rows)
        yield from self._put(sheet.id, sheet, by_row(cells))

    def _put(self, sheet_id: int, sheet: Sheet | None, rows: Mapping[int, Mapping[int, Cell]]) -> Iterator[Json]:
        """Cells as requests: one for cells side by side, and for such rows one below the other."""
        blocks: dict[tuple[int, int, str], tuple[int, list[list[Json]]]] = {}
        for row, cells in sorted(rows.items()):
            made = {column: self._cell(sheet, row, column, cell) for column, cell in sorted(cells.items())}
            for first, last, fields in _runs_alike(made):
                line = [made[column] for column in range(first, last)]
                top, lines = blocks.get((first, last, fields), (-1, []))
                if top + len(lines) == row and lines:
                    lines.append(line)
                    continue
                if lines:
                    yield do.put(sheet_id, top, first, lines, fields)
                blocks[first, last, fields] = row, [line]
        for (first, _, fields), (top, lines) in blocks.items():
            yield do.put(sheet_id, top, first, lines, fields)

    def _cell(self, sheet: Sheet | None, row: int, column: int, value: Cell) -> Json:
        made: Json = {"userEnteredValue": content_of(value, self.ids)}
        days = number_format(value, self.language)
        if days and (sheet is None or not sheet.shows_days(row, column)):
            made["userEnteredFormat"] = {"numberFormat": days}
        return made

    def _first_added(self, edit: TabEdit) -> int:
        """Where rows come, before any leave."""
        return edit.last_row_before + 1

    def _make_room(self, title: str, edit: TabEdit) -> Iterator[Json]:
        """New rows, blank at that instant: what was typed below the last row a moment ago moves down."""
        if not edit.added:
            return
        sheet, first, count = self.reading.sheets[title], self._first_added(edit), len(edit.added)
        columns = max((max(new.cells, default=-1) + 1 for new in edit.added), default=0)
        have = max([sheet.columns, *(new.column + 1 for new in edit.columns)])
        if columns > have:
            yield do.add_columns(sheet.id, columns - have)
        # Cells that shift down stay inside the grid; and rows are inserted before one that is there.
        end = first + 1 if edit.stands_alone else max(sheet.rows, first) + count
        if end > sheet.rows:
            yield do.add_rows(sheet.id, end - sheet.rows)
        if edit.stands_alone:
            yield do.insert_rows(sheet.id, first, count, like_above=first - 1 > edit.header_row)
            return
        for span in _spans(edit):
            cells = do.block(sheet.id, (first, first + count), span)
            yield {"insertRange": {"range": cells, "shiftDimension": "ROWS"}}

    def _bring_rows(self, title: str, edit: TabEdit) -> Iterator[Json]:
        """Rows of other tabs, column block by column block."""
        first = self._first_added(edit)
        pending: list[tuple[int, NewRow]] = []
        for row, new in enumerate(edit.added, first):
            if pending and not _follows(pending[-1][1], new):
                yield from self._bring(title, pending)
                pending = []
            if new.source:
                pending.append((row, new))
        yield from self._bring(title, pending)

    def _bring(self, title: str, rows: list[tuple[int, NewRow]]) -> Iterator[Json]:
        if not rows:
            return
        (there, new), count = rows[0], len(rows)
        assert new.source is not None
        source_title, here = new.source
        source, target = self.ids[source_title], self.ids[title]
        for first, last, to in _column_blocks(new.carry):
            cells = do.block(source, (here, here + count), (first, last))
            if self.cuts:
                yield do.cut(cells, target, there, to)
            else:
                landing = do.block(target, (there, there + count), (to, to + last - first))
                yield do.copy(cells, landing, "PASTE_NORMAL")
                # A formula that is copied points at other cells: what it said goes, whichever row it is by then.
                for column in sorted({c for _, c in self.reading.sheets[source_title].formulas if first <= c < last}):
                    cells = do.block(source, (here, here + count), (column, column + 1))
                    landing = do.block(target, (there, there + count), (to + column - first, to + column - first + 1))
                    yield do.copy(cells, landing, "PASTE_VALUES")
        yield from self._notes(source_title, target, rows)

    def _notes(self, source_title: str, target: int, rows: list[tuple[int, NewRow]]) -> Iterator[Json]:
        """Notes that would stay behind, as they were read: all where cutting does not take them along.

        What stands on a blank cell of a column that the other tab lacks goes to the first cell of the row.
        """
        sheet = self.reading.sheets[source_title]
        carried = not self.cuts or self.reading.learned.get("notes", "yes") == "yes"
        by_row: dict[int, dict[int, str]] = {}
        for (row, column), note in sheet.notes.items():
            by_row.setdefault(row, {})[column] = note
        for there, new in rows:
            assert new.source is not None
            places = {here: to for to, here in new.carry.items()}
            wanted: dict[int, list[str]] = {}
            for here, note in by_row.get(new.source[1], {}).items():
                if here in places and not carried:
                    wanted.setdefault(places[here], []).append(note)
                elif here not in places and places and self._leaves(source_title, here):
                    first = min(places.values())
                    with_it = by_row[new.source[1]].get(new.carry[first])
                    wanted.setdefault(first, [with_it] if with_it and carried else []).append(note)
            for to, notes in wanted.items():
                yield do.put(target, there, to, [[{"note": "\n".join(notes)}]], "note")

    def _leaves(self, title: str, column: int) -> bool:
        edit = self.edits[title]
        return edit.stands_alone or edit.in_list(column)

    def _write_rows(self, title: str, edit: TabEdit) -> Iterator[Json]:
        first = self._first_added(edit)
        rows = {row: self._own_cells(new) for row, new in enumerate(edit.added, first)}
        yield from self._put(self.ids[title], None, rows)

    def _close_up(self, title: str, edit: TabEdit) -> Iterator[Json]:
        sheet = self.ids[title]
        for first, last in reversed(do.runs(edit.gone_in_order)):
            if edit.stands_alone:
                yield do.delete_rows(sheet, first, last)
            else:
                for span in _spans(edit):
                    cells = do.block(sheet, (first, last), span)
                    yield {"deleteRange": {"range": cells, "shiftDimension": "ROWS"}}


def _spans(edit: TabEdit) -> list[tuple[int, int | None]]:
    """The columns in which rows close up, and the empty ones behind: a column that comes in that instant does, too."""
    first = edit.header_row + 1
    filled = {c for row in edit.tab.rows[first:] for c, cell in enumerate(row) if cell != "" and not edit.in_list(c)}
    filled |= {c for row, c in edit.tab.formulas if row >= first and not edit.in_list(c)}
    return [(run.start, min((c for c in filled if c >= run.stop), default=None)) for run in edit.columns_of_list]


def _is_probe(title: str) -> bool:
    return title.startswith(PROBE_TITLE)


def _written(edit: TabEdit) -> dict[tuple[int, int], Cell]:
    """The cells that are written, without the headers of columns that come."""
    headers = {(new.header_row, new.column) for new in edit.columns}
    return {place: cell for place, cell in edit.cells.items() if place not in headers}


def _is_carried(edit: TabEdit, row: int, column: int, cell: Cell) -> bool:
    """Whether a cell of a moved row says what it said before it moved."""
    written = edit.cells.get((row, column))
    return not isinstance(written, Formula) and same_cell(edit.cell(row, column), cell)


def _follows(above: NewRow, new: NewRow) -> bool:
    """Whether two rows come from one below the other, in the same columns."""
    if above.source is None or new.source is None:
        return False
    return new.source == (above.source[0], above.source[1] + 1) and new.carry == above.carry


def _column_blocks(carry: Mapping[int, int]) -> Iterator[tuple[int, int, int]]:
    """Columns that lie side by side both here and there: first here, the one behind the last, first there."""
    first = last = to = -1
    for here, there in sorted((here, there) for there, here in carry.items()):
        if here == last and there == to + last - first:
            last += 1
            continue
        if first >= 0:
            yield first, last, to
        first, last, to = here, here + 1, there
    if first >= 0:
        yield first, last, to


def _runs_alike(cells: Mapping[int, Json]) -> Iterator[tuple[int, int, str]]:
    """Cells side by side that are written by one mask: the mask empties what a cell does not bring."""
    masks = {
        c: ",".join(sorted(f"{n}.numberFormat" if n == "userEnteredFormat" else n for n in x)) for c, x in cells.items()
    }
    for first, last in do.runs(sorted(cells)):
        start = first
        for column in range(first + 1, last + 1):
            if column == last or masks[column] != masks[start]:
                yield start, column, masks[start]
                start = column


def _prints(cells: Mapping[int, Cell]) -> dict[int, str]:
    return {column: cell_print(cell) for column, cell in cells.items()}
