"""The hidden tab that keeps what a write is about to overwrite, and what it expected to find there.

Between the last read and the write people type, and Google compares nothing. So a
write begins by copying, at Google's and in the same instant, every row that it
touches into this tab, beside prints of what those rows said when they were read.
Where the two differ somebody was at work in that moment, and `healing` puts right
what the write did wrong. Nothing that a write overwrites is gone before the next.

The tab's ID is new in every write, and a write that does not find the ID that was
read fails whole: two machines never write on top of each other.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Literal, NamedTuple, TypeAlias

from pydantic import Field, TypeAdapter, ValidationError

from sheetcrm.tables import Cell, Formula
from sheetcrm.workbooks.google.requests import block, copy, mark, put
from sheetcrm.workbooks.google.values import KEY, MAX_TEXT, Json, content_of, serial

__all__ = ["ASIDE", "PROBE_TITLE", "TITLE", "Aside", "Entry", "Keeper", "Kind", "cell_print", "prints_of", "read_aside"]

ASIDE = "aside"
"""The tab's mark."""
TITLE = "_sheetcrm"
PROBE_TITLE = f"{TITLE} probe "
"""Begins the titles of the tabs in which `probing` tries something out."""
UNDER = "under"
"""Above what an earlier write kept."""
ROOM, ROOM_OF_MANY, MANY = 100, 10, 5000
"""Columns that somebody may insert in the moment of the write, and all is still kept; less where many rows are."""


Kind: TypeAlias = Literal["tab", "set", "move", "add", "stay", "whole"]


@dataclass(slots=True)
class Entry:
    """One row that a write touches: as it was read, and as it stood in the instant of the write."""

    kind: Kind
    """`tab`: the headers of a tab. `set`: a row of which cells are written. `move`: a row
    that goes to another tab. `add`: a row that comes. `stay`: a row that closes up column by column.
    `whole`: a row of a tab that is written anew."""
    tab: int
    """The tab's ID."""
    row: int = 0
    read: tuple[str, ...] = ()
    """Prints of the cells as they were read; "" for blank ones."""
    formulas: tuple[int, ...] = ()
    """Columns with formulas, whose results nobody compares."""
    wrote: Mapping[int, str] = field(default_factory=dict)
    """Column → print of what is written there; the columns of the tab to which a row goes."""
    to: int = -1
    carry: tuple[tuple[int, int], ...] = ()
    """Column here → column there."""
    headers: tuple[str, ...] = ()
    header_row: int = 0
    id_column: int = -1
    mark: str = ""
    marks: Mapping[str, int] = field(default_factory=dict)
    """Columns that are marked by this write."""
    added: Mapping[int, str] = field(default_factory=dict)
    """Columns that come, with their headers."""
    leaves: tuple[tuple[int, int | None], ...] = ()
    """Columns in which rows close up: first, and the one behind the last; () for all. What stands in others stays."""
    stood: Sequence[Cell] = ()
    """What the row said in the instant of the write, formulas as their results."""


@dataclass
class Aside:
    """What the last write kept."""

    id: int
    entries: list[Entry]
    lines: Sequence[Sequence[Cell]] = ()
    """As it stands in the tab, with what is under it."""
    under: Aside | None = None
    """What an earlier write kept that this one puts right: until it is certain that it did."""

    def tab(self, sheet_id: int) -> Entry | None:
        """The headers of a tab."""
        return self._tabs.get(sheet_id)

    @cached_property
    def _tabs(self) -> dict[int, Entry]:
        return {entry.tab: entry for entry in self.entries if entry.kind == "tab"}


def cell_print(cell: Cell) -> str:
    """Four letters that tell one value from another; "" for a blank cell."""
    if isinstance(cell, Formula) or cell == "":
        return "" if cell == "" else "=   "
    if isinstance(cell, bool):
        text = f"b{int(cell)}"
    elif isinstance(cell, int | float | Decimal):
        text = f"n{float(cell)!r}"
    elif isinstance(cell, date | time | timedelta):
        text = f"n{float(serial(cell))!r}"
    else:
        text = f"s{cell}"
    code = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=3).digest()
    return base64.urlsafe_b64encode(code).decode()


def prints_of(cells: Iterable[Cell]) -> tuple[str, ...]:
    """The print of each cell, without blank ones at the end."""
    prints = [cell_print(cell) for cell in cells]
    while prints and not prints[-1]:
        prints.pop()
    return tuple(prints)


Row = Annotated[int, Field(ge=0, lt=10_000_000)]
"""No tab has more: a spreadsheet holds that many cells."""
Column = Annotated[int, Field(ge=-1, lt=20_000)]
"""No tab has more; -1 for none."""


class _About(NamedTuple):
    """What a line says of the tab as a whole."""

    headers: tuple[str, ...]
    header_row: Row
    id_column: Column
    mark: str
    marks: Mapping[str, Column]
    added: Mapping[Column, str]
    leaves: tuple[tuple[Column, Column | None], ...] = ()


class _Line(NamedTuple):
    """How an entry is written down, apart from what stood there."""

    kind: Kind
    tab: int
    row: Row
    read: str
    formulas: tuple[Column, ...]
    wrote: Mapping[Column, str]
    to: int
    carry: int | tuple[tuple[Column, Column], ...]
    """Columns, or the number of the line that has the same."""
    about: _About | None = None


_LINE = TypeAdapter(_Line)


class Keeper:
    """Collects what a write must keep, and makes the requests that keep it."""

    def __init__(self, under: Aside | None = None) -> None:
        self._under = under
        self._lines: list[_Line] = []
        self._sources: list[tuple[int, int] | None] = []
        self._carries: dict[tuple[tuple[int, int], ...], int] = {}
        self._width = 1

    def keep(self, entry: Entry, width: int = 0) -> None:
        """Keep a row of a tab that has `width` columns; a row that comes has none to keep."""
        carry: int | tuple[tuple[int, int], ...] = entry.carry
        if carry:
            known = self._carries.setdefault(entry.carry, len(self._lines))
            carry = known if known < len(self._lines) else entry.carry
        read = "".join(p or "." for p in entry.read)
        about = None
        if entry.kind == "tab":
            about = _About(
                entry.headers,
                entry.header_row,
                entry.id_column,
                entry.mark,
                entry.marks,
                entry.added,
                entry.leaves,
            )
        self._lines.append(
            _Line(entry.kind, entry.tab, entry.row, read, entry.formulas, entry.wrote, entry.to, carry, about)
        )
        self._sources.append(None if entry.kind == "add" else (entry.tab, entry.row))
        self._width = max(self._width, width)

    def requests(self, new_id: int, old_id: int | None) -> list[Json]:
        """What a write begins with."""
        made: list[Json] = [] if old_id is None else [{"deleteSheet": {"sheetId": old_id}}]
        under = [[UNDER], *self._under.lines] if self._under else []
        height = max(len(self._lines) + len(under), 1)
        room = ROOM if height < MANY else ROOM_OF_MANY
        size = {"rowCount": height, "columnCount": max(self._width + room, *map(len, under), 1)}
        properties = {"sheetId": new_id, "title": TITLE, "hidden": True, "gridProperties": size}
        made.append({"addSheet": {"properties": properties}})
        made.append(mark(KEY, ASIDE, new_id))
        for place, (tab, row), count in self._runs():
            # All columns that there are at that instant, whatever was inserted.
            source = block(tab, (row, row + count), (0, None))
            # A single cell to begin at: a larger one would be filled with repetitions.
            there = block(new_id, (place, place + 1), (1, 2))
            made.append(copy(source, there, "PASTE_VALUES"))
        rows = [[{"userEnteredValue": {"stringValue": _written(line)}}] for line in self._lines]
        rows += [[{"userEnteredValue": content_of(cell, {})} for cell in line] for line in under]
        made.append(put(new_id, 0, 0, rows, "userEnteredValue"))
        return made

    def _runs(self) -> Iterable[tuple[int, tuple[int, int], int]]:
        """Rows that stand one below the other, here and there: place, first of them, how many."""
        place = 0
        while place < len(self._sources):
            source = self._sources[place]
            count = 1
            if source is not None:
                while place + count < len(self._sources) and self._sources[place + count] == (
                    source[0],
                    source[1] + count,
                ):
                    count += 1
                yield place, source, count
            place += count


def _written(line: _Line) -> str:
    text = json.dumps(line if line.about else line[:-1], ensure_ascii=False, separators=(",", ":"))
    return text if len(text) <= MAX_TEXT else json.dumps(_Line(line.kind, line.tab, line.row, "", (), {}, -1, ())[:-1])


def read_aside(sheet_id: int, rows: Sequence[Sequence[Cell]]) -> Aside:
    """What the tab keeps. Lines that somebody scribbled over are passed by."""
    end = next((place for place, row in enumerate(rows) if row and row[0] == UNDER), len(rows))
    under = read_aside(sheet_id, rows[end + 1 :]) if end < len(rows) else None
    return Aside(sheet_id, _entries(rows[:end]), rows, under)


def _entries(rows: Sequence[Sequence[Cell]]) -> list[Entry]:
    entries: list[Entry] = []
    carries: dict[int, tuple[tuple[int, int], ...]] = {}
    for place, row in enumerate(rows):
        try:
            line = _LINE.validate_json(str(row[0]) if row else "")
        except ValidationError:
            continue
        carry = line.carry
        if not isinstance(carry, int):
            carries[place] = carry
            carry = place
        prints = tuple("" if p == "." else p for p in re.findall(r"\.|[^.]{4}", line.read))
        about = line.about._asdict() if line.about else {}
        entries.append(
            Entry(
                line.kind,
                line.tab,
                line.row,
                prints,
                line.formulas,
                line.wrote,
                line.to,
                carries.get(carry, ()),
                stood=tuple(row[1:]),
                **about,
            )
        )
    return entries
