"""Which account a won deal belongs to.

By account ID, else valid tax ID, else an e-mail that is neither generic nor
shared, else the same name where no tax ID contradicts. Likely but unsure is
never decided here: a person picks. What an account is made of when none fits
is known here; what becomes of its row is not.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from rapidfuzz import fuzz

from sheetcrm.columns import fold
from sheetcrm.duplicates import company_key, is_generic_email
from sheetcrm.model import Account, Deal, Lead

__all__ = ["ACCOUNT_FIELDS", "Accounts", "Match"]

LIKELY = 90
"""A similarity of names, in percent, that makes a person look before an account is made."""

ACCOUNT_FIELDS = ("tax_id", "address", "city", "county", "country", "contact", "email", "phone", "industry", "owner")
"""What an account takes over from its record, under the same name."""


class Match(NamedTuple):
    """What was found for a record: an account, a reason to ask, or neither (make one)."""

    id: str = ""
    by: str = ""
    """How it was found: id, tax-id, email, name."""
    candidates: tuple[str, ...] = ()
    """IDs to choose from; nothing is decided."""


class Accounts:
    """The accounts of a workbook, to be looked up in the order of evidence."""

    def __init__(self, accounts: Iterable[Account]) -> None:
        self.by_id: dict[str, Account] = {}
        self._tax: dict[str, list[str]] = defaultdict(list)
        self._email: dict[str, list[str]] = defaultdict(list)
        self._name: dict[str, list[str]] = defaultdict(list)
        self._block: dict[str, set[str]] = defaultdict(set)
        for account in accounts:
            self.add(account)

    def add(self, account: Account) -> None:
        """Make an account known, one that was just made too."""
        self.by_id[account.id] = account
        if account.tax_id:
            self._tax[account.tax_id].append(account.id)
        if account.email:
            self._email[account.email.casefold()].append(account.id)
        key = company_key(account.name or "")
        if key:
            self._name[key].append(account.id)
            self._block[key[:3]].add(key)

    def called(self, typed: str) -> tuple[str, ...]:
        """The accounts that an ID, a name, an e-mail or a tax ID as typed may mean."""
        text = typed.strip()
        match = re.fullmatch(r"A-?0*(\d{1,9})", text.upper())
        if match and f"A-{int(match[1]):04d}" in self.by_id:
            return (f"A-{int(match[1]):04d}",)
        key = company_key(text)
        found = self._name.get(key, []) if key else []
        return tuple(found or self._email.get(text.casefold(), []) or self._tax.get(text.upper().replace(" ", ""), []))

    def find(self, record: Lead) -> Match:
        """The account of a record that names none."""
        if record.tax_id and (found := self._tax.get(record.tax_id)):
            return self._one(found, "tax-id")
        if record.email and not is_generic_email(record.email):
            found = self._email.get(record.email.casefold(), [])
            if len(found) == 1 and not self._contradicts(record, found[0]):
                return (
                    Match(found[0], "email") if self._may_be_called(record, found[0]) else Match(candidates=(found[0],))
                )
        key = company_key(record.company or record.contact or "")
        if not key:
            return Match()
        same = self._name.get(key, [])
        agreeing = [id_ for id_ in same if not self._contradicts(record, id_)]
        if agreeing:
            return self._one(agreeing, "name")
        if same:
            return Match(candidates=tuple(same))
        return Match(candidates=self._similar(key, record))

    def _one(self, found: list[str], by: str) -> Match:
        return Match(found[0], by) if len(found) == 1 else Match(candidates=tuple(found))

    def _may_be_called(self, record: Lead, id_: str) -> bool:
        """Whether the names leave room for one company; two that differ may share a person's address."""
        one, other = company_key(record.company or ""), company_key(self.by_id[id_].name or "")
        return not one or not other or fuzz.ratio(one, other) >= LIKELY

    def _contradicts(self, record: Lead, id_: str) -> bool:
        other = self.by_id[id_].tax_id
        return bool(record.tax_id and other and record.tax_id != other)

    def _similar(self, key: str, record: Lead) -> tuple[str, ...]:
        likely = [other for other in sorted(self._block[key[:3]]) if fuzz.ratio(key, other) >= LIKELY]
        return tuple(id_ for other in likely for id_ in self._name[other] if not self._contradicts(record, id_))


def account_of(record: Deal | Lead, id_: str) -> Account:
    """The account that a record becomes."""
    fields = {name: getattr(record, name) for name in ACCOUNT_FIELDS}
    return Account(id=id_, name=record.company or record.contact or record.email or record.phone, **fields)


def is_word_for_new(typed: str, words: Iterable[str]) -> bool:
    """Whether a person asks for a new account."""
    return fold(typed) in {fold(word) for word in words}
