"""Every row of a run as a draft: which record it is, and what shall become of it.

Gives each row its ID for life, tells copies from originals, notices what went
missing, and stops a tab that shows signs of a disaster (law 6). What a stage
means is not known here.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from types import MappingProxyType

from sheetcrm.columns import Layout, header, tab_title
from sheetcrm.ledger import Ledger, subject
from sheetcrm.model import Lead, State
from sheetcrm.offers import OfferNumber
from sheetcrm.problems import Problem
from sheetcrm.schema import TABS
from sheetcrm.tables import Cell, is_blank, raw_text
from sheetcrm.validate import Entry, Found, identity_of, people_digest

__all__ = ["Counter", "Draft", "Identified", "identify", "signs_of_disaster"]

ELSEWHERE, OURS = "E", "OF"
"""How the numbers of offers begin: of those that were made elsewhere, of those that sync made."""
SKIPPED = "skipped"
"""What State says of an offer's number that was given to a file, and to no row."""


@dataclass(slots=True)
class Noted:
    """Something that giving IDs brought to light, to be an event."""

    event: str
    id: str
    tab: str
    before: str = ""
    after: str = ""


@dataclass(slots=True)
class Draft:
    """One row and all that this run wants of it."""

    entry: Entry
    id: str = ""
    old: State | None = None
    """What sync remembered; `None` for a row it never saw."""
    home: str = ""
    """The tab in which the row shall live after this run."""
    identity: str = ""
    fingerprint: str = ""
    sync: dict[str, Cell] = field(default_factory=dict)
    """What sync's own fields shall say."""
    people: dict[str, Cell] = field(default_factory=dict)
    """What is put into people's cells: spellings, blanks that may be filled, answered commands."""
    state: dict[str, object] = field(default_factory=dict)
    """What State shall remember, where it is not as before."""
    key: str = ""
    """Of an arrival: the fingerprint of the line it came from."""
    frozen: bool = False
    """Left exactly as it stands."""
    noted: Noted | None = None
    """What came to light when it got its ID."""
    as_it_stands: bool = False
    """Accepted in whatever stage it stands: taken over or imported."""

    @property
    def layout(self) -> Layout:
        """The tab the row stands in now."""
        return self.entry.layout

    @property
    def lead(self) -> Lead:
        """The record, for a row of the pipeline."""
        if not isinstance(self.entry.record, Lead):
            raise TypeError(f"{self.id} is no record of the pipeline")
        return self.entry.record

    @property
    def name(self) -> str:
        """What people call it."""
        names = (getattr(self.entry.record, name, None) for name in ("name", "subject"))
        return str(next((name for name in names if name), "–"))

    def remembered(self, name: str, default: object = "") -> object:
        """A field of State as it shall be."""
        if name in self.state:
            return self.state[name]
        return getattr(self.old, name) if self.old else default


@dataclass(slots=True)
class Counter:
    """Gives out numbers that were never given before."""

    prefix: str
    last: int

    def next(self) -> str:
        """The next ID."""
        self.last += 1
        return f"{self.prefix}-{self.last:04d}"


@dataclass(slots=True)
class Identified:
    """The rows of one kind of ID, each with its record."""

    drafts: list[Draft] = field(default_factory=list)
    gone: list[State] = field(default_factory=list)
    """Known records of which there is no row; newly gone or gone before."""


def well_formed(raw: Cell, prefix: str) -> str:
    """The ID that a cell holds, `R-0042` for `r-42 ` too; "" for anything else."""
    if raw == "":
        return ""
    match = _id_pattern(prefix).fullmatch(raw_text(raw))
    return f"{prefix}-{int(match[1]):04d}" if match else ""


@cache
def _id_pattern(prefix: str) -> re.Pattern[str]:
    return re.compile(rf"\s*{prefix}-?0*(\d{{1,9}})\s*", re.IGNORECASE)


def counter(prefix: str, ids: Iterable[str]) -> Counter:
    """Counts on from the greatest ID ever seen."""
    numbers = (int(id_[2:]) for id_ in ids if id_.startswith(f"{prefix}-") and id_[2:].isdigit())
    return Counter(prefix, max(numbers, default=0))


def offer_id(raw: Cell) -> str:
    """The number that a cell of Offers holds: of an offer that sync made, or of one made elsewhere (`E-0007`)."""
    number = OfferNumber.parse(raw_text(raw)) if raw != "" else None
    return str(number) if number else well_formed(raw, ELSEWHERE)


def identify(
    prefix: str, entries: Iterable[Entry], ledger: Ledger, read: Callable[[Cell], str] | None = None
) -> Identified:
    """Find the record of each row. The original of two rows with one ID keeps it.

    A row whose ID was wiped out or typed over gets it back where exactly one lost
    record fits; a half-typed row gets none yet. An ID that sync never gave is none.
    New IDs begin with `prefix`. `read` is for offers, which have two kinds of numbers.
    """
    mine = (f"{prefix}-", f"{OURS}-") if read else (f"{prefix}-",)
    read = read or partial(well_formed, prefix=prefix)
    known = ledger.states.items()
    states = {id_: s for id_, s in known if id_.startswith(mine) and read(id_) == id_ and s.stage != SKIPPED}
    result = Identified()
    by_id: dict[str, list[Draft]] = defaultdict(list)
    nameless: list[Draft] = []
    digests = _Digests()
    given = {*states, *map(subject, ledger.events)}
    for entry in entries:
        draft = Draft(entry, identity=identity_of(entry), fingerprint=digests.of(entry), home=entry.layout.name)
        result.drafts.append(draft)
        draft.id = read(entry.cell(entry.layout.id_field))
        if draft.id and draft.id in given and entry.kind != "aside":
            by_id[draft.id].append(draft)
        else:
            draft.id = ""
            nameless.append(draft)
    for id_, drafts in by_id.items():
        nameless += _settle(id_, drafts, states.get(id_), result)
    numbers = counter(prefix, given)
    lost = {id_: state for id_, state in states.items() if id_ not in by_id}
    for draft in _restored(nameless, lost, result):
        if draft.entry.kind == "record":
            raw = raw_text(draft.entry.cell(draft.layout.id_field))
            draft.id = numbers.next()
            if "copy_of" in draft.state:
                draft.noted = Noted("id-given", draft.id, draft.layout.name, raw, draft.id)
            elif raw.strip():
                draft.noted = Noted("overwritten", draft.id, draft.layout.name, raw, draft.id)
    for draft in result.drafts:
        draft.old = states.get(draft.id)
    result.gone = [state for id_, state in lost.items() if id_ in lost]
    return result


class _Digests:
    """The fingerprint of people's cells, prepared once a tab."""

    def __init__(self) -> None:
        self._by_tab: dict[str, Callable[[Sequence[Cell], Mapping[str, str]], str]] = {}

    def of(self, entry: Entry) -> str:
        fingerprint = self._by_tab.get(entry.layout.title)
        if fingerprint is None:
            fingerprint = self._by_tab[entry.layout.title] = people_digest(entry.layout)
        return fingerprint(without_formulas(entry), entry.spellings)


def without_formulas(entry: Entry) -> Sequence[Cell]:
    """The row without what formulas say: that changes by itself, and is no edit of a person's."""
    formulas = entry.layout.tab.formulas
    if not formulas or entry.row is None:
        return entry.cells
    return ["" if (entry.row, column) in formulas else cell for column, cell in enumerate(entry.cells)]


def _settle(id_: str, drafts: list[Draft], state: State | None, result: Identified) -> list[Draft]:
    """Leave the ID with its original; the copies are returned without one.

    Where nobody can tell which is the original, all are frozen and flagged.
    """
    if len(drafts) == 1:
        return []
    original: Draft | None = drafts[0]
    if state:
        fitting = [d for d in drafts if d.identity == state.identity]
        at_home = [d for d in fitting if d.layout.name == state.tab]
        original = next(iter(at_home or fitting), None)
    if original is None:
        for draft in drafts:
            draft.frozen = True
            # Not by its number: it stands in a cell, and rows move.
            others = ", ".join(f"{d.layout.title} ({d.name})" for d in drafts if d is not draft)
            draft.entry.found.append(Found("id", "duplicate-id", {"value": id_, "others": others}))
        return []
    copies = [draft for draft in drafts if draft is not original]
    for copy in copies:
        copy.id = ""
        copy.state["copy_of"] = id_
        where = f"{original.layout.title} {(original.entry.row or 0) + 1}"
        copy.entry.found.append(Found("id", "copied-id", {"value": id_, "others": where}))
    return copies


def _restored(nameless: Sequence[Draft], lost: dict[str, State], result: Identified) -> list[Draft]:
    """Give lost IDs back where exactly one row and one lost record fit; return the rest."""
    for key in ("fingerprint", "identity"):
        by_key: dict[str, list[str]] = defaultdict(list)
        for id_, state in lost.items():
            if value := getattr(state, key):
                by_key[value].append(id_)
        wanting = defaultdict(list)
        for draft in nameless:
            if not draft.id and draft.entry.kind == "record" and "copy_of" not in draft.state:
                wanting[getattr(draft, key)].append(draft)
        for value, drafts in wanting.items():
            ids = by_key.get(value, [])
            if value and len(drafts) == 1 and len(ids) == 1:
                draft, id_ = drafts[0], ids[0]
                draft.id = id_
                del lost[id_]
                raw = raw_text(draft.entry.cell(draft.layout.id_field))
                draft.noted = Noted("id-restored", id_, draft.layout.name, raw, id_)
    return [draft for draft in nameless if not draft.id]


def signs_of_disaster(
    layouts: Mapping[str, Layout],
    drafts: Iterable[Draft],
    gone: Iterable[State],
    ledger: Ledger,
    names: Sequence[str],
    stage_column: bool,
    first_stages: Mapping[str, str] = MappingProxyType({}),
    language: str = "en",
) -> dict[str, Problem]:
    """Tabs that somebody may have sorted by one column, pasted over or emptied (law 6).

    A tab stops when its ID or Stage header is gone, or when more than five and more
    than a tenth of its known records are missing or have changed identity or stage.
    `first_stages` is what a blank stage cell counts as, by tab.
    """
    stopped: dict[str, Problem] = {}
    for name in names:
        known = {s.id for s in ledger.states.values() if s.tab == name and not s.missing_since and s.identity}
        layout = layouts.get(name)
        if layout is None:
            if known:
                title = tab_title(name, language) if name in TABS else name
                stopped[name] = Problem("tab-gone", title, values={"n": str(len(known))})
            continue
        gone_headers = [h for h in ("id", "stage")[: 1 + stage_column] if h not in layout.columns]
        if gone_headers:
            values = {"field": header(gone_headers[0], language)}
            stopped[name] = Problem("header-gone", layout.title, values=values)
            continue
        here = [d for d in drafts if d.old and d.layout.name == name]
        counts = {
            "many-missing": sum(s.id in known for s in gone),
            "many-identities": sum(_is_somebody_else(d) for d in here),
            "many-stages": sum(_stage_changed(d, first_stages.get(name, "")) for d in here) if stage_column else 0,
        }
        limit = max(5, len(known) // 10)
        for code, count in counts.items():
            if count > limit:
                values = {"n": str(count), "total": str(len(known))}
                stopped.setdefault(name, Problem(code, layout.title, values=values))
    return stopped


def _is_somebody_else(draft: Draft) -> bool:
    """Whether what was known of who it is says other than last time; a blank that was filled does not."""
    was, now = (draft.old.identity.split(".") if draft.old else []), draft.identity.split(".")
    return any(part and (place >= len(now) or part != now[place]) for place, part in enumerate(was))


def _stage_changed(draft: Draft, first_stage: str) -> bool:
    """Whether the stage cell says other than what was accepted, or refused, last time."""
    typed = first_stage if is_blank(draft.entry.cell("stage")) else draft.lead.stage
    return bool(draft.old and draft.old.stage and typed not in (draft.old.stage, draft.old.refused))
