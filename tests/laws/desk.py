"""A small office for tests that tell a story: type, sync, look."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sheetcrm.plan import make_plan
from sheetcrm.tables import Cell, Plan, Snapshot, raw_text
from sheetcrm.workbooks.memory import MemoryWorkbook
from tests.laws.team import Book, new_office

__all__ = ["Desk"]

FIRST_NIGHT = datetime(2026, 11, 23, 2, 17, tzinfo=UTC)


class Desk(Book):
    """A workbook in front of a person, and a sync to run on it."""

    def __init__(self, snapshot: Snapshot | None = None, language: str = "en") -> None:
        super().__init__(snapshot or new_office(language), language)
        self.plan = Plan()
        self.nights = 0

    def lead(self, company: str, tab: str = "leads", **cells: Cell) -> int:
        """Type a lead that lacks nothing."""
        typed: dict[str, Cell] = {
            "company": company,
            "email": f"office@{company.split()[0].lower()}.ro",
            "source": "Website",
            "stage": "New",
            "owner": "Ana Pop",
            "interested_in": "pumps",
        }
        return self.add(tab, **{**typed, **cells})

    def deal(self, company: str, **cells: Cell) -> int:
        """Type a deal that lacks nothing."""
        self.add("offers", record=company, amount=900, status="accepted")
        sold: dict[str, Cell] = {"stage": "Won", "value": 900, "currency": "EUR", "expected_close": FIRST_NIGHT.date()}
        return self.lead(company, "deals", **{**sold, **cells})

    def sync(self, days: int = 1, *, force: bool = False, moves: bool = True, takeover: bool = False) -> Plan:
        """Run, and take the workbook back in hand; the run is so many days after the last."""
        self.nights += days
        before = self.snapshot()
        workbook = MemoryWorkbook(before)
        now = FIRST_NIGHT + timedelta(days=self.nights - 1)
        self.plan = make_plan(before, now, force=force, moves=moves, takeover=takeover, language=self.language)
        workbook.apply(self.plan, before)
        super().__init__(workbook.read(), self.language)
        return self.plan

    def events(self) -> list[str]:
        """What the last run put on record, in short."""
        return [f"{e.event} {e.record}".strip() for e in self.plan.events]

    def codes(self) -> set[str]:
        """The problems that the last run found."""
        return {problem.code for problem in self.plan.problems}

    def find(self, text: Cell) -> tuple[str, int]:
        """The only row of people's in which a cell says that."""
        found = [
            (name, row)
            for name in ("leads", "opportunities", "deals", "accounts", "activities", "offers")
            for row in self.below(name)
            if any(raw_text(cell) == raw_text(text) for cell in self.cells(name)[row])
        ]
        assert len(found) == 1, found
        return found[0]

    def says(self, text: Cell, field: str) -> str:
        """A field of that row, as text."""
        return raw_text(self.read(*self.find(text), field))
