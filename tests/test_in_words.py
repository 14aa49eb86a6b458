"""Amounts in words agree with what they count, in both languages."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetcrm.in_words import amount_in_words, number_in_words


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0", "zero lei"),
        ("1", "un leu"),
        ("2", "doi lei"),
        ("12", "doisprezece lei"),
        ("19", "nouăsprezece lei"),
        ("20", "douăzeci de lei"),
        ("21", "douăzeci și unu de lei"),
        ("22", "douăzeci și doi de lei"),
        ("100", "o sută de lei"),
        ("101", "o sută unu lei"),
        ("119", "o sută nouăsprezece lei"),
        ("120", "o sută douăzeci de lei"),
        ("200", "două sute de lei"),
        ("1000", "o mie de lei"),
        ("1001", "o mie unu lei"),
        ("2000", "două mii de lei"),
        ("2002", "două mii doi lei"),
        ("12000", "douăsprezece mii de lei"),
        ("20000", "douăzeci de mii de lei"),
        ("21000", "douăzeci și una de mii de lei"),
        ("22000", "douăzeci și două de mii de lei"),
        ("100000", "o sută de mii de lei"),
        ("102000", "o sută două mii de lei"),
        ("1000000", "un milion de lei"),
        ("2000000", "două milioane de lei"),
        ("21000000", "douăzeci și unu de milioane de lei"),
        ("22000000", "douăzeci și două de milioane de lei"),
        ("2000000000", "două miliarde de lei"),
        ("0.01", "zero lei și un ban"),
        ("0.02", "zero lei și doi bani"),
        ("1.2", "un leu și douăzeci de bani"),
        (
            "1234567.02",
            "un milion două sute treizeci și patru de mii cinci sute șaizeci și șapte de lei și doi bani",
        ),
        ("-5.5", "minus cinci lei și cincizeci de bani"),
    ],
)
def test_lei(amount: str, words: str) -> None:
    assert amount_in_words(Decimal(amount), "RON", "ro") == words


@pytest.mark.parametrize(
    ("amount", "currency", "language", "words"),
    [
        pytest.param("1", "GBP", "ro", "o liră sterlină", id="a feminine currency"),
        pytest.param("2", "GBP", "ro", "două lire sterline", id="two of them"),
        pytest.param("21", "GBP", "ro", "douăzeci și una de lire sterline", id="twenty-one of them"),
        pytest.param("2.02", "EUR", "ro", "doi euro și doi cenți", id="euros in Romanian"),
        pytest.param("1", "EUR", "en", "one euro", id="one"),
        pytest.param("2.01", "EUR", "en", "two euros and one cent", id="two and a bit"),
        pytest.param("101", "RON", "en", "one hundred and one lei", id="lei in English"),
        pytest.param("1001", "EUR", "en", "one thousand and one euros", id="a thousand and one"),
        pytest.param("1201", "EUR", "en", "one thousand two hundred and one euros", id="and only once"),
        pytest.param("1000000", "EUR", "en", "one million euros", id="a million"),
        pytest.param("42.5", "HUF", "en", "forty-three forints", id="without hundredths"),
        pytest.param("1.5", "DKK", "en", "one DKK and 50/100", id="a currency without a name"),
        pytest.param("1.05", "CZK", "ro", "o coroană cehă și 05/100", id="a hundredth without a name"),
        pytest.param("1000000000000000", "EUR", "en", "", id="more than anybody says"),
    ],
)
def test_other_currencies(amount: str, currency: str, language: str, words: str) -> None:
    assert amount_in_words(Decimal(amount), currency, language) == words


@given(st.integers(0, 10**12), st.integers(0, 10**12), st.sampled_from(["en", "ro"]))
def test_no_two_numbers_are_said_alike(one: int, other: int, language: str) -> None:
    assert (number_in_words(one, language) == number_in_words(other, language)) == (one == other)
