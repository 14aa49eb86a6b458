"""Sync's own memory as rows: State, one row a record, and History, one row an event.

Turns rows into `State` and `Event` values and back. What an event means, and
when one happens, is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache, cached_property
from operator import itemgetter
from typing import get_type_hints

from sheetcrm import messages
from sheetcrm.columns import Layout, fold
from sheetcrm.model import Event, State
from sheetcrm.schema import TABS
from sheetcrm.tables import Cell, Tab, digest, is_blank, raw_text

__all__ = ["EVENTS", "Ledger", "event_row", "read_ledger", "state_row", "subject"]

EVENTS = tuple(messages.area("events"))
"""Every kind of event, as code and as `log --json` call it; the sheet has the team's words."""


@dataclass(frozen=True)
class Ledger:
    """State and History as read."""

    states: Mapping[str, State] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    has_state: bool = False
    has_history: bool = False

    @cached_property
    def last_number(self) -> int:
        """The greatest number of an event."""
        run = self.states.get("run")
        told = int(run.reached) if run and run.reached.isdigit() else 0
        return max((event.number for event in self.events), default=told)

    @cached_property
    def last_run(self) -> int:
        """The greatest number of a run."""
        return max((event.run for event in self.events), default=0)


@cache
def _event_words() -> Mapping[str, str]:
    words = {fold(text): code for code in EVENTS for text in messages.texts("events", code).values()}
    return {**words, **{code: code for code in EVENTS}}


@cache
def _event_called(word: str) -> str | None:
    """The kind of event that History calls so, in whatever language."""
    return _event_words().get(fold(word))


def read_ledger(layouts: Mapping[str, Layout]) -> Ledger:
    """Read both. A line that cannot be read is passed over: memory is repaired, never guessed."""
    state_layout, history = layouts.get("state"), layouts.get("history")
    states: dict[str, State] = {}
    if state_layout:
        for values in _rows(state_layout, "id"):
            states[str(values["id"])] = State.of(**values)
    events = []
    if history:
        for values in _rows(history, "number"):
            word = _event_called(str(values["event"]))
            if word and isinstance(values["seen_at"], datetime):
                values["event"] = word
                events.append(Event.of(**values))
    return Ledger(states, tuple(events), bool(state_layout and state_layout.columns), bool(history and history.columns))


def _rows(layout: Layout, key: str) -> Iterable[dict[str, object]]:
    """Each row as field → value of the field's own type; rows without `key` are left out."""
    readers = _readers(layout.name)
    key_column = layout.columns.get(key, -1)
    below = layout.tab.rows[layout.header_row + 1 :]
    rows = [row for row in below if 0 <= key_column < len(row) and not is_blank(row[key_column])]
    # Column by column: most columns are texts as they stand, and there are hundreds of thousands of rows.
    narrowest = min(map(len, rows), default=0)
    columns = [_read(rows, layout.columns.get(name), reader, narrowest) for name, reader in readers.items()]
    for values in zip(*columns, strict=True):
        yield dict(zip(readers, values, strict=True))


def _read(
    rows: Sequence[Sequence[Cell]], column: int | None, reader: Callable[[Cell], object], narrowest: int
) -> Sequence[object]:
    """What the rows say in a column; blank where a row is too short, or the tab has no such column."""
    if column is None:
        return [reader("")] * len(rows)
    if column < narrowest:
        cells = list(map(itemgetter(column), rows))
    else:
        cells = [row[column] if column < len(row) else "" for row in rows]
    if reader is raw_text and set(map(type, cells)) <= {str}:
        return cells
    return [reader(cell) for cell in cells]


@cache
def _readers(name: str) -> Mapping[str, Callable[[Cell], object]]:
    """Field → how its cell is read, by the model's own annotation."""
    model = State if name == "state" else Event
    by_type = {int: _whole, date: _day, datetime: _moment, Decimal: _amount, str: raw_text}
    found = {}
    for field_name, hint in get_type_hints(model).items():
        if field_name in {f.name for f in TABS[name]}:
            kinds = [hint, *getattr(hint, "__args__", ())]
            found[field_name] = next(by_type[kind] for kind in kinds if kind in by_type)
    return found


def _whole(cell: Cell) -> int:
    if type(cell) is int:
        return cell
    try:
        return int(float(raw_text(cell)))
    except ValueError:
        return 0


def _day(cell: Cell) -> date | None:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    try:
        return date.fromisoformat(raw_text(cell)[:10])
    except ValueError:
        return None


def _moment(cell: Cell) -> datetime | None:
    if isinstance(cell, datetime):
        return cell if cell.tzinfo is None else cell.replace(tzinfo=None)
    if isinstance(cell, date):
        return datetime(cell.year, cell.month, cell.day)
    try:
        return datetime.fromisoformat(raw_text(cell))
    except ValueError:
        return None


def _amount(cell: Cell) -> Decimal | None:
    if is_blank(cell):
        return None
    try:
        return Decimal(raw_text(cell))
    except InvalidOperation:
        return None


def subject(event: Event) -> str:
    """The ID of what an event is about: of an offer's, the offer's number; `record` says for whom it is."""
    return event.note if event.event.startswith("offer-") else event.record


def rebuilt(events: Iterable[Event]) -> Mapping[str, State]:
    """State as History tells it: the tab, stage, cycle and day of each record; no fingerprints."""
    states: dict[str, dict[str, object]] = {}
    for event in events:
        if not subject(event) or event.event in ("renamed", "turn"):  # neither says where a record stands
            continue
        state = states.setdefault(subject(event), {"id": subject(event), "tab": event.tab})
        if event.event.startswith("offer-"):
            if event.after:
                state |= {"stage": event.after, "since": event.happened_on}
            continue
        if event.event == "account-linked":
            state["account_id"] = event.after
        elif event.event == "account-created" and event.before in states:
            states[event.before]["account_id"] = event.after
        if event.event == "moved":
            state["tab"] = event.after
        elif event.event in STAGED and event.after:
            state |= {"stage": event.after, "since": event.happened_on, "closed_with": event.reason}
            state["closed_from"] = event.before if event.event in ("won", "lost") else ""
            if event.event in ("stage", "reopened", "imported", "taken-over", "corrected"):
                state["reached"] = event.after
        if event.event == "reopened":
            state["cycle"] = int(str(state.get("cycle", 1))) + 1
        state["refused"] = event.after if event.event == "refused" else ""
    return {id_: State.of(**state) for id_, state in states.items()}


STAGED = frozenset({"imported", "taken-over", "stage", "won", "lost", "reopened", "corrected"})
"""Events after which a record stands in the stage they name."""


def as_cell(value: object) -> Cell:
    """A value as sync writes it: blank for `None`, a plain number for a `Decimal`."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, str | bool | int | float | date):
        return value
    return str(value)


PRINT = 6
"""Letters of a row's print; so many rows of a tab fit into one cell of State."""
ROWS_PRINTED = 5000


def row_print(cells: Iterable[Cell]) -> str:
    """A very short fingerprint of what a row of sync's own tabs says; "" of a row that says nothing."""
    said = [_rounded(cell) for cell in cells if not is_blank(cell)]
    return digest(said)[:PRINT] if said else ""


def _rounded(cell: Cell) -> Cell:
    """As exact as every store keeps it."""
    if isinstance(cell, datetime):
        return (cell.replace(tzinfo=None) + timedelta(milliseconds=500)).replace(microsecond=0)
    return round(cell, 6) if isinstance(cell, float) else cell


def strange_rows(tab: Tab, remembered: str) -> list[tuple[int, str]]:
    """The rows of one of sync's own tabs that do not say what sync wrote, with their text."""
    known = {remembered[at : at + PRINT] for at in range(0, len(remembered), PRINT)} | {""}
    found = []
    for row, cells in enumerate(tab.rows[:ROWS_PRINTED]):
        typed = [cell for column, cell in enumerate(cells) if (row, column) not in tab.formulas]
        if row_print(typed) not in known:
            found.append((row, " | ".join(raw_text(cell) for cell in typed if not is_blank(cell))))
    return found


def state_row(state: State) -> dict[str, Cell]:
    """What a State row says, by field."""
    return {f.name: as_cell(getattr(state, f.name)) for f in TABS["state"]}


def event_row(event: Event, language: str) -> dict[str, Cell]:
    """What a History row says, by field, with the event in the team's word."""
    cells = {f.name: as_cell(getattr(event, f.name)) for f in TABS["history"]}
    return {**cells, "event": messages.text("events", event.event, language)}
