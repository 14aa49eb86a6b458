"""Whose customer a won deal is: found by evidence, asked where unsure, made where new."""

from __future__ import annotations

import pytest

from sheetcrm.accounts import Accounts, Match, account_of, is_word_for_new
from sheetcrm.model import Account, Deal
from tests.laws.desk import Desk

KNOWN = (
    Account(id="A-0001", name="Acme SRL", tax_id="RO14399840", email="office@acme.ro"),
    Account(id="A-0002", name="Lumina Trans", email="ana@lumina.ro"),
    Account(id="A-0003", name="Dunărea Foods S.A."),
    Account(id="A-0004", name="Zefir", email="shared@grup.ro"),
    Account(id="A-0005", name="Zefir Nord", email="shared@grup.ro"),
)


@pytest.mark.parametrize(
    ("deal", "id_", "by"),
    [
        pytest.param({"company": "Other", "tax_id": "RO14399840"}, "A-0001", "tax-id", id="by tax ID"),
        pytest.param({"company": "Other", "email": "Ana@lumina.ro"}, "A-0002", "email", id="by e-mail"),
        pytest.param({"company": "dunarea foods"}, "A-0003", "name", id="by name, without legal form or diacritics"),
        pytest.param({"company": "ACME S.R.L."}, "A-0001", "name", id="by name, in capitals"),
        pytest.param({"company": "Acme", "tax_id": "RO1590082"}, "", "", id="a tax ID that contradicts the name"),
        pytest.param({"company": "New Co", "email": "shared@grup.ro"}, "", "", id="an e-mail that two share"),
        pytest.param({"company": "New Co", "email": "ion@gmail.com"}, "", "", id="an e-mail that says nothing"),
        pytest.param({"company": "Acmee SRL"}, "", "", id="almost the name"),
        pytest.param({"company": "Horizon"}, "", "", id="nobody we know"),
    ],
)
def test_which_account_a_deal_finds(deal: dict[str, str], id_: str, by: str) -> None:
    match = Accounts(KNOWN).find(Deal(**deal))
    assert (match.id, match.by) == (id_, by)


@pytest.mark.parametrize(
    ("company", "candidates"),
    [
        pytest.param("Lumina Trnas", ("A-0002",), id="a slip of the finger"),
        pytest.param("Horizon", (), id="nobody near"),
    ],
)
def test_likely_but_unsure_is_asked(company: str, candidates: tuple[str, ...]) -> None:
    assert Accounts(KNOWN).find(Deal(company=company)) == Match(candidates=candidates)


@pytest.mark.parametrize(
    ("typed", "called"),
    [
        pytest.param("a-0002", ("A-0002",), id="an ID"),
        pytest.param("acme", ("A-0001",), id="a name"),
        pytest.param("office@acme.ro", ("A-0001",), id="an e-mail"),
        pytest.param("RO 14399840", ("A-0001",), id="a tax ID"),
        pytest.param("shared@grup.ro", ("A-0004", "A-0005"), id="what two have"),
        pytest.param("nobody", (), id="nobody"),
    ],
)
def test_what_people_call_an_account(typed: str, called: tuple[str, ...]) -> None:
    assert Accounts(KNOWN).called(typed) == called


def test_an_account_takes_its_name_from_whatever_there_is() -> None:
    assert account_of(Deal(contact="Maria Ionescu", city="Iași"), "A-0009") == Account(
        id="A-0009", name="Maria Ionescu", contact="Maria Ionescu", city="Iași"
    )


@pytest.mark.parametrize("typed", ["new", "NEW", "nou", " Nou "])
def test_the_word_for_new_in_either_language(typed: str) -> None:
    assert is_word_for_new(typed, ["new", "nou"])


# ---------------------------------------------------------------- through the nights


def test_a_won_deal_makes_its_account_and_the_second_one_finds_it() -> None:
    desk = Desk()
    desk.deal("Acme SRL", value=1000)
    desk.sync()
    assert desk.says("1,000.00 EUR", "id") == "A-0001"
    assert desk.read("deals", 1, "account_id") == "A-0001"
    desk.deal("ACME", email="other@acme-group.ro", value=500)
    desk.sync()
    assert [desk.read("deals", row, "account_id") for row in desk.below("deals")] == ["A-0001", "A-0001"]
    assert desk.read("accounts", 1, "deals") == 2
    assert desk.read("accounts", 1, "won_value") == "1,500.00 EUR"
    desk.sync()
    assert desk.events() == []


def test_only_blanks_of_an_account_are_filled() -> None:
    desk = Desk()
    row = desk.add("accounts", name="Acme SRL", email="boss@acme.ro")
    desk.deal("Acme SRL", city="Iași")
    desk.sync()
    assert (desk.read("accounts", row, "email"), desk.read("accounts", row, "city")) == ("boss@acme.ro", "Iași")


def test_unsure_waits_until_a_person_says_which_or_new() -> None:
    desk = Desk()
    desk.add("accounts", name="Lumina Trans")
    deal = desk.deal("Lumina Trnas")
    desk.sync()
    assert "account-unsure" in desk.codes()
    assert desk.read("deals", deal, "account_id") == ""
    desk.type("deals", deal, "account", "new")
    desk.sync()
    assert desk.read("deals", deal, "account_id") == "A-0002"
    assert "account-unsure" not in desk.codes()
    desk.sync()
    assert desk.events() == []


def test_a_lead_may_name_its_account_before_it_is_won() -> None:
    desk = Desk()
    desk.add("accounts", name="Acme SRL")
    lead = desk.lead("Acme Logistics", account="acme")
    desk.sync()
    assert desk.read("leads", lead, "account_id") == "A-0001"


def test_an_account_that_vanished_keeps_its_place_in_its_deals() -> None:
    desk = Desk()
    desk.deal("Acme SRL")
    desk.sync()
    del desk.cells("accounts")[1]
    desk.sync()
    assert desk.events() == ["missing A-0001"]
    assert desk.read("deals", 1, "account_id") == "A-0001"
