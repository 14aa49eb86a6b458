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

from sheetcrm import behind, config, learned, past, plan, report
from sheetcrm.agenda import activities_seen, agenda, day_of_reading
from sheetcrm.decide import decide
from sheetcrm.display import cards
from sheetcrm.drafts import Draft
from sheetcrm.fixes import CellsRead, Fix, cells_read, fixes_in, plan_fixes
from sheetcrm.follow_ups import FollowUp
from sheetcrm.frames import (
    TAKEN,
    cells_frame,
    cells_wanted,
    event_values,
    frame_of,
    kinds_of,
    record_kinds,
    record_values,
    row_values,
    tab_frame,
)
from sheetcrm.funnel import Fact, Month, funnel, months, months_ahead, open_value, tally, within
from sheetcrm.gather import RUN, gather, record_tabs
from sheetcrm.model import Event
from sheetcrm.offer_figures import OfferFact
from sheetcrm.offer_states import offer_facts
from sheetcrm.pipeline import Pipeline
from sheetcrm.problems import Busy, UsageError
from sheetcrm.references import Directory
from sheetcrm.report.blocks import MONTHS_AHEAD
from sheetcrm.run import Run
from sheetcrm.settings import Settings
from sheetcrm.sync import Progress, carry_out, uncollected
from sheetcrm.tables import Plan, Receipt, Snapshot, Workbook
from sheetcrm.team import team
from sheetcrm.views import (
    BacktestView,
    DurationsView,
    FixView,
    FollowUpsView,
    ForecastView,
    FunnelView,
    Grouping,
    LossesView,
    MonthsView,
    Past,
    PlanView,
    Problems,
    ReceiptView,
    TeamView,
    transitions_frame,
)
from sheetcrm.workbooks import open_workbook
from sheetcrm.workbooks.edits import applied
from sheetcrm.workbooks.offers_folder import WithOffers

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Crm", "OfferMade", "open"]


def open(where: str | Path, *, now: Callable[[], datetime] | None = None) -> Crm:
    """Open the CRM at a path, an address, or a name of `sheetcrm.toml`.

    `now` gives the moment of a run (aware); the machine's clock by default.

    >>> sheetcrm.open("demo/crm.xlsx").language
    'en'
    """
    place = config.resolve(where)
    return Crm(open_workbook(place), now, name=place if config.is_google(place) else Path(place).name)


class OfferMade(NamedTuple):
    """The offer of one record, made at once or made before."""

    number: str
    """"" where it could not be made; then the receipt's problems say why."""
    path: Path | None
    receipt: ReceiptView


class Crm:
    """A workbook as a CRM.

    Each look reads the workbook anew only when `refresh` is called or `sync` wrote;
    until then it says what it said when it was first read.

    >>> len(crm.records)
    40
    """

    def __init__(
        self, workbook: Workbook, now: Callable[[], datetime] | None = None, *, name: str = "sheetcrm"
    ) -> None:
        self.workbook = workbook
        self.name = name
        self._now = now or (lambda: datetime.now(UTC))
        self._taken: list[CellsRead] = []

    def __repr__(self) -> str:
        return f"Crm({self.name!r})"

    def _repr_html_(self) -> str:
        last = self._run.ledger.states.get(RUN)
        ran = datetime.fromisoformat(last.name) if last else None
        values = open_value(self._facts, self.pipeline)
        return cards.workbook_card(self.name, tally(self._facts), values, self.check(), ran, self.language)

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

    def check(self) -> Problems:
        """Everything that is wrong, the most serious first; nothing is written.

        >>> crm.check()[0].severity
        'error'
        """
        return Problems.of(tuple(plan.current_problems(self._run)), self.language)

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
        return self._planned(self._snapshot, moves=moves, force=force)

    def _planned(self, snapshot: Snapshot, *, moves: bool = True, force: bool = False) -> PlanView:
        with uncollected():
            made = plan.make_plan(snapshot, self._now(), moves=moves, force=force)
        return PlanView(**{f.name: getattr(made, f.name) for f in fields(made)}, snapshot=snapshot)

    def sync(
        self,
        *,
        moves: bool = True,
        force: bool = False,
        offers_for: Sequence[str] = (),
        progress: Progress | None = None,
        wait: timedelta = timedelta(),
        waiting: Callable[[Busy], None] | None = None,
    ) -> ReceiptView:
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
        return _viewed(receipt)

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
        counted = funnel(self._facts, self.pipeline, by=by, since=since, until=until, dated=dated)
        return FunnelView(counted, self.language)

    def months(self) -> MonthsView:
        """What happened in this month and the last twelve; `.frame`, and `.words` on what changed.

        >>> crm.months().frame[["month", "created", "won", "lost"]].tail(2)
              month  created  won  lost
        11  2026-10        0    1     2
        12  2026-11        7    2     0
        """
        sent = [offer.sent_on for offer in self.offer_facts if offer.sent_on]
        lines: tuple[Month, ...] = months(self._facts, self._happened, sent, self.pipeline, self.today)
        return MonthsView(lines, report.changes(self._facts, lines, report.Words(self.language)), self.language)

    def losses(self, since: date | None = None, until: date | None = None) -> LossesView:
        """Why, where and to whom records were lost, of those closed from `since` to `until`.

        >>> crm.losses(since=date(2026, 7, 1))
        LossesView(lost=3)
        """
        chosen = within(self._facts, since, until, "closed")
        return LossesView(tuple(chosen), funnel(chosen, self.pipeline), self.pipeline, self.language)

    def team(self) -> TeamView:
        """How each owner stands: win rate with its interval, what is open, activities, what waits.

        >>> crm.team().frame[["owner", "records", "won"]].head(2)
                owner  records  won
        0  Mark Ellis       14    5
        1   Anna Reed       13    4
        """
        seen, day = activities_seen(self._run), day_of_reading(self._run)
        return TeamView(team(self._facts, seen, self._to_do, self.pipeline, day), self.language)

    def follow_ups(self, owner: str | None = None) -> FollowUpsView:
        """All that the Today tab lists, by owner, the most urgent first; `.frame`.

        >>> crm.follow_ups("Mark Ellis").frame[["id", "kind"]].head(2)
               id      kind
        0  R-0014  activity
        1  R-0008   rotting
        """
        found = self._to_do
        return FollowUpsView({who: found[who] for who in found if owner in (None, who)}, self.language)

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
        return Past(then, tuple(facts), self.pipeline, self._forecast_of, self.language)

    def _forecast_of(self, then: Past) -> ForecastView:
        """What was to be expected on a day, by what was closed then."""
        steps = {id_: [step for step in own if step.on <= then.day] for id_, own in self._steps.items()}
        cycles = learned.cycles_of(then.facts, {id_: own for id_, own in steps.items() if own}, self.pipeline)
        return self._forecast(then.facts, learned.Experience.of(cycles))

    def forecast(self) -> ForecastView:
        """What may be expected of the open records: `.frame`, `.months`, `.stages`, `.against_actual`.

        The probability is a person's own, else learned from this workbook's History, else
        that of the Stages tab; each row says which.

        >>> crm.forecast().frame["basis"].value_counts()
        basis
        configured    19
        own            0
        learned        0
        Name: count, dtype: int64
        """
        return self._forecast(self._facts, learned.Experience.of(self._cycles))

    def _forecast(self, facts: Sequence[Fact], experience: learned.Experience) -> ForecastView:
        lines = learned.expected(facts, experience, self.pipeline)
        return ForecastView(lines, self.pipeline, tuple(self._facts), experience, self.language)

    def transitions(self) -> pd.DataFrame:
        """One row a way from stage to stage: from_stage (blank: from nothing), to_stage, n, share.

        >>> crm.transitions().head(3)
          from_stage   to_stage   n  share
        0        NaN        New  13  0.325
        1        NaN  Contacted   3  0.075
        2        NaN  Qualified   3  0.075
        """
        return transitions_frame(past.transitions(self._steps.values(), self.pipeline), self.pipeline)

    def durations(self) -> DurationsView:
        """How long records stood in each stage that they have left; `.frame`.

        >>> crm.durations().frame.head(2)
               stage  n  median_days  p90_days
        0        New  3         28.0      33.6
        1  Contacted  1          7.0       7.0
        """
        lines = past.durations(self._steps.values(), self.pipeline)
        return DurationsView(tuple(lines), self.pipeline, self.language)

    def backtest(self) -> BacktestView:
        """What the earlier half of this workbook's History would have foretold of the later half.

        >>> crm.backtest()
        BacktestView(divided_on=2026-09-22, learned_from=0, tested_on=1)
        """
        return BacktestView(learned.backtest(self._cycles, self.pipeline), self.pipeline, self.language)

    @property
    def _to_do(self) -> dict[str, list[FollowUp]]:
        return agenda(self._run, self._facts, self.offer_facts)

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

    # ------------------------------------------------------------ putting right

    def cells(self, tab: str) -> pd.DataFrame:
        """The cells of a tab that people write, as they stand, by ID; to be changed and handed to `fix`.

        `check` comes first and says what is wrong. Rows that sync has not seen yet are not there.

        >>> crm.cells("leads").loc["R-0039", "phone"]
        '+44 20 7946 01'
        """
        self._taken.append(cells_read(self._run, tab))
        return cells_frame(self._taken[-1], len(self._taken) - 1)

    def fix(self, cells: pd.DataFrame) -> FixView:
        """What writing changed cells would do, and what sync would then say of them; `.write()` writes.

        `cells` come from `crm.cells`; what was not changed, or is no longer there, is left as it is.

        >>> rows = crm.cells("leads")
        >>> rows.loc["R-0031", "come_back_on"] = "2027-01-15"
        >>> [(problem.id, problem.code) for problem in crm.fix(rows).solved]
        [('R-0031', 'needs-missing')]
        """
        number = cells.attrs.get(TAKEN)
        if not isinstance(number, int) or not 0 <= number < len(self._taken):
            raise UsageError("fix-not-ours")
        fixes = fixes_in(self._taken[number], cells_wanted(cells))
        planned = plan_fixes(self._run, fixes)
        then = self._planned(applied(self._snapshot, planned))
        return FixView(fixes, planned, then, self._snapshot, self.check(), self._write)

    def _write(self, fixes: tuple[Fix, ...]) -> ReceiptView:
        def make(snapshot: Snapshot, now: datetime) -> Plan:
            return plan_fixes(gather(snapshot, now), fixes)

        receipt = carry_out(self.workbook, make, now=self._now)
        self.refresh()
        return _viewed(receipt)

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


def _viewed(receipt: Receipt) -> ReceiptView:
    return ReceiptView(**{f.name: getattr(receipt, f.name) for f in fields(receipt)})
