"""A workbook read as a run: its rules, its memory, every row and which record it is.

The first half of a plan. Nothing is decided yet but what must stop.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain
from typing import NamedTuple, TypedDict, Unpack

from sheetcrm import prepare
from sheetcrm.columns import Layout, read_layout
from sheetcrm.drafts import ELSEWHERE, Draft, counter, identify, offer_id, signs_of_disaster, well_formed
from sheetcrm.ledger import Ledger, read_ledger, rebuilt, subject
from sheetcrm.pipeline import read_rules
from sheetcrm.problems import Stopped
from sheetcrm.run import Arrival, Run
from sheetcrm.schema import HOME_MARK
from sheetcrm.settings import working_day
from sheetcrm.tables import Cell, Snapshot, Tab, is_blank, raw_text
from sheetcrm.validate import Entry, context_of, identity_of, judge_row, read_rows, read_tab

__all__ = ["RUN", "FilesWanted", "How", "files_wanted", "gather", "record_tabs"]

RUN = "run"
"""The line of State that remembers the last run."""


class How(TypedDict, total=False):
    """What is asked of a run."""

    moves: bool
    """False leaves every row in its tab."""
    force: bool
    """Go on where signs of a disaster would stop a tab."""
    takeover: bool
    """Accept every new row in whatever stage it stands."""
    arrivals: Sequence[Arrival]
    """Rows from a file, accepted likewise."""
    new_choices: Mapping[str, Sequence[str]]
    """Words to be put into Lists, by kind."""
    language: str
    """Of a workbook that does not say its own."""
    offers_for: Sequence[str]
    """Records for which an offer is made at once, as if `prepare` stood there."""


class FilesWanted(NamedTuple):
    """What a run asks of the files of offers."""

    known: frozenset[str]
    """Numbers that a row or State has; of other files it asks what they are."""
    prints: Mapping[str, str]
    """Offers that were sent, and what State remembers of their files: these are looked into."""


def files_wanted(snapshot: Snapshot) -> FilesWanted:
    """What is to be asked of the files of offers, by what the tabs say."""
    state, offers = snapshot.marked("state"), snapshot.marked("offers")
    prints: dict[str, str] = {}
    known = set()
    for id_, print_ in _pairs(state, "id", "file_print"):
        if "-" in id_:
            known.add(id_)
            if print_:
                prints[id_] = print_
    for number, status in _pairs(offers, "number", "status"):
        known.add(number)
        if status:
            prints.setdefault(number, "")
    return FilesWanted(frozenset(known), prints)


def _pairs(tab: Tab | None, *names: str) -> Iterator[tuple[str, ...]]:
    """What the rows of a tab say in two marked columns."""
    if tab is None or not all(name in tab.marks for name in names):
        return
    for row in range(len(tab.rows)):
        yield tuple(raw_text(tab.cell(row, tab.marks[name])).strip() for name in names)


def gather(snapshot: Snapshot, now: datetime, **how: Unpack[How]) -> Run:
    """Read everything: the rules, the memory, every row and which record it is.

    Raises `UsageError` for a workbook that was never set up, `Stopped` when sync's
    memory is gone.
    """
    language, takeover = how.get("language", "en"), how.get("takeover", False)
    arrivals = how.get("arrivals", ())
    understood = read_layout(snapshot)
    ready = prepare.prepare(
        snapshot, understood.layouts, arrivals, how.get("new_choices", {}), takeover=takeover, language=language
    )
    ledger = _memory(read_ledger(ready.layouts))
    remembered = {id_: state.name for id_, state in ledger.states.items() if "/" in id_}
    former: dict[str, list[str]] = {}
    for event in ledger.events:
        if event.event == "renamed":
            former.setdefault(event.note, []).append(event.before)
    rules = read_rules(ready.layouts, remembered, [tab.title for tab in snapshot.tabs], language, former)
    ready = prepare.with_homes(ready, snapshot, rules)
    run = Run(
        dict(ready.layouts),
        rules,
        ledger,
        context_of(rules, working_day(now, rules.settings)),
        now,
        working_day(now, rules.settings),
        max(ledger.last_run, ledger.states[RUN].cycle if RUN in ledger.states else 0) + 1,
        moves=how.get("moves", True),
        takeover=takeover,
        formulas_travel=snapshot.formulas_travel,
        folder=snapshot.folder,
        wanted=frozenset(how.get("offers_for", ())),
        tab_problems=[*understood.problems, *rules.problems],
        new_tabs=list(ready.new_tabs),
        new_columns=list(ready.new_columns),
        new_lines=dict(ready.new_lines),
        original=ready.original,
    )
    if rules.understood:
        _read_rows(run, arrivals)
        _stop_what_looks_broken(run, force=how.get("force", False))
        _fill_blanks(run, arrivals)
    return run


def _memory(ledger: Ledger) -> Ledger:
    """State; and what History makes of the lines that were lost."""
    lost = set(map(subject, ledger.events)) - ledger.states.keys() - {""}
    if not lost:
        return ledger
    told = rebuilt(event for event in ledger.events if subject(event) in lost or event.before in lost)
    return replace(ledger, states={**{id_: state for id_, state in told.items() if id_ in lost}, **ledger.states})


def _read_rows(run: Run, arrivals: Sequence[Arrival]) -> None:
    entries = {name: _entries(run, layout) for name, layout in run.layouts.items() if name in _readable(run)}
    known_keys = {s.imported_as: id_ for id_, s in run.ledger.states.items() if s.imported_as}
    fresh = [arrival for arrival in arrivals if arrival.key not in known_keys]
    keyed: list[tuple[Entry, str]] = []
    for name in dict.fromkeys(arrival.tab for arrival in fresh):
        own = [arrival for arrival in fresh if arrival.tab == name]
        rows = [prepare.row_of(run.layouts[name], arrival) for arrival in own]
        read = read_rows(run.layouts[name], rows, run.context, None)
        for entry in read:
            judge_row(entry, run.rules)
        keyed += zip(read, (arrival.key for arrival in own), strict=True)
        entries.setdefault(name, []).extend(read)
    homes = record_tabs(run)
    _stop_without_memory(run, entries)
    pipeline = identify("R", chain.from_iterable(entries.get(name, []) for name in homes), run.ledger)
    accounts = identify("A", entries.get("accounts", []), run.ledger)
    activities = identify("T", entries.get("activities", []), run.ledger)
    offers = identify(ELSEWHERE, entries.get("offers", []), run.ledger, offer_id)
    run.pipeline_rows, run.account_rows, run.activity_rows = pipeline.drafts, accounts.drafts, activities.drafts
    run.offer_rows = offers.drafts
    run.line_rows = [Draft(entry, home="offer_lines") for entry in entries.get("offer_lines", [])]
    run.product_rows = [Draft(entry, home="products") for entry in entries.get("products", [])]
    key_of = {id(entry): key for entry, key in keyed}
    for draft in run.rows:
        draft.key = key_of.get(id(draft.entry), "")
        draft.as_it_stands = run.takeover or bool(draft.key)
        if draft.id:
            run.drafts.setdefault(draft.id, draft)
    run.gone = [*pipeline.gone, *accounts.gone, *activities.gone, *offers.gone]
    run.accounts = counter("A", [*run.ledger.states, *(e.record for e in run.ledger.events), *run.drafts])


def _stop_without_memory(run: Run, entries: Mapping[str, Sequence[Entry]]) -> None:
    """IDs in the tabs but nothing remembered: State and History are lost, and no one may guess."""
    if run.takeover or run.ledger.states or run.ledger.events:
        return
    ran_before = not {"state", "history"} <= run.original.keys() or any(run.layouts["report"].tab.rows)
    homes = record_tabs(run)
    if ran_before and any(well_formed(entry.cell("id"), "R") for name in homes for entry in entries.get(name, ())):
        raise Stopped("memory-lost")


def record_tabs(run: Run) -> tuple[str, ...]:
    """Every tab in which records may stand: the homes, and what was a home once."""
    once = [name for name, layout in run.layouts.items() if layout.tab.mark.startswith(HOME_MARK)]
    return tuple(dict.fromkeys((*run.rules.pipeline.homes, *once)))


def _readable(run: Run) -> tuple[str, ...]:
    return (*record_tabs(run), "accounts", "activities", "offers", "offer_lines", "products")


def _entries(run: Run, layout: Layout) -> list[Entry]:
    entries = read_tab(layout, run.context)
    for entry in entries:
        judge_row(entry, run.rules)
    return entries


def _fill_blanks(run: Run, arrivals: Iterable[Arrival]) -> None:
    """A newer export of a line that came before fills blanks, and nothing else."""
    known = {s.imported_as: id_ for id_, s in run.ledger.states.items() if s.imported_as}
    by_tab: dict[str, list[tuple[Draft, dict[int, Cell]]]] = {}
    for arrival in arrivals:
        draft = run.drafts.get(known.get(arrival.key, ""))
        if draft is None or draft.entry.row is None or draft.frozen:
            continue
        stands = {column for column, cell in enumerate(draft.entry.cells) if not is_blank(cell)}
        row = enumerate(prepare.row_of(draft.layout, arrival))
        fills = {column: cell for column, cell in row if column not in stands and not is_blank(cell)}
        if fills:
            by_tab.setdefault(draft.layout.name, []).append((draft, fills))
    for name, some in by_tab.items():
        _fill_rows(run, run.layouts[name], some)


def _fill_rows(run: Run, layout: Layout, some: Sequence[tuple[Draft, Mapping[int, Cell]]]) -> None:
    """Judge rows as they will be, and write what is new in them."""
    headers = {c: raw_text(layout.tab.cell(layout.header_row, c)).strip() for c in range(layout.tab.width)}
    called = {c: f"+{headers[c]}" for c in layout.own_columns} | {c: name for name, c in layout.columns.items()}
    stand = [[*d.entry.cells, *[""] * (layout.tab.width - len(d.entry.cells))] for d, _ in some]
    rows = [[fills.get(c, cell) for c, cell in enumerate(row)] for (_, fills), row in zip(some, stand, strict=True)]
    for (draft, fills), read in zip(some, read_rows(layout, rows, run.context, 0), strict=True):
        entry = replace(read, row=draft.entry.row)
        judge_row(entry, run.rules)
        draft.entry, draft.identity = entry, identity_of(entry)
        draft.people |= {called[c]: entry.spellings.get(called[c], cell) for c, cell in fills.items()}
        run.note("edited", draft.id, note=", ".join(headers[c] for c in fills))


def _stop_what_looks_broken(run: Run, *, force: bool) -> None:
    """Law 6, unless a person approved; but without the ID or Stage column there is nothing to approve."""
    settings = run.rules.settings
    approved = force or settings.approve in (run.today, run.now.astimezone(settings.zone).date())
    if run.takeover:
        return
    homes = record_tabs(run)
    first_stages = {home: first.code for home in homes if (first := run.rules.pipeline.first_of(home))}
    for names, drafts, staged in (
        (homes, run.pipeline_rows, True),
        (("accounts",), run.account_rows, False),
        (("activities",), run.activity_rows, False),
    ):
        signs = signs_of_disaster(run.layouts, drafts, run.gone, run.ledger, names, staged, first_stages, run.language)
        run.stopped |= {name: sign for name, sign in signs.items() if not approved or sign.code == "header-gone"}
    for draft in run.rows:
        if draft.layout.name in run.stopped or (draft.old and draft.old.tab in run.stopped):
            draft.frozen = True
            if draft.old is None and draft.id:  # nobody will remember that ID
                run.drafts.pop(draft.id, None)
                draft.id = ""
