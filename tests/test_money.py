"""Amounts: rounded half up per line, VAT once per rate, totals that are sums of what stands on the page."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetcrm.money import ROMANIA, VatTable, converted, line_value, minor_digits, rounded, totals_of

CURRENCIES = st.sampled_from(["RON", "EUR", "USD", "HUF", "JPY", "KWD", "XXX"])
AMOUNTS = st.decimals(-(10**9), 10**9, places=4)
PERCENTS = st.decimals(0, 100, places=2)
RATES = st.sampled_from([Decimal(text) for text in ("21", "11", "19", "9", "5", "0", "5.5", "24")])
LINES = st.lists(st.tuples(AMOUNTS, AMOUNTS, PERCENTS, RATES), min_size=1, max_size=60)


def D(text: str) -> Decimal:
    return Decimal(text)


@pytest.mark.parametrize(
    ("amount", "currency", "said"),
    [
        pytest.param("1.005", "RON", "1.01", id="half a cent goes up"),
        pytest.param("1.015", "EUR", "1.02", id="also above an odd cent"),
        pytest.param("-1.005", "EUR", "-1.01", id="a credit is rounded like a debit"),
        pytest.param("-0.001", "EUR", "0.00", id="nothing has no sign"),
        pytest.param("2.5", "HUF", "3", id="forints have no cents"),
        pytest.param("2.5", "JPY", "3", id="nor has yen"),
        pytest.param("1.0005", "KWD", "1.001", id="dinars have thousandths"),
        pytest.param("1.005", "eur", "1.01", id="in any letter case"),
        pytest.param(
            "12345678901234567890123456789012345.675", "EUR", "12345678901234567890123456789012345.68", id="big"
        ),
    ],
)
def test_rounding(amount: str, currency: str, said: str) -> None:
    assert str(rounded(D(amount), currency)) == said


@pytest.mark.parametrize(
    ("quantity", "price", "discount", "currency", "value"),
    [
        pytest.param("3", "0.335", "0", "RON", "1.01", id="rounded once, at the end"),
        pytest.param("2.5", "10", "10", "EUR", "22.50", id="a discount in percent"),
        pytest.param("1", "99.99", "100", "EUR", "0.00", id="for nothing"),
        pytest.param("7", "1234.5", "33.33", "HUF", "5761", id="without cents"),
    ],
)
def test_value_of_a_line(quantity: str, price: str, discount: str, currency: str, value: str) -> None:
    assert str(line_value(D(quantity), D(price), D(discount), currency)) == value


@given(AMOUNTS, AMOUNTS, PERCENTS, CURRENCIES)
def test_a_value_is_the_nearest_amount(quantity: Decimal, price: Decimal, discount: Decimal, currency: str) -> None:
    exact = Fraction(quantity) * Fraction(price) * (1 - Fraction(discount) / 100)
    value = Fraction(line_value(quantity, price, discount, currency))
    assert abs(value - exact) <= Fraction(1, 2 * 10 ** minor_digits(currency))


@given(LINES, CURRENCIES)
def test_totals_are_sums_of_what_stands_on_the_page(
    lines: list[tuple[Decimal, Decimal, Decimal, Decimal]], currency: str
) -> None:
    values = [(line_value(q, price, discount, currency), percent) for q, price, discount, percent in lines]
    totals = totals_of(values, currency)
    assert totals.net == sum(value for value, _ in values)
    assert totals.net == sum(line.base for line in totals.vat)
    assert totals.total == totals.net + sum(line.amount for line in totals.vat)
    assert totals.vat_amount == sum(line.amount for line in totals.vat)
    assert [line.percent for line in totals.vat] == sorted({percent for _, percent in values}, reverse=True)
    for line in totals.vat:
        assert line.base == sum(value for value, percent in values if percent == line.percent)
        assert line.amount == rounded(line.base * line.percent / 100, currency)
    for amount in (totals.net, totals.total, *(line.amount for line in totals.vat)):
        assert amount == rounded(amount, currency)


@given(LINES, CURRENCIES, st.randoms())
def test_the_order_of_lines_changes_no_total(lines: list[tuple[Decimal, ...]], currency: str, chance: object) -> None:
    values = [(line_value(q, price, discount, currency), percent) for q, price, discount, percent in lines]
    mixed = list(values)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert totals_of(values, currency) == totals_of(mixed, currency)


@pytest.mark.parametrize(
    ("day", "rates"),
    [
        pytest.param(date(2016, 12, 31), [], id="before the table begins"),
        pytest.param(date(2025, 7, 31), [19, 9, 5], id="the last day of the old rates"),
        pytest.param(date(2025, 8, 1), [21, 11], id="the first day of the new ones"),
        pytest.param(date(2026, 11, 25), [21, 11], id="later"),
    ],
)
def test_vat_of_a_day(day: date, rates: list[int]) -> None:
    assert list(ROMANIA.rates(day)) == rates
    assert ROMANIA.standard(day) == (rates[0] if rates else None)


def test_a_rate_is_known_on_its_days_only_and_none_at_all_always() -> None:
    assert ROMANIA.knows(D("19"), date(2025, 7, 31))
    assert not ROMANIA.knows(D("19"), date(2025, 8, 1))
    assert ROMANIA.knows(D("21.00"), date(2025, 8, 1))
    assert ROMANIA.knows(D("0"), date(2000, 1, 1))


def test_a_team_has_a_table_of_its_own() -> None:
    table = VatTable.of({date(2007, 1, 1): [19, 7], date(2020, 7, 1): ["16", "5.0"]})
    assert table.rates(date(2020, 6, 30)) == (19, 7)
    assert table.rates(date(2020, 7, 1)) == (16, 5)
    with pytest.raises(ValueError, match="standard rate"):
        VatTable.of({date(2020, 1, 1): []})


@pytest.mark.parametrize(
    ("amount", "currency", "to", "said"),
    [
        pytest.param("100", "EUR", "RON", "497.50", id="into the team's own"),
        pytest.param("497.5", "RON", "EUR", "100.00", id="out of it"),
        pytest.param("100", "EUR", "USD", "110.56", id="by way of it"),
        pytest.param("100", "EUR", "EUR", "100.00", id="into itself"),
        pytest.param("100", "CHF", "CHF", "100.00", id="into itself, without a rate"),
        pytest.param("100", "CHF", "RON", None, id="no rate is no rate, never 1"),
        pytest.param("100", "RON", "CHF", None, id="nor is it the other way"),
        pytest.param("100", "BAD", "RON", None, id="a rate of nothing is none"),
    ],
)
def test_other_currencies(amount: str, currency: str, to: str, said: str | None) -> None:
    rates = {"EUR": D("4.975"), "USD": D("4.5"), "BAD": D("0")}
    found = converted(D(amount), currency, to, rates, "RON")
    assert (found if found is None else str(found)) == said
