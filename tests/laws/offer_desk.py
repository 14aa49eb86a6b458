"""An office that makes offers: its files lie in memory, as its workbook does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from sheetcrm.gather import files_wanted
from sheetcrm.offers import Offer, OfferNumber, OfferRecord, number_in
from sheetcrm.plan import make_plan
from sheetcrm.tables import Cell, FileSeen, Folder, Formula, NewFile, Plan, Snapshot, WriteTab, raw_text
from tests.laws.desk import FIRST_NIGHT, Desk

__all__ = ["File", "OfferDesk"]


@dataclass(frozen=True)
class File:
    """The file of an offer, with what its cells say and what it is as a whole."""

    offer: Offer
    cells: str = "made"
    whole: str = "made"

    @property
    def record(self) -> OfferRecord:
        """What it says of itself."""
        offer = self.offer
        return OfferRecord(offer.number, offer.record_id, offer.made_on, offer.valid_until, offer.content)


class OfferDesk(Desk):
    """A desk with a folder of offers. After every run it is asked whether anything is left to do."""

    def __init__(self, language: str = "en", *, first: date | None = None) -> None:
        super().__init__(language=language)
        self.folder = Folder()
        self.disk: dict[str, File] = {}
        if first:
            self.nights = (first - FIRST_NIGHT.date()).days

    # ------------------------------------------------------------ the folder

    def snapshot(self) -> Snapshot:
        """The workbook as it is now, and what lies in the folder as far as its tabs ask."""
        tabs = super().snapshot()
        return replace(tabs, folder=replace(self.folder, files=tuple(self._look(tabs))))

    def _look(self, tabs: Snapshot) -> list[FileSeen]:
        wanted, seen = files_wanted(tabs), []
        for path, file in sorted(self.disk.items()):
            number = number_in(path.rpartition("/")[2])
            assert number is not None
            record = file.record if str(number) not in wanted.known else None
            asked = str(number) in wanted.prints
            print_ = (file.whole, file.cells) if asked else ("", "")
            seen.append(FileSeen(path, number, record, *print_))
        return seen

    def make(self, files: tuple[NewFile, ...]) -> None:
        """What the offers folder does with a plan; it writes over nothing."""
        for file in files:
            assert file.path not in self.disk
            self.disk[file.path] = File(file.offer)

    def path(self, number: str) -> str:
        """Where the file of a number lies."""
        found = [path for path in self.disk if number_in(path.rpartition("/")[2]) == OfferNumber.parse(number)]
        assert len(found) == 1, (number, list(self.disk))
        return found[0]

    def file(self, number: str) -> Offer:
        """What the file of a number offers."""
        return self.disk[self.path(number)].offer

    def change(self, number: str, **what: str) -> None:
        """Somebody works in a file."""
        path = self.path(number)
        self.disk[path] = replace(self.disk[path], **what)

    # ------------------------------------------------------------ running

    def sync(self, days: int = 1, *, force: bool = False, moves: bool = True, takeover: bool = False) -> Plan:
        """Run, and run again: there is nothing left to do."""
        plan = super().sync(days, force=force, moves=moves, takeover=takeover)
        self.make(plan.files)
        again = self._plan(force=force, moves=moves)
        assert again.is_empty, [change for change in again.changes if not isinstance(change, WriteTab)]
        return plan

    def killed(self, days: int = 1, keep: int | None = None) -> Plan:
        """Run, and be killed once so many files are made (all, without a number) and before a row is."""
        self.nights += days
        plan = self._plan()
        self.make(plan.files[:keep])
        return plan

    def _plan(self, *, force: bool = False, moves: bool = True) -> Plan:
        now = FIRST_NIGHT + timedelta(days=self.nights - 1)
        return make_plan(self.snapshot(), now, force=force, moves=moves, language=self.language)

    # ------------------------------------------------------------ typing and looking

    def opportunity(self, company: str = "Acme SRL", **cells: Cell) -> str:
        """Type an opportunity that lacks nothing for an offer to be sent, and give its ID."""
        typed: dict[str, Cell] = {
            "stage": "Needs analysis",
            "value": 900,
            "currency": "EUR",
            "expected_close": date(2027, 1, 15),
        }
        row = self.lead(company, "opportunities", **{**typed, **cells})
        self.sync()
        return raw_text(self.read("opportunities", row, "id"))

    def line(
        self, record: str, product: str = "Pump", quantity: Cell = 2, unit_price: Cell = 100, **cells: Cell
    ) -> int:
        """Type a line of an offer."""
        return self.add(
            "offer_lines", record=record, product=product, quantity=quantity, unit_price=unit_price, **cells
        )

    def row(self, id_: str, tabs: str = "leads opportunities deals") -> tuple[str, int]:
        """Where a record stands."""
        found = [(t, r) for t in tabs.split() for r in self.below(t) if self.read(t, r, "id") == id_]
        assert len(found) == 1, (id_, found)
        return found[0]

    def write(self, id_: str, **cells: Cell) -> None:
        """Type into the row of a record."""
        for field, cell in cells.items():
            self.type(*self.row(id_), field, cell)

    def said(self, id_: str, field: str) -> str:
        """What the row of a record says."""
        return raw_text(self.read(*self.row(id_), field))

    def offer_row(self, number: str) -> int:
        """The row of a number in Offers."""
        found = [row for row in self.below("offers") if self.read("offers", row, "number") == number]
        assert len(found) == 1, (number, found)
        return found[0]

    def answer(self, number: str, status: str, **cells: Cell) -> None:
        """Type into the row of an offer."""
        for field, cell in {"status": status.capitalize(), **cells}.items():
            self.type("offers", self.offer_row(number), field, cell)

    def offer(self, number: str, field: str) -> str:
        """What the row of an offer says."""
        return raw_text(self.read("offers", self.offer_row(number), field))

    @property
    def numbers(self) -> list[str]:
        """Every number in Offers, from above."""
        return [raw_text(self.read("offers", row, "number")) for row in self.below("offers")]

    def prepared(self, id_: str, word: str = "prepare") -> str:
        """Write `prepare`, let sync run, and give the answer."""
        self.write(id_, offer=word)
        self.sync()
        return self.said(id_, "offer")

    def formula(self, tab: str, row: int, field: str) -> Formula:
        """The formula of a cell."""
        sheet = self.snapshot().marked(tab)
        assert sheet is not None
        return Formula(sheet.formulas[row, sheet.marks[field]])
