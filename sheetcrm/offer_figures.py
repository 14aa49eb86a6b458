"""What is counted of offers: how many went out, to whom, what became of them, and where deals leak.

One definition per figure, in words in `docs/metrics.md`. It knows no sheet, no
language and no clock, and no two currencies are ever added up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from sheetcrm.funnel import Fact, closed_in, month_of, months_back, percentile

__all__ = [
    "OFFER_GROUPINGS",
    "Leaking",
    "OfferFact",
    "OfferTally",
    "Slipping",
    "by_group",
    "expiring",
    "sent_in",
    "slipping",
    "tally_of_offers",
]

WINDOW = 3
"""Months that are compared with as many before them."""


@dataclass(frozen=True, slots=True)
class OfferFact:
    """One offer as it is counted. Words are labels; a blank one is not known."""

    number: str
    record: str = ""
    name: str = ""
    """For whom it is."""
    state: str = "draft"
    made_on: date | None = None
    sent_on: date | None = None
    answered_on: date | None = None
    """When its acceptance or rejection was first seen."""
    valid_until: date | None = None
    value: Decimal | None = None
    """Without VAT; of an offer made elsewhere, its amount."""
    currency: str = ""
    owner: str = ""
    source: str = ""
    products: tuple[str, ...] = ()
    stage: str = ""
    """Where its record stands, or stood last while it was open."""
    file: str = ""


OFFER_GROUPINGS: Mapping[str, Callable[[OfferFact], tuple[str, ...]]] = {
    "owner": lambda fact: (fact.owner,),
    "source": lambda fact: (fact.source,),
    "product": lambda fact: fact.products or ("",),
}
"""What offers can be grouped by. One with several products counts with each."""


@dataclass(frozen=True, slots=True)
class OfferTally:
    """What became of a set of offers."""

    sent: int
    accepted: int
    rejected: int
    value: Mapping[str, Decimal]
    """Of what was sent, by currency."""
    days_to_answer: float | None
    """The median, from sending to the answer."""

    @property
    def acceptance_rate(self) -> float | None:
        """Accepted of all that were answered."""
        answered = self.accepted + self.rejected
        return self.accepted / answered if answered else None


def was_sent(fact: OfferFact) -> bool:
    """Whether the client had it: it was sent, or at least answered."""
    return fact.sent_on is not None or fact.state in ("sent", "accepted", "rejected")


def tally_of_offers(facts: Iterable[OfferFact]) -> OfferTally:
    """What became of these offers; drafts do not count."""
    known = [fact for fact in facts if was_sent(fact)]
    value: dict[str, Decimal] = defaultdict(Decimal)
    for fact in known:
        if fact.value is not None:
            value[fact.currency] += fact.value
    answered = [fact for fact in known if fact.state in ("accepted", "rejected")]
    days = sorted((f.answered_on - f.sent_on).days for f in answered if f.answered_on and f.sent_on)
    accepted = sum(fact.state == "accepted" for fact in answered)
    median = percentile([day for day in days if day >= 0], 50)
    return OfferTally(len(known), accepted, len(answered) - accepted, dict(sorted(value.items())), median)


def sent_in(facts: Iterable[OfferFact], months: Sequence[str]) -> list[OfferFact]:
    """The offers that were sent in those months, the latest first."""
    chosen = [fact for fact in facts if fact.sent_on and month_of(fact.sent_on) in months]
    chosen.sort(key=lambda fact: fact.number)
    return sorted(chosen, key=lambda fact: fact.sent_on or date.min, reverse=True)


def by_group(facts: Iterable[OfferFact], by: str) -> list[tuple[str, OfferTally]]:
    """What became of the offers of each owner, source or product; most sent first, then by name."""
    groups: dict[str, list[OfferFact]] = defaultdict(list)
    for fact in facts:
        for key in OFFER_GROUPINGS[by](fact):
            groups[key].append(fact)
    tallies = [(key, tally_of_offers(members)) for key, members in groups.items()]
    return sorted(((key, of) for key, of in tallies if of.sent), key=lambda group: (-group[1].sent, group[0]))


def expiring(facts: Iterable[OfferFact], today: date, days: int) -> list[OfferFact]:
    """Offers without an answer whose last day is within so many days, the first to expire first."""
    waiting = [
        fact
        for fact in facts
        if fact.state in ("draft", "sent") and fact.valid_until and 0 <= (fact.valid_until - today).days <= days
    ]
    return sorted(waiting, key=lambda fact: (fact.valid_until or today, fact.number))


# ---------------------------------------------------------------- more offers, no more sales


class Leaking(NamedTuple):
    """A group whose offers bring fewer sales than before."""

    by: str
    """stage, owner, source or product."""
    key: str
    short: float
    """How many sales it would have made of its offers at the rate of before, and did not."""


class Slipping(NamedTuple):
    """More offers went out than before, and no more was sold."""

    months: tuple[str, str]
    """The first and the last of the months that are meant."""
    sent: int
    sent_before: int
    won: int
    won_before: int
    leaks: tuple[Leaking, ...]
    """The worst of each kind, the worst first."""


def slipping(offers: Sequence[OfferFact], facts: Sequence[Fact], today: date) -> Slipping | None:
    """The alarm: in the last three whole months more offers were sent than in the three before, and not more won."""
    whole = months_back(today, 2 * WINDOW)[:-1]
    before, now = whole[:WINDOW], whole[WINDOW:]
    sent, sent_before = (sent_in(offers, months) for months in (now, before))
    won, won_before = (closed_in(facts, "won", months) for months in (now, before))
    if len(sent) <= len(sent_before) or len(won) > len(won_before):
        return None
    leaks = _leaks(sent, sent_before, won, won_before)
    lost = _lost_more(closed_in(facts, "lost", now), closed_in(facts, "lost", before))
    found = sorted((*leaks, *lost), key=lambda leak: (-leak.short, leak.by))
    numbers = len(sent), len(sent_before), len(won), len(won_before)
    return Slipping((now[0], now[-1]), *numbers, tuple(found))


def _leaks(
    sent: Sequence[OfferFact], sent_before: Sequence[OfferFact], won: Sequence[Fact], won_before: Sequence[Fact]
) -> Iterator[Leaking]:
    """Of each kind of group the one that sells least of what it would have sold at the rate of before."""
    products = {offer.record: offer.products for offer in (*sent_before, *sent)}
    keys: Mapping[str, Callable[[Fact], tuple[str, ...]]] = {
        "owner": lambda fact: (fact.owner,),
        "source": lambda fact: (fact.source,),
        "product": lambda fact: products.get(fact.id, ()),
    }
    for by, key_of in OFFER_GROUPINGS.items():
        sold, sold_before = (_counted(facts, keys[by]) for facts in (won, won_before))
        offered, offered_before = (_counted(offers, key_of) for offers in (sent, sent_before))
        overall = len(won_before) / len(sent_before) if sent_before else 0.0
        short = {
            key: count * (sold_before.get(key, 0) / offered_before[key] if key in offered_before else overall)
            - sold.get(key, 0)
            for key, count in offered.items()
            if key
        }
        worst = max(short, key=lambda key: (short[key], key), default="")
        if worst and short[worst] > 0:
            yield Leaking(by, worst, round(short[worst], 1))


def _lost_more(lost: Sequence[Fact], lost_before: Sequence[Fact]) -> Iterator[Leaking]:
    """The stage from which more are lost than before."""
    now, before = (_counted(facts, lambda fact: (fact.reached,)) for facts in (lost, lost_before))
    more = {stage: count - before.get(stage, 0) for stage, count in now.items() if stage}
    worst = max(more, key=lambda stage: (more[stage], stage), default="")
    if worst and more[worst] > 0:
        yield Leaking("stage", worst, float(more[worst]))


def _counted(items: Iterable[object], key_of: Callable[..., tuple[str, ...]]) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for item in items:
        for key in key_of(item):
            found[key] += 1
    return found
