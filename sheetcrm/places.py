"""Where a row's values stand in its tab, and where they go when it comes to another.

Knows headers and fields; new columns go to the far right. Decides nothing about
records and writes nothing.
"""

from __future__ import annotations

from collections.abc import Container, Mapping

from sheetcrm.columns import Layout, field_called, fold, header
from sheetcrm.drafts import Draft
from sheetcrm.tables import AddColumn, Cell, is_blank, next_column

__all__ = ["Columns", "filled"]


def decided(layout: Layout) -> list[str]:
    """The fields of a tab that every run writes anew."""
    return sorted(n for n in layout.columns if layout.fields[n].writer == "sync")


class Columns:
    """Where fields and the team's own columns stand in a tab, new ones added at the far right."""

    def __init__(self, layout: Layout, language: str) -> None:
        self.layout = layout
        self.language = language
        self.added: list[AddColumn] = []
        self.decided = decided(layout)
        self._fields = dict(layout.columns)
        self.names = layout.own_names
        self._own = {fold(name): column for column, name in self.names.items()}
        self._next = next_column(layout.tab, layout.header_row)

    def of(self, tag: str, source: tuple[Layout, int] | None = None) -> int | None:
        """The column of a field, or of a header of the team's own; `None` for sync's own that is not here."""
        layout = self.layout
        if tag in self._fields:
            return self._fields[tag]
        if not tag.startswith("+") and (source is None or tag not in layout.fields):
            return None
        text = tag.removeprefix("+") if tag.startswith("+") else header(tag, self.language)
        if fold(text) not in self._own and tag.startswith("+") and field_called(text, layout.fields):
            text = f"{text} (2)"  # it must not be taken for the field of that name
        if fold(text) in self._own:
            return self._own[fold(text)]
        column = self._own[fold(text)] = self._next
        self._next += 1
        like = (source[0].title, source[1]) if source else None
        mark = tag if tag in layout.fields else ""
        if mark:
            self._fields[mark] = column
        self.added.append(AddColumn(layout.title, column, text, layout.header_row, mark, like))
        return column

    def shared(self, source: Layout, besides: Container[int]) -> list[tuple[int, int]]:
        """Columns that both tabs have, for formats and comments of cells that say nothing, or what sync writes anew."""
        both = [(at, self._fields[name]) for name, at in source.columns.items() if name in self._fields]
        both += [(at, self._own[fold(name)]) for at, name in source.own_names.items() if fold(name) in self._own]
        return [(here, there) for here, there in both if here not in besides]


def filled(draft: Draft, own: Mapping[int, str]) -> list[tuple[str, int, Cell]]:
    """What a row takes along: every filled cell, but not what sync keeps for itself."""
    layout, cells = draft.layout, draft.entry.cells
    taken = [(n, c) for n, c in layout.columns.items() if layout.fields[n].writer != "sync"]
    taken += [(f"+{name}", column) for column, name in own.items()]
    formulas = layout.tab.formulas
    said = ((tag, c, cells[c] if c < len(cells) else "") for tag, c in taken)
    # A formula that no program has reckoned yet says nothing: its own text goes along.
    told = ((t, c, formulas.get((draft.entry.row or 0, c), "") if is_blank(cell) else cell) for t, c, cell in said)
    return [(tag, c, cell) for tag, c, cell in told if not is_blank(cell)]
