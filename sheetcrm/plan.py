"""Snapshot in, `Plan` out: the one place that puts the steps of a run in order.

Pure: it reads no clock, no file, no network, and the same input gives the same
plan. Planning again after applying finds nothing to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Unpack

from sheetcrm import messages
from sheetcrm.agenda import agenda
from sheetcrm.checks import problems_of
from sheetcrm.decide import decide
from sheetcrm.drafts import Draft
from sheetcrm.emit import Emission
from sheetcrm.funnel import Fact
from sheetcrm.gather import RUN, How, gather
from sheetcrm.model import Event, Lead, Opportunity, State
from sheetcrm.offer_figures import OfferFact
from sheetcrm.offer_states import offer_facts
from sheetcrm.problems import SEVERITIES, Problem
from sheetcrm.report import Moved, Place, Status, Waiting, problem_rows, report_rows, today_rows
from sheetcrm.run import Run
from sheetcrm.settings import working_day
from sheetcrm.tables import Plan, Snapshot

__all__ = ["current_problems", "facts_of", "make_plan", "waiting_of"]


def make_plan(snapshot: Snapshot, now: datetime, **how: Unpack[How]) -> Plan:
    """All that a run at `now` (aware) would do.

    Raises `UsageError` for a workbook that was never set up, `Stopped` when sync's
    memory is gone.
    """
    run = gather(snapshot, now, **how)
    if not run.rules.understood:
        return _only_say(run)
    decide(run)
    return _emit(run)


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
    facts, offers = facts_of(run), offer_facts(run)
    events = (*run.ledger.events, *run.events)
    report = report_rows(facts, events, waiting_of(run), offers, run.rules.pipeline, settings, run.today)
    emission.tab("report", *report)
    emission.tab("problems", *problem_rows(shown, settings, names))
    _today(run, emission, shown, names, facts, offers)
    emission.remember_tabs()
    return Plan(
        emission.all(),
        emission.addressing,
        tuple(problems),
        tuple(run.events),
        run.language,
        tuple(run.stopped.values()),
        settings.write_protected,
        tuple(run.files),
    )


def _today(
    run: Run,
    emission: Emission,
    shown: Sequence[Problem],
    names: Mapping[str, str],
    facts: Sequence[Fact],
    offers: Sequence[OfferFact],
) -> None:
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

    to_do = agenda(run, facts, offers)
    numbers = {e.note for e in todays if e.event == "offer-made"}
    made = [fact for fact in offers if fact.number in numbers]

    def rows(stamp: datetime, number: int) -> tuple[object, object]:
        found = _counts(todays, shown, len(facts))
        status = Status(stamp, number, found, [p.message(run.language) for p in run.stopped.values()])
        return today_rows(status, moved, shown, settings, places, names, to_do, made)

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
    _today(run, emission, shown, {}, (), ())
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
        own,
        money.expected_close if money else None,
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
