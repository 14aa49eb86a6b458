from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetcrm.duplicates import (
    Candidate,
    company_key,
    duplicate_accounts,
    duplicate_people,
    is_generic_email,
    likely_duplicates,
)

ION = Candidate("R-0001", "Alfa Construct SRL", "Ion Popescu", "ion@alfa.ro", "+40722111222", "", "Cluj-Napoca")
ALFA = Candidate("A-0001", "Alfa Construct SRL", "", "office@alfa.ro", "+40264111222", "RO14399840", "Cluj-Napoca")


@pytest.mark.parametrize(
    ("name", "key"),
    [
        *(
            pytest.param(name, "alfa construct", id=name)
            for name in (
                "Alfa Construct",
                "ALFA CONSTRUCT SRL",
                "Alfa Construct S.R.L.",
                "Alfa Construct S. R. L.",
                "SC Alfa Construct SRL",
                "S.C. Alfa-Construct S.A.",
                "alfa  construct srl",
                "„Alfa Construct” SRL",
                "Alfa Construct Ltd.",
                "Alfa Construct, Inc.",
                "Alfa Construct p.l.c.",
                "Alfa Construct GmbH & Co. KG",
            )
        ),
        pytest.param("Țăran și Fiii PFA", "taran si fiii", id="diacritics do not count"),
        pytest.param("Ţăran si fiii", "taran si fiii", id="nor old ones"),
        pytest.param("A.B.C. Impex SRL", "abc impex", id="dotted initials"),
        pytest.param("3M", "3m", id="a short name"),
        *(
            pytest.param(name, "", id=f"{name or 'nothing'} is no name")
            for name in ("", "-", "n/a", "N.A.", "test", "Test SRL", "xxx", "???", "necunoscut", "SRL", "S.C.", "aaaa")
        ),
    ],
)
def test_company_key(name: str, key: str) -> None:
    assert company_key(name) == key


@pytest.mark.parametrize(
    ("address", "generic"),
    [
        ("office@alfa.ro", True),
        ("Office.Cluj@alfa.ro", True),
        ("vanzari2@alfa.ro", True),
        ("no-reply@alfa.ro", True),
        ("info+crm@alfa.ro", True),
        ("ion.popescu@alfa.ro", False),
        ("officer@alfa.ro", False),
        ("nora@alfa.ro", False),
    ],
)
def test_generic_addresses(address: str, generic: bool) -> None:
    assert is_generic_email(address) == generic


@pytest.mark.parametrize(
    ("other", "why"),
    [
        pytest.param(ION, "email", id="the whole row pasted twice"),
        pytest.param(ION._replace(email="ION+crm@alfa.ro", phone=""), "email", id="the same address with a tag"),
        pytest.param(
            ION._replace(contact="I. Popa", name="Beta", phone=""), "email", id="a person's own address decides"
        ),
        pytest.param(ION._replace(email="", contact="POPESCU Ion"), "phone", id="the same phone, names turned round"),
        pytest.param(
            ION._replace(email="ion@gmail.com", contact=""), "phone", id="the same phone and company, nobody named"
        ),
        pytest.param(ION._replace(email="", phone="", name="alfa construct"), "name", id="the same names alone"),
        pytest.param(ION._replace(email="", phone="", name="Alfa Constuct"), "name", id="a typo in the company"),
        pytest.param(ION._replace(email="", contact="Ana Marin"), None, id="a colleague on the same switchboard"),
        pytest.param(ION._replace(email="", phone="", contact="Ana Marin"), None, id="a colleague"),
        pytest.param(ION._replace(email="", phone="", contact=""), None, id="the company without a person"),
        pytest.param(ION._replace(email="i@alfa.ro", phone="+40733111222"), None, id="other address and phone"),
        pytest.param(
            ION._replace(email="", contact="", name="Beta"), None, id="another company on the phone, nobody named"
        ),
    ],
)
def test_people(other: Candidate, why: str | None) -> None:
    other = other._replace(key="R-0002")
    assert [pair[:3] for pair in duplicate_people([ION, other])] == ([("R-0001", "R-0002", why)] if why else [])


@pytest.mark.parametrize(
    ("contact", "found"),
    [
        pytest.param("Ion Popescu", True, id="the same person"),
        pytest.param("", True, id="nobody named"),
        pytest.param("Ana Marin", False, id="two people of one company"),
    ],
)
def test_a_generic_address_alone_is_no_evidence(contact: str, found: bool) -> None:
    one = ION._replace(email="office@alfa.ro", phone="")
    assert bool(duplicate_people([one, one._replace(key="R-0002", contact=contact)])) == found


@pytest.mark.parametrize(
    ("other", "why"),
    [
        pytest.param(ALFA._replace(name="Alfa Group", email="", phone=""), "tax-id", id="the same tax ID"),
        pytest.param(ALFA._replace(tax_id=""), "email", id="the same address and name"),
        pytest.param(ALFA._replace(tax_id="", email=""), "phone", id="the same phone and name"),
        pytest.param(
            ALFA._replace(name="SC Alfa Construct", tax_id="", email="", phone=""), "name", id="the same name"
        ),
        pytest.param(
            ALFA._replace(name="Alfa Construtc Impex", tax_id="", email="", phone=""), None, id="another name"
        ),
        pytest.param(
            ALFA._replace(name="Alfa Constructs", tax_id="", email="", phone=""), "name", id="a letter too many"
        ),
        pytest.param(ALFA._replace(tax_id="RO1822964"), None, id="two tax IDs are two companies"),
        pytest.param(
            ALFA._replace(tax_id="", email="a@b.ro", phone="+40213111222", city="București"),
            None,
            id="the same name elsewhere, reached otherwise",
        ),
        pytest.param(ALFA._replace(name="Beta SA", tax_id="", email=""), None, id="a phone that two companies share"),
    ],
)
def test_accounts(other: Candidate, why: str | None) -> None:
    other = other._replace(key="A-0002")
    assert [pair[:3] for pair in duplicate_accounts([ALFA, other])] == ([("A-0001", "A-0002", why)] if why else [])


def test_numbers_in_names_tell_places_apart() -> None:
    depots = [Candidate(f"A-{n}", f"Depozit Central Nord {n} SRL", city="Cluj-Napoca") for n in (12, 13)]
    assert duplicate_accounts(depots) == []


def test_copies_with_one_id_are_no_pair() -> None:
    assert duplicate_people([ION, ION]) == []


def test_placeholders_are_nobodys_name() -> None:
    leads = [Candidate(f"R-{n}", "n/a", "-", city="Iași") for n in range(5)]
    assert duplicate_people(leads) == duplicate_accounts(leads) == []


@pytest.mark.parametrize(
    ("leads", "most"),
    [
        pytest.param([ION._replace(key=f"R-{n}") for n in range(500)], 499, id="one row pasted 500 times"),
        pytest.param(
            [Candidate(f"R-{n}", f"Firma {n}", f"Om {n}", "test@test.com", "+40722000000") for n in range(500)],
            0,
            id="500 people with a phone made up",
        ),
    ],
)
def test_a_value_that_very_many_share_does_not_explode(leads: list[Candidate], most: int) -> None:
    assert len(duplicate_people(leads)) == most
    assert len(duplicate_accounts(leads)) <= most


def test_people_and_accounts_are_never_paired_with_one_another() -> None:
    assert likely_duplicates([ION], [ION._replace(key="A-0001")]) == []


NAMES = ["Alfa SRL", "SC Alfa", "Alfaa SRL", "Beta SA", "", "test"]
CANDIDATES = st.lists(
    st.builds(
        Candidate,
        st.integers(0, 10**6).map(str),
        st.sampled_from(NAMES),
        st.sampled_from(["Ion Pop", "Pop Ion", "Ana Marin", ""]),
        st.sampled_from(["ion@alfa.ro", "ion+a@alfa.ro", "office@alfa.ro", ""]),
        st.sampled_from(["+40722111222", "+40733111222", ""]),
        st.sampled_from(["RO14399840", "RO1822964", ""]),
        st.sampled_from(["Cluj", "Iași", ""]),
    ),
    max_size=14,
    unique_by=lambda candidate: candidate.key,
)


@given(CANDIDATES)
def test_each_pair_comes_once_and_first_comes_first(candidates: list[Candidate]) -> None:
    place = {candidate.key: at for at, candidate in enumerate(candidates)}
    for find in (duplicate_people, duplicate_accounts):
        pairs = find(candidates)
        assert len({frozenset(pair[:2]) for pair in pairs}) == len(pairs)
        assert all(place[pair.one] < place[pair.other] and 0 < pair.score <= 100 for pair in pairs)


@given(CANDIDATES)
def test_accounts_with_two_tax_ids_are_never_proposed(candidates: list[Candidate]) -> None:
    tax_ids = {candidate.key: candidate.tax_id for candidate in candidates}
    for pair in duplicate_accounts(candidates):
        assert len({tax_ids[pair.one], tax_ids[pair.other]} - {""}) <= 1


def test_names_are_compared_alike_in_any_order_of_rows() -> None:
    leads = [ION, *(ION._replace(key=f"R-1{n}", name=name, email="") for n, name in enumerate(NAMES))]
    forward = {frozenset(pair[:2]) for pair in duplicate_people(leads)}
    assert {frozenset(pair[:2]) for pair in duplicate_people(leads[::-1])} == forward
