"""Which column is which field: headers, aliases, classes, tabs.

The only place that spells a header. It knows the tabs of the design, in which
order `init` lays their columns, who writes each, and how a header that people
typed is recognised. It reads no value below the header.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import NamedTuple

from sheetcrm import messages
from sheetcrm.problems import Problem
from sheetcrm.schema import HOME_MARK, PIPELINE_TABS, SYNC_TABS, TABS, Field, fields_of
from sheetcrm.tables import Addressing, CellError, Snapshot, Tab, column_letters, is_blank, list_columns, raw_text

__all__ = [
    "Layout",
    "Understood",
    "field_called",
    "fold",
    "header",
    "home_mark",
    "layout_as",
    "read_layout",
    "tab_title",
]

_ID_FIELD = {"offers": "number", "stages": "stage_code", "settings": "setting_code"}


@dataclass(frozen=True, slots=True)
class Layout:
    """A tab understood as far as its header row."""

    name: str
    """What the tab is: "leads"."""
    tab: Tab
    header_row: int
    columns: Mapping[str, int]
    """Field name → column."""
    unmarked: bool = False
    """A field was recognised that bears no mark yet, or moved away from its mark."""
    fields: Mapping[str, Field] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The tab's title as it stands in the workbook."""
        return self.tab.title

    def header_of(self, name: str, language: str) -> str:
        """The header as people wrote it, or as we would."""
        column = self.columns.get(name)
        if column is None:
            return header(name, language)
        return raw_text(self.tab.cell(self.header_row, column)).strip() or header(name, language)

    @property
    def own_columns(self) -> tuple[int, ...]:
        """The columns that the team added: no field of ours, but a header or cells of their own."""
        known = set(self.columns.values())
        others = [c for run in list_columns(self.tab, self.header_row) for c in run if c not in known]
        return tuple(c for c in others if not is_blank(self.tab.cell(self.header_row, c)) or self._holds(c))

    def _holds(self, column: int) -> bool:
        below = self.tab.rows[self.header_row + 1 :]
        return any(column < len(row) and not is_blank(row[column]) for row in below)

    @property
    def own_names(self) -> Mapping[int, str]:
        """What the team's own columns are called: the second of one name `name (2)`, one without by its place."""
        seen: dict[str, int] = {}
        names = {}
        for column in sorted({*self.columns.values(), *self.own_columns}):
            text = raw_text(self.tab.cell(self.header_row, column)).strip()
            text = text or f"{self.title} {column_letters(column)}"
            times = seen[fold(text)] = seen.get(fold(text), 0) + 1
            names[column] = text if times == 1 else f"{text} ({times})"
        return {column: names[column] for column in self.own_columns}

    @property
    def people_columns(self) -> tuple[int, ...]:
        """Every column that people write, the team's own ones too."""
        people = [c for n, c in self.columns.items() if self.fields[n].writer in ("people", "command")]
        return tuple(sorted((*people, *self.own_columns)))

    @property
    def id_field(self) -> str:
        """The field by which a row is known for life."""
        return _ID_FIELD.get(self.name, "id")

    @property
    def addressing(self) -> Addressing:
        """How rows of this tab are told apart; a column that is not there reads as blank."""
        id_column = self.columns.get(self.id_field, 1 << 20)
        return Addressing(self.header_row, id_column, self.people_columns)


class Understood(NamedTuple):
    """The tabs of a workbook, as far as their header rows."""

    layouts: Mapping[str, Layout]
    problems: tuple[Problem, ...]


_LETTERS = str.maketrans({"đ": "d", "ł": "l", "ø": "o", "ß": "ss", "æ": "ae", "œ": "oe", "\u00a0": " "})
_MARKS = dict.fromkeys(range(0x300, 0x370))
"""Diacritics, once they are taken apart from their letters."""
_GAPS = re.compile(r"[\s_]+")


@cache
def fold(text: str) -> str:
    """Text for comparing: no diacritics (ş and ș alike), no letter case, single spaces."""
    lower = text.casefold()
    if not lower.isascii():
        lower = unicodedata.normalize("NFKD", lower.translate(_LETTERS)).translate(_MARKS)
    return _GAPS.sub(" ", lower).strip()


@lru_cache(maxsize=4096)
def _fold_header(text: str) -> str:
    return re.sub(r"[^\w%]+", " ", fold(text)).strip()


def tab_title(name: str, language: str) -> str:
    """How a tab is called."""
    return messages.text("tabs", name, language)


def header(name: str, language: str) -> str:
    """How a column is called where we write it."""
    return messages.text("headers", name, language)


@cache
def _names(area: str) -> Mapping[str, tuple[str, ...]]:
    """Folded spelling → the names that go by it, in either language, aliases too."""
    found: dict[str, dict[str, None]] = {}
    for name, entry in messages.area(area).items():
        aliases = entry.get("also", [])
        spellings = [*(str(entry[language]) for language in messages.LANGUAGES), name]
        if isinstance(aliases, list):
            spellings += [str(alias) for alias in aliases]
        for spelling in spellings:
            found.setdefault(_fold_header(spelling), {})[name] = None
    return {spelling: tuple(names) for spelling, names in found.items()}


def field_called(typed: str, fields: Mapping[str, Field]) -> str | None:
    """The field of a tab that a typed header names, in either language or by alias."""
    return next((name for name in _names("headers").get(_fold_header(typed), ()) if name in fields), None)


def tab_called(typed: str) -> str | None:
    """The tab that a title names, in either language or by alias."""
    return next(iter(_names("tabs").get(_fold_header(typed), ())), None)


def home_mark(name: str) -> str:
    """The mark of a tab of records: its name, or one made of the title that the team gave it."""
    return name if name in TABS else HOME_MARK + re.sub(r"[^a-z0-9]+", "_", fold(name))


PEOPLES_TABS = (*PIPELINE_TABS, "accounts", "activities")
"""Tabs whose records would be missed if their headers were not recognised."""


def read_layout(snapshot: Snapshot) -> Understood:
    """Recognise tabs by their mark, people's tabs also by title, and fields by mark or header."""
    layouts: dict[str, Layout] = {}
    problems: list[Problem] = []
    for tab in snapshot.tabs:
        name = tab.title if tab.mark.startswith(HOME_MARK) else tab.mark
        if (name in TABS or name != tab.mark) and name not in layouts:
            layouts[name] = layout_as(name, tab, problems)
    for tab in snapshot.tabs:
        called = None if tab.mark else tab_called(tab.title)
        if called is None or called in SYNC_TABS:
            continue
        if called in layouts:
            problems.append(Problem("second-tab", tab.title, values={"other": layouts[called].title}))
            continue
        layout = layout_as(called, tab, problems if called in PEOPLES_TABS else None)
        if layout.columns or is_empty(tab):  # else it merely bears the name
            layouts[called] = layout
    return Understood(layouts, tuple(problems))


def layout_as(name: str, tab: Tab, problems: list[Problem] | None = None) -> Layout:
    """The tab understood as the one of that name; what is odd about its head goes into `problems`."""
    odd = problems if problems is not None else []
    fields = fields_of(name)
    row = _header_row(tab, fields)
    if row is None:
        if fields and not is_empty(tab):
            odd.append(Problem("no-header", tab.title))
        return Layout(name, tab, 0, {}, fields=fields)
    cells = tab.rows[row]
    marked = {n: c for n, c in tab.marks.items() if n in fields and c < len(cells) and not is_blank(cells[c])}
    columns: dict[str, int] = {}
    for column, cell in enumerate(cells):
        called = None if isinstance(cell, CellError) or is_blank(cell) else field_called(raw_text(cell), fields)
        if called is None or not _may_adopt(name, fields[called], column, marked):
            continue
        if called in columns:
            odd.append(_doubled(tab, row, columns[called], column))
            continue
        columns[called] = column
    taken = set(columns.values())
    for field_name, column in marked.items():
        # What it was last time: the header was renamed, the column is the same.
        if field_name not in columns and column not in taken:
            columns[field_name] = column
            taken.add(column)
    odd += [_merged(tab, block) for block in tab.merged if block[2] > row and block[0] >= row]
    unmarked = any(tab.marks.get(called) != column for called, column in columns.items())
    return Layout(name, tab, row, columns, unmarked, fields)


def _may_adopt(name: str, field: Field, column: int, marked: Mapping[str, int]) -> bool:
    """Sync's own columns are known by their mark alone; of doubled headers the marked one counts."""
    if field.name in marked:
        return marked[field.name] == column
    return field.writer != "sync" or name in SYNC_TABS


def _doubled(tab: Tab, row: int, first: int, second: int) -> Problem:
    text = raw_text(tab.cell(row, second)).strip()
    values = {"header": text, "first": column_letters(first), "second": column_letters(second)}
    return Problem("doubled-header", tab.title, row + 1, column=text, values=values)


def _merged(tab: Tab, block: tuple[int, int, int, int]) -> Problem:
    top, left, bottom, right = block
    cells = f"{column_letters(left)}{top + 1}:{column_letters(right)}{bottom + 1}"
    return Problem("merged-cells", tab.title, top + 1, values={"cells": cells})


def is_empty(tab: Tab) -> bool:
    """Whether nothing stands in a tab."""
    return all(is_blank(cell) for row in tab.rows for cell in row)


def _header_row(tab: Tab, fields: Mapping[str, Field]) -> int | None:
    """The row, among the first ten, in which most headers are recognised (two at least, or a marked one).

    Titles above it and a second line of header words do no harm.
    """
    best, most = None, 0
    for row, cells in enumerate(tab.rows[:10]):
        called = {field_called(raw_text(c), fields) for c in cells if not is_blank(c)} - {None}
        count = len(called) if len(called) > 1 or len(fields) < 3 or tab.marks else 0
        if count > most:
            best, most = row, count
    return best
