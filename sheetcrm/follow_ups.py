"""What is to be done on a day, for whom, and what comes first.

Rules over plain values: records as they stand, activities, offers, the owners of
Lists. Knows no tab, no language and no clock.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal, NamedTuple, TypeAlias

from sheetcrm.funnel import Fact
from sheetcrm.pipeline import Pipeline
from sheetcrm.settings import Settings

__all__ = [
    "FollowUp",
    "KINDS",
    "OpenActivity",
    "OpenOffer",
    "Standing",
    "days_late",
    "follow_ups",
    "urgency",
    "worth_of",
]

Kind: TypeAlias = Literal[
    "activity", "next-step", "offer-sent", "offer-draft", "come-back", "rotting", "no-next-step", "hand-over"
]
KINDS: tuple[Kind, ...] = Kind.__args__  # type: ignore[attr-defined]  # a Literal's words

OFFER_DAYS = 7
"""So many days before it expires an offer is looked after."""
MOST_DAYS_LATE = 30
"""What is later than that counts as so late: else one forgotten row stands above all others for ever."""


class Standing(NamedTuple):
    """A record as far as following it up goes."""

    fact: Fact
    moved_on: date | None = None
    """When something last happened to it; not known is `None`."""
    next_step: str = ""
    next_step_on: date | None = None
    come_back_on: date | None = None


class OpenActivity(NamedTuple):
    """An activity that is not done."""

    id: str
    on: date | None
    what: str
    """`Call: Measure the hall`."""
    owner: str = ""
    """Blank: whoever owns the record."""
    record: str = ""
    """The ID of the record it is about."""
    name: str = ""
    tab: str = ""
    """The title of the tab of that record; of its own, where it is about none."""


class OpenOffer(NamedTuple):
    """An offer that is neither accepted, rejected nor replaced."""

    record: str
    number: str
    valid_until: date | None
    value: Decimal | None = None
    currency: str = ""
    draft: bool = False


@dataclass(frozen=True, slots=True)
class FollowUp:
    """One thing to do."""

    kind: Kind
    owner: str
    """Who is to do it; "" where nobody is named."""
    id: str
    """The record's ID; the activity's own, where that is about none."""
    name: str
    tab: str
    since: date
    """From when on it waits to be done."""
    on: date | None = None
    """The day to show: when it is due, until when it holds, when something last happened."""
    value: Decimal | None = None
    currency: str = ""
    worth: Decimal | None = None
    """Value × probability in the team's own currency; `None` where either, or the rate, is not known."""
    late: bool = False
    """Whether the day it was due has gone by."""
    number: str = ""
    """Of an activity or offer."""
    says: Mapping[str, object] = field(default_factory=dict)
    """What its sentence is filled in with."""


# ---------------------------------------------------------------- what comes first


def worth_of(value: Decimal | None, currency: str, probability: Decimal | None, settings: Settings) -> Decimal | None:
    """Value × probability in the team's own currency; unknown where one of them, or the rate, is."""
    rate = settings.rate_of(currency)
    return None if value is None or probability is None or rate is None else value * rate * probability


def days_late(since: date, today: date) -> int:
    """Whole days that something has waited to be done; 30 at most."""
    return min(max((today - since).days, 0), MOST_DAYS_LATE)


def urgency(worth: Decimal | None, since: date, today: date) -> Decimal | None:
    """Value × probability × lateness: what comes first on the Today tab.

    Lateness is 1 on the day on which it is due and 1 more for each day after it, 31 at most.
    """
    return None if worth is None else worth * (1 + days_late(since, today))


def _place(one: FollowUp, today: date) -> tuple[object, ...]:
    """The most urgent first, then what cannot be weighed; among equals the longest waiting."""
    weight = urgency(one.worth, one.since, today)
    heaviest = (1, Decimal(0)) if weight is None else (0, -weight)
    return *heaviest, one.since, KINDS.index(one.kind), len(one.id), one.id, len(one.number), one.number, one.name


# ---------------------------------------------------------------- what is to be done


def follow_ups(
    records: Iterable[Standing],
    activities: Sequence[OpenActivity],
    offers: Iterable[OpenOffer],
    pipeline: Pipeline,
    settings: Settings,
    today: date,
) -> dict[str, list[FollowUp]]:
    """Everything to be done on `today`, by owner, the most urgent first; who has no owner comes last.

    A record that stands still is named only where nothing else of it is on the list.
    """
    desk = _Desk(pipeline, settings, today, {standing.fact.id: standing for standing in records})
    found = [
        *desk.activities(activities),
        *desk.next_steps(),
        *desk.offers(offers),
        *desk.come_backs(),
        *desk.hand_overs(),
    ]
    found += desk.standing_still({one.id for one in found}, activities)
    by_owner: dict[str, list[FollowUp]] = {}
    for one in sorted(found, key=lambda one: _place(one, today)):
        by_owner.setdefault(one.owner, []).append(one)
    return {owner: by_owner[owner] for owner in sorted(by_owner, key=lambda name: (name == "", name))}


@dataclass(frozen=True, slots=True)
class _Desk:
    """Everything that a day's work is read from."""

    pipeline: Pipeline
    settings: Settings
    today: date
    records: Mapping[str, Standing]

    @property
    def open(self) -> Iterator[Standing]:
        """The records that are neither won nor lost."""
        return (standing for standing in self.records.values() if standing.fact.outcome == "open")

    def activities(self, activities: Iterable[OpenActivity]) -> Iterator[FollowUp]:
        """Planned for today or before."""
        for one in activities:
            if one.on is None or one.on > self.today:
                continue
            standing, says = self.records.get(one.record), {"what": one.what, "number": one.id}
            late, owner = one.on < self.today, self.who(one.owner)
            if standing:
                owner = owner if one.owner else self.who(standing.fact.owner)
                yield self.about(standing, "activity", one.on, owner=owner, late=late, number=one.id, says=says)
            else:  # it is about an account, or nobody knows about what
                id_, name = one.record or one.id, one.name or one.what
                yield FollowUp(
                    "activity", owner, id_, name, one.tab, one.on, one.on, late=late, number=one.id, says=says
                )

    def next_steps(self) -> Iterator[FollowUp]:
        """Next steps for today or before."""
        for standing in self.open:
            day = standing.next_step_on
            if day is not None and day <= self.today:
                says = {"what": standing.next_step}
                yield self.about(standing, "next-step", day, late=day < self.today, says=says)

    def offers(self, offers: Iterable[OpenOffer]) -> Iterator[FollowUp]:
        """Offers to open records that expire within seven days."""
        for offer in offers:
            standing, ends = self.records.get(offer.record), offer.valid_until
            if not standing or standing.fact.outcome != "open" or not ends:
                continue
            since = ends - timedelta(days=OFFER_DAYS)
            if not since <= self.today <= ends:
                continue
            if offer.value is not None:
                fact = replace(standing.fact, value=offer.value, currency=offer.currency)
                standing = standing._replace(fact=fact)
            kind: Kind = "offer-draft" if offer.draft else "offer-sent"
            says = {"number": offer.number}
            yield self.about(standing, kind, since, on=ends, number=offer.number, says=says)

    def come_backs(self) -> Iterator[FollowUp]:
        """Lost ones whose day to come back has come, worth what they were in the stage that they had reached."""
        for standing in self.records.values():
            fact, day = standing.fact, standing.come_back_on
            if fact.outcome == "lost" and day is not None and day <= self.today:
                reached = self.pipeline.stage(fact.reached)
                worth = worth_of(fact.value, fact.currency, reached.probability if reached else None, self.settings)
                says = {"reason": fact.reason}
                yield self.about(standing, "come-back", day, worth=worth, late=day < self.today, says=says)

    def hand_overs(self) -> Iterator[FollowUp]:
        """Open rows of one who left."""
        for standing in self.open:
            left = self.pipeline.owner_called(standing.fact.owner)
            if left and not left.active:
                says = {"owner": left.name, "to": self.who(left.name)}
                yield self.about(standing, "hand-over", self.today, on=None, says=says)

    def standing_still(self, busy: Container[str], activities: Iterable[OpenActivity]) -> Iterator[FollowUp]:
        """Open rows without a next step, and those in which nothing moved for as long as their stage allows."""
        planned = {one.record for one in activities}
        for standing in self.open:
            fact, moved = standing.fact, standing.moved_on
            dated = fact.id in planned or standing.next_step_on is not None
            if fact.id in busy or dated:  # a dated step that is not on the list lies ahead
                continue
            stage = self.pipeline.stage(fact.stage)
            days = stage.rot_days if stage else None
            if moved and days and (self.today - moved).days >= days:
                since = moved + timedelta(days=days) if standing.next_step else moved
                yield self.about(standing, "rotting", since, on=moved, says={"n": days})
            elif not standing.next_step:
                yield self.about(standing, "no-next-step", moved or self.today, on=moved)

    def who(self, owner: str) -> str:
        """Whose turn it is to act: the owner, or who took over from one who left; "" where nobody is named."""
        known = self.pipeline.owner_called(owner)
        if known is None or known.active:
            return known.name if known else owner
        successor = self.pipeline.successor(known)
        return successor.name if successor else ""

    def about(self, standing: Standing, kind: Kind, since: date, **more: Any) -> FollowUp:
        """Something to do about a record; `more` is what is not the record's own."""
        fact = standing.fact
        values: dict[str, Any] = {
            "owner": self.who(fact.owner),
            "on": since,
            "value": fact.value,
            "currency": fact.currency,
            "worth": worth_of(fact.value, fact.currency, fact.probability, self.settings),
            **more,
        }
        return FollowUp(kind, id=fact.id, name=fact.name, tab=fact.tab, since=min(since, self.today), **values)
