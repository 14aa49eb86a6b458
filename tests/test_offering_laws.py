"""What holds for offers whatever happens: how their states follow each other, and that no number is given twice."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sheetcrm.offering import state_of
from sheetcrm.offers import OfferNumber
from sheetcrm.plan import make_plan
from sheetcrm.tables import Folder, Plan
from tests.laws.desk import FIRST_NIGHT
from tests.laws.offer_desk import OfferDesk

DAY = date(2026, 11, 23)
ANSWERED = ("accepted", "rejected")
ON_ITS_OWN = {
    "draft": {"draft", "expired", "superseded", "closed"},
    "sent": {"sent", "expired", "superseded", "closed"},
    "expired": {"expired", "superseded", "closed"},
    "superseded": {"superseded"},
    "closed": {"closed", "superseded"},
    "accepted": {"accepted"},
    "rejected": {"rejected"},
}
"""Where time, later versions and a lost record may lead an offer on which nobody says another word."""


class Around(NamedTuple):
    """What an offer's state depends on besides what people say of it."""

    superseded: bool
    lost: bool
    today: date


AROUND = st.builds(Around, st.booleans(), st.booleans(), st.dates(DAY, DAY + timedelta(days=90)))


@given(
    st.sampled_from([None, "sent", "accepted", "rejected"]),
    st.none() | st.dates(DAY, DAY + timedelta(days=90)),
    AROUND,
    AROUND,
)
def test_time_and_other_rows_lead_only_where_they_may(
    status: str | None, until: date | None, one: Around, other: Around
) -> None:
    before, after = sorted((one, other), key=lambda around: around.today)
    after = after._replace(superseded=before.superseded or after.superseded)  # no version is taken back

    def state(around: Around) -> str:
        return state_of(status, valid_until=until, **around._asdict())

    allowed = set(ON_ITS_OWN[state(before)])
    if state(before) == "closed" and not after.lost:  # as if it had never been lost
        allowed = {"draft", "sent", "expired", "superseded"} - ({"draft"} if status else {"sent"})
    assert state(after) in allowed
    if status in ANSWERED:
        assert state(before) == status
    if state(after) == "expired":
        assert until
        assert until < after.today


# ---------------------------------------------------------------- numbers


class Deed(NamedTuple):
    """Something that happens, with a seed for what it happens to."""

    kind: str
    seed: int


class Office:
    """Two records, their offers, and what was ever given."""

    def __init__(self) -> None:
        self.desk = OfferDesk()
        self.records = [self.desk.opportunity(name) for name in ("Acme SRL", "Beta SRL")]
        for record in self.records:
            self.desk.line(record)
        self.given: dict[OfferNumber, str] = {}
        """Each number that a file was made for, and its record."""
        self.rows: dict[str, str] = {}
        """Each number that was ever put into Offers by a run, and its record."""
        self.deeds: dict[str, Callable[[random.Random], object]] = {
            "prepare": lambda rng: self.desk.write(rng.choice(self.records), offer="prepare"),
            "prepare both": lambda _: [self.desk.write(record, offer="prepare") for record in self.records],
            "change a line": lambda rng: self.desk.type(
                "offer_lines", rng.choice((1, 2)), "quantity", rng.randint(1, 3)
            ),
            "change the client": lambda rng: self.desk.write(rng.choice(self.records), contact=rng.choice("XY")),
            "swap the lines": lambda _: self._swap(),
            "answer": self._answer,
            "delete a row": lambda rng: self._at_a_row(rng, lambda row: self.desk.cells("offers").pop(row)),
            "copy a row": lambda rng: self._at_a_row(rng, self._copy),
            "type over a number": lambda rng: self._at_a_row(rng, lambda row: self._retype(rng, row)),
            "lose a file": self._lose,
            "rename a file": self._rename,
            "lose State": lambda _: self.desk.cells("state").__delitem__(slice(1, None)),
            "kill": lambda rng: self._note(self.desk.killed(rng.choice((0, 1)), rng.choice((0, 1, None)))),
            "sync": lambda rng: self.sync(rng.choice((0, 1, 1, 45, 400))),
        }

    def _swap(self) -> None:
        one, other = (self.desk.read("offer_lines", row, "record") for row in (1, 2))
        self.desk.type("offer_lines", 1, "record", other)
        self.desk.type("offer_lines", 2, "record", one)

    def _at_a_row(self, rng: random.Random, do: Callable[[int], object]) -> None:
        if rows := self.desk.below("offers"):
            do(rng.choice(rows))

    def _answer(self, rng: random.Random) -> None:
        word = rng.choice(["Sent", "Accepted", "Rejected", ""])
        self._at_a_row(rng, lambda row: self.desk.type("offers", row, "status", word))

    def _copy(self, row: int) -> None:
        self.desk.cells("offers").append(list(self.desk.cells("offers")[row]))

    def _retype(self, rng: random.Random, row: int) -> None:
        self.desk.type("offers", row, "number", rng.choice(["", "17", "OF-2026-0001-v1", "OF-2026-0050-v1", "E-0001"]))

    def _lose(self, rng: random.Random) -> None:
        file = self.desk.disk.pop(rng.choice([*self.desk.disk, ""]), None)
        if file and str(file.offer.number) not in self.rows:  # then nobody can know of it any more
            self.given.pop(file.offer.number, None)

    def _rename(self, rng: random.Random) -> None:
        if self.desk.disk:
            path = rng.choice(list(self.desk.disk))
            new = path.replace("-000", "-001") if rng.random() < 0.5 else path.replace("-v1", "-v2")
            self.desk.disk.setdefault(new, self.desk.disk.pop(path))

    def happens(self, deed: Deed) -> None:
        self.deeds[deed.kind](random.Random(deed.seed))

    def sync(self, days: int) -> None:
        desk = self.desk
        before = desk.snapshot()
        now = FIRST_NIGHT + timedelta(days=desk.nights + days - 1)
        # With nothing in the folder, everything that is asked for is made: so it shall be.
        asked = {f.offer.record_id: f.offer for f in make_plan(replace(before, folder=Folder()), now).files}
        held = {number: file for file in desk.disk.values() for number in [file.offer.number]}
        plan = desk.sync(days)
        self._note(plan)
        for event in plan.events:
            if event.event != "offer-made":
                continue
            number = OfferNumber.parse(event.note)
            assert number
            assert event.note not in self.rows, f"{event.note} is given twice"
            self.rows[event.note] = event.record
            new = {file.offer.number: file.offer for file in plan.files}
            offer = new[number] if number in new else held[number].offer
            assert (offer.record_id, offer.content) == (event.record, asked[event.record].content)
        ours = [number for number in desk.numbers if OfferNumber.parse(number)]
        assert len(ours) == len(set(ours)), ours
        assert set(ours) <= self.rows.keys()
        for number in ours:
            assert self.rows[number] == desk.read("offers", desk.offer_row(number), "record_id")

    def _note(self, plan: Plan) -> None:
        for file in plan.files:
            number = file.offer.number
            if file.path not in self.desk.disk:  # killed before it was made
                continue
            assert number not in self.given, f"{number} is made twice"
            self.given[number] = file.offer.record_id


DEEDS = st.builds(Deed, st.sampled_from(list(Office().deeds)), st.integers(0, 999))


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(DEEDS, min_size=2, max_size=14))
def test_no_number_is_given_twice_and_no_strange_file_is_adopted(deeds: list[Deed]) -> None:
    office = Office()
    office.happens(Deed("prepare both", 0))
    for deed in deeds:
        office.happens(deed)
    office.sync(1)
