"""What is counted of offers, and the alarm."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from sheetcrm.funnel import Fact
from sheetcrm.offer_figures import OfferFact, by_group, expiring, sent_in, slipping, tally_of_offers

TODAY = date(2026, 11, 25)


def offer(number: int, state: str = "sent", sent: date | None = date(2026, 11, 3), **more: object) -> OfferFact:
    return OfferFact(f"OF-2026-{number:04}-v1", state=state, sent_on=sent, **more)  # type: ignore[arg-type]


def won(number: int, closed: date, **more: object) -> Fact:
    return Fact(f"R-{number:04}", outcome="won", closed_on=closed, **more)  # type: ignore[arg-type]


def test_what_became_of_offers() -> None:
    facts = [
        offer(1, "accepted", answered_on=date(2026, 11, 10), value=Decimal(100), currency="EUR"),
        offer(2, "accepted", answered_on=date(2026, 11, 6), value=Decimal(50), currency="RON"),
        offer(3, "rejected", answered_on=date(2026, 11, 4), value=Decimal(10), currency="EUR"),
        offer(4, "expired", value=Decimal(5), currency="EUR"),
        offer(5, "draft", sent=None, value=Decimal(999), currency="EUR"),
        offer(6, "accepted", sent=None),
    ]
    tally = tally_of_offers(facts)
    assert (tally.sent, tally.accepted, tally.rejected) == (5, 3, 1)
    assert tally.acceptance_rate == 0.75
    assert tally.days_to_answer == 3
    assert tally.value == {"EUR": Decimal(115), "RON": Decimal(50)}
    assert tally_of_offers([]).acceptance_rate is None


def test_the_latest_sent_come_first() -> None:
    facts = [offer(1), offer(2, sent=date(2026, 11, 20)), offer(3, sent=date(2026, 10, 31)), offer(4, sent=None)]
    assert [fact.number[8:12] for fact in sent_in(facts, ["2026-11"])] == ["0002", "0001"]


def test_an_offer_counts_with_each_of_its_products() -> None:
    facts = [offer(1, "accepted", products=("pump", "pipe")), offer(2, products=("pump",)), offer(3)]
    assert [(key, tally.sent, tally.accepted) for key, tally in by_group(facts, "product")] == [
        ("pump", 2, 1),
        ("", 1, 0),
        ("pipe", 1, 1),
    ]


@pytest.mark.parametrize(
    ("until", "state", "listed"),
    [
        pytest.param(TODAY, "sent", True, id="on its last day"),
        pytest.param(date(2026, 12, 2), "draft", True, id="in a week"),
        pytest.param(date(2026, 12, 3), "sent", False, id="in eight days"),
        pytest.param(date(2026, 11, 24), "sent", False, id="yesterday"),
        pytest.param(TODAY, "accepted", False, id="answered"),
        pytest.param(None, "sent", False, id="for ever"),
    ],
)
def test_offers_about_to_expire(until: date | None, state: str, listed: bool) -> None:
    assert bool(expiring([offer(1, state, valid_until=until)], TODAY, 7)) == listed


class TestTheAlarm:
    """More offers, no more sales."""

    BEFORE = tuple(date(2026, month, 5) for month in (5, 6, 7))
    NOW = tuple(date(2026, month, 5) for month in (8, 9, 10))

    def story(self, sold_now: int) -> tuple[list[OfferFact], list[Fact]]:
        """Ana sends twice as many as before; Ion as many, and sells as before."""
        offers = [offer(n, "sent", day, record=f"R-{n:04}", owner="Ana") for n, day in enumerate(self.BEFORE, 1)]
        offers += [offer(n, "sent", day, record=f"R-{n:04}", owner="Ana") for n, day in enumerate(self.NOW * 2, 11)]
        offers += [offer(n, "sent", day, record=f"R-{n:04}", owner="Ion") for n, day in enumerate(self.BEFORE, 21)]
        offers += [offer(n, "sent", day, record=f"R-{n:04}", owner="Ion") for n, day in enumerate(self.NOW, 31)]
        facts = [won(n, day, owner="Ana") for n, day in enumerate(self.BEFORE[:2], 1)]
        facts += [won(n, day, owner="Ana") for n, day in enumerate(self.NOW[:sold_now], 11)]
        facts += [won(21, self.BEFORE[0], owner="Ion"), won(31, self.NOW[0], owner="Ion")]
        return offers, facts

    def test_says_who_sells_less_of_what_they_offer(self) -> None:
        found = slipping(*self.story(sold_now=1), TODAY)
        assert found is not None
        assert (found.sent, found.sent_before, found.won, found.won_before) == (9, 6, 2, 3)
        assert [(leak.by, leak.key, leak.short) for leak in found.leaks] == [("owner", "Ana", 3.0)]

    def test_is_silent_where_sales_grow_as_well(self) -> None:
        assert slipping(*self.story(sold_now=3), TODAY) is None

    def test_is_silent_where_no_more_offers_go_out(self) -> None:
        offers, facts = self.story(sold_now=1)
        assert slipping([o for o in offers if o.sent_on in self.BEFORE], facts, TODAY) is None

    def test_this_month_is_not_over_and_does_not_count(self) -> None:
        offers, facts = self.story(sold_now=1)
        assert slipping(offers, [*facts, won(90, TODAY), won(91, TODAY)], TODAY) is not None

    def test_names_the_stage_from_which_more_are_lost(self) -> None:
        offers, facts = self.story(sold_now=1)
        lost = [Fact(f"R-{n}", outcome="lost", reached="offer-sent", closed_on=self.NOW[0]) for n in range(5)]
        found = slipping(offers, [*facts, *lost], TODAY)
        assert found is not None
        assert ("stage", "offer-sent", 5.0) in found.leaks
