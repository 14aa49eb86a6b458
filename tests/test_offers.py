"""Offers as values: numbers that are never given twice, names that every disk takes, one content one hash."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.filling import example
from sheetcrm.offers import MAX_NAME_BYTES, Offer, OfferLine, OfferNumber, file_name, next_number, number_in

NUMBER = OfferNumber(2026, 42)
NUMBERS = st.builds(OfferNumber, st.integers(2000, 2100), st.integers(1, 99_999), st.integers(1, 99))


@given(NUMBERS)
def test_a_number_reads_back_as_it_is_written(number: OfferNumber) -> None:
    assert OfferNumber.parse(str(number)) == number
    assert OfferNumber.parse(f" {str(number).lower()} ") == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "OF-2026-0042",
        "OF-2026-42-v1",
        "OF-2026-00042-v1",
        "OF-2026-0042-v0",
        "OF-2026-0042-v01",
        "XOF-2026-0042-v1",
    ],
)
def test_what_is_no_number(text: str) -> None:
    assert OfferNumber.parse(text) is None


@given(st.lists(NUMBERS, max_size=30), st.integers(2000, 2100))
def test_the_next_number_was_never_given(seen: list[OfferNumber], year: int) -> None:
    new = next_number(year, seen)
    assert (new.year, new.version) == (year, 1)
    assert all((new.year, new.counter) > (year, number.counter) for number in seen if number.year == year)


def test_each_year_begins_anew_and_a_new_version_keeps_its_number() -> None:
    assert str(next_number(2027, [NUMBER])) == "OF-2027-0001-v1"
    assert str(next_number(2026, [NUMBER, NUMBER.next_version])) == "OF-2026-0043-v1"
    assert str(NUMBER.next_version) == "OF-2026-0042-v2"


@pytest.mark.parametrize(
    ("client", "name"),
    [
        pytest.param("Acme SRL", "OF-2026-0042-v1 Acme SRL.xlsx", id="as usual"),
        pytest.param("Șerban & Asociații", "OF-2026-0042-v1 Șerban & Asociații.xlsx", id="letters stay"),
        pytest.param("../../etc/passwd", "OF-2026-0042-v1 etc passwd.xlsx", id="a path is none"),
        pytest.param("C:\\temp\\x", "OF-2026-0042-v1 C temp x.xlsx", id="nor on Windows"),
        pytest.param("CON", "OF-2026-0042-v1 CON.xlsx", id="a device does not stand alone"),
        pytest.param("Acme S.R.L...", "OF-2026-0042-v1 Acme S.R.L.xlsx", id="dots at the end"),
        pytest.param("😀 Happy 👩‍👧 Co 🎉", "OF-2026-0042-v1 Happy Co.xlsx", id="pictures"),
        pytest.param("\u202eexe.live\u202c Ltd", "OF-2026-0042-v1 exe.live Ltd.xlsx", id="marks that turn text around"),
        pytest.param("a\x00b\x1f\nc\u2028d", "OF-2026-0042-v1 ab cd.xlsx", id="signs nobody sees"),
        pytest.param('"x" <y> |z|?*', "OF-2026-0042-v1 x y z.xlsx", id="what Windows forbids"),
        pytest.param("[Beta]", "OF-2026-0042-v1 (Beta).xlsx", id="what Excel does not open"),
        pytest.param("", "OF-2026-0042-v1.xlsx", id="no client"),
        pytest.param(" . / … ", "OF-2026-0042-v1.xlsx", id="a client that is nothing"),
        pytest.param("\ud800 x", "OF-2026-0042-v1 x.xlsx", id="half a sign"),
    ],
)
def test_name_of_the_file(client: str, name: str) -> None:
    assert file_name(NUMBER, client) == name


@given(st.text(st.characters(codec=None), max_size=400), NUMBERS, st.sampled_from([".xlsx", ".xlsm", ".pdf"]))
def test_every_name_is_safe_and_holds_its_number(client: str, number: OfferNumber, suffix: str) -> None:
    name = file_name(number, client, suffix)
    assert number_in(name) == number
    assert name.startswith(str(number))
    assert name.endswith(suffix)
    assert len(name.encode("utf-8")) <= MAX_NAME_BYTES
    assert not re.search(r'[<>:"/\\|?*\x00-\x1f\x7f\[\]]', name)
    assert not re.search(r"[ .]$", name.removesuffix(suffix))
    assert "  " not in name
    assert all(unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Co", "Cn") for sign in name)


def test_number_in_a_name() -> None:
    assert number_in("OF-2026-0042-v1 Acme.xlsx") == NUMBER
    assert number_in("OF-2026-0042-v12.pdf") == OfferNumber(2026, 42, 12)
    assert number_in("Copy of OF-2026-0042-v1 Acme.xlsx") is None
    assert number_in("OF-2026-0042-v1b.xlsx") is None


def test_an_offer_has_lines_but_not_too_many() -> None:
    line = OfferLine(Decimal(1), Decimal(1), Decimal(21))
    for count in (0, 501):
        with pytest.raises(ValueError, match="1 to 500"):
            Offer(NUMBER, "R-0001", date(2026, 1, 1), "EUR", (line,) * count)


def test_one_content_is_one_whatever_its_number_and_day() -> None:
    offer = example(3)
    again = replace(offer, number=NUMBER.next_version, made_on=date(2027, 1, 1), valid_until=None)
    assert again.content == offer.content
    (first, *others) = offer.lines
    same_price = replace(offer, lines=(replace(first, unit_price=Decimal("19.9900")), *others))
    assert same_price.content == offer.content
    dearer = replace(offer, lines=(replace(first, unit_price=Decimal("19.991")), *others))
    assert len({offer.content, dearer.content, replace(offer, record_id="R-1").content}) == 3


def test_totals_of_an_offer() -> None:
    offer = example(10)
    assert offer.totals.net == sum(offer.values)
    assert offer.totals.total == offer.totals.net + offer.totals.vat_amount
    assert offer.total_in_words.startswith("three thousand")
