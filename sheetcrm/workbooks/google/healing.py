"""What must be put back because somebody was at work in the instant of the last write.

A write keeps what it overwrites, and what it expected there (see `aside`). Where
the two differ, the plan made here gives every cell its own words again, in
whichever row and column it stands by now; then the next plan is made from what
the workbook says. It sends nothing, and whatever somebody typed since is left.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence

from sheetcrm.schema import SYNC_TABS, TABS
from sheetcrm.tables import (
    AddColumn,
    Addressing,
    Cell,
    CellChange,
    Change,
    Mark,
    MoveRow,
    Plan,
    RowKey,
    SetCells,
    Tab,
    column_letters,
    list_columns,
    locate,
    next_column,
    raw_text,
)
from sheetcrm.workbooks.google.aside import Aside, Entry, cell_print, prints_of
from sheetcrm.workbooks.google.finding import Columns, Rows, texts
from sheetcrm.workbooks.google.reading import Reading, Sheet
from sheetcrm.workbooks.google.values import cell_of

__all__ = ["disturbed", "repair"]

NO_COLUMN = 1 << 20


def disturbed(aside: Aside) -> bool:
    """Whether somebody was at work between the last read and the write."""
    return any(_was_disturbed(aside, entry) for entry in aside.entries)


def repair(reading: Reading) -> Plan | None:
    """What puts right the last write; None where nothing must be put right.

    A write that was to put right an earlier one, and was disturbed itself, is undone
    where it went wrong; then the earlier one is looked at again.
    """
    aside = reading.aside
    while aside is not None:
        if not disturbed(aside):  # it has put right the one under it
            aside = aside.under.under if aside.under else None
            continue
        plan = _Repair(reading, aside).plan()
        if not plan.is_empty:
            reading.mends = aside
            return plan
        aside = aside.under
    return None


def _was_disturbed(aside: Aside, entry: Entry) -> bool:
    match entry.kind:
        case "tab":
            return list(entry.headers) != texts(entry.stood)[: len(entry.headers)]
        case "add":
            return False
    return _stood(entry) != _read(entry)


def _read(entry: Entry) -> tuple[str, ...]:
    return _without(entry.read, entry.formulas)


def _stood(entry: Entry) -> tuple[str, ...]:
    return _without(prints_of(entry.stood), entry.formulas)


def _without(prints: Sequence[str], formulas: Sequence[int]) -> tuple[str, ...]:
    kept = ["" if column in formulas else text for column, text in enumerate(prints)]
    while kept and not kept[-1]:
        kept.pop()
    return tuple(kept)


def _leaves(about: Entry, column: int) -> bool:
    """Whether a column is among those in which rows close up."""
    return any(first <= column < (end or NO_COLUMN) for first, end in about.leaves)


def _cell(sheet: Sheet, row: int, column: int) -> Cell:
    cells = sheet.raw[row]
    return cells[column] if column < len(cells) else ""


class _Repair:
    def __init__(self, reading: Reading, aside: Aside) -> None:
        self.reading = reading
        self.aside = aside
        self.cells: dict[tuple[str, int], dict[int, Cell]] = defaultdict(dict)
        self.changes: list[Change] = []
        self.addressing: dict[str, Addressing] = {}
        self._rows: dict[int, Rows] = {}
        self._columns_of: dict[int, Columns] = {}
        self._kinds: dict[int, dict[int, str]] = {}
        self._before: dict[tuple[int, int], set[Cell]] = {}
        self._found: dict[tuple[int, int], int | None] = {}
        self._new: dict[tuple[str, str], int] = {}
        self._back: list[tuple[str, int, str, tuple[tuple[int, int], ...], tuple[tuple[int, Cell], ...]]] = []

    def plan(self) -> Plan:
        """All that must be put back."""
        expected: dict[int, set[tuple[str, ...]]] = defaultdict(set)
        for entry in self.aside.entries:
            if entry.kind == "whole":
                expected[entry.tab].add(_read(entry))
        for entry in self.aside.entries:
            sheet = self.reading.by_id(entry.tab)
            if sheet is None:
                continue  # somebody took the tab away
            if entry.kind == "tab":
                self._mark(entry, sheet)
                self._left_over(sheet)
            elif entry.kind == "set":
                self._set(entry, sheet)
            elif entry.kind == "add":
                self._add(entry, sheet)
            elif entry.kind == "stay":
                self._stay(entry, sheet)
                self._note_came_along(entry, sheet)
            elif entry.kind == "move" and (there := self.reading.by_id(entry.to)):
                self._move(entry, sheet, there)
                self._note_came_along(entry, sheet)
            elif entry.kind == "whole" and _stood(entry) not in expected[entry.tab]:
                self._words(entry, sheet)
        return Plan((*self.changes, *self._row_changes()), self.addressing)

    # ------------------------------------------------------------ each kind of line

    def _mark(self, entry: Entry, sheet: Sheet) -> None:
        columns = self._columns(sheet)
        moved = {name: columns.read_to_now(column) for name, column in entry.marks.items()}
        marks = self._tab(sheet).marks
        wrong = {n: c for n, c in moved.items() if c is not None and marks.get(n) != c}
        if columns.moved and wrong:
            self.changes.append(Mark(sheet.title, entry.mark, tuple(wrong.items())))

    def _set(self, entry: Entry, sheet: Sheet) -> None:
        """A row of which cells were written: another one, or one that said something else."""
        columns = self._columns(sheet)
        if _stood(entry) == _read(entry) and not columns.moved:
            return
        now: dict[int, str] = {}
        stood_prints = prints_of(entry.stood)
        for column in range(max(len(stood_prints), len(columns.stood_headers))):  # blank cells tell rows apart, too
            if (place := columns.stood_to_now(column)) is not None:
                now[place] = stood_prints[column] if column < len(stood_prints) else ""
        for column, text in entry.wrote.items():
            if (place := columns.written_to_now.get(column)) is not None:
                now[place] = text
        row = self._find_again(entry, sheet, now)
        if row is None:
            return
        undo_all = columns.moved or not self._same_row(entry, columns)
        for column, text in entry.wrote.items():
            place, kept = columns.written_to_now.get(column), columns.stood(column)
            stood: Cell = entry.stood[kept] if kept is not None and kept < len(entry.stood) else ""
            expected = entry.read[column] if column < len(entry.read) else ""
            if place is None or (not undo_all and cell_print(stood) == expected):
                continue
            if self._rows_of(sheet).at(row, place) == text != cell_print(stood):
                self._put(sheet, row, place, stood)

    def _move(self, entry: Entry, sheet: Sheet, there: Sheet) -> None:
        """A row that went to another tab: another one than was meant, or into wrong columns."""
        here, target = self._columns(sheet), self._columns(there)
        if not (_was_disturbed(self.aside, entry) or here.moved or target.moved):
            return
        stood = prints_of(entry.stood)
        carried = dict(entry.carry)
        # What the write left in each of the target's columns, by their numbers then.
        left: dict[int, str] = {}
        for source, to in entry.carry:
            kept = here.stood(source)
            left[to] = stood[kept] if kept is not None and kept < len(stood) else ""
        left |= entry.wrote
        places = {to: target.written_to_now[to] for to in left if to in target.written_to_now}
        row = self._find(there, {places[to]: text for to, text in left.items() if to in places}, NO_COLUMN)
        if row is None:
            return
        if not self._same_row(entry, here):
            self._send_back(entry, sheet, there, row, left, places, here)
            return
        keeps = not (here.moved or target.moved)
        wanted: dict[int, Cell] = {}
        read_of = {stood: read for read, stood in here.read_to_stood.items()}
        for column, cell in enumerate(entry.stood):
            source = read_of.get(column, -1)
            goes = carried.get(source)
            place = target.read_to_now(goes) if goes is not None else None
            same = source < len(entry.read) and source >= 0 and cell_print(cell) == entry.read[source]
            if goes is None and (same or self._is_note(entry.tab, here, column)):
                continue  # sync's own, which that tab has no place for, or a note beside the list
            if place is None and cell != "":
                place = self._column_for(entry, here.stood_headers, column, there)
            if place is None:
                continue
            if goes in entry.wrote and (same or (cell == "" and source >= len(entry.read))):
                continue
            wanted[place] = cell
        rows, raw = self._rows_of(there), there.raw[row]
        for to in entry.wrote:
            place, right = places.get(to), target.read_to_now(to)
            if place is not None and right is not None and rows.at(row, place) == left[to]:
                wanted.setdefault(right, raw[place] if place < len(raw) else "")
        kept_at = {to: here.stood(source) for source, to in entry.carry}
        reckoned = {to for to, kept in kept_at.items() if kept is not None and read_of.get(kept) in entry.formulas}
        for to, place in places.items():
            # What a formula comes to is something else in another tab.
            same = rows.at(row, place) == left[to] or (to in reckoned and (row, place) in there.formulas)
            if not same:
                wanted.pop(place, None)  # somebody typed there since
            elif place not in wanted and not keeps:
                wanted[place] = ""
        for place, cell in wanted.items():
            if cell_print(cell) != rows.at(row, place):
                self._put(there, row, place, cell)

    def _send_back(
        self,
        entry: Entry,
        sheet: Sheet,
        there: Sheet,
        row: int,
        left: Mapping[int, str],
        places: Mapping[int, int],
        here: Columns,
    ) -> None:
        """Another row than was meant went away: it comes back, with what was not taken along."""
        carry: dict[int, int] = {}
        cells: dict[int, Cell] = {}
        taken: set[int | None] = set()
        for source, to in entry.carry:
            home, kept = here.written_to_now.get(source), here.stood(source)
            if home is None or to not in places:
                continue
            carry[places[to]] = home
            taken.add(kept)
            if to in entry.wrote and self._rows_of(there).at(row, places[to]) == left[to]:
                cells[home] = entry.stood[kept] if kept is not None and kept < len(entry.stood) else ""
        for column, cell in enumerate(entry.stood):
            home = here.stood_to_now(column)
            if cell != "" and column not in taken and home is not None and not self._is_note(entry.tab, here, column):
                cells[home] = cell
        for column in self._typed_since(there, row, set(places.values())):
            carry[column] = self._column_for(entry, self._headers(there), column, sheet)
        told = tuple((column, cell_of(cell, self._kind(sheet, 0, column))) for column, cell in sorted(cells.items()))
        self._back.append((there.title, row, sheet.title, tuple(sorted(carry.items())), told))

    def _add(self, entry: Entry, sheet: Sheet) -> None:
        """A row that came, into wrong columns."""
        columns = self._columns(sheet)
        if not columns.moved:
            return
        places = {c: columns.written_to_now[c] for c in entry.wrote if c in columns.written_to_now}
        row = self._find(sheet, {places[c]: text for c, text in entry.wrote.items() if c in places}, NO_COLUMN)
        if row is None:
            return
        rows, raw = self._rows_of(sheet), sheet.raw[row]
        wanted: dict[int, Cell] = {}
        for column, place in places.items():
            right = columns.read_to_now(column)
            if right is not None and right != place and rows.at(row, place) == entry.wrote[column]:
                wanted.setdefault(place, "")
                wanted[right] = raw[place]
        for place, cell in wanted.items():
            self._put(sheet, row, place, cell)

    def _past(self, sheet: Sheet) -> list[int]:
        """Columns of the list, as kept, that did not close up: dragged past a note beside it, or put in there."""
        columns = self._columns(sheet)
        return [
            c for c in range(len(columns.stood_headers)) if columns.is_listed(c) and self._stays(sheet.id, columns, c)
        ]

    def _said_before(self, sheet: Sheet, column: int) -> set[Cell]:
        """What the rows that were kept said in a column. What says something else was typed since."""
        if (sheet.id, column) not in self._before:
            kept = (e for e in self.aside.entries if e.tab == sheet.id and e.kind in ("move", "stay", "set"))
            self._before[sheet.id, column] = {e.stood[column] for e in kept if column < len(e.stood)} | {""}
        return self._before[sheet.id, column]

    def _stay(self, entry: Entry, sheet: Sheet) -> None:
        """A row that closed up in all columns but those: each gets its own words again."""
        columns, past = self._columns(sheet), self._past(sheet)
        if not past:
            return
        stood = prints_of(entry.stood)
        places = {c: place for c in range(len(stood)) if (place := columns.stood_to_now(c)) is not None}
        row = self._find_again(entry, sheet, {place: stood[c] for c, place in places.items() if c not in past})
        for column in past if row is not None else ():
            place = columns.stood_to_now(column)
            if row is not None and place is not None and _cell(sheet, row, place) in self._said_before(sheet, column):
                self._put(sheet, row, place, entry.stood[column] if column < len(entry.stood) else "")

    def _left_over(self, sheet: Sheet) -> None:
        """Below the rows that closed up, such a column still says what stood there."""
        columns, about = self._columns(sheet), self.aside.tab(sheet.id)
        past = {c: columns.stood_to_now(c) for c in self._past(sheet)}
        if not past or about is None:
            return
        others = [c for n, t in enumerate(about.headers) if t and (c := columns.read_to_now(n)) not in past.values()]
        for row in range(about.header_row + 1, len(sheet.raw)):
            if all(_cell(sheet, row, column) == "" for column in others if column is not None):
                for column, place in past.items():
                    said = _cell(sheet, row, place) if place is not None else ""
                    if place is not None and said != "" and said in self._said_before(sheet, column):
                        self._put(sheet, row, place, "")

    def _note_came_along(self, entry: Entry, sheet: Sheet) -> None:
        """A note beside the list stays in its row; where its column was dragged among those that closed up, it left."""
        columns, about = self._columns(sheet), self.aside.tab(sheet.id)
        if about is None or not about.leaves or not columns.moved:
            return
        notes = [c for n, c in columns.read_to_stood.items() if not _leaves(about, n) and not columns.is_listed(c)]
        for column in notes:
            place = columns.stood_to_now(column)
            if place is None or self._stays(sheet.id, columns, column):
                continue
            if _cell(sheet, entry.row, place) in self._said_before(sheet, column):
                self._put(sheet, entry.row, place, entry.stood[column] if column < len(entry.stood) else "")

    def _words(self, entry: Entry, sheet: Sheet) -> None:
        """What somebody typed into a tab of sync's own: it stands there again, so that the next run notes it."""
        if entry.row >= len(sheet.raw) or not any(cell != "" for cell in entry.stood):
            return
        for column, cell in enumerate(entry.stood):
            if cell != "" and self._rows_of(sheet).at(entry.row, column) != cell_print(cell):
                self._put(sheet, entry.row, column, cell)

    # ------------------------------------------------------------ looking

    def _columns(self, sheet: Sheet) -> Columns:
        if sheet.id not in self._columns_of:
            entry = self.aside.tab(sheet.id) or Entry("tab", sheet.id)
            kept = (len(e.stood) for e in self.aside.entries if e.tab == sheet.id)
            self._columns_of[sheet.id] = Columns(entry, sheet, max([len(entry.headers), *kept]))
        return self._columns_of[sheet.id]

    def _same_row(self, entry: Entry, columns: Columns) -> bool:
        """Whether the row that stood there is the one that was meant, though somebody edited it."""
        about = self.aside.tab(entry.tab)
        read = {column: text for column, text in enumerate(entry.read) if text and column not in entry.formulas}
        stood = prints_of(entry.stood)

        def now(column: int) -> str:
            place = columns.read_to_stood.get(column, NO_COLUMN)
            return stood[place] if place < len(stood) else ""

        if about and (ids := {read.get(about.id_column, ""), now(about.id_column)}) != {""}:
            return len(ids) == 1
        return sum(now(column) == text for column, text in read.items()) * 2 >= len(read)

    def _rows_of(self, sheet: Sheet) -> Rows:
        if sheet.id not in self._rows:
            self._rows[sheet.id] = Rows(sheet, self._tab(sheet).marks.get("id", NO_COLUMN))
        return self._rows[sheet.id]

    def _find_again(self, entry: Entry, sheet: Sheet, said: Mapping[int, str]) -> int | None:
        """Where a row is by now that stayed in its tab."""
        if (at := (entry.tab, entry.row)) not in self._found:
            self._found[at] = self._find(sheet, said, entry.row)
        return self._found[at]

    def _find(self, sheet: Sheet, said: Mapping[int, str], near: int) -> int | None:
        return self._rows_of(sheet).find(said, near)

    def _tab(self, sheet: Sheet) -> Tab:
        tab = self.reading.snapshot.tab(sheet.title)
        assert tab is not None  # a sheet that was read
        return tab

    def _stays(self, tab: int, here: Columns, column: int) -> bool:
        """Whether a column stands beside those in which rows close up: rows that leave do not take it along."""
        about = self.aside.tab(tab)
        return bool(about and about.leaves and not _leaves(about, here.written(column)))

    def _is_note(self, tab: int, here: Columns, column: int) -> bool:
        """Whether a column is no part of the list, and no row took it along."""
        return self._stays(tab, here, column) and not here.is_listed(column)

    def _typed_since(self, sheet: Sheet, row: int, written: Container[int]) -> Iterator[int]:
        """Columns of a row in which somebody typed since it came there, beside what the write left."""
        runs = list_columns(self._tab(sheet), self._header_row_of(sheet.title))
        for column, cell in enumerate(sheet.raw[row]):
            if cell != "" and column not in written and any(column in run for run in runs):
                yield column

    def _headers(self, sheet: Sheet) -> list[str]:
        header_row = self._header_row_of(sheet.title)
        return texts(sheet.raw[header_row]) if header_row < len(sheet.raw) else []

    # ------------------------------------------------------------ putting back

    def _column_for(self, entry: Entry, headers: Sequence[str], column: int, there: Sheet) -> int:
        """A column for what would have been left behind: of the same name, else a new one at the far right."""
        text = headers[column] if column < len(headers) else ""
        tab = self._tab(there)
        header_row = self._header_row_of(there.title)
        own = self.reading.by_id(entry.tab)
        text = text or f"{own.title if own else ''} {column_letters(column)}".strip()
        for place in range(tab.width):
            if raw_text(tab.cell(header_row, place)) == text:
                return place
        key = there.title, text
        if key not in self._new:
            self._new[key] = next_column(tab, header_row) + sum(title == there.title for title, _ in self._new)
            self.changes.append(AddColumn(there.title, self._new[key], text, header_row))
        return self._new[key]

    def _header_row_of(self, title: str) -> int:
        about = self.aside.tab(self.reading.sheets[title].id)
        return about.header_row if about else 0

    def _put(self, sheet: Sheet, row: int, column: int, raw: Cell) -> None:
        """Say `raw` in a cell."""
        self.cells[sheet.title, row].setdefault(column, cell_of(raw, self._kind(sheet, row, column)))

    def _kind(self, sheet: Sheet, row: int, column: int) -> str:
        """What a number counts there: days where the cell shows days, or others of its column do."""
        if sheet.id not in self._kinds:
            self._kinds[sheet.id] = {c: kind for (_, c), kind in sorted(sheet.kinds.items(), reverse=True)}
        return sheet.kinds.get((row, column)) or self._kinds[sheet.id].get(column, "")

    def _row_changes(self) -> Iterator[Change]:
        keys: dict[str, dict[int, RowKey]] = {}

        def key_of(title: str, row: int) -> RowKey:
            tab = self.reading.snapshot.tab(title)
            assert tab is not None  # rows are found in tabs that were read
            if title not in keys:
                # In a tab without a header every row is one of words.
                header_row = -1 if tab.mark in SYNC_TABS and not TABS[tab.mark] else self._header_row_of(title)
                self.addressing[title] = Addressing(header_row, NO_COLUMN, tuple(range(tab.width)))
                keys[title] = {at: key for key, at in locate(tab, self.addressing[title]).items()}
            return keys[title][row]

        for (title, row), cells in self.cells.items():
            tab = self.reading.snapshot.tab(title)
            assert tab is not None
            changes = tuple(CellChange(c, tab.cell(row, c), cell) for c, cell in sorted(cells.items()))
            yield SetCells(key_of(title, row), changes)
        for title, row, to, carry, told in self._back:
            yield MoveRow(key_of(title, row), to, carry, told)
