"""A workbook as a CRM in Python: tables, figures, plans, and the sync itself.

What managers see in Jupyter, and what the commands are made of. pandas is loaded
when it is first needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from sheetcrm import behind, config, learned, past, plan
from sheetcrm.decide import decide
from sheetcrm.drafts import Draft
from sheetcrm.frames import event_values, frame_of, kinds_of, record_kinds, record_values, row_values, tab_frame
from sheetcrm.funnel import Fact, funnel, months_ahead
from sheetcrm.gather import gather, record_tabs
from sheetcrm.model import Event
from sheetcrm.offer_figures import OfferFact
from sheetcrm.offer_states import offer_facts
from sheetcrm.pipeline import Pipeline
from sheetcrm.problems import Busy, Problem, UsageError
from sheetcrm.references import Directory
from sheetcrm.report.blocks import MONTHS_AHEAD
from sheetcrm.run import Run
from sheetcrm.settings import Settings
from sheetcrm.sync import Progress, carry_out, uncollected
from sheetcrm.tables import Plan, Receipt, Snapshot, Workbook
from sheetcrm.views import (
    BacktestView,
    ForecastView,
    FunnelView,
    Grouping,
    Past,
    PlanView,
    durations_frame,
    transitions_frame,
)
from sheetcrm.workbooks import open_workbook
from sheetcrm.workbooks.offers_folder import WithOffers

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BacktestView", "Crm", "ForecastView", "FunnelView", "OfferMade", "Past", "PlanView", "open"]


def open(where: str | Path, *, now: Callable[[], datetime] | None = None) -> Crm:
    """Open the CRM at a path, an address, or a name of `sheetcrm.toml`.

    `now` gives the moment of a run (aware); the machine's clock by default.

    >>> sheetcrm.open("demo/crm.xlsx").language
    'en'
    """
    return Crm(open_workbook(config.resolve(where)), now)


class OfferMade(NamedTuple):
    """The offer of one record, made at once or made before."""

    number: str
    """"" where it could not be made; then the receipt's problems say why."""
    path: Path | None
    receipt: Receipt


class Crm:
    """A workbook as a CRM.

    Each look reads the workbook anew only when `refresh` is called or `sync` wrote;
    until then it says what it said when it was first read.

    >>> len(crm.records)
    40
    """

    def __init__(self, workbook: Workbook, now: Callable[[], datetime] | None = None) -> None:
        self.workbook = workbook
        self._now = now or (lambda: datetime.now(UTC))

    @cached_property
    def _snapshot(self) -> Snapshot:
        with uncollected():
            return self.workbook.read()

    @cached_property
    def _run(self) -> Run:
        """The rows with everything decided, and nothing written."""
        snapshot = self._snapshot
        with uncollected():
            run = gather(snapshot, self._now())
            if run.rules.understood:
                decide(run)
        return run

    def refresh(self) -> None:
        """Read the workbook anew at the next look.

        >>> crm.refresh()
        """
        for name in ("_snapshot", "_run", "_facts", "_steps", "_cycles"):
            self.__dict__.pop(name, None)

    @property
    def language(self) -> str:
        """The team's language: "en" or "ro".

        >>> crm.language
        'en'
        """
        return self._run.language

    @property
    def snapshot(self) -> Snapshot:
        """The workbook as it was read.

        >>> [tab.title for tab in crm.snapshot.tabs][:3]
        ['Today', 'Leads', 'Opportunities']
        """
        return self._snapshot

    @property
    def pipeline(self) -> Pipeline:
        """The team's stages, loss reasons and lists.

        >>> [stage.name for stage in crm.pipeline.open_stages][:2]
        ['New', 'Contacted']
        """
        return self._run.rules.pipeline

    def check(self) -> tuple[Problem, ...]:
        """Everything that is wrong, the most serious first; nothing is written.

        >>> crm.check()[0].severity
        'error'
        """
        return tuple(plan.current_problems(self._run))

    @property
    def problems(self) -> pd.DataFrame:
        """One row a problem: tab, row, id, column, code, severity, message.

        >>> crm.problems[["id", "column", "code"]].head(2)
               id column           code
        0  R-0031  Stage  needs-missing
        1  R-0010  Stage  needs-missing
        """
        kinds = dict.fromkeys(("tab", "row", "id", "column", "code", "severity", "message"), "text")
        return frame_of((problem.as_json(self.language) for problem in self.check()), kinds | {"row": "count"})

    def plan(self, *, moves: bool = True, force: bool = False) -> PlanView:
        """What `sync` would do now; `.to_frame()`, `.changes`, `.problems`, `.is_empty`.

        >>> crm.plan().is_empty
        True
        """
        snapshot = self._snapshot
        with uncollected():
            made = plan.make_plan(snapshot, self._now(), moves=moves, force=force)
        return PlanView(**{f.name: getattr(made, f.name) for f in fields(made)}, snapshot=self._snapshot)

    def sync(
        self,
        *,
        moves: bool = True,
        force: bool = False,
        offers_for: Sequence[str] = (),
        progress: Progress | None = None,
        wait: timedelta = timedelta(),
        waiting: Callable[[Busy], None] | None = None,
    ) -> Receipt:
        """Carry the plan out. Raises `Busy` or `Changed`; nothing is written then.

        While somebody has the workbook open it waits for `wait`, and tells `waiting` once who that is.
        `offers_for` are IDs of records whose offers are made as if `prepare` stood there.

        >>> crm.sync().written
        False
        """

        def make(snapshot: Snapshot, now: datetime) -> Plan:
            return plan.make_plan(snapshot, now, moves=moves, force=force, offers_for=offers_for)

        self.refresh()
        receipt = carry_out(self.workbook, make, now=self._now, progress=progress, wait=wait, waiting=waiting)
        self.refresh()
        return receipt

    def offer(self, record: str, *, pdf: bool = False, progress: Progress | None = None) -> OfferMade:
        """Make the offer of a record at once, and leave every row in its tab.

        `record` is an ID, or a company, e-mail or phone that fits exactly one; raises
        `UsageError` where it fits none or several. `pdf` makes a PDF also where
        `sheetcrm.toml` says no. Where nothing changed since the last offer, that one is given.

        >>> crm.offer("Crystalis Glass").number
        'OF-2026-0001-v2'
        """
        folder = self.workbook.folder if isinstance(self.workbook, WithOffers) else None
        if folder and pdf:
            folder.pdf = True
        pointed = Directory(self._run.pipeline_rows).point("record", record)
        if not pointed.id:
            values = pointed.found.values if pointed.found else {}
            key = "no-such-record" if not values.get("candidates") else "several-records"
            raise UsageError(key, value=record, candidates=values.get("candidates", ""))
        receipt = self.sync(moves=False, offers_for=[pointed.id], progress=progress)
        draft = self._run.drafts.get(pointed.id)
        if draft is None or any(p.id == pointed.id and p.code.startswith("offer") for p in receipt.plan.problems):
            return OfferMade("", None, receipt)
        number = str(draft.entry.cell("offer"))
        files = (seen for seen in self._snapshot.folder.files if seen.is_workbook and str(seen.number) == number)
        seen = next(files, None)
        return OfferMade(number, folder.path / seen.path if folder and folder.path and seen else None, receipt)

    @property
    def offer_facts(self) -> list[OfferFact]:
        """Every offer as it is counted, in the order of their numbers.

        >>> [(fact.number, fact.state) for fact in crm.offer_facts if fact.name == "Crystalis Glass"]
        [('OF-2026-0001-v1', 'superseded'), ('OF-2026-0001-v2', 'draft')]
        """
        return offer_facts(self._run)

    @property
    def today(self) -> date:
        """The working day of this look.

        >>> crm.today
        datetime.date(2026, 11, 24)
        """
        return self._run.today

    # ------------------------------------------------------------ figures

    def funnel(
        self,
        by: Grouping | None = None,
        since: date | None = None,
        until: date | None = None,
        dated: Literal["created", "closed"] = "created",
    ) -> FunnelView:
        """How many came, how far they got, what was won and lost. Dates are inclusive.

        >>> crm.funnel(by="owner").groups[["key", "records", "won"]]
                  key  records  won
        0  Mark Ellis       14    5
        1   Anna Reed       13    4
        2  Helen Shaw       13    2
        """
        return FunnelView(funnel(self._facts, self.pipeline, by=by, since=since, until=until, dated=dated))

    def rows(self, number: str, /, **where: str | None) -> pd.DataFrame:
        """The rows behind a number of the report: what it counts, and where it stands.

        Counted are records, open, won, lost, not_counted, expected (open, with a value); reached (with
        `stage`); created, converted, won and lost in a `month`; waiting; offers_sent, offers_accepted,
        offers_rejected. A number is narrowed down by owner, source, industry, channel, stage,
        last_stage, reason, competitor, currency, created_in and expected_in (a month), that of offers by
        month, owner, source, product; `None` means the blank one. As many rows as the number says.

        >>> crm.rows("won", owner="Helen Shaw")[["id", "company", "value"]]
               id            company    value
        0  R-0023  Oakline Furniture   9800.0
        1  R-0026       Cobalt Tiles  17250.0
        >>> crm.rows("reached", stage="Offer sent")[["id", "stage"]].head(2)
               id stage
        0  R-0015  Lost
        1  R-0016   Won
        >>> crm.rows("lost", month="2026-10")[["happened_on", "id", "loss_reason"]]
          happened_on      id         loss_reason
        0  2026-10-13  R-0015  Chose a competitor
        1  2026-10-27  R-0020      Price too high
        """
        if number in behind.OFFERS:
            chosen = {offer.number for offer in behind.offers_behind(number, where, self.offer_facts)}
            return self._offer_rows(draft for draft in self._offers if draft.id in chosen)
        if number == "waiting":
            return self._waiting(where)
        window = months_ahead(self.today, MONTHS_AHEAD)
        found = behind.records_behind(number, where, self._facts, self._happened, self.pipeline, window)
        kinds = record_kinds(self.pipeline)
        if "month" in where:
            kinds = {"happened_on": "date", **kinds}
        return frame_of([{**self._record(fact), "happened_on": day} for fact, day in found], kinds)

    def _waiting(self, where: Mapping[str, str | None]) -> pd.DataFrame:
        """The rows whose move was refused."""
        if where:
            raise ValueError("Rows that wait are counted as a whole; nothing narrows them down.")
        waiting = {row.id for row in plan.waiting_of(self._run)}
        return frame_of([self._record(f) for f in self._facts if f.id in waiting], record_kinds(self.pipeline))

    def as_of(self, day: date | str) -> Past:
        """The pipeline as it stood at the end of a working day, rebuilt from History: `.records`, `.funnel()`.

        What History does not know is said in `docs/metrics.md`.

        >>> crm.as_of("2026-10-20").funnel().as_json()["won"]
        9
        """
        then = date.fromisoformat(day) if isinstance(day, str) else day
        facts = past.standing_on(then, self._facts, self._happened, self.pipeline, self._settings)
        return Past(then, tuple(facts), self.pipeline, self._expect, tuple(self._facts))

    def _expect(self, then: Past) -> tuple[learned.Expected, ...]:
        """What was to be expected on a day, by what was closed then."""
        steps = {id_: [step for step in own if step.on <= then.day] for id_, own in self._steps.items()}
        cycles = learned.cycles_of(then.facts, {id_: own for id_, own in steps.items() if own}, self.pipeline)
        return learned.expected(then.facts, learned.Experience.of(cycles), self.pipeline)

    def forecast(self) -> ForecastView:
        """What may be expected of the open records: `.frame`, `.months`, `.against_actual`.

        The probability is a person's own, else learned from this workbook's History, else
        that of the Stages tab; each row says which.

        >>> crm.forecast().frame["basis"].value_counts()
        basis
        configured    19
        own            0
        learned        0
        Name: count, dtype: int64
        """
        experience = learned.Experience.of(self._cycles)
        lines = learned.expected(self._facts, experience, self.pipeline)
        return ForecastView(lines, self.pipeline, tuple(self._facts))

    def transitions(self) -> pd.DataFrame:
        """One row a way from stage to stage: from_stage (blank: from nothing), to_stage, n, share.

        >>> crm.transitions().head(3)
          from_stage   to_stage   n  share
        0        NaN        New  13  0.325
        1        NaN  Contacted   3  0.075
        2        NaN  Qualified   3  0.075
        """
        return transitions_frame(past.transitions(self._steps.values(), self.pipeline), self.pipeline)

    def durations(self) -> pd.DataFrame:
        """One row a stage that records have left: stage, n, median_days, p90_days.

        >>> crm.durations()
                stage  n  median_days  p90_days
        0         New  3         28.0      33.6
        1   Contacted  1          7.0       7.0
        2   Qualified  3         21.0      37.8
        3  Site visit  2         42.0      42.0
        4  Offer sent  4         24.5      28.0
        5        Lost  1         66.0      66.0
        """
        return durations_frame(past.durations(self._steps.values(), self.pipeline), self.pipeline)

    def backtest(self) -> BacktestView:
        """What the earlier half of this workbook's History would have foretold of the later half.

        >>> crm.backtest()
        BacktestView(divided_on=2026-09-22, learned_from=0, tested_on=1)
        """
        return BacktestView(learned.backtest(self._cycles, self.pipeline), self.pipeline)

    @cached_property
    def _facts(self) -> list[Fact]:
        return sorted(plan.facts_of(self._run), key=lambda fact: (len(fact.id), fact.id))

    @property
    def _happened(self) -> tuple[Event, ...]:
        """History, and what the next sync would add to it: the facts are as it would leave them."""
        return (*self.history, *self._run.events)

    @property
    def _settings(self) -> Settings:
        return self._run.rules.settings

    @cached_property
    def _steps(self) -> dict[str, list[past.Step]]:
        """The steps of the records that are there: those that are gone count nowhere."""
        steps = past.steps_of(self._happened, self._settings)
        return {fact.id: steps[fact.id] for fact in self._facts if fact.id in steps}

    @cached_property
    def _cycles(self) -> list[learned.Cycle]:
        return learned.cycles_of(self._facts, self._steps, self.pipeline)

    # ------------------------------------------------------------ what happened

    @property
    def history(self) -> tuple[Event, ...]:
        """Everything sync saw or did, oldest first.

        >>> crm.history[0].event
        'created'
        """
        return self._run.ledger.events

    @property
    def events(self) -> pd.DataFrame:
        """One row an event, oldest first.

        >>> crm.events[["happened_on", "record", "event"]].tail(2)
            happened_on  record   event
        256  2026-11-24  R-0010  edited
        257  2026-11-24  R-0031  edited
        """
        rows = (event_values(event, self.pipeline) for event in self.history)
        return tab_frame(rows, "history")

    def timeline(self, record: str) -> pd.DataFrame:
        """Everything that happened to one record, its activities and its offers, oldest first.

        >>> list(crm.timeline("R-0018")["event"])[-4:]
        ['changed', 'offer-expired', 'offer-made', 'offer-superseded']
        """
        events = [event_values(event, self.pipeline) for event in self.history if event.record == record]
        activities = (row_values(draft, self.pipeline) for draft in self._run.in_order(self._run.activity_rows))
        own = (activity for activity in activities if activity.get("record_id") == record)
        lines = ({column: values.get(name) for name, column in TIMELINE.items()} for values in own)
        rows = [*events, *({"event": "activity", **line} for line in lines)]
        rows.sort(key=lambda row: str(row["happened_on"] or ""))
        names = ("happened_on", "event", "before", "after", "owner", "value", "currency", "note")
        return frame_of(rows, {name: kinds_of("history")[name] for name in names})

    # ------------------------------------------------------------ typed tables

    @property
    def records(self) -> pd.DataFrame:
        """One row a record of the pipeline: where it stands as accepted, and all that its row says.

        >>> crm.records[["id", "company", "stage", "outcome"]].head(3)
               id        company stage outcome
        0  R-0001      Kite Toys  Lost    lost
        1  R-0002  Papyrus Books  Lost    lost
        2  R-0003    Birch Paper  Lost    lost
        """
        return self._records(record_tabs(self._run))

    @property
    def leads(self) -> pd.DataFrame:
        """The records in Leads, with the columns of `records`.

        >>> list(crm.leads["tab"].unique())
        ['leads']
        """
        return self._records(("leads",))

    @property
    def opportunities(self) -> pd.DataFrame:
        """The records in Opportunities, with the columns of `records`.

        >>> crm.opportunities[["id", "stage", "probability"]].head(2)
               id      stage  probability
        0  R-0006  Qualified          0.1
        1  R-0010  Qualified          0.1
        """
        return self._records(("opportunities",))

    @property
    def deals(self) -> pd.DataFrame:
        """The records in Deals, with the columns of `records`.

        >>> crm.deals[["id", "closed_on", "value"]].head(2)
               id  closed_on    value
        0  R-0016 2026-10-13  45800.0
        1  R-0017 2026-11-17  26500.0
        """
        return self._records(("deals",))

    @property
    def accounts(self) -> pd.DataFrame:
        """One row an account.

        >>> crm.accounts[["id", "name", "deals"]].head(2)
               id              name  deals
        0  A-0001  Millbrook Bakery      1
        1  A-0002   Redhill Brewery      1
        """
        return self._rows_in(self._run.account_rows, "accounts")

    @property
    def activities(self) -> pd.DataFrame:
        """One row an activity, with the ID of its record.

        >>> crm.activities[["record_id", "type", "date", "status"]]
          record_id     type       date   status
        0    R-0020     call 2026-09-22     done
        1    R-0018  meeting 2026-09-28  planned
        2    R-0014     call 2026-11-25  planned
        3    R-0019  meeting 2026-11-23  planned
        """
        return self._rows_in(self._run.activity_rows, "activities")

    @property
    def offers(self) -> pd.DataFrame:
        """One row an offer, with the ID of its record.

        >>> crm.offers[["record_id", "amount", "status", "sent_on"]].head(2)
          record_id   amount    status    sent_on
        0    R-0021  14500.0  accepted 2026-01-22
        1    R-0022  38200.0  accepted 2026-02-17
        """
        return self._offer_rows(self._offers)

    def _offer_rows(self, drafts: Iterable[Draft]) -> pd.DataFrame:
        return tab_frame((row_values(draft, self.pipeline) for draft in drafts), "offers")

    @property
    def _offers(self) -> list[Draft]:
        return self._run.in_order(self._run.offer_rows)

    def _records(self, homes: Sequence[str]) -> pd.DataFrame:
        rows = [self._record(fact) for fact in self._facts]
        return frame_of([row for row in rows if row["tab"] in homes], record_kinds(self.pipeline))

    def _record(self, fact: Fact) -> dict[str, object]:
        return record_values(self._run.drafts[fact.id], fact, self.pipeline)

    def _rows_in(self, drafts: Sequence[Draft], tab: str) -> pd.DataFrame:
        return tab_frame((row_values(draft, self.pipeline) for draft in self._run.in_order(drafts)), tab)


TIMELINE = {"date": "happened_on", "owner": "owner", "status": "after", "subject": "note"}
"""What of an activity stands in a timeline, and in which column."""
