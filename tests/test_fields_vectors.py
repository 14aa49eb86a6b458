"""Readers against the verdicts of those who wrote the rules, and quick ways against the libraries."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import phonenumbers
import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetcrm.fields import Context, contacts, reader

TODAY = date(2026, 11, 23)

NOT_OURS = {"test@io": "mail to a top-level domain itself goes nowhere today"}
"""Addresses that the vectors call valid and we refuse, with the reason."""


def context(country: str) -> Context:
    return Context("en", country, "EUR", TODAY, {})


def rows(shared: Path, name: str) -> Sequence[Mapping[str, str]]:
    with (shared / "data" / "vectors" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_emails_are_judged_as_upstream_judges_them(shared: Path) -> None:
    wrong = []
    for row in rows(shared, "emails"):
        address = "".join(
            chr(ord(c) - 0x2400) if 0x2400 <= ord(c) < 0x2421 else c for c in row["address_upstream_notation"]
        )
        good = row["plain_business_ok"] == "1" and address not in NOT_OURS
        if (contacts.address_of(address) is not None) != good:
            wrong.append((row["id"], address, row["diagnosis"]))
    assert wrong == []


def test_phones_are_judged_as_upstream_judges_them(shared: Path) -> None:
    wrong = []
    for row in rows(shared, "phones"):
        number = contacts.e164_of(row["raw"], row["default_region"])
        if number != (row["e164"] if row["valid"] == "1" else None):
            wrong.append((row["raw"], row["default_region"], number, row["e164"]))
    assert wrong == []


def test_romanian_phones_read_from_cells_as_upstream_reads_them(shared: Path) -> None:
    read = reader("phone", context("RO"))
    romanian = [row for row in rows(shared, "phones") if row["default_region"] == "RO"]
    assert {row["raw"]: read(row["raw"]).value for row in romanian} == {
        row["raw"]: row["e164"] if row["valid"] == "1" else None for row in romanian
    }


def test_vat_numbers_are_judged_as_upstream_judges_them(shared: Path) -> None:
    read = reader("tax_id", context("RO"))
    wrong = []
    for row in rows(shared, "vat_numbers"):
        reading = read(row["raw"])
        if row["kind"].startswith("ro_cui") and len(row["canonical"]) == 13:
            assert [issue.code for issue in reading.issues] == ["personal-number"]
        elif row["kind"] == "ro_onrc":
            assert reading.value is None, "a trade register number is no tax ID"
        else:
            expected = row["canonical"] if row["kind"] == "eu_vat" else f"RO{row['canonical']}"
            if reading.value != (expected if row["valid"] == "1" else None):
                wrong.append((row["raw"], reading.value, row["canonical"], row["valid"]))
    assert wrong == []


def library_address(text: str) -> str | None:
    try:
        return validate_email(text, check_deliverability=False, test_environment=True, strict=True).normalized
    except EmailNotValidError:
        return None


LABEL = st.from_regex(r"[A-Za-z0-9_+-]{0,12}", fullmatch=True)
ADDRESSES = st.builds(
    lambda local, domain, top: f"{'.'.join(local)}@{'.'.join((*domain, top))}",
    st.lists(LABEL, min_size=1, max_size=3),
    st.lists(LABEL, max_size=3),
    st.sampled_from(
        ["com", "ro", "RO", "example", "test", "local", "Invalid", "arpa", "onion", "localhost", "c0m", "x"]
    ),
)


@settings(max_examples=400)
@given(st.one_of(ADDRESSES, st.emails()))
def test_the_quick_way_with_emails_agrees_with_the_library(address: str) -> None:
    assert contacts.address_of(address) == library_address(address)


def library_number(text: str, country: str) -> str | None:
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
SPELT = st.from_regex(r"(\+|00|0|\(0\)|)([0-9][ ().\-/]{0,2}){3,15}", fullmatch=True)


@st.composite
def likely_numbers(draw: st.DrawFn) -> str:
    """A country's example number with some digits changed, spelt in some way."""
    region = draw(st.sampled_from(REGIONS))
    example = phonenumbers.example_number(region)
    assert example is not None
    style = draw(st.sampled_from([0, 1, 2]))  # E.164, international, national
    text = phonenumbers.format_number(example, style)
    at = draw(st.integers(0, len(text) - 1))
    changed = text[:at] + draw(st.sampled_from("0123456789 ")) + text[at + 1 :]
    return draw(st.sampled_from([text, changed, changed.replace("+", "00")]))


@settings(max_examples=600)
@given(st.one_of(likely_numbers(), SPELT), st.sampled_from(["RO", "GB", "DE", "IT", "US", "FR", "HU", "MD"]))
def test_the_quick_way_with_phones_agrees_with_the_library(text: str, country: str) -> None:
    assert contacts.e164_of(text, country) == library_number(text, country)


@pytest.mark.parametrize("country", REGIONS)
def test_example_numbers_of_every_country_are_read(country: str) -> None:
    example = phonenumbers.example_number(country)
    assert example is not None
    national = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.NATIONAL)
    assert contacts.e164_of(national, country) == library_number(national, country)
