"""What becomes of each tab under a plan: which cells are written, which rows leave, which come.

Every store lands a plan in two steps: `edits` looks at all of it against the tabs
as they stand, and only when nothing stands in the way does a store write. It knows
no store and no lead.

Cells are named here by their place before rows close up.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeAlias

from sheetcrm.problems import Changed
from sheetcrm.tables import (
    AddColumn,
    Addressing,
    AddRows,
    AddTab,
    Cell,
    Formula,
    Mark,
    MoveRow,
    Plan,
    RowKey,
    SetCells,
    Snapshot,
    Tab,
    WriteTab,
    list_columns,
    locate,
    same_cell,
)

__all__ = ["NewRow", "TabEdit", "after", "applied", "by_row", "check_headers", "edits"]


@dataclass(slots=True)
class NewRow:
    """A row that comes below the last one: made by sync, or carried from a tab."""

    cells: dict[int, Cell]
    source: tuple[str, int] | None = None
    """Title and row, before rows close up, that it was carried from."""
    carry: dict[int, int] = field(default_factory=dict)
    """Column of the new row → column that it was carried from."""


@dataclass
class TabEdit:
    """All that a plan does to one tab."""

    tab: Tab
    header_row: int = 0
    is_new: bool = False
    cells: dict[tuple[int, int], Cell] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    added: list[NewRow] = field(default_factory=list)
    columns: list[AddColumn] = field(default_factory=list)
    content: WriteTab | None = None
    mark: str = ""
    marks: dict[str, int] = field(default_factory=dict)

    def cell(self, row: int, column: int) -> Cell:
        """The cell as it will be, its formula's result where it has a formula."""
        after = self.cells.get((row, column))
        return self.tab.cell(row, column) if after is None else shown(after)

    @cached_property
    def columns_of_list(self) -> tuple[range, ...]:
        """The columns in which rows close up; what stands beside them, or amid them, stays where it is."""
        come = {column for new in self.added for column, cell in new.cells.items() if cell != ""}
        return list_columns(self.tab, self.header_row, come | {new.column for new in self.columns})

    def in_list(self, column: int) -> bool:
        """Whether a column is one of the list's."""
        return any(column in run for run in self.columns_of_list)

    @property
    def stands_alone(self) -> bool:
        """Whether nothing stands beside the list."""
        runs = self.columns_of_list
        return len(runs) == 1 and runs[0].start == 0 and runs[0].stop >= self.tab.width

    @cached_property
    def gone_in_order(self) -> list[int]:
        """The rows that leave, from the top. Ask only when all changes are in."""
        return sorted(self.gone)

    def closed_up(self, row: int) -> int:
        """Where a row that stays will be."""
        return row - bisect_left(self.gone_in_order, row) if self.gone else row

    def closed_up_block(self, first: int, last: int) -> tuple[int, int] | None:
        """Where a block of rows will be; None when all of them leave."""
        top = first - bisect_left(self.gone_in_order, first)
        bottom = last - bisect_right(self.gone_in_order, last)
        return (top, bottom) if top <= bottom else None

    @cached_property
    def last_row(self) -> int:
        """The last row of the list that stays and says something; -1 without one. Formulas say something."""
        written = {row for (row, _), cell in self.cells.items() if cell != ""}
        formulas = {row for row, column in self.tab.formulas if self.in_list(column)}
        row = max(len(self.tab.rows) - 1, *written, *formulas, -1, -1)
        while row >= 0 and not (
            row not in self.gone
            and row not in self.totals
            and (row in written or row in formulas or self._says_something(row))
        ):
            row -= 1
        return row

    @cached_property
    def totals(self) -> frozenset[int]:
        """Rows of totals with nothing of the list below them."""
        below = (r for r in range(max(self.tab.totals, default=0) + 1, len(self.tab.rows)))
        return frozenset() if any(map(self._says_something, below)) else self.tab.totals

    @property
    def makes_room(self) -> bool:
        """Whether rows that come push down the totals below them."""
        return bool(self.added) and bool(self.totals)

    @property
    def last_row_before(self) -> int:
        """The last row that says something before rows leave."""
        return max(self.last_row, max(self.gone, default=-1))

    def _says_something(self, row: int) -> bool:
        if row >= len(self.tab.rows):
            return False
        cells = self.tab.rows[row]
        columns = (c for run in self.columns_of_list for c in range(run.start, min(run.stop, len(cells))))
        return any(cells[c] != "" and (row, c) not in self.cells for c in columns)

    @cached_property
    def merged(self) -> tuple[tuple[int, int, int, int], ...]:
        """The merged blocks that stay: those in which nothing is written but at their first cell."""
        kept = []
        for block in self.tab.merged:
            first, left, last, right = block
            beside = not any(self.in_list(column) for column in range(left, right + 1))
            below = bool(self.added) and last > self.last_row and not beside
            inside = any(
                first <= row <= last and left <= column <= right and (row, column) != (first, left)
                for row, column in self.cells
            )
            if not inside and not below:
                kept.append(block)
        return tuple(kept)

    @property
    def merged_after(self) -> Iterator[tuple[int, int, int, int]]:
        """Where those blocks will be."""
        for first, left, last, right in self.merged:
            inside = self.in_list(left) and self.in_list(right)
            rows = self.closed_up_block(first, last) if inside else (first, last)
            if rows and (rows[0] < rows[1] or left < right):
                yield rows[0], left, rows[1], right

    @property
    def first_added(self) -> int:
        """Where the first row that comes will be."""
        return self.closed_up(self.last_row) + 1 if self.last_row >= 0 else 0


def edits(snapshot: Snapshot, plan: Plan) -> dict[str, TabEdit]:
    """Title → what becomes of the tab, for the tabs that the plan touches.

    Raises `Changed` where a row is not found, a cell says something else than the
    plan expects, or a tab or column is not there or already there.
    """
    found = _Edits(snapshot, plan.addressing)
    rows_come: list[MoveRow | AddRows] = []
    for change in plan.changes:
        match change:
            case SetCells():
                found.set_cells(change)
            case AddColumn():
                found.add_column(change)
            case Mark():
                found.set_mark(change)
            case AddTab():
                found.add_tab(change)
            case WriteTab():
                found.write_tab(change)
            case MoveRow() | AddRows():
                rows_come.append(change)
    # A row travels as it will be, so rows move when every cell has been set.
    for coming in rows_come:
        if isinstance(coming, MoveRow):
            found.move_row(coming)
        else:
            found.add_rows(coming)
    return found.by_title


class _Edits:
    """Collects what becomes of each tab."""

    def __init__(self, snapshot: Snapshot, addressing: Mapping[str, Addressing]) -> None:
        self.by_title: dict[str, TabEdit] = {}
        self._snapshot = snapshot
        self._addressing = addressing
        self._rows: dict[str, dict[RowKey, int]] = {}

    def set_cells(self, change: SetCells) -> None:
        edit = self._edit(change.row.tab)
        row = self._row(change.row)
        for column, before, after in change.cells:
            if not same_cell(edit.tab.cell(row, column), before):
                raise Changed("cell-changed", tab=change.row.tab, row=row + 1)
            edit.cells[row, column] = after

    def add_column(self, change: AddColumn) -> None:
        edit = self._edit(change.tab)
        place = (change.header_row, change.column)
        if edit.cell(*place) != "":
            raise Changed("header-changed", tab=change.tab)
        edit.cells[place] = change.header
        edit.columns.append(change)
        if change.mark:
            edit.marks[change.mark] = change.column

    def set_mark(self, change: Mark) -> None:
        edit = self._edit(change.tab)
        edit.mark = change.mark
        edit.marks.update(change.columns)

    def add_tab(self, change: AddTab) -> None:
        taken = {tab.title.casefold() for tab in self._snapshot.tabs} | {title.casefold() for title in self.by_title}
        if change.title.casefold() in taken:
            raise Changed("tab-there", tab=change.title)
        edit = TabEdit(Tab(change.title, (), hidden=change.hidden), is_new=True, mark=change.mark)
        for column, (mark, header) in enumerate(change.columns):
            edit.cells[0, column] = header
            if mark:
                edit.marks[mark] = column
        top = 1 if change.columns else 0
        for row, cells in enumerate(change.rows, top):
            edit.cells.update({(row, column): cell for column, cell in enumerate(cells)})
        self.by_title[change.title] = edit

    def write_tab(self, change: WriteTab) -> None:
        edit = self._edit(change.tab)
        edit.tab = replace(edit.tab, rows=(), formulas={}, merged=())
        edit.content = change
        for row, cells in enumerate(change.rows):
            edit.cells.update({(row, column): styled.value for column, styled in enumerate(cells)})

    def move_row(self, change: MoveRow) -> None:
        source, target = self._edit(change.row.tab), self._edit(change.to)
        row = self._row(change.row)
        if row in source.gone:
            raise Changed("row-gone", tab=change.row.tab)
        source.gone.add(row)
        cells = {there: source.cell(row, here) for here, there in change.carry}
        cells.update(change.cells)
        carry = {there: here for here, there in change.carry}
        target.added.append(NewRow(cells, (change.row.tab, row), carry))

    def add_rows(self, change: AddRows) -> None:
        edit = self._edit(change.tab)
        edit.added.extend(NewRow(dict(enumerate(cells))) for cells in change.rows)

    def _edit(self, title: str) -> TabEdit:
        if title not in self.by_title:
            tab = self._snapshot.tab(title)
            if tab is None:
                raise Changed("tab-gone", tab=title)
            header_row = self._addressing[title].header_row if title in self._addressing else 0
            self.by_title[title] = TabEdit(tab, header_row, mark=tab.mark, marks=dict(tab.marks))
        return self.by_title[title]

    def _row(self, key: RowKey) -> int:
        if key.tab not in self._rows:
            tab = self._snapshot.tab(key.tab)
            if tab is None:
                raise Changed("tab-gone", tab=key.tab)
            self._rows[key.tab] = locate(tab, self._addressing[key.tab])
        row = self._rows[key.tab].get(key)
        if row is None:
            raise Changed("row-gone", tab=key.tab)
        return row


def applied(snapshot: Snapshot, plan: Plan) -> Snapshot:
    """The workbook as it will be. Raises `Changed` where the plan does not fit."""
    return after(snapshot, edits(snapshot, plan))


def after(snapshot: Snapshot, found: Mapping[str, TabEdit]) -> Snapshot:
    """The workbook as it will be once those edits are made."""
    tabs = [_edited(found[tab.title]) if tab.title in found else tab for tab in snapshot.tabs]
    tabs += [_edited(edit) for edit in found.values() if edit.is_new]
    return replace(snapshot, tabs=tuple(tabs))


def check_headers(now: Snapshot, base: Snapshot, plan: Plan) -> None:
    """Raise `Changed` where the headers that the plan relies on are not those of `base`."""
    for title, addressing in plan.addressing.items():
        tab, before = now.tab(title), base.tab(title)
        if before is None:
            continue
        if tab is None:
            raise Changed("tab-gone", tab=title)
        row = addressing.header_row
        if any(not same_cell(tab.cell(row, c), before.cell(row, c)) for c in range(max(tab.width, before.width))):
            raise Changed("header-changed", tab=title)
    for change in plan.changes:
        if isinstance(change, WriteTab) and (tab := now.tab(change.tab)) and (before := base.tab(change.tab)):
            _check_unwritten(tab, before)


def _check_unwritten(tab: Tab, before: Tab) -> None:
    """Raise `Changed` where somebody wrote into a tab that is to be written anew."""
    width = max(tab.width, before.width)
    for row in range(max(len(tab.rows), len(before.rows))):
        if any(not same_cell(tab.cell(row, column), before.cell(row, column)) for column in range(width)):
            raise Changed("cell-changed", tab=tab.title, row=row + 1)


def shown(cell: Cell) -> Cell:
    """What a cell says as soon as it is written: a formula of ours nothing yet."""
    return "" if isinstance(cell, Formula) else cell


def _edited(edit: TabEdit) -> Tab:
    rows = list(edit.tab.rows)
    formulas = dict(edit.tab.formulas)
    _lay(rows, formulas, edit.cells)
    if edit.gone:
        rows, formulas = _closed_up(rows, formulas, edit)
    totals = edit.tab.totals
    if edit.makes_room:
        first, count = edit.first_added, len(edit.added)
        rows[first:first] = [() for _ in range(count)]
        formulas = {(r + count if r >= first else r, c): text for (r, c), text in formulas.items()}
        totals = frozenset(row + count for row in totals)
    places = enumerate(edit.added, edit.first_added)
    _lay(rows, formulas, {(row, c): cell for row, new in places for c, cell in new.cells.items()})
    return replace(
        edit.tab,
        rows=rows,
        mark=edit.mark,
        marks=edit.marks,
        formulas=formulas,
        merged=tuple(edit.merged_after),
        totals=frozenset(edit.closed_up(row) for row in totals),
    )


Rows: TypeAlias = list[Sequence[Cell]]
Formulas: TypeAlias = dict[tuple[int, int], str]


def _lay(rows: Rows, formulas: Formulas, written: Mapping[tuple[int, int], Cell]) -> None:
    """Write cells into rows, which grow as far as they must."""
    for row, cells in by_row(written).items():
        rows.extend(() for _ in range(row + 1 - len(rows)))
        rows[row] = _written(rows[row], cells)
        for column, cell in cells.items():
            formulas.pop((row, column), None)
            if isinstance(cell, Formula):
                formulas[row, column] = str(cell)


def _closed_up(rows: Rows, formulas: Formulas, edit: TabEdit) -> tuple[Rows, Formulas]:
    """The rows without those that go, closed up in the columns of the list alone."""
    stays = [cells for row, cells in enumerate(rows) if row not in edit.gone]
    if not edit.stands_alone:
        together = [list(cells) for cells in rows]
        for run in edit.columns_of_list:
            for row, cells in enumerate(together):
                cells.extend("" for _ in range(run.stop - len(cells)))
                cells[run.start : run.stop] = _part(stays[row], run) if row < len(stays) else [""] * len(run)
        stays = list(together)
    moves = edit.in_list
    kept = {place: text for place, text in formulas.items() if not moves(place[1]) or place[0] not in edit.gone}
    return stays, {(edit.closed_up(r) if moves(c) else r, c): text for (r, c), text in kept.items()}


def _part(cells: Sequence[Cell], columns: range) -> list[Cell]:
    part = list(cells[columns.start : columns.stop])
    return part + [""] * (len(columns) - len(part))


def by_row(cells: Mapping[tuple[int, int], Cell]) -> dict[int, dict[int, Cell]]:
    """Cells by row, then by column."""
    rows: dict[int, dict[int, Cell]] = {}
    for (row, column), cell in cells.items():
        rows.setdefault(row, {})[column] = cell
    return rows


def _written(cells: Iterable[Cell], new: Mapping[int, Cell]) -> list[Cell]:
    row = list(cells)
    row.extend("" for _ in range(max(new, default=-1) + 1 - len(row)))
    for column, cell in new.items():
        row[column] = shown(cell)
    return row
