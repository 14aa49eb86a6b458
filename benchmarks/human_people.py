"""Somebody of a little office, at work in its spreadsheet in one of the gaps of a sync.

Every text that is typed says to which record it belongs, and the truth takes over
every deed. Knows nothing of sync.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.human_offices import PEOPLES, marked, word
from benchmarks.human_truth import POINTERS, View, field_of, is_own, tags_in
from sheetcrm.pipeline import default_choices
from sheetcrm.schema import PIPELINE_TABS
from tests.sheets_server.impulses import Arguments, Impulses
from tests.sheets_server.model import Sheet
from tests.sheets_server.people import Deed, Person
from tests.sheets_server.sheets import Caller

if TYPE_CHECKING:
    from benchmarks.human_edits import Run

__all__ = ["BLIND", "GAPS", "LAST_GAP", "WEIGHTS", "Colleague"]

GAPS = (
    "before reading",
    "between readings",
    "between reading and writing",
    "between commit and answer",
    "after the answer",
    "again: before reading",
    "again: between readings",
    "again: before writing",
    "again: between commit and answer",
    "again: after the answer",
)
"""Where a person acts. `again`: once somebody was at work between reading and writing, too."""
LAST_GAP = GAPS[2]
RIGHT_BEFORE_WRITING = (GAPS[2], GAPS[6], GAPS[7])
WEIGHTS: dict[str, float] = {
    "type_cell": 30, "clear_cell": 6, "add_row": 10, "insert_row": 8, "delete_row": 6, "sort_list": 8, "sort_rows": 6,
    "cut_rows": 5, "move_rows": 6, "hide_rows": 1, "filter_rows": 1, "rename_header": 3, "move_column": 4,
    "insert_column": 5, "add_tab": 1, "rename_tab": 2, "move_tab": 1, "add_note": 4, "format_cell": 2, "undo": 6,
}  # fmt: skip
BLIND: dict[str, float] = {**WEIGHTS, "hide_rows": 0, "filter_rows": 0, "add_tab": 0, "move_tab": 0, "format_cell": 0}
"""What a person does where the next gap needs that somebody was at work."""


class Ideas(Impulses):
    """What comes into the mind of somebody who knows the office: every text says to which record it belongs."""

    def __init__(self, person: Colleague) -> None:
        super().__init__(person)
        self.me = person

    def _text(self, sheet: Sheet, row: int, column: int, number: int = 0) -> str:
        name = self.me.field(sheet, column)
        number = number or self.me.number_of(sheet, row) or self.me.new_number()
        return self.me.text_for(name, number)

    def _row(self, some: Any) -> list[str]:
        number = self.me.new_number()
        columns = self._own_columns(some)
        chosen = {at for at in columns if self._chance.random() < 0.5}
        texts = [at for at in columns if "·" in self.me.text_for(self.me.field(some.sheet, at), number)]
        if not texts:
            return []
        chosen.add(self._chance.choice(texts))
        return [self._text(some.sheet, -1, at, number) if at in chosen else "" for at in range(len(some.headers))]

    def clear_cell(self) -> Arguments:
        found = self._cell(filled=True)
        if found is None or len(self.me.tags(found[0].sheet, found[1])) < 3:
            return None  # a row that says nothing any more is nobody's
        return (found[0].sheet.id, *found[1:])


class Colleague(Person):
    """Somebody of the office, whose deeds the truth takes over."""

    def __init__(self, run: Run, email: str) -> None:
        tabs = {i for i, kind in run.office.tabs.items() if kind in PEOPLES}
        if run.chance.random() < 0.7:
            tabs = {i for i, kind in run.office.tabs.items() if kind in PIPELINE_TABS}
        sheets = run.campaign.server.sheets
        super().__init__(sheets, run.spreadsheet.id, Caller(email), run.chance, weights=WEIGHTS, tabs=tabs)
        self.run = run
        self.language = run.office.language
        self.careless = run.chance.random() < 0.1
        self._impulses = Ideas(self)
        self._numbers, self._serial = run.office.records + 100, 0

    def new_number(self) -> int:
        """The number of a record that comes."""
        self._numbers += 1
        return self._numbers

    def field(self, sheet: Sheet, column: int) -> str:
        """What a column is, by its header."""
        cell = sheet.cell(0, column)
        return field_of(cell.value if cell else None, self.run.office.tabs[sheet.id], self.run.truth.names)

    def tags(self, sheet: Sheet, row: int) -> list[int]:
        """The numbers in a row."""
        cells = sheet.rows[row] if 0 <= row < len(sheet.rows) else []
        return [tag for cell in cells if cell for tag in tags_in(cell.value)]

    def number_of(self, sheet: Sheet, row: int) -> int:
        """The record of a row."""
        kind = self.run.office.tabs[sheet.id]
        tags: list[int] = []
        for column, cell in enumerate(sheet.rows[row] if 0 <= row < len(sheet.rows) else []):
            name = self.field(sheet, column)
            if cell and name and name not in POINTERS and not is_own(name, kind):
                tags += tags_in(cell.value)
        tags = tags or self.tags(sheet, row)
        return max(tags, key=tags.count) if tags else 0

    def text_for(self, name: str, number: int) -> str:
        """What somebody types there."""
        chance = self.random
        self._serial += 1
        if name == "stage":
            return chance.choice(default_choices("stage", self.language)).label
        if name in ("source", "loss_reason", "confirmed_by"):
            return word(name, self.language, chance)
        if name == "owner":
            return chance.choice(("Ana Pop", "Ion Rusu", "Mara Șerban"))
        if name == "currency":
            return chance.choice(("EUR", "RON"))
        if name in ("value", "amount"):
            return str(chance.randrange(1, 90) * 100 + self._serial)
        if name.endswith("_on") or name in ("date", "expected_close"):
            return f"2026-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
        if name == "email":
            return f"new{self._serial}@t{number}.ro"
        if name == "phone":
            return f"07{number % 100:02} {chance.randrange(1000):03} {self._serial:03}"
        return marked(number, f"{chance.choice(('call back', 'asks for a discount', 'on holiday'))} {self._serial}")

    @property
    def hands_off_now(self) -> set[str]:
        """The headers under which sync writes."""
        found = set()
        for sheet in self.spreadsheet.sheets:
            kind = self.run.office.tabs.get(sheet.id, "")
            for cell in sheet.rows[0] if kind in PEOPLES and sheet.rows else ():
                if cell and is_own(field_of(cell.value, kind, self.run.truth.names), kind):
                    found.add(cell.value)
        return found

    def work(self, weights: dict[str, float]) -> None:
        """Do one thing, and now and then what goes with it."""
        truth, book = self.run.truth, self.spreadsheet
        self.weights = weights
        self.hands_off = frozenset(() if self.careless else self.hands_off_now)
        before = truth.look(book)
        deed = self.act()
        self._noticed(deed, before)
        if deed.kind == "insert_column" and deed.done and self.random.random() < 0.7:
            sheet = self._sheet(deed.sheet_id)
            rows = [row for row in range(1, len(sheet.rows)) if self.tags(sheet, row)]
            for row in self.random.sample(rows, min(len(rows), 2)):
                before = truth.look(book)
                column = deed.details["column"]
                text = marked(self.number_of(sheet, row), f"in the new column {self._serial}")
                self._serial += 1
                self._noticed(self.type_cell(deed.sheet_id, row, column, text), before)

    def _noticed(self, deed: Deed, before: View) -> None:
        truth, kind = self.run.truth, self.run.office.tabs.get(deed.sheet_id, "")
        self.run.tell(
            f"    {deed.kind} {deed.tab} {dict(deed.details)} {[(t.header, t.text) for t in deed.typed]}"
            f"{' undoes ' + deed.undoes.kind if deed.undoes else ''} {deed.refused}"
        )
        self.run.result.deeds[deed.kind if deed.done else "nothing"] += 1
        if deed.kind == "rename_header" and deed.done:
            truth.rename(deed.details["old"], deed.details["new"])
        self.run.result.typed += len(deed.typed)
        if deed.done and deed.kind in ("insert_column", "move_column", "undo") and self.run.gap in RIGHT_BEFORE_WRITING:
            self.run.result.columns_by_a_note |= any(sheet == deed.sheet_id for sheet, _ in truth.loose)
        truth.take(before, truth.look(self.spreadsheet))
        for typed in deed.typed:
            if is_own(field_of(typed.header, kind, truth.names), kind) and "·" in typed.text:
                truth.scribbles.append(typed.text)
