"""Records that are probably the same person or company.

Knows what is strong evidence (e-mail, phone, tax ID), what is weak (names), and
what speaks against it. Proposes pairs; merges nothing, links nothing. Works on
values that are already read, in nearly linear time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import combinations, pairwise
from typing import Literal, NamedTuple, TypeAlias

from rapidfuzz import fuzz

from sheetcrm.columns import fold

__all__ = [
    "Candidate",
    "Pair",
    "company_key",
    "duplicate_accounts",
    "duplicate_people",
    "is_generic_email",
    "likely_duplicates",
]

Why: TypeAlias = Literal["tax-id", "email", "phone", "name"]


class Candidate(NamedTuple):
    """What is known of a record's identity; "" where nothing is."""

    key: str
    """Tells the record from others; records with one key are never paired."""
    name: str = ""
    """The company."""
    contact: str = ""
    email: str = ""
    phone: str = ""
    """As E.164."""
    tax_id: str = ""
    """As `sheetcrm.fields` reads it."""
    city: str = ""


class Pair(NamedTuple):
    """Two records that are probably one, the one that stands first named first."""

    one: str
    other: str
    why: Why
    score: int
    """How sure it is, up to 100."""


_ALL_PAIRS_OF = 10
"""A value that more records share is a switchboard or a placeholder."""
_NEIGHBOURS = 3
_SAME_NAME = 85
_SAME_WORDS = 95
_NEARLY_SAME_NAME = 90
_NEARLY_SAME_ACCOUNT = 96

# ---------------------------------------------------------------- names and addresses

_FORMS = frozenset(
    """srl srld sa pfa scs snc sca ii if sc ra ong ltd limited llp plc lp gmbh ag kg ug ohg inc incorporated llc corp
    corporation co company sarl sas spa sro doo ood eood kft zrt bt bv nv oy ab as aps sl spzoo pty""".split()
)
_PREFIXES = frozenset({"sc"})
_DOTTED = re.compile(r"\b(?:[a-z]\.\s?){1,3}[a-z]\b\.?")
_WORD = re.compile(r"[^\W_][\w&+]*|&")
_PLACEHOLDERS = frozenset(
    """- n/a na n.a none null nil test teste testing xxx xx x necunoscut necunoscuta unknown fara nimic nedefinit tbd
    tba anonim anonymous privat private persoana fizica pf company compania firma client asd asdf qwerty aaa
    dummy noname altele other ??? ...""".split()
) | {"persoana fizica", "no name", "no company", "fara firma", "fara nume", "nu are", "nu stiu", "not known"}

_GENERIC = frozenset(
    """office info contact contacts hello salut sales vanzari comercial secretariat admin administrator administrativ
    support suport help helpdesk marketing hr cariere jobs comenzi orders order facturi facturare invoice invoices
    billing financiar finance contabilitate conta accounting receptie reception mail email team echipa general
    enquiries enquiry inquiries relatii service servicii achizitii purchasing procurement logistica logistics depozit
    magazin shop rezervari booking reservations noreply donotreply webmaster postmaster hostmaster abuse firma
    company societate client clienti customer customers direct directie management manager director export import
    presa press media web site root test none nu na x xx xxx fara nimeni nobody no nomail noemail""".split()
)
_TAG = re.compile(r"\+[^@]*@")


def _undotted(form: re.Match[str]) -> str:
    return re.sub(r"[.\s]", "", form[0]) + " "


@cache
def company_key(name: str) -> str:
    """A company's name for comparing: folded, legal form dropped; "" for a placeholder."""
    folded = fold(name)
    if _is_placeholder(folded):
        return ""
    plain = _DOTTED.sub(_undotted, folded) if "." in folded else folded
    words = _WORD.findall(plain)
    while len(words) > 1 and (words[-1] in _FORMS or words[-1] == "&"):  # “GmbH & Co. KG”
        words.pop()
    if len(words) > 1 and words[0] in _PREFIXES:
        del words[0]
    key = " ".join(words)
    return "" if key == "&" or key in _PLACEHOLDERS or key in _FORMS else key


def _is_placeholder(folded: str) -> bool:
    return folded in _PLACEHOLDERS or _WORD.search(folded) is None or (len(folded) > 2 and len(set(folded)) == 1)


def is_generic_email(address: str) -> bool:
    """Whether the address is a company's or nobody's, not one person's: office@, sales2@."""
    local = _TAG.sub("@", address.casefold()).partition("@")[0]
    first = re.split(r"[._-]", local)[0].rstrip("0123456789")
    return first in _GENERIC or re.sub(r"[._-]", "", local).rstrip("0123456789") in _GENERIC


@cache
def _contact_key(contact: str) -> str:
    """A person's name for comparing: folded, its words in alphabetical order; "" for a placeholder."""
    folded = fold(contact)
    return "" if _is_placeholder(folded) else " ".join(sorted(_WORD.findall(folded)))


def _email_key(address: str) -> str:
    """An address for comparing: without letter case and +tag."""
    return _TAG.sub("@", address.casefold().strip())


# ---------------------------------------------------------------- pairs


class _Known(NamedTuple):
    """A candidate with its identity ready for comparing."""

    place: int
    key: str
    company: str
    contact: str
    email: str
    phone: str
    tax_id: str
    city: str


Judge: TypeAlias = Callable[[_Known, _Known], int]
"""How sure two records are one, given what brought them together; 0 for no."""


def likely_duplicates(people: Sequence[Candidate], accounts: Sequence[Candidate] = ()) -> list[Pair]:
    """Pairs among people (leads, opportunities, deals) and among accounts; each pair once."""
    return [*duplicate_people(people), *duplicate_accounts(accounts)]


def duplicate_people(candidates: Sequence[Candidate]) -> list[Pair]:
    """Records of one person, or of one company without a person, entered more than once."""
    known = [_know(place, candidate) for place, candidate in enumerate(candidates)]
    found = _Found()
    found.add("email", _pairs_by(known, lambda k: k.email), _one_mailbox)
    found.add("phone", _pairs_by(known, lambda k: k.phone), _one_phone)
    found.add("name", _pairs_by(known, lambda k: k.company and f"{k.company}|{k.contact}"), _one_person)
    found.add("name", _neighbours(known, lambda k: (k.company, k.contact)), _one_person)
    found.add("name", _neighbours(known, lambda k: (k.contact, k.company)), _one_person)
    return found.pairs()


def duplicate_accounts(candidates: Sequence[Candidate]) -> list[Pair]:
    """Companies entered more than once."""
    known = [_know(place, candidate) for place, candidate in enumerate(candidates)]
    found = _Found()
    found.add("tax-id", _pairs_by(known, lambda k: k.tax_id), lambda one, other: 100)
    found.add("email", _pairs_by(known, lambda k: k.email), _one_company)
    found.add("phone", _pairs_by(known, lambda k: k.phone), _one_company)
    found.add("name", _pairs_by(known, lambda k: k.company), _one_company_name)
    found.add("name", _neighbours(known, lambda k: (k.company, "")), _one_company_nearly)
    return found.pairs()


def _know(place: int, candidate: Candidate) -> _Known:
    return _Known(
        place,
        candidate.key,
        company_key(candidate.name) if candidate.name else "",
        _contact_key(candidate.contact) if candidate.contact else "",
        _email_key(candidate.email) if candidate.email else "",
        candidate.phone,
        candidate.tax_id,
        candidate.city,
    )


class _Found:
    """The pairs so far; the first reason found for a pair is the one that is said."""

    def __init__(self) -> None:
        self._pairs: dict[tuple[int, int], Pair] = {}

    def add(self, why: Why, proposed: Iterable[tuple[_Known, _Known]], judge: Judge) -> None:
        """Keep those of the proposed pairs that are probably one."""
        for one, other in proposed:
            if one.place > other.place:
                one, other = other, one
            at = (one.place, other.place)
            if at not in self._pairs and one.key != other.key and (score := judge(one, other)):
                self._pairs[at] = Pair(one.key, other.key, why, score)

    def pairs(self) -> list[Pair]:
        """Every pair, in the order of the records."""
        return [self._pairs[at] for at in sorted(self._pairs)]


def _pairs_by(known: Iterable[_Known], value: Callable[[_Known], str]) -> Iterator[tuple[_Known, _Known]]:
    """Records that share a value. Where very many do, each only with its like beside it."""
    first: dict[str, _Known] = {}
    groups: dict[str, list[_Known]] = {}
    for record in known:
        if (shared := value(record)) and (before := first.setdefault(shared, record)) is not record:
            groups.setdefault(shared, [before]).append(record)
    for group in groups.values():
        if len(group) <= _ALL_PAIRS_OF:
            yield from combinations(group, 2)
        else:
            alike = sorted(group, key=lambda k: (k.company, k.contact, k.place))
            yield from (pair for pair in pairwise(alike) if _called_alike(*pair))


def _called_alike(one: _Known, other: _Known) -> bool:
    return one.company == other.company and one.contact == other.contact and bool(one.company or one.contact)


def _neighbours(known: Iterable[_Known], order: Callable[[_Known], tuple[str, str]]) -> Iterator[tuple[_Known, _Known]]:
    """Records with nearly the same name: sorted by it, a typo moves a record only a little."""
    ordered = sorted((k for k in known if k.company), key=order)
    for distance in range(1, _NEIGHBOURS + 1):
        for one, other in zip(ordered, ordered[distance:], strict=False):
            if not _contradict(one, other) and not _called_alike(one, other):
                yield one, other


# ---------------------------------------------------------------- what speaks for it and against it


def _contradict(one: _Known, other: _Known) -> bool:
    """Both have a strong mark of identity, and the two differ."""
    # Asked of every pair of neighbours, and the phone answers for nearly all of them.
    if one.phone != other.phone and one.phone and other.phone:
        return True
    if one.email != other.email and one.email and other.email:
        return True
    return one.tax_id != other.tax_id and bool(one.tax_id and other.tax_id)


def _alike(one: str, other: str) -> float:
    """How alike two people's names are, up to 100; nothing known of one of them is no difference."""
    if one == other or not one or not other:
        return 100.0
    if fuzz.token_set_ratio(one, other) >= _SAME_WORDS:  # “Popescu” and “Ion Popescu”
        return _SAME_WORDS
    return fuzz.token_sort_ratio(one, other)


def _one_mailbox(one: _Known, other: _Known) -> int:
    if not is_generic_email(one.email):
        return 100
    return _one_phone(one, other)


def _one_phone(one: _Known, other: _Known) -> int:
    """A phone or mailbox that colleagues may share says nothing unless their names agree."""
    people, companies = _alike(one.contact, other.contact), _alike(one.company, other.company)
    named = bool(one.contact and other.contact)
    if people < _SAME_NAME or (not named and companies < _SAME_NAME):
        return 0
    return round(people)


def _one_person(one: _Known, other: _Known) -> int:
    """The same names, and nothing that tells the two apart."""
    if _contradict(one, other) or bool(one.contact) != bool(other.contact):
        return 0
    companies = fuzz.ratio(one.company, other.company)
    people = 100.0 if one.contact == other.contact else fuzz.token_sort_ratio(one.contact, other.contact)
    if min(companies, people) < _NEARLY_SAME_NAME or _digits(one.company) != _digits(other.company):
        return 0
    if min(companies, people) < 100 and not one.contact and fold(one.city) != fold(other.city):
        return 0
    return round(min(companies, people))


def _one_company(one: _Known, other: _Known) -> int:
    """The same mailbox or phone, and names that agree; tax IDs tell a group's companies apart."""
    if one.tax_id and other.tax_id and one.tax_id != other.tax_id:
        return 0
    likeness = _alike(one.company, other.company)
    return round(likeness) if likeness >= _SAME_NAME else 0


def _one_company_name(one: _Known, other: _Known) -> int:
    """The same name; another phone or mailbox is forgiven where the place is the same."""
    if _contradict(one, other) and not _same_place(one, other):
        return 0
    return _one_company(one, other)


def _one_company_nearly(one: _Known, other: _Known) -> int:
    """Almost the same name, in the same place: a typo."""
    if _contradict(one, other) or _digits(one.company) != _digits(other.company):
        return 0
    likeness = fuzz.token_sort_ratio(one.company, other.company)
    return round(likeness) if likeness >= _NEARLY_SAME_ACCOUNT and _same_place(one, other) else 0


def _same_place(one: _Known, other: _Known) -> bool:
    return bool(one.city) and fold(one.city) == fold(other.city)


def _digits(name: str) -> str:
    """“Depozit 12” and “Depozit 13” are two places."""
    return "".join(c for c in name if c.isdigit())
