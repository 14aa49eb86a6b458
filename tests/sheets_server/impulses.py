"""What comes into a person's mind: for each deed, some arguments that are possible right now.

Each method is named after a deed and gives its arguments, or None where the
spreadsheet as it stands offers nothing to do it with.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .model import Sheet

if TYPE_CHECKING:
    from .people import Person

__all__ = ["WEIGHTS", "Impulses"]

WEIGHTS: dict[str, float] = {
    "type_cell": 30,
    "clear_cell": 4,
    "add_row": 10,
    "insert_row": 6,
    "delete_row": 4,
    "sort_list": 5,
    "sort_rows": 4,
    "cut_rows": 4,
    "move_rows": 5,
    "hide_rows": 2,
    "filter_rows": 2,
    "rename_header": 1,
    "move_column": 2,
    "insert_column": 2,
    "add_tab": 1,
    "rename_tab": 1,
    "move_tab": 1,
    "add_note": 4,
    "format_cell": 3,
    "undo": 6,
}
"""How often each deed is done at random, beside the others."""

WORDS = "call back,waiting for budget,sent samples,met at the fair,asks for a discount,on holiday,signs soon".split(",")

Arguments = tuple[Any, ...] | None


@dataclass(frozen=True)
class _List:
    """A tab as the person sees it."""

    sheet: Sheet
    rows: list[list[str]]
    head: int

    @property
    def headers(self) -> list[str]:
        return self.rows[self.head] if self.head < len(self.rows) else []

    @property
    def first(self) -> int:
        return self.head + 1

    @property
    def end(self) -> int:
        return len(self.rows)

    def text(self, row: int, column: int) -> str:
        cells = self.rows[row]
        return cells[column] if column < len(cells) else ""

    def hidden(self, row: int) -> bool:
        about = self.sheet.row_sizes.get(row) or {}
        return bool(about.get("hiddenByUser") or about.get("hiddenByFilter"))


class Impulses:
    """One person's ideas. Chance is the person's own, so that a seed gives the same day again."""

    def __init__(self, person: "Person") -> None:
        self.person = person
        self._words = 0

    @property
    def _chance(self) -> Any:
        return self.person.random

    @property
    def _name(self) -> str:
        return self.person.caller.email.partition("@")[0]

    def _next(self) -> int:
        self._words += 1
        return self._words

    def _list(self, least_rows: int = 0) -> _List | None:
        """Some tab that shows and has so many rows below its header."""
        person = self.person
        tabs = [
            sheet
            for sheet in person.spreadsheet.sheets
            if not sheet.properties.get("hidden") and sheet.properties.get("sheetType", "GRID") == "GRID"
            if person.tabs is None or sheet.id in person.tabs
        ]
        self._chance.shuffle(tabs)
        for sheet in tabs:
            found = _List(sheet, person.rows(sheet), person.header_row(sheet))
            if found.end - found.first >= least_rows:
                return found
        return None

    def _own_columns(self, some: _List) -> list[int]:
        taboo = self.person.hands_off | {self.person.key_header, ""}
        return [at for at, header in enumerate(some.headers) if header not in taboo]

    def _cell(self, *, filled: bool = False) -> tuple[_List, int, int] | None:
        some = self._list(1)
        columns = self._own_columns(some) if some else []
        if some is None or not columns:
            return None
        column = self._chance.choice(columns)
        rows = [
            row
            for row in range(some.first, some.end)
            if any(some.rows[row]) and not some.hidden(row) and (not filled or some.text(row, column))
        ]
        return (some, self._chance.choice(rows), column) if rows else None

    def _rows(self) -> tuple[_List, int, int] | None:
        """Some rows of a list that follow each other: (list, first, last)."""
        some = self._list(2)
        if some is None:
            return None
        first = self._chance.randrange(some.first, some.end)
        return some, first, min(some.end - 1, first + self._chance.randint(0, 3))

    def _text(self, sheet: Sheet, row: int, column: int) -> str:
        """A text that the cell takes: one of its list, or one that nobody has typed before."""
        cell = sheet.cell(row, column)
        condition = ((cell.validation if cell else None) or {}).get("condition", {})
        kind = condition.get("type", "")
        if kind == "ONE_OF_LIST":
            return self._chance.choice(condition["values"])["userEnteredValue"]
        if kind == "BOOLEAN":
            return self._chance.choice(("TRUE", "FALSE"))
        if kind.startswith("DATE"):
            return f"2026-{self._chance.randint(1, 12):02}-{self._chance.randint(1, 28):02}"
        if kind.startswith("NUMBER"):
            return str(self._chance.randint(1, 99_999))
        return f"{self._chance.choice(WORDS)} {self._name}-{self._next()}"

    def _row(self, some: _List) -> list[str]:
        own = set(self._own_columns(some))
        like = min(some.first, max(some.end - 1, 0))
        return [
            self._text(some.sheet, like, at) if at in own and self._chance.random() > 0.3 else ""
            for at in range(len(some.headers))
        ]

    def type_cell(self) -> Arguments:
        if (found := self._cell()) is None:
            return None
        some, row, column = found
        return some.sheet.id, row, column, self._text(some.sheet, row, column)

    def clear_cell(self) -> Arguments:
        found = self._cell(filled=True)
        return (found[0].sheet.id, *found[1:]) if found else None

    def add_row(self) -> Arguments:
        some = self._list()
        texts = self._row(some) if some else []
        return (some.sheet.id, texts) if some and any(texts) else None

    def insert_row(self) -> Arguments:
        some = self._list(1)
        texts = self._row(some) if some else []
        return (some.sheet.id, self._chance.randrange(some.first, some.end), texts) if some and any(texts) else None

    def delete_row(self) -> Arguments:
        found = self._rows()
        return (found[0].sheet.id, found[1]) if found else None

    def sort_list(self) -> Arguments:
        some = self._list(2)
        return (some.sheet.id, self._chance.randrange(len(some.headers) or 1)) if some else None

    def sort_rows(self) -> Arguments:
        if (found := self._rows()) is None:
            return None
        some, first, last = found
        return (
            some.sheet.id,
            first,
            max(last, min(first + 1, some.end - 1)),
            self._chance.randrange(len(some.headers) or 1),
        )

    def cut_rows(self) -> Arguments:
        if (found := self._rows()) is None:
            return None
        some, first, last = found
        return some.sheet.id, first, last, some.end + self._chance.randint(0, 2)

    def move_rows(self) -> Arguments:
        if (found := self._rows()) is None:
            return None
        some, first, last = found
        to = [at for at in range(some.first, some.end + 1) if not first <= at <= last + 1]
        return (some.sheet.id, first, last, self._chance.choice(to)) if to else None

    def hide_rows(self) -> Arguments:
        found = self._rows()
        return (found[0].sheet.id, *found[1:]) if found else None

    def filter_rows(self) -> Arguments:
        if (some := self._list(1)) is None:
            return None
        column = self._chance.randrange(len(some.headers) or 1)
        if some.sheet.basic_filter:
            return some.sheet.id, column, ()
        return some.sheet.id, column, (some.text(self._chance.randrange(some.first, some.end), column) or "nothing",)

    def rename_header(self) -> Arguments:
        some = self._list()
        columns = self._own_columns(some) if some else []
        if some is None or not columns:
            return None
        column = self._chance.choice(columns)
        return some.sheet.id, column, f"{some.headers[column]} {self._next()}"

    def move_column(self) -> Arguments:
        some = self._list(1)
        if some is None or (width := len(some.headers)) < 3:
            return None
        column = self._chance.randrange(width)
        return (
            some.sheet.id,
            column,
            self._chance.choice([at for at in range(width + 1) if at not in (column, column + 1)]),
        )

    def insert_column(self) -> Arguments:
        some = self._list(1)
        return (
            (some.sheet.id, self._chance.randint(0, len(some.headers)), f"Our column {self._next()}") if some else None
        )

    def add_tab(self) -> Arguments:
        return (f"{self._name}'s tab {self._next()}",)

    def rename_tab(self) -> Arguments:
        some = self._list()
        return (some.sheet.id, f"{some.sheet.title} {self._next()}") if some else None

    def move_tab(self) -> Arguments:
        some = self._list()
        tabs = len(self.person.spreadsheet.sheets)
        return (some.sheet.id, self._chance.randint(0, tabs)) if some and tabs > 1 else None

    def add_note(self) -> Arguments:
        found = self._cell()
        return (found[0].sheet.id, *found[1:], f"note {self._next()}") if found else None

    def format_cell(self) -> Arguments:
        found = self._cell()
        return (found[0].sheet.id, *found[1:]) if found else None

    def undo(self) -> Arguments:
        return () if self.person.can_undo else None
