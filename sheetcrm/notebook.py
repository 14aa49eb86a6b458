"""A workbook as a CRM in Python: tables, figures, plans, and the sync itself.

What managers see in Jupyter, and what the commands are made of. pandas is loaded
when it is first needed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from sheetcrm import config, display, plan
from sheetcrm.decide import decide
from sheetcrm.drafts import Draft
from sheetcrm.funnel import Funnel, funnel
from sheetcrm.gather import gather, record_tabs
from sheetcrm.model import Event
from sheetcrm.offer_figures import OfferFact
from sheetcrm.offering import offer_facts
from sheetcrm.pipeline import Pipeline
from sheetcrm.problems import Busy, Problem, UsageError
from sheetcrm.references import Directory
from sheetcrm.run import Run
from sheetcrm.schema import TABS
from sheetcrm.sync import Progress, carry_out, uncollected
from sheetcrm.tables import Plan, Receipt, Snapshot, Workbook, is_blank
from sheetcrm.workbooks import open_workbook
from sheetcrm.workbooks.offers_folder import WithOffers

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Crm", "FunnelView", "OfferMade", "PlanView", "open"]

Grouping: TypeAlias = Literal["owner", "source", "industry", "channel"]


def open(where: str | Path, *, now: Callable[[], datetime] | None = None) -> Crm:
    """Open the CRM at a path, an address, or a name of `sheetcrm.toml`.

    `now` gives the moment of a run (aware); the machine's clock by default.
    """
    return Crm(open_workbook(config.resolve(where)), now)


class OfferMade(NamedTuple):
    """The offer of one record, made at once or made before."""

    number: str
    """"" where it could not be made; then the receipt's problems say why."""
    path: Path | None
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class PlanView(Plan):
    """A plan that can be looked at as a table."""

    snapshot: Snapshot = field(default_factory=lambda: Snapshot(()))

    def to_frame(self) -> pd.DataFrame:
        """One row a cell, or a change without cells: tab, id, what ("set", "move" …), column, before, after."""
        import pandas as pd

        rows = []
        for change in display.plan_json(self, self.snapshot)["changes"]:
            same = {"tab": change["tab"], "id": change.get("id"), "what": change["change"]}
            rows += [same | cell for cell in change.get("cells") or [{}]]
        return pd.DataFrame(rows, columns=["tab", "id", "what", "column", "before", "after"])


@dataclass(frozen=True, slots=True)
class FunnelView:
    """A funnel that can be looked at as a table."""

    figures: Funnel

    def as_json(self) -> dict[str, Any]:
        """The shape of `funnel --json`."""
        return self.figures.as_json()

    @property
    def frame(self) -> pd.DataFrame:
        """One row a stage in pipeline order: stage, reached (records), now (records)."""
        import pandas as pd

        return pd.DataFrame(self.as_json()["stages"], columns=["stage", "reached", "now"])

    @property
    def groups(self) -> pd.DataFrame:
        """One row a group: key, records, open, won, lost, win_rate, won_value (by currency)."""
        import pandas as pd

        columns = ["key", "records", "open", "won", "lost", "win_rate", "won_value"]
        return pd.DataFrame(self.as_json()["groups"], columns=columns)


class Crm:
    """A workbook as a CRM.

    Each look reads the workbook anew only when `refresh` is called or `sync` wrote;
    until then it says what it said when it was first read.
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
        """Read the workbook anew at the next look."""
        for name in ("_snapshot", "_run"):
            self.__dict__.pop(name, None)

    @property
    def language(self) -> str:
        """The team's language: "en" or "ro"."""
        return self._run.language

    @property
    def snapshot(self) -> Snapshot:
        """The workbook as it was read."""
        return self._snapshot

    @property
    def pipeline(self) -> Pipeline:
        """The team's stages, loss reasons and lists."""
        return self._run.rules.pipeline

    def check(self) -> tuple[Problem, ...]:
        """Everything that is wrong, the most serious first; nothing is written."""
        return tuple(plan.current_problems(self._run))

    @property
    def problems(self) -> pd.DataFrame:
        """One row a problem: tab, row, id, column, code, severity, message."""
        import pandas as pd

        columns = ["tab", "row", "id", "column", "code", "severity", "message"]
        frame = pd.DataFrame([p.as_json(self.language) for p in self.check()], columns=columns)
        return frame.astype({"row": "Int64"})

    def plan(self, *, moves: bool = True, force: bool = False) -> PlanView:
        """What `sync` would do now; `.to_frame()`, `.changes`, `.problems`, `.is_empty`."""
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
        `sheetcrm.toml` says no.
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
        """Every offer as it is counted, in the order of their numbers."""
        return offer_facts(self._run)

    @property
    def today(self) -> date:
        """The working day of this look."""
        return self._run.today

    def funnel(
        self,
        by: Grouping | None = None,
        since: date | None = None,
        until: date | None = None,
        dated: Literal["created", "closed"] = "created",
    ) -> FunnelView:
        """How many came, how far they got, what was won and lost. Dates are inclusive."""
        facts, rules = plan.facts_of(self._run), self._run.rules
        return FunnelView(funnel(facts, rules.pipeline, by=by, since=since, until=until, dated=dated))

    @property
    def history(self) -> tuple[Event, ...]:
        """Everything sync saw or did, oldest first."""
        return self._run.ledger.events

    def timeline(self, record: str) -> pd.DataFrame:
        """Everything that happened to one record, and its activities, oldest first."""
        events = self.events
        mine = events[events["record"] == record]
        activities = self.activities
        own = activities[activities["record_id"] == record] if len(activities) else activities
        rows = own.assign(event="activity", happened_on=own["date"], note=own["subject"]) if len(own) else own
        import pandas as pd

        columns = ["happened_on", "event", "before", "after", "owner", "note"]
        joined = pd.concat([mine.reindex(columns=columns), rows.reindex(columns=columns)])
        return joined.sort_values("happened_on", kind="stable", na_position="first").reset_index(drop=True)

    # ------------------------------------------------------------ typed tables

    @property
    def records(self) -> pd.DataFrame:
        """Every record of the pipeline, with the stage as accepted and the tab it lives in."""
        return self._records(record_tabs(self._run))

    @property
    def leads(self) -> pd.DataFrame:
        """The rows of Leads."""
        return self._records(("leads",))

    @property
    def opportunities(self) -> pd.DataFrame:
        """The rows of Opportunities."""
        return self._records(("opportunities",))

    @property
    def deals(self) -> pd.DataFrame:
        """The rows of Deals."""
        return self._records(("deals",))

    @property
    def accounts(self) -> pd.DataFrame:
        """The rows of Accounts."""
        return _frame([self._values(d) for d in self._run.in_order(self._run.account_rows)], "accounts")

    @property
    def activities(self) -> pd.DataFrame:
        """The rows of Activities, each with the ID of its record."""
        return _frame([self._values(d) for d in self._run.in_order(self._run.activity_rows)], "activities")

    @property
    def offers(self) -> pd.DataFrame:
        """The rows of Offers."""
        return _frame([self._values(d) for d in self._run.in_order(self._run.offer_rows)], "offers")

    @property
    def events(self) -> pd.DataFrame:
        """One row an event, oldest first."""
        return _frame([vars(event) for event in self.history], "history")

    def _records(self, homes: Sequence[str]) -> pd.DataFrame:
        run, rows = self._run, []
        for draft in run.in_order(run.pipeline_rows):
            if draft.layout.name not in homes:
                continue
            stage = run.rules.pipeline.label("stage", str(draft.remembered("stage")))
            rows.append(self._values(draft) | {"tab": draft.layout.name, "stage": stage})
        return _frame(rows, "deals", first=["tab"])

    def _values(self, draft: Draft) -> dict[str, object]:
        """What people and sync say of a row; words instead of codes."""
        label = self._run.rules.pipeline.label
        by_sync = {name: None if is_blank(cell) else cell for name, cell in draft.sync.items()}
        values: dict[str, object] = {**vars(draft.entry.record), **by_sync, "id": draft.id}
        return values | {name: label(name, str(values[name])) for name in LABELLED if values.get(name)}


LABELLED = ("loss_reason", "source", "channel", "competitor", "industry", "owner")
"""Fields of a record that hold a code; tables show the word."""


def _frame(rows: Sequence[Mapping[str, object]], tab: str, first: Sequence[str] = ()) -> pd.DataFrame:
    """Rows as a table with the fields of a tab as columns: dates as datetimes, the rest as read."""
    import pandas as pd

    columns = [column for column in TABS[tab] if column.name != "check"]
    frame = pd.DataFrame(list(rows), columns=[*first, *(column.name for column in columns)])
    for column in columns:
        if column.kind in ("date", "moment"):
            frame[column.name] = pd.to_datetime(frame[column.name])
    return frame
