"""Finds again columns by their headers and rows by what they say, wherever they stand by now.

It knows what a write kept of them, and changes nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property

from sheetcrm.tables import Cell, raw_text
from sheetcrm.workbooks.google.aside import Entry, cell_print
from sheetcrm.workbooks.google.reading import Sheet

__all__ = ["Columns", "Rows", "column_map", "texts"]


def texts(cells: Sequence[Cell]) -> list[str]:
    """Cells as texts."""
    return [raw_text(cell) for cell in cells]


def column_map(before: Sequence[str], after: Sequence[str]) -> dict[int, int]:
    """Where each column is by now: by its header, else beside the one that it stood beside."""
    places: dict[str, list[int]] = defaultdict(list)
    for column, text in enumerate(after):
        if text:
            places[text].append(column)
    found: dict[int, int] = {}
    for column, text in enumerate(before):
        if text and places[text]:
            found[column] = places[text].pop(0)
    taken = set(found.values())
    for column in range(len(before)):
        if column in found:
            continue
        beside = found[column - 1] + 1 if column - 1 in found else 0 if column == 0 else None
        if beside is not None and beside not in taken:
            found[column] = beside
            taken.add(beside)
    return found


class Columns:
    """The columns of a tab at three moments: as read, in the instant of the write, now.

    A write puts its new columns in before it writes cells, so cells were written by
    the numbers of `written`, while what was kept is counted by those of `stood`.
    """

    def __init__(self, entry: Entry, sheet: Sheet, width: int) -> None:
        stood = texts(entry.stood)
        stood += [""] * (width - len(stood))
        read = [*entry.headers, *[""] * (width - len(entry.headers))]
        now = texts(sheet.raw[entry.header_row]) if entry.header_row < len(sheet.raw) else []
        now += [""] * (width + len(entry.added) - len(now))
        self.read_to_stood = column_map(read, stood)
        self.stood_headers = stood
        self._added = sorted(entry.added)
        written = list(stood)
        for column in self._added:
            written[column:column] = [entry.added[column]]
        self.written_to_now = column_map(written, now)
        self.moved = any(self.read_to_stood.get(c) != c for c, text in enumerate(entry.headers) if text)

    def is_listed(self, stood: int) -> bool:
        """Whether a kept column had a header."""
        return stood < len(self.stood_headers) and self.stood_headers[stood] != ""

    def written(self, stood: int) -> int:
        """The number of a kept column once new columns were put in."""
        for column in self._added:
            stood += stood >= column
        return stood

    def stood(self, written: int) -> int | None:
        """The kept column that a number stood for; None for a column that came."""
        if written in self._added:
            return None
        return written - sum(column < written for column in self._added)

    def read_to_now(self, column: int) -> int | None:
        """Where a column as read is now."""
        if column in self._added:
            return self.written_to_now.get(column)
        stood = self.read_to_stood.get(column)
        return None if stood is None else self.written_to_now.get(self.written(stood))

    def stood_to_now(self, column: int) -> int | None:
        """Where a kept column is now."""
        return self.written_to_now.get(self.written(column))


class Rows:
    """Finds a row of a tab by what its cells say, wherever it stands by now."""

    def __init__(self, sheet: Sheet, id_column: int) -> None:
        self._id_column = id_column
        self.prints = [[cell_print(cell) for cell in row] for row in sheet.raw]
        self.taken: set[int] = set()

    def _bears_another(self, row: int, wanted: Mapping[int, str]) -> bool:
        id_ = wanted.get(self._id_column)
        return bool(id_) and self.at(row, self._id_column) not in ("", id_)

    @cached_property
    def _index(self) -> dict[tuple[int, str], list[int]]:
        found: dict[tuple[int, str], list[int]] = defaultdict(list)
        for row, prints in enumerate(self.prints):
            for column, text in enumerate(prints):
                if text:
                    found[column, text].append(row)
        return found

    def at(self, row: int, column: int) -> str:
        """The print of a cell."""
        return self.prints[row][column] if column < len(self.prints[row]) else ""

    def find(self, said: Mapping[int, str], near: int) -> int | None:
        """The row in which most of these cells say so, at least half of them, and which bears no other ID."""
        wanted = {column: text for column, text in said.items() if text}
        if not wanted:
            return None
        votes: Counter[int] = Counter()
        for column, text in wanted.items():
            votes.update(self._index.get((column, text), ()))
        ranked = [
            (-count, sum(self.at(row, c) != "" for c, t in said.items() if not t), abs(row - near), row)
            for row, count in votes.items()
            if row not in self.taken and count * 2 >= len(wanted) and not self._bears_another(row, wanted)
        ]
        if not ranked:
            return None
        row = min(ranked)[-1]
        self.taken.add(row)
        return row
