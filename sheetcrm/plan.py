"""Snapshot in, `Plan` out: the one place that puts the steps of a run in order.

Pure: it reads no clock, no file, no network, and the same input gives the same
plan. Planning again after applying finds nothing to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from itertools import chain

from sheetcrm import messages, prepare
from sheetcrm.checks import problems_of
from sheetcrm.columns import Layout, read_layout
from sheetcrm.decide import decide
from sheetcrm.drafts import Draft, counter, identify, signs_of_disaster, well_formed
from sheetcrm.emit import Emission
from sheetcrm.funnel import Fact
from sheetcrm.ledger import Ledger, read_ledger, rebuilt
from sheetcrm.model import Event, Lead, Opportunity, State
from sheetcrm.pipeline import read_rules
from sheetcrm.problems import SEVERITIES, Problem, Stopped
from sheetcrm.report import Moved, Place, Status, Waiting, problem_rows, report_rows, today_rows
from sheetcrm.run import Arrival, Run
from sheetcrm.settings import working_day
from sheetcrm.tables import Cell, Plan, Snapshot, is_blank, raw_text
from sheetcrm.validate import Entry, context_of, identity_of, judge_row, read_rows, read_tab

__all__ = ["Arrival", "facts_of", "gather", "make_plan"]

RUN = "run"
"""The line of State that remembers the last run."""


def make_plan(
    snapshot: Snapshot,
    now: datetime,
    *,
    moves: bool = True,
    force: bool = False,
    takeover: bool = False,
    arrivals: Sequence[Arrival] = (),
    new_choices: Mapping[str, Sequence[str]] | None = None,
    language: str = "en",
) -> Plan:
    """All that a run at `now` (aware) would do.

    `takeover` accepts every new row in whatever stage it stands, `arrivals` adds
    rows from a file likewise, and `new_choices` puts words into Lists; `language` is for a
    workbook that does not say its own. Raises
    `UsageError` for a workbook that was never set up, `Stopped` when sync's memory
    is gone.
    """
    run = gather(
        snapshot,
        now,
        moves=moves,
        force=force,
        takeover=takeover,
        arrivals=arrivals,
        new_choices=new_choices,
        language=language,
    )
    if not run.rules.understood:
        return _only_say(run)
    decide(run)
    return _emit(run)


def gather(
    snapshot: Snapshot,
    now: datetime,
    *,
    moves: bool = True,
    force: bool = False,
    takeover: bool = False,
    arrivals: Sequence[Arrival] = (),
    new_choices: Mapping[str, Sequence[str]] | None = None,
    language: str = "en",
) -> Run:
    """Read everything: the rules, the memory, every row and which record it is."""
    understood = read_layout(snapshot)
    ready = prepare.prepare(
        snapshot, understood.layouts, arrivals, new_choices or {}, takeover=takeover, language=language
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
        moves=moves,
        takeover=takeover,
        tab_problems=[*understood.problems, *rules.problems],
        new_tabs=list(ready.new_tabs),
        new_columns=list(ready.new_columns),
        new_lines=dict(ready.new_lines),
        original=ready.original,
    )
    if rules.understood:
        _read_rows(run, arrivals)
        _stop_what_looks_broken(run, force=force)
        _fill_blanks(run, arrivals)
    return run


def _memory(ledger: Ledger) -> Ledger:
    """State; or what History makes of it where it was lost."""
    if ledger.states or not ledger.events:
        return ledger
    return replace(ledger, states=rebuilt(ledger.events))


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
    homes = run.rules.pipeline.homes
    _stop_without_memory(run, entries)
    pipeline = identify("R", chain.from_iterable(entries.get(name, []) for name in homes), run.ledger)
    accounts = identify("A", entries.get("accounts", []), run.ledger)
    activities = identify("T", entries.get("activities", []), run.ledger)
    run.pipeline_rows, run.account_rows, run.activity_rows = pipeline.drafts, accounts.drafts, activities.drafts
    for name in ("offers", "offer_lines", "products"):
        run.other_rows += [Draft(entry, home=name) for entry in entries.get(name, [])]
    key_of = {id(entry): key for entry, key in keyed}
    for draft in run.rows:
        draft.key = key_of.get(id(draft.entry), "")
        draft.as_it_stands = run.takeover or bool(draft.key)
        if draft.id:
            run.drafts.setdefault(draft.id, draft)
    run.gone = [*pipeline.gone, *accounts.gone, *activities.gone]
    run.accounts = counter("A", [*run.ledger.states, *(e.record for e in run.ledger.events), *run.drafts])


def _stop_without_memory(run: Run, entries: Mapping[str, Sequence[Entry]]) -> None:
    """IDs in the tabs but nothing remembered: State and History are lost, and no one may guess."""
    if run.takeover or run.ledger.states or run.ledger.events:
        return
    homes = run.rules.pipeline.homes
    if any(well_formed(entry.cell("id"), "R") for name in homes for entry in entries.get(name, ())):
        raise Stopped("memory-lost")


def _readable(run: Run) -> tuple[str, ...]:
    return (*run.rules.pipeline.homes, "accounts", "activities", "offers", "offer_lines", "products")


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
    homes = run.rules.pipeline.homes
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


# ---------------------------------------------------------------- the plan


def _emit(run: Run) -> Plan:
    emission = Emission(run)
    emission.strangers(("today", "report", "problems"))
    emission.rows()
    emission.rules()
    emission.state()
    emission.marks()
    problems = current_problems(run)
    names = {d.id: _name(d) for d in run.rows if d.id}
    standing = [*(p for p in run.tab_problems), *run.stopped.values(), *_missing(run), *emission.standing]
    shown = [p for p in standing if p.severity != "hint"]
    settings = run.rules.settings
    facts = facts_of(run)
    events = (*run.ledger.events, *run.events)
    report = report_rows(facts, events, waiting_of(run), _offers_sent(run), run.rules.pipeline, settings, run.today)
    emission.tab("report", *report)
    emission.tab("problems", *problem_rows(shown, settings, names))
    _today(run, emission, shown, names, len(facts))
    emission.remember_tabs()
    return Plan(
        emission.all(),
        emission.addressing,
        tuple(problems),
        tuple(run.events),
        run.language,
        tuple(run.stopped.values()),
    )


def _today(run: Run, emission: Emission, shown: Sequence[Problem], names: Mapping[str, str], records: int) -> None:
    """The Today tab, the run's line in State, and History: written when anything else is, and once a day."""
    settings = run.rules.settings
    last = run.ledger.states.get(RUN)
    events = [*run.ledger.events, *run.events]
    todays = [e for e in events if working_day(e.seen_at.replace(tzinfo=settings.zone), settings) == run.today]
    places = {n: Place(x.title, x.columns["id"]) for n, x in run.layouts.items() if "id" in x.columns and n != "state"}
    moved = [
        Moved(
            names.get(e.record, ""),
            e.record,
            e.owner,
            e.before,
            e.after,
            _why(run, e, todays),
            e.happened_on or run.today,
        )
        for e in todays
        if e.event == "moved"
    ]

    def rows(stamp: datetime, number: int) -> tuple[object, object]:
        found = _counts(todays, shown, records)
        status = Status(stamp, number, found, [p.message(run.language) for p in run.stopped.values()])
        return today_rows(status, moved, shown, settings, places, names)

    if not emission.all() and not run.events and last and last.since == run.today:
        stood = rows(datetime.fromisoformat(last.name), last.cycle)
        if not emission.tab("today", *stood):  # type: ignore[arg-type]  # a Sheet
            return
        emission.changes.pop()
    local = run.now.astimezone(settings.zone).replace(tzinfo=None, microsecond=0)
    emission.tab("today", *rows(local, run.number))  # type: ignore[arg-type]  # a Sheet
    emission.history()
    number = run.ledger.last_number + len(run.events)
    emission.write_states(
        {RUN: State(id=RUN, name=local.isoformat(), since=run.today, cycle=run.number, reached=str(number))}
    )


def _why(run: Run, event: Event, todays: Iterable[Event]) -> str:
    """The stage that moved a row, in the team's word."""
    stages = [
        e.after for e in todays if e.record == event.record and e.run == event.run and run.rules.pipeline.stage(e.after)
    ]
    return run.rules.pipeline.label("stage", stages[-1]) if stages else ""


def _counts(todays: Iterable[Event], shown: Sequence[Problem], records: int) -> dict[str, int]:
    kinds = [event.event for event in todays]
    return {
        "records": records,
        "created": sum(kinds.count(kind) for kind in ("created", "imported", "taken-over")),
        "moved": kinds.count("moved"),
        "won": kinds.count("won"),
        "lost": kinds.count("lost"),
        "refused": kinds.count("refused"),
        "accounts": kinds.count("account-created"),
        "errors": sum(p.severity == "error" for p in shown),
        "warnings": sum(p.severity == "warning" for p in shown),
    }


def _only_say(run: Run) -> Plan:
    """The pipeline makes no sense: say so on its lines and in the status, touch nothing else."""
    emission = Emission(run)
    run.stopped["stages"] = Problem(
        "pipeline-not-understood", run.layouts["stages"].title if "stages" in run.layouts else ""
    )
    emission.strangers(("today",))
    emission.rules(checks_only=True)
    shown = [*run.stopped.values(), *(p for p in run.tab_problems if p.severity != "hint")]
    _today(run, emission, shown, {}, 0)
    emission.remember_tabs()
    stopped, events = tuple(run.stopped.values()), tuple(run.events)
    return Plan(emission.all(), emission.addressing, (*stopped, *run.tab_problems), events, run.language, stopped)


# ---------------------------------------------------------------- what others read


def current_problems(run: Run) -> list[Problem]:
    """Every problem where it stands now, the most serious first in each tab."""
    found = [*run.tab_problems, *run.stopped.values(), *_missing(run)]
    for draft in run.rows:
        found += problems_of(run, draft, draft.layout, draft.entry.row)
    return sorted(found, key=lambda p: (SEVERITIES.index(p.severity), p.tab, p.row or 0))


def _missing(run: Run) -> list[Problem]:
    """Records of which there is no row any more."""
    found = []
    for state in run.gone:
        layout = run.layouts.get(state.tab)
        if state.tab in run.stopped or layout is None:
            continue
        since = (state.missing_since or run.today).isoformat()
        found.append(
            Problem(
                "missing-record", layout.title, id=state.id, values={"name": state.name or state.id, "since": since}
            )
        )
    return found


def _name(draft: Draft) -> str:
    record = draft.entry.record
    if isinstance(record, Lead):
        return record.name
    return str(getattr(record, "name", None) or getattr(record, "subject", None) or "")


def facts_of(run: Run) -> list[Fact]:
    """Every record of the pipeline as it is counted."""
    known = [d for d in run.pipeline_rows if d.id and (d.old or not d.frozen)]  # not the new ones of a stopped tab
    return [_fact(run, d) for d in known if d.entry.kind == "record" and run.drafts[d.id] is d]


def _fact(run: Run, draft: Draft) -> Fact:
    pipeline, lead = run.rules.pipeline, draft.lead
    stage = pipeline.stage(str(draft.remembered("stage")))
    outcome = stage.outcome if stage else "open"
    money = lead if isinstance(lead, Opportunity) else None
    reason = pipeline.reason(lead.loss_reason) if outcome == "lost" else None
    own = money.own_probability if money else None
    filled = {name: cell for name, cell in draft.sync.items() if name in run.layouts[draft.home].columns}
    closed = filled.get("closed_on", lead.closed_on) if outcome != "open" else None
    created = filled.get("created_on", lead.created_on)
    since = draft.remembered("since", None)
    return Fact(
        draft.id,
        lead.name,
        run.layouts[draft.home].title,
        stage.code if stage else "",
        str(draft.remembered("reached")),
        outcome,
        created if isinstance(created, date) else None,
        closed if isinstance(closed, date) else None,
        pipeline.label("owner", lead.owner),
        pipeline.label("source", lead.source),
        pipeline.label("industry", lead.industry),
        pipeline.label("channel", lead.channel),
        money.value if money else None,
        (money.currency or "") if money else "",
        reason.name if reason else "",
        reason.counts if reason else True,
        pipeline.label("competitor", lead.competitor) if outcome == "lost" else "",
        lead.notes or "",
        own if own is not None else (stage.probability if stage else Decimal(0)),
        since if isinstance(since, date) else None,
        int(str(draft.remembered("cycle", 1))),
    )


def waiting_of(run: Run) -> list[Waiting]:
    """The rows whose move is refused, as the report lists them."""
    label, found = run.rules.pipeline.label, []
    for draft in run.in_order(run.pipeline_rows):
        verdict = run.verdicts.get(draft.id)
        if verdict is None or not verdict.refused:
            continue
        why = ", ".join(dict.fromkeys(messages.text("needs", n.need, run.language) for n in verdict.missing))
        why = why or messages.text("words", f"why-{verdict.why}", run.language)
        title = run.layouts[draft.home].title
        owner = label("owner", draft.lead.owner)
        found.append(Waiting(draft.id, draft.lead.name, owner, title, label("stage", verdict.refused), why))
    return found


def _offers_sent(run: Run) -> list[date]:
    days = (getattr(d.entry.record, "sent_on", None) for d in run.other_rows if d.layout.name == "offers")
    return [day for day in days if day]
