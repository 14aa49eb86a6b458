"""What must stand in a spreadsheet after people and sync have worked in it, and what is wrong with it.

The truth is kept beside the spreadsheet: after every deed of a person it takes over
what that deed changed, and nothing else. Rows are known by the numbers in what
people wrote in them (see `human_offices`), columns by their headers.
"""

from __future__ import annotations

import copy
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

from benchmarks.human_offices import PEOPLES, TEAMS, Office
from sheetcrm import messages
from sheetcrm.columns import fold, header, read_layout
from sheetcrm.ledger import read_ledger
from sheetcrm.pipeline import default_choices
from sheetcrm.schema import PIPELINE_TABS, fields_of
from sheetcrm.tables import Plan, Snapshot
from tests.laws.watch import Night, records_out_of_place
from tests.sheets_server.model import Formula, Spreadsheet

__all__ = ["POINTERS", "Record", "Truth", "View", "Wrong", "field_of", "is_own", "look", "tags_in"]

TAG = re.compile(r"·(\d+)·")
POINTERS = ("record", "account", "referred_by", "offer")
"""Fields that name another record, or in which sync answers."""
PICKS = ("stage", "source", "owner", "loss_reason", "competitor", "industry", "channel", "confirmed_by", "currency")
PICKS_OF_OTHERS = ("status", "type", "activity_type", "activity_status", "offer_status")
FILLED = ("created_on", "closed_on", "sent_on")

Key = tuple[str, int]
"""Whether the row is one of the pipeline, of Accounts …; its number."""


class Wrong(NamedTuple):
    """One thing that is wrong."""

    kind: str
    """`edit lost`, `record lost`, `record doubled`, `wrong record`, `other`."""
    text: str


@dataclass(slots=True)
class Record:
    """One row as people see it."""

    sheet: int
    cells: dict[str, Any] = field(default_factory=dict)
    """What is called so in the header → what people wrote there."""
    notes: dict[str, str] = field(default_factory=dict)
    own: dict[str, Any] = field(default_factory=dict)
    """What stands in sync's columns."""
    row: int = 0
    loose: bool = False
    """Whether something stands in the row where no header is."""

    @property
    def id(self) -> Any:
        """What stands in the column of IDs."""
        return self.own.get("id", self.own.get("number", ""))


@dataclass(slots=True)
class View:
    """A spreadsheet at one moment."""

    records: dict[Key, list[Record]] = field(default_factory=lambda: defaultdict(list))
    nameless: list[Record] = field(default_factory=list)
    """Rows in which something stands, but no number of a record."""
    loose: Counter[tuple[int, str]] = field(default_factory=Counter)
    """What people wrote where no header is: tab and text."""
    teams: dict[int, Any] = field(default_factory=dict)
    """The team's own tabs, cell for cell."""
    in_own: set[str] = field(default_factory=set)
    """Texts in sync's columns."""


def tags_in(value: Any) -> list[int]:
    """The numbers of records in a cell."""
    return [int(tag) for tag in TAG.findall(value)] if isinstance(value, str) else []


def look(spreadsheet: Spreadsheet, office: Office, names: Mapping[str, str]) -> View:
    """The spreadsheet as people see it; `names` are headers that people gave, and what they stand for."""
    view = View()
    for sheet in spreadsheet.sheets:
        kind = office.tabs.get(sheet.id)
        if kind == TEAMS:
            view.teams[sheet.id] = [[cell and (cell.value, cell.note) for cell in row] for row in sheet.rows]
        elif kind in PEOPLES and sheet.rows:
            keys = [field_of(cell.value if cell else None, kind, names) for cell in sheet.rows[0]]
            for row, cells in enumerate(sheet.rows[1:], 1):
                _look_at_row(view, sheet.id, kind, row, keys, cells)
    return view


def _look_at_row(view: View, sheet: int, kind: str, row: int, keys: list[str], cells: list[Any]) -> None:
    own_fields = _own_fields(kind)
    found = Record(sheet, row=row)
    votes: Counter[int] = Counter()
    pointed: list[int] = []
    for column, cell in enumerate(cells):
        if cell is None:
            continue
        key = keys[column] if column < len(keys) else ""
        value = _without_places(cell.value)
        if value is not None and value != "":
            if not key:
                view.loose[sheet if not tags_in(value) else -1, str(value)] += 1
                found.loose = True
            elif key in own_fields:
                found.own[key] = value
                view.in_own.add(str(value))
            else:
                found.cells[key] = value
            if key in POINTERS or not key:
                pointed += tags_in(value)
            elif key not in own_fields:
                votes.update(tags_in(value))
        if cell.note:
            found.notes[key] = cell.note
    if pointed and not votes:
        votes.update(pointed)
    if votes:
        best = max(votes.values())
        number = next(n for n, times in votes.items() if times == best)
        view.records["pipeline" if kind in PIPELINE_TABS else kind, number].append(found)
    elif found.cells or found.own:
        view.nameless.append(found)


def _without_places(value: Any) -> Any:
    """A formula without the cells that it names, which are called otherwise whenever rows move."""
    if not isinstance(value, Formula):
        return value
    tags = " ".join(f"·{tag}·" for tag in tags_in(value))
    return Formula(f"={tags}{' #REF!' if '#REF!' in value else ''}")


def field_of(text: Any, kind: str, names: Mapping[str, str]) -> str:
    """What a header stands for: a field, or what the team calls it; "" for none."""
    if not isinstance(text, str) or not text.strip():
        return ""
    text = names.get(text, text)
    return _fields_by_header(kind).get(text, text)


@cache
def _fields_by_header(kind: str) -> dict[str, str]:
    return {header(name, language): name for name in fields_of(kind) for language in messages.LANGUAGES}


@cache
def _own_fields(kind: str) -> frozenset[str]:
    return frozenset(name for name, known in fields_of(kind).items() if known.writer == "sync")


def is_own(name: str, kind: str) -> bool:
    """Whether a column is sync's."""
    return name in _own_fields(kind)


# ---------------------------------------------------------------- the truth


class Truth:
    """What people wrote, deed after deed."""

    def __init__(self, spreadsheet: Spreadsheet, office: Office) -> None:
        self.office = office
        self.names: dict[str, str] = {}
        view = look(spreadsheet, office, self.names)
        self.records: dict[Key, Record] = {key: rows[0] for key, rows in view.records.items()}
        self.doubled = {key for key, rows in view.records.items() if len(rows) > 1}
        """Records of which people made two rows."""
        self.loose = view.loose
        self.teams = view.teams
        self.typed: set[tuple[Key, str]] = set()
        """Cells that a person typed during the night."""
        self.unsure: set[tuple[Key, str]] = set()
        """Cells that a person emptied while something else stood in them than should."""
        self.gone: dict[Key, Record] = {}
        self.settled = {row.id for rows in view.records.values() for row in rows}
        """IDs that stood when the night began. One that came since may still be taken back by a repair."""
        self.new_ids: set[Key] = set()
        """Records whose ID a person changed."""
        self.scribbles: list[str] = []
        """What a person wrote into cells or tabs of sync's own: it stands, or History has it."""
        self.nameless = len(view.nameless)
        self.words = {item for row in view.nameless for item in row.cells.items()}
        """What people wrote in rows without a number."""
        self.notes_travel = True
        """Whether cutting takes notes along; what it leaves behind cannot be kept to the last moment."""
        self.counts: Counter[str] = Counter()
        """What is no loss, and yet worth a number."""

    def look(self, spreadsheet: Spreadsheet) -> View:
        """The spreadsheet now."""
        return look(spreadsheet, self.office, self.names)

    def rename(self, old: str, new: str) -> None:
        """A person calls a column otherwise."""
        self.names[new] = self.names.get(old, old)

    def take(self, before: View, after: View) -> None:
        """Take over what one deed changed."""
        for key in before.records.keys() | after.records.keys():
            was, became = before.records.get(key, []), after.records.get(key, [])
            if len(was) == len(became) == 1:
                self._changed(key, was[0], became[0])
            elif not was and len(became) == 1:
                self._came(key, became[0], before)
            elif len(was) == 1 and not became:
                self._went(key)
            elif len(was) != len(became):
                self.doubled.add(key)
                if became:
                    self._came(key, became[0], before)
                else:
                    self._went(key)
        self.loose = self.loose + (after.loose - before.loose) - (before.loose - after.loose)
        self.teams = after.teams if before.teams != after.teams else self.teams
        gone = before.in_own - after.in_own
        self.scribbles = [text for text in self.scribbles if text not in gone]
        known = {item for row in before.nameless for item in row.cells.items()}
        self.words |= {item for row in after.nameless for item in row.cells.items()} - known
        self.nameless += max(len(after.nameless) - len(before.nameless), 0)

    def _came(self, key: Key, record: Record, before: View) -> None:
        if key in self.gone:  # a person took a deletion back
            self.records[key] = self.gone.pop(key)
            return
        self.records[key] = record = copy.deepcopy(record)
        for row in before.nameless:  # what stood there already is nobody's words
            if (row.sheet, row.row) == (record.sheet, record.row):
                stood = row.cells.items() - self.words
                record.cells = {name: value for name, value in record.cells.items() if (name, value) not in stood}
                if record.id not in self.settled:
                    record.own.pop("id", None)
        self.typed |= {(key, name) for name in record.cells}

    def _went(self, key: Key) -> None:
        if key in self.records:
            self.gone[key] = self.records.pop(key)

    def _changed(self, key: Key, was: Record, became: Record) -> None:
        truth = self.records.get(key)
        if truth is None:
            truth = self.records[key] = Record(became.sheet)
        for known, old, new in ((truth.cells, was.cells, became.cells), (truth.notes, was.notes, became.notes)):
            for name in old.keys() | new.keys():
                if old.get(name) == new.get(name):
                    continue
                if name in new:
                    known[name] = new[name]
                    if known is truth.cells:
                        self.typed.add((key, name))
                    self.unsure.discard((key, name))
                    continue
                if old.get(name) != known.get(name) or known is truth.notes:
                    self.unsure.add((key, name))
                known.pop(name, None)
                self.typed.discard((key, name))
        if was.id != became.id:
            self.new_ids.add(key)

    # ------------------------------------------------------------ the judge

    def wrong(self, spreadsheet: Spreadsheet, snapshot: Snapshot, plan: Plan) -> Iterator[Wrong]:
        """All in which the spreadsheet is not as it must be."""
        view = self.look(spreadsheet)
        everything = _everything(snapshot)
        events = read_ledger(read_layout(snapshot).layouts).events
        self._reopened = {e.record for e in events if e.event in ("reopened", "corrected", "won", "lost")}
        offered = {e.record for e in events if e.event in ("offer-sent", "offer-accepted")}
        moved = [e for e in events if e.record in offered and e.event in ("stage", "won")]
        self._by_offer = {(e.record, word, e.after) for e in moved for word in ("", e.before)}
        for key, truth in self.records.items():
            yield from self._record(key, truth, view.records.get(key, []), everything)
        for key, rows in view.records.items():
            if key[0] == "accounts" and len(rows) == 1 and ("pipeline", key[1]) in self.records | self.gone:
                continue  # sync made an account of that record, which somebody may have deleted since
            if key not in self.records:
                kind = "record doubled" if len(rows) > 1 else "other"
                yield Wrong(kind, f"{_name(key)} stands in {_where(rows, self.office)} and should not")
        for row in view.nameless:
            said = {(name, value) for name, value in row.cells.items() if name not in FILLED}
            if said and not said <= self.words and self.office.tabs[row.sheet] != "accounts":
                yield Wrong("wrong record", f"a row of nobody: {_where([row], self.office)} {row.cells} {row.own}")
            elif (
                not row.cells
                and not (row.loose and row.own.keys() <= {"check"})
                and any(v not in ("", None, *self.scribbles) for v in row.own.values())
                and not self.nameless
            ):
                yield Wrong("wrong record", f"only sync's cells: {_where([row], self.office)} {row.own}")
        for (sheet, text), times in (self.loose - view.loose).items():
            if text not in everything:
                yield Wrong("edit lost", f"{text!r} stood {times} times without a header (tab {sheet}), and is gone")
        if view.teams != self.teams:
            yield Wrong("other", "a tab of the team's own changed")
        yield from self._ids(view)
        for text in self.scribbles:
            if text not in everything:
                yield Wrong("edit lost", f"{text!r} was typed into what is sync's own, and is nowhere")
        yield from self._memory(snapshot, plan)

    def _record(self, key: Key, truth: Record, rows: list[Record], everything: str) -> Iterator[Wrong]:
        if not rows:
            where = [f"{n}={v!r}" for n, v in truth.cells.items() if isinstance(v, str) and v in everything]
            yield Wrong("record lost", f"{_name(key)} is nowhere; of its cells there are {where}")
            return
        if len(rows) > 1 and key not in self.doubled:
            yield Wrong("record doubled", f"{_name(key)} stands in {_where(rows, self.office)}")
        for name, value in truth.cells.items():
            if any(_same(name, value, row.cells.get(name)) for row in rows):
                self.counts["formulas that became their words"] += isinstance(value, Formula) and not any(
                    isinstance(row.cells.get(name), Formula) for row in rows
                )
                continue
            if name == "closed_on" and rows[0].id in self._reopened:
                continue
            if self._offer_said(name, rows[0], str(value)):
                continue
            if len(rows) > 1 and str(value) in everything:
                continue
            kind = "edit lost" if (key, name) in self.typed else "people's cell"
            stands = [row.cells.get(name) for row in rows]
            elsewhere = " (it stands elsewhere)" if isinstance(value, str) and value in everything else ""
            yield Wrong(kind, f"{_name(key)} {name}: {value!r} has become {stands}{elsewhere}")
        for row in rows:
            for name, value in row.cells.items():
                if name not in truth.cells and not self._may_come(key, name, row):
                    yield Wrong("wrong record", f"{_name(key)} {name}: {value!r} which nobody wrote there")
            if key in self.doubled:
                continue
            for name, note in truth.notes.items():
                if row.notes.get(name) != note and (key, name) not in self.unsure:
                    kind = "note astray" if note in row.notes.values() or not self.notes_travel else "note lost"
                    if name not in truth.cells and kind == "note lost":
                        kind = "note of an empty cell lost"
                    yield Wrong(kind, f"{_name(key)} {name}: the note {note!r} has become {row.notes.get(name)!r}")
            for name, note in row.notes.items():
                if name not in truth.notes and (key, name) not in self.unsure:
                    kind = "note astray" if note in truth.notes.values() or not self.notes_travel else "wrong record"
                    yield Wrong(kind, f"{_name(key)} {name}: a note {note!r} that nobody left there")
            known = truth.own.get("id", "")
            if known and row.id != known and key not in self.new_ids:
                yield Wrong("wrong record", f"{_name(key)} had the ID {known} and has {row.id!r}")

    def _may_come(self, key: Key, name: str, row: Record) -> bool:
        if name in POINTERS or (key, name) in self.unsure or name in FILLED or key[0] == "accounts":
            return True
        if self._offer_said(name, row, ""):
            return True
        # What stood without a header, or in a column of sync's own, may have got a column.
        return row.cells[name] in self.scribbles or any(text == str(row.cells[name]) for _, text in self.loose)

    def _offer_said(self, name: str, row: Record, typed: str) -> bool:
        """Whether a stage went on from what a person typed, for in Offers somebody said that an offer was sent."""
        now = str(row.cells.get(name, ""))
        return name == "stage" and (row.id, _code(name, typed), _code(name, now)) in self._by_offer

    def _ids(self, view: View) -> Iterator[Wrong]:
        ids = Counter(row.id for key, rows in view.records.items() if key not in self.doubled for row in rows if row.id)
        for id_, times in ids.items():
            if times > 1:
                yield Wrong("wrong record", f"{times} records have the ID {id_}")

    def _memory(self, snapshot: Snapshot, plan: Plan) -> Iterator[Wrong]:
        night = Night(snapshot, plan, snapshot, self.office.now)
        for text in records_out_of_place(night):
            yield Wrong("other", text)
        before, after = (read_ledger(read_layout(s).layouts).events for s in (self.office.history, snapshot))
        if [event.number for event in after] != list(range(1, len(after) + 1)):
            yield Wrong("other", f"events are numbered {[event.number for event in after]}")
        if after[: len(before)] != before:
            yield Wrong("other", "History was rewritten")


def _everything(snapshot: Snapshot) -> str:
    return "\x1f".join(str(cell) for tab in snapshot.tabs for row in tab.rows for cell in row if cell != "")


def _name(key: Key) -> str:
    return f"{key[0]} ·{key[1]}·"


def _where(rows: list[Record], office: Office) -> str:
    return ", ".join(f"{office.tabs[row.sheet]} {row.row + 1}" for row in rows)


def _same(name: str, one: Any, other: Any) -> bool:
    """Whether a cell says what people wrote; sync may spell a word as its list does."""
    if one == other:
        return True
    if isinstance(one, Formula):
        return isinstance(other, Formula | str) and set(tags_in(one)) == set(tags_in(other)) and "#REF!" not in other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return abs(one - other) < 1e-9
    if name in (*PICKS, *PICKS_OF_OTHERS) and isinstance(one, str) and isinstance(other, str):
        return fold(one) == fold(other) or _code(name, one) == _code(name, other) != ""
    if name in POINTERS and isinstance(one, str) and not tags_in(one):
        return other is not None  # sync answers there
    return False


@cache
def _code(kind: str, text: str) -> str:
    for language in messages.LANGUAGES:
        for choice in default_choices(kind, language):
            if fold(text) in {fold(choice.label), fold(choice.code), *map(fold, choice.also)}:
                return choice.code
    return ""
