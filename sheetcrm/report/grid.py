"""The squared paper that the tabs are drawn on: rows of styled cells, titles, tables.

Knows how a block looks; knows nothing of what it counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sheetcrm import messages
from sheetcrm.tables import Cell, Styled

__all__ = ["Grid", "Place", "Row", "Sheet", "Words", "by_style", "month_name", "short_month"]

Row = tuple[Styled, ...]


class Sheet(NamedTuple):
    """What a tab says, as `tables.WriteTab` wants it."""

    rows: tuple[Row, ...]
    widths: tuple[int, ...]


class Place(NamedTuple):
    """Where the records of a tab are found."""

    title: str
    """The tab's title as it stands in the workbook."""
    id_column: int


class Words:
    """The texts of the three tabs, in one language."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, key: str, /, **values: object) -> str:
        """One text, filled in."""
        return messages.text("report", key, self.language, **values)


@dataclass(slots=True)
class Grid:
    """Rows as they are written one below the other."""

    words: Words
    rows: list[Row] = field(default_factory=list)

    def go_to(self, row: int) -> None:
        """Leave rows blank down to a row, from 0, which comes next."""
        self.rows += [()] * (row - len(self.rows))

    def title(self, text: str) -> None:
        """The tab's own title."""
        self.rows.append((Styled(text, "title"),))

    def heading(self, key: str, note: str | None = None, /, **values: object) -> None:
        """Begin a block, with a word on what it counts."""
        if self.rows:
            self.rows.append(())
        self.rows.append((Styled(self.words(key, **values), "heading"),))
        if note:
            self.note(self.words(note))

    def note(self, text: str) -> None:
        """A line of explanation."""
        self.rows.append((Styled(text, "note"),))

    def header(self, texts: Iterable[str]) -> None:
        """The headers of a table."""
        self.rows.append(tuple(Styled(text, "header") for text in texts))

    def row(self, cells: Iterable[Styled]) -> None:
        """One line of a table."""
        self.rows.append(tuple(cells))

    def table(self, headers: Sequence[str], styles: Sequence[str], lines: Iterable[Sequence[Cell | None]]) -> None:
        """A table whose columns each have one style; says so when it has no line."""
        self.header(headers)
        before = len(self.rows)
        for line in lines:
            self.row(by_style(line, styles))
        if len(self.rows) == before:
            self.note(self.words("nothing"))


def by_style(line: Sequence[Cell | None], styles: Sequence[str]) -> Row:
    """Cells with the styles of their columns; what is not known is blank."""
    return tuple(Styled("" if cell is None else cell, style) for cell, style in zip(line, styles, strict=True))


def month_name(month: str, language: str) -> str:
    """`March 2026` for `2026-03`."""
    return _month(month, "month", language)


def short_month(month: str, language: str) -> str:
    """`Mar 2026` for `2026-03`."""
    return _month(month, "short-month", language)


def _month(month: str, length: str, language: str) -> str:
    year, _, number = month.partition("-")
    return f"{messages.text('report', f'{length}-{number}', language)} {year}"
