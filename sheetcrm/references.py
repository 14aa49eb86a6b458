"""Pointing at a record: by ID, or by a company, e-mail or phone that fits exactly one.

Several candidates are a problem that names them; nothing is guessed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sheetcrm.columns import fold
from sheetcrm.drafts import Draft, well_formed
from sheetcrm.duplicates import company_key
from sheetcrm.model import Account, Lead, Opportunity
from sheetcrm.validate import Found

__all__ = ["Directory"]


class Pointed(NamedTuple):
    """What typed words point at."""

    id: str = ""
    name: str = ""
    found: Found | None = None


class Directory:
    """Every record and account of the workbook, by whatever people call it."""

    def __init__(self, drafts: Iterable[Draft]) -> None:
        self.names: dict[str, str] = {}
        self._called: Mapping[str, list[str]] | None = None
        self._drafts = [draft for draft in drafts if draft.id]
        for draft in self._drafts:
            record = draft.entry.record
            name = record.name if isinstance(record, Lead | Account) else ""
            self.names[draft.id] = name or ""

    def point(self, field: str, typed: str, stood: str = "") -> Pointed:
        """The one record that `typed` names, or the problem that it names none or several.

        `stood` is what it was found to mean before: that holds while it still fits.
        """
        id_ = well_formed(typed, "R") or well_formed(typed, "A")
        if id_ in self.names:
            return Pointed(id_, self.names[id_])
        if id_:
            return Pointed(found=Found(field, "unknown-reference", {"value": typed.strip()}))
        called = self._by_name()
        fitting_ids = called.get(_key(typed)) or called.get(f"~{company_key(typed)}", [])
        ids = sorted(set(fitting_ids), key=lambda id_: (len(id_), id_))
        # A sale makes an account of the same name: who names it still means the sale.
        ids = [id_ for id_ in ids if id_.startswith("R-")] or ids
        for fitting in ([stood] if stood in ids else [], ids):
            if len(fitting) == 1:
                return Pointed(fitting[0], self.names[fitting[0]])
        if ids:
            listed = ", ".join(f"{i} ({self.names[i]})" for i in ids[:5]) + (" …" if len(ids) > 5 else "")
            return Pointed(found=Found(field, "several-candidates", {"value": typed.strip(), "candidates": listed}))
        return Pointed(found=Found(field, "unknown-reference", {"value": typed.strip()}))

    def _by_name(self) -> Mapping[str, list[str]]:
        """Built when the first name is looked up: most workbooks point by ID."""
        if self._called is None:
            called: dict[str, list[str]] = defaultdict(list)
            for draft in self._drafts:
                for word in _words(draft):
                    called[_key(word)].append(draft.id)
                    if short := company_key(word):  # people leave the legal form out
                        called[f"~{short}"].append(draft.id)
            self._called = called
        return self._called


def _words(draft: Draft) -> set[str]:
    record = draft.entry.record
    if isinstance(record, Account):
        return {w for w in (record.name, record.email, record.phone) if w}
    if isinstance(record, Lead):
        words = {record.company, record.contact, record.email, record.phone}
        if isinstance(record, Opportunity):
            words.add(record.title)
        return {w for w in words if w}
    return set()


def _key(word: str) -> str:
    """For comparing: folded; a phone by its digits."""
    digits = "".join(c for c in word if c.isdigit())
    if len(digits) >= 9 and not any(c.isalpha() for c in word):
        return digits[-9:]
    return fold(word)
