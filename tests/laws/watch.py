"""What must hold after every night, whatever people did: the laws, as questions to a workbook.

Each check gives sentences that say what is broken; no sentence, no breach.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sheetcrm import messages
from sheetcrm.columns import Layout, read_layout, tab_title
from sheetcrm.drafts import well_formed
from sheetcrm.fields import Context, reader
from sheetcrm.gather import gather
from sheetcrm.ledger import read_ledger
from sheetcrm.model import Event, State
from sheetcrm.plan import make_plan
from sheetcrm.schema import FILLED_IN_TURN, fields_of
from sheetcrm.tables import Cell, Plan, SetCells, Snapshot, Tab, WriteTab, is_blank, raw_text, same_cell
from sheetcrm.workbooks.memory import MemoryWorkbook
from tests.laws.team import BY_HAND

__all__ = ["Night", "Office", "breaches"]

RULES = ("stages", "lists", "settings")
OTHER_PREFIXES = {"accounts": "A", "activities": "T"}
OF_SYNC = ("today", "report", "problems", "history", "state")

Row = tuple[tuple[str, str, str], ...]
"""What people wrote in a row: column, type and text of each filled cell, sorted."""


@dataclass
class Night:
    """One run, with the workbook before and after it."""

    before: Snapshot
    plan: Plan
    after: Snapshot
    now: datetime
    force: bool = False


@dataclass
class Office:
    """A workbook through the nights."""

    workbook: MemoryWorkbook
    nights: list[Night] = field(default_factory=list)

    def night(self, now: datetime, *, force: bool = False) -> Night:
        """Sync once."""
        before = self.workbook.read()
        plan = make_plan(before, now, force=force)
        if not plan.is_empty:
            self.workbook.apply(plan, before)
        night = Night(before, plan, self.workbook.read(), now, force)
        self.nights.append(night)
        return night


def breaches(night: Night) -> list[str]:
    """Every way in which a night broke a law."""
    return [
        *lost_words(night),
        *changed_rules(night),
        *records_out_of_place(night),
        *impure(night),
        *broken_history(night),
        *touched_though_stopped(night),
        *mute_problems(night.plan, night.before, night.after),
    ]


# ---------------------------------------------------------------- law 1


def lost_words(night: Night) -> Iterator[str]:
    """Rows of people's that are not there any more as people wrote them."""
    before, after = _rows_of(night.before, night.now), _rows_of(night.after, night.now)
    for row in (before - after).elements():
        yield f"law 1: a row is not as people wrote it: {_told(row, after)}"
    for row in (after - before).elements():
        if not before & Counter([row]) and not _of_a_new_account(row, night):
            yield f"law 1: nobody wrote this row: {row}"
    said = " ".join(raw_text(cell) for tab in night.after.tabs for row in tab.rows for cell in row)
    for text in (text for text in _everything(night.before) if text not in said):
        yield f"law 1: {text!r} stands nowhere any more, not in History either"
    yield from _lost_fills(night)


def _told(row: Row, others: Counter[Row]) -> str:
    near = max(others, key=lambda other: len(set(other) & set(row)), default=())
    return f"{sorted(set(row) - set(near))} (nearest has {sorted(set(near) - set(row))} instead)"


def _of_a_new_account(row: Row, night: Night) -> bool:
    columns = {name for name, _, _ in row}
    return "name" in columns and any(event.event == "account-created" for event in night.plan.events)


def _rows_of(snapshot: Snapshot, now: datetime) -> Counter[Row]:
    """What people wrote, row by row, in whatever tab; fill-if-blank columns and accounts' aside."""
    run = gather(snapshot, now)
    found: Counter[Row] = Counter()
    for layout in read_layout(snapshot).layouts.values():
        if layout.name not in (*RULES, *OF_SYNC):
            in_turn = FILLED_IN_TURN if run.rules.settings.turns and "stage" in layout.fields else ""
            found.update(row for row in _rows(layout, run.context, in_turn) if row)
    return found


def _rows(layout: Layout, context: Context, in_turn: str) -> Iterator[Row]:
    fields = {column: name for name, column in layout.columns.items()}
    for cells in layout.tab.rows[layout.header_row + 1 :]:
        row = []
        for column, cell in enumerate(cells):
            name = fields.get(column)
            if is_blank(cell) or (name and layout.fields[name].writer in ("sync", "fill")):
                continue
            if (layout.name == "accounts" and name in _FILLED_IN_ACCOUNTS) or (in_turn and name == in_turn):
                continue
            kind = layout.fields[name].kind if name else "text"
            row.append((name or "a column of the team's", type(cell).__name__, _canonical(cell, kind, context)))
        yield tuple(sorted(row))


_FILLED_IN_ACCOUNTS = {f.name for f in fields_of("accounts").values()} & {f.name for f in fields_of("leads").values()}


def _canonical(cell: Cell, kind: str, context: Context) -> str:
    """The cell; a word of a pick-list by its code."""
    if kind in context.picks:
        value = reader(kind, context)(cell).value
        return str(value) if value is not None else raw_text(cell)
    return raw_text(cell)


def _everything(snapshot: Snapshot) -> set[str]:
    """Every sentence that a person typed, wherever it stands."""
    cells = [(tab.mark, cell) for tab in snapshot.tabs for row in tab.rows for cell in row if isinstance(cell, str)]
    typed = {cell for mark, cell in cells if mark not in OF_SYNC or cell.startswith(BY_HAND)}
    return {cell for cell in typed if SENTENCE.fullmatch(cell)}


SENTENCE = re.compile(r"[^“„:]*№\d+")


def _lost_fills(night: Night) -> Iterator[str]:
    """A date that people wrote where sync fills blanks stays, but for the closing of one reopened or cancelled."""
    reopened = {e.record for e in night.plan.events if e.event in ("reopened", "corrected", "won", "lost")}
    after = _by_id(night.after)
    context = gather(night.before, night.now).context
    for id_, (layout, row) in _by_id(night.before).items():
        for name, known in layout.fields.items():
            stood = _cell(layout, row, name)
            if (
                (known.writer != "fill" and name != FILLED_IN_TURN)
                or is_blank(stood)
                or id_ not in after
                or (name == "closed_on" and id_ in reopened)
            ):
                continue
            stands = _cell(*after[id_], name)
            if not same_cell(stood, stands) and _canonical(stood, known.kind, context) != _canonical(
                stands, known.kind, context
            ):
                yield f"law 1: {name} of {id_} was {stood!r} and is {stands!r}"


def changed_rules(night: Night) -> Iterator[str]:
    """Stages, Lists and Settings are people's, but for the codes and checks."""
    for name in RULES:
        before, after = _layout(night.before, name), _layout(night.after, name)
        if before is None or after is None:
            continue
        own = {c for n, c in before.columns.items() if before.fields[n].writer == "sync"}
        for row, cells in enumerate(before.tab.rows):
            for column, cell in enumerate(cells):
                if column not in own and not same_cell(cell, after.tab.cell(row, column)):
                    yield f"law 1: {name} {row + 1}/{column + 1} said {cell!r}, now {after.tab.cell(row, column)!r}"


# ---------------------------------------------------------------- law 2


def records_out_of_place(night: Night) -> Iterator[str]:
    """Records in two rows, in none, or not at home."""
    run = gather(night.after, night.now)
    if not run.rules.understood or night.plan.stopped:
        return
    homes = run.rules.pipeline.homes
    layouts = read_layout(night.after).layouts
    places: dict[str, list[tuple[str, Cell]]] = {}
    for name in homes:
        layout = layouts.get(name)
        for cells in layout.tab.rows[layout.header_row + 1 :] if layout else ():
            assert layout
            if id_ := well_formed(_cell(layout, cells, "id"), "R"):
                places.setdefault(id_, []).append((name, _cell(layout, cells, "check")))
    states = _states(night.after)
    for id_, found in places.items():
        if sum(is_blank(check) for _, check in found) > 1:
            yield f"law 2: {id_} stands in {[name for name, _ in found]} and nothing says so"
        state = states.get(id_)
        stage = run.rules.pipeline.stage(state.stage) if state else None
        if len(found) == 1 and stage and stage.home and found[0][0] != stage.home:
            yield f"law 2: {id_} is {stage.code} and stands in {found[0][0]}"
        if len(found) == 1 and state and state.tab != found[0][0]:
            yield f"law 2: {id_} stands in {found[0][0]}, State says {state.tab}"
        if state is None and len(found) == 1 and id_ in {d.id for d in run.pipeline_rows if d.entry.kind == "record"}:
            yield f"law 2: {id_} stands in {found[0][0]} and is not remembered"
    for id_, state in states.items():
        if well_formed(id_, "R") == id_ and id_ not in places and not state.missing_since:
            yield f"law 2: {id_} is in no tab and not said to be missing"


# ---------------------------------------------------------------- laws 3, 5, 6, 7


def impure(night: Night) -> Iterator[str]:
    """Planning twice gives one plan; planning again gives none, and tomorrow is quiet."""
    again = make_plan(night.before, night.now, force=night.force)
    if again != night.plan:
        yield "law 3: the same input gives another plan"
    for minutes in (0, 7):
        rest = make_plan(night.after, night.now + timedelta(minutes=minutes), force=night.force)
        if not rest.is_empty:
            yield f"law 3: {minutes} minutes later there is something to do: {_said(rest, night.after)}"
            return
    tomorrow = make_plan(night.after, night.now + timedelta(days=1), force=night.force)
    for event in tomorrow.events:
        yield f"law 5: a standing fact is told again: {_line(event)}"


def _said(plan: Plan, snapshot: Snapshot) -> str:
    """What a plan would do, in short."""
    told = [_line(event) for event in plan.events]
    for change in plan.changes:
        if isinstance(change, SetCells) and change.row.tab != tab_title("state", plan.language):
            told += [f"{change.row.tab} {change.row.id} {change.cells}"]
        elif isinstance(change, WriteTab):
            stands = snapshot.tab(change.tab)
            rows = [[c.value for c in row] for row in change.rows]
            other = [r for r in rows if stands and r not in [list(row[: len(r)]) for row in stands.rows]]
            told += [f"{change.tab}: {other[:2]}"] if change.tab != tab_title("today", plan.language) else []
        elif not isinstance(change, SetCells):
            told += [str(change)]
    return "; ".join(told)[:1500] or str(plan.changes)[:1500]


def _line(event: Event) -> str:
    return f"{event.event} {event.record} {event.before!r} → {event.after!r} {event.tab} {event.note}"


def broken_history(night: Night) -> Iterator[str]:
    """Events are numbered 1, 2, 3 …, and nothing that was written changes."""
    before, after = (read_ledger(read_layout(s).layouts).events for s in (night.before, night.after))
    if [event.number for event in after] != list(range(1, len(after) + 1)):
        yield f"law 5: events are numbered {[event.number for event in after][-5:]}"
    if after[: len(before)] != before:
        yield "law 5: History was rewritten"
    if len(after) != len(before) + len(night.plan.events):
        yield "law 5: not every event of the plan is in History"
    for event, times in Counter((e.record, e.event, e.before, e.after, e.note) for e in night.plan.events).items():
        if times > 1 and event[1] not in ("renamed",) and event[0]:
            yield f"law 5: told {times} times in one night: {event}"


def touched_though_stopped(night: Night) -> Iterator[str]:
    """A tab that shows signs of a disaster is left alone, every cell of it."""
    for problem in night.plan.stopped:
        before, after = night.before.tab(problem.tab), night.after.tab(problem.tab)
        layout = next((x for x in read_layout(night.before).layouts.values() if x.title == problem.tab), None)
        if before and after and layout and layout.name not in RULES and not _same_tab(before, after):
            yield f"law 6: {problem.tab} was stopped ({problem.code}) and yet written"


def _same_tab(one: Tab, other: Tab) -> bool:
    return [list(row) for row in one.rows] == [list(row) for row in other.rows]


def mute_problems(plan: Plan, *known: Snapshot) -> Iterator[str]:
    """Every problem says where, what and how to mend it, in either language."""
    titles = {tab.title for snapshot in known for tab in snapshot.tabs}
    for problem in plan.problems:
        for language in messages.LANGUAGES:
            text = problem.message(language)
            if len(text) < 20 or "{" in text.replace("{x}", "").replace("{0}", ""):
                yield f"law 7: {problem.code} says {text!r}"
        if problem.tab not in titles and problem.code != "tab-gone":
            yield f"law 7: {problem.code} names no tab: {problem.tab!r}"


# ---------------------------------------------------------------- reading a workbook


def _layout(snapshot: Snapshot, name: str) -> Layout | None:
    return read_layout(snapshot).layouts.get(name)


def _states(snapshot: Snapshot) -> dict[str, State]:
    return dict(read_ledger(read_layout(snapshot).layouts).states)


def _cell(layout: Layout, cells: object, name: str) -> Cell:
    column = layout.columns.get(name, -1)
    row: tuple[Cell, ...] = tuple(cells)  # type: ignore[arg-type]  # a row of cells
    return row[column] if 0 <= column < len(row) else ""


def _by_id(snapshot: Snapshot) -> dict[str, tuple[Layout, tuple[Cell, ...]]]:
    """The rows whose ID stands in the workbook once."""
    found: dict[str, list[tuple[Layout, tuple[Cell, ...]]]] = {}
    for layout in read_layout(snapshot).layouts.values():
        if layout.name in (*RULES, *OF_SYNC):
            continue
        for cells in layout.tab.rows[layout.header_row + 1 :]:
            id_ = raw_text(_cell(layout, cells, "id"))
            if well_formed(id_, OTHER_PREFIXES.get(layout.name, "R")):
                found.setdefault(id_, []).append((layout, tuple(cells)))
    return {id_: rows[0] for id_, rows in found.items() if len(rows) == 1}
