"""What a workbook holds and what may be done to it, as plain values.

A `Snapshot` is every tab of one workbook read at one moment; a `Plan` is a list
of changes that lands whole or not at all. Nothing here knows what a lead is;
nothing here opens a file.

Rows and columns are counted from 0 here (`rows[0][0]` is cell A1); only texts
that people read count from 1.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

if TYPE_CHECKING:
    from sheetcrm.model import Event
    from sheetcrm.offers import Offer, OfferNumber, OfferRecord
    from sheetcrm.problems import Problem

__all__ = [
    "AddColumn",
    "AddRows",
    "AddTab",
    "Addressing",
    "Cell",
    "CellChange",
    "CellError",
    "Change",
    "Column",
    "FileSeen",
    "Folder",
    "Formula",
    "Mark",
    "MoveRow",
    "NewFile",
    "Plan",
    "Receipt",
    "RowKey",
    "SetCells",
    "Snapshot",
    "Styled",
    "Tab",
    "Workbook",
    "WriteTab",
    "addresses",
    "column_letters",
    "digest",
    "is_blank",
    "list_columns",
    "locate",
    "next_column",
    "raw_text",
    "same_cell",
]

Cell: TypeAlias = str | int | float | bool | Decimal | date | datetime | time | timedelta
"""What a cell says. A blank cell is the empty text."""


class CellError(str):
    """A formula's error as a cell value: `#REF!`, `#N/A`, `#DIV/0!`."""

    __slots__ = ()


class Formula(str):
    """A formula of sync's own, beginning with `=`. Never made from people's text."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab as read: its cells and the marks that sync left on it."""

    title: str
    rows: Sequence[Sequence[Cell]]
    """From cell A1 on; rows may differ in length; what is not there is blank."""
    mark: str = ""
    """What sync's own mark says this tab is ("leads", "history"); "" without one."""
    marks: Mapping[str, int] = field(default_factory=dict)
    """Where the columns are that sync marked: field name → column."""
    formulas: Mapping[tuple[int, int], str] = field(default_factory=dict)
    """The text of each formula, with its `=`; `rows` has the result."""
    merged: tuple[tuple[int, int, int, int], ...] = ()
    """First row, first column, last row, last column of each merged block."""
    hidden: bool = False
    totals: frozenset[int] = frozenset()
    """Rows that are the totals of a table: other rows come above them."""

    def cell(self, row: int, column: int) -> Cell:
        """The cell, blank where the tab has none."""
        if row < len(self.rows):
            cells = self.rows[row]
            if 0 <= column < len(cells):
                return cells[column]
        return ""

    @property
    def width(self) -> int:
        """Columns of the widest row."""
        return max(map(len, self.rows), default=0)


class FileSeen(NamedTuple):
    """A file of the offers folder, as far as somebody asked to know it."""

    path: str
    """From the folder on, with `/`: `2026/OF-2026-0042-v1 Client.xlsx`."""
    number: OfferNumber
    """As its name has it."""
    record: OfferRecord | None = None
    """What it says of itself; None where it says nothing, or nobody asked."""
    whole: str = ""
    """Fingerprint of the file as a whole."""
    cells: str = ""
    """Fingerprint of what its cells say and, after a dot, of what its formulas come to, where the file holds that.

    "" where nobody asked, or it cannot be read.
    """

    @property
    def is_workbook(self) -> bool:
        """Whether it is the offer itself, and no PDF of it."""
        return self.path.lower().endswith((".xlsx", ".xlsm"))


@dataclass(frozen=True, slots=True)
class Folder:
    """Where the files of offers lie, at the moment when the workbook was read."""

    name: str = "offers"
    """How it is called in the cells of Offers."""
    files: tuple[FileSeen, ...] = ()
    suffix: str = ".xlsx"
    """How files end that are made there."""
    trouble: str = ""
    """Why none can be made there: a code of problems; "" when all is well."""
    values: Mapping[str, str] = field(default_factory=dict)
    """What that problem is filled in with."""
    refused: Mapping[str, str] = field(default_factory=dict)
    """Records of which the file could not be made when it was tried, and why."""


@dataclass(frozen=True, slots=True)
class NewFile:
    """The file of an offer that is to be made, before anything is written."""

    path: str
    offer: Offer


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Every tab of one workbook, read at one moment."""

    tabs: tuple[Tab, ...]
    token: str = ""
    """What the store compares to know that nobody wrote in between."""
    formulas_travel: bool = False
    """Whether a row that moves to another tab keeps its formulas there; else it keeps what they said."""
    folder: Folder = Folder(trouble="offers-no-folder")
    """The files of offers."""
    repair: Plan | None = None
    """What must be put right first, because somebody was at work in the instant of the last write."""

    def tab(self, title: str) -> Tab | None:
        """The tab of that title."""
        return next((tab for tab in self.tabs if tab.title == title), None)

    def marked(self, mark: str) -> Tab | None:
        """The tab that bears that mark."""
        return next((tab for tab in self.tabs if tab.mark == mark), None)


class Addressing(NamedTuple):
    """How the rows of a tab are told apart."""

    header_row: int
    id_column: int
    people_columns: tuple[int, ...]


class RowKey(NamedTuple):
    """A row's address: never its number, because a person may sort meanwhile."""

    tab: str
    id: str
    fingerprint: str
    ordinal: int


class CellChange(NamedTuple):
    """One cell, as it must still stand and as it shall be."""

    column: int
    before: Cell
    after: Cell


@dataclass(frozen=True, slots=True)
class SetCells:
    """Write some cells of one row."""

    row: RowKey
    cells: tuple[CellChange, ...]


@dataclass(frozen=True, slots=True)
class MoveRow:
    """Take a row to the end of another tab; the rows below it close up."""

    row: RowKey
    to: str
    carry: tuple[tuple[int, int], ...]
    """Column here → column there, with format and note where the store can."""
    cells: tuple[tuple[int, Cell], ...] = ()
    """Cells of the moved row that sync writes over what was carried."""


@dataclass(frozen=True, slots=True)
class AddRows:
    """Append rows below the last one with data."""

    tab: str
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class AddColumn:
    """Put a new column at the far right."""

    tab: str
    column: int
    header: str
    header_row: int
    mark: str = ""
    like: tuple[str, int] | None = None
    """The tab and column whose format it takes."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Remember that a column is a field, however people rename its header."""

    tab: str
    mark: str
    """The tab's own mark."""
    columns: tuple[tuple[str, int], ...] = ()


class Column(NamedTuple):
    """A column of a tab that sync makes."""

    mark: str
    header: str


@dataclass(frozen=True, slots=True)
class AddTab:
    """Make a tab of sync's own."""

    title: str
    mark: str
    columns: tuple[Column, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Styled:
    """A cell of a tab that sync lays out, with the name of its style.

    Styles: title, words, heading, header, text, note, count, amount, percent, days,
    date, moment, good, bad, alert, link.
    """

    value: Cell = ""
    style: str = "text"


@dataclass(frozen=True, slots=True)
class WriteTab:
    """Replace what one of sync's own tabs says."""

    tab: str
    rows: tuple[tuple[Styled, ...], ...]
    widths: tuple[int, ...] = ()
    """In characters, from the first column on."""


Change: TypeAlias = SetCells | MoveRow | AddRows | AddColumn | Mark | AddTab | WriteTab


@dataclass(frozen=True, slots=True)
class Plan:
    """All that one run will do, and what it found. Lands whole or not at all."""

    changes: tuple[Change, ...] = ()
    addressing: Mapping[str, Addressing] = field(default_factory=dict)
    """For each tab of people's whose rows the plan addresses."""
    problems: tuple[Problem, ...] = ()
    events: tuple[Event, ...] = ()
    language: str = "en"
    stopped: tuple[Problem, ...] = ()
    """Why tabs were left alone (law 6); empty in a good night."""
    write_protected: bool = False
    """Whether the team lets sync write into tabs that it protected."""
    files: tuple[NewFile, ...] = ()
    """Files of offers, made first: a row never names a file that is not there."""

    @property
    def is_empty(self) -> bool:
        """Nothing to do: the workbook is not written at all."""
        return not self.changes


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a store did with a plan."""

    written: bool
    plan: Plan
    copy: str = ""
    """The dated copy that was kept of the workbook as it was before."""
    notes: tuple[str, ...] = ()
    """Codes of things a store could not keep, each said once."""
    again: bool = False
    """Whether somebody was at work in the instant of the write: read and plan once more."""


class Workbook(Protocol):
    """A place where tabs live: memory, an Excel file, a Google Sheet."""

    def read(self) -> Snapshot:
        """Every tab as it stands now."""
        ...

    def apply(self, plan: Plan, base: Snapshot) -> Receipt:
        """Make `plan` true, whole or not at all.

        Raises `Changed` when the workbook no longer says what `base` says, and
        `Busy` when somebody has it open.
        """
        ...


def is_blank(cell: Cell) -> bool:
    """Whether a person would call the cell empty (spaces count as empty)."""
    return isinstance(cell, str) and not cell.strip()


def list_columns(tab: Tab, header_row: int, more: Iterable[int] = ()) -> tuple[range, ...]:
    """The columns of the list under a header row, as runs: those with a header, and what adjoins them.

    Columns without a header that empty ones keep apart are a note beside the list,
    or amid it. `more` names columns that are about to get a header.
    """
    width = max(tab.width, *(column + 1 for column in more), 0)
    headers = tab.rows[header_row] if header_row < len(tab.rows) else ()
    mine = {c for c, cell in enumerate(headers) if not is_blank(cell)} | set(more)
    if not mine:
        return (range(width),)
    holding = {c for c in range(width) if c not in mine and _holds(tab, header_row, c)}
    while True:
        grown = {c for c in holding - mine if c - 1 in mine or c + 1 in mine}
        for _, left, bottom, right in tab.merged:
            block = set(range(left, right + 1))
            if bottom > header_row and block & mine:
                grown |= block - mine
        if not grown:
            break
        mine |= grown
    notes = sorted(holding - mine)
    runs: list[range] = []
    for column in sorted(mine):
        if runs and not any(runs[-1].stop <= note < column for note in notes):
            runs[-1] = range(runs[-1].start, column + 1)
        else:
            runs.append(range(column, column + 1))
    return tuple(runs)


def next_column(tab: Tab, header_row: int) -> int:
    """Where a new column comes: at the far right, apart from a note that stands there beside the list."""
    width = max(tab.width, len(tab.rows[header_row]) if header_row < len(tab.rows) else 0)
    beside = width and not any(width - 1 in run for run in list_columns(tab, header_row))
    return width + 1 if beside else width


def _holds(tab: Tab, header_row: int, column: int) -> bool:
    if any(column == at and row > header_row for row, at in tab.formulas):
        return True
    return any(column < len(row) and not is_blank(row[column]) for row in tab.rows[header_row + 1 :])


def raw_text(cell: Cell) -> str:
    """The cell as one line of text; whole numbers without their `.0`."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, Decimal):
        cell = float(cell)
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime) and cell.time() == time(0):
        return cell.date().isoformat()
    return str(cell)


def same_cell(one: Cell, other: Cell) -> bool:
    """Whether two cells say the same, whatever type a store reads them back as."""
    if type(one) is str and type(other) is str:
        return one == other
    if isinstance(one, datetime) and isinstance(other, datetime):
        return abs(one.replace(tzinfo=None) - other.replace(tzinfo=None)) < timedelta(seconds=1)
    if isinstance(one, int | float | Decimal) and isinstance(other, int | float | Decimal):
        return abs(float(one) - float(other)) < 5e-7 and isinstance(one, bool) == isinstance(other, bool)
    if type(one) is type(other):
        return one == other
    if isinstance(one, date) and isinstance(other, date):  # a date and a midnight
        return raw_text(one) == raw_text(other)
    return isinstance(one, str) and isinstance(other, str) and str(one) == str(other)


def digest(cells: Iterable[Cell]) -> str:
    """A short fingerprint of cells, the same for values that `same_cell` calls equal."""
    text = "\x1f".join([c if type(c) is str else raw_text(c) for c in cells])
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def row_key(tab: Tab, row: int, addressing: Addressing) -> tuple[str, str]:
    """The raw ID and the fingerprint of people's cells of one row. What a formula comes to is nobody's word."""
    cells = tab.rows[row]
    width = len(cells)
    identity = raw_text(cells[addressing.id_column]) if addressing.id_column < width else ""
    said = [cells[c] if c < width else "" for c in addressing.people_columns]
    if tab.formulas:
        said = [
            "=" if (row, c) in tab.formulas else cell for c, cell in zip(addressing.people_columns, said, strict=True)
        ]
    return identity, digest(said)


def locate(tab: Tab, addressing: Addressing) -> dict[RowKey, int]:
    """Where each row of a tab is now. Equal rows are counted from the top."""
    seen: dict[tuple[str, str], int] = {}
    found: dict[RowKey, int] = {}
    for row in range(addressing.header_row + 1, len(tab.rows)):
        identity, fingerprint = key = row_key(tab, row, addressing)
        ordinal = seen.get(key, 0)
        seen[key] = ordinal + 1
        found[RowKey(tab.title, identity, fingerprint, ordinal)] = row
    return found


def addresses(tab: Tab, addressing: Addressing) -> Callable[[int], RowKey]:
    """Gives the key of a row, as `locate` does; only rows of one ID are compared with each other."""
    first, column = addressing.header_row + 1, addressing.id_column
    ids = Counter(raw_text(row[column]) if column < len(row) else "" for row in tab.rows[first:])
    alike: dict[int, RowKey] = {}

    def key_of(row: int) -> RowKey:
        identity, fingerprint = row_key(tab, row, addressing)
        if ids[identity] == 1:
            return RowKey(tab.title, identity, fingerprint, 0)
        if not alike:
            alike.update((at, key) for key, at in locate(tab, addressing).items())
        return alike[row]

    return key_of


def column_letters(column: int) -> str:
    """`A` for 0, `AA` for 26."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
