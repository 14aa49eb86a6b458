"""One run's working table: the rows, the rules, and what was noted so far.

The steps of a run (`decide`, `emit`) share it. It decides nothing itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from sheetcrm.columns import Layout
from sheetcrm.convert import Offered, Verdict
from sheetcrm.drafts import Counter, Draft
from sheetcrm.fields import Context
from sheetcrm.ledger import Ledger
from sheetcrm.model import Event, Lead, Opportunity, State
from sheetcrm.pipeline import Rules
from sheetcrm.problems import Problem
from sheetcrm.tables import AddColumn, AddTab, Cell, Folder, NewFile

__all__ = ["Arrival", "Money", "Run"]


class Arrival(NamedTuple):
    """A row that comes from a file."""

    tab: str
    """Which tab it is for: "leads"."""
    cells: Mapping[str, Cell]
    """By field name or, for a column that is none of ours, by the header it shall have."""
    key: str
    """Fingerprint of where it came from: the same line twice adds nothing twice."""


class Money(NamedTuple):
    """An amount and what it is counted in."""

    amount: Decimal | None = None
    currency: str = ""


@dataclass(slots=True)
class Run:
    """Everything that one run knows, found and wants."""

    layouts: dict[str, Layout]
    rules: Rules
    ledger: Ledger
    context: Context
    now: datetime
    today: date
    number: int
    moves: bool = True
    takeover: bool = False
    formulas_travel: bool = False
    drafts: dict[str, Draft] = field(default_factory=dict)
    """Rows with an ID, by ID; where several are frozen over one ID, the first."""
    pipeline_rows: list[Draft] = field(default_factory=list)
    account_rows: list[Draft] = field(default_factory=list)
    activity_rows: list[Draft] = field(default_factory=list)
    offer_rows: list[Draft] = field(default_factory=list)
    line_rows: list[Draft] = field(default_factory=list)
    product_rows: list[Draft] = field(default_factory=list)
    gone: list[State] = field(default_factory=list)
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    offered: dict[str, Offered] = field(default_factory=dict)
    folder: Folder = field(default_factory=Folder)
    wanted: frozenset[str] = frozenset()
    """Records for which an offer was asked for on the command line."""
    files: list[NewFile] = field(default_factory=list)
    """The offers that are made."""
    skipped: dict[str, State] = field(default_factory=dict)
    """Numbers of offers that stand on a file and in no row."""
    words: dict[str, str] = field(default_factory=dict)
    """The stage that a person's word on an offer asks for, by record."""
    accounts: Counter = field(default_factory=lambda: Counter("A", 0))
    stopped: dict[str, Problem] = field(default_factory=dict)
    tab_problems: list[Problem] = field(default_factory=list)
    """Of tabs, headers, settings: not of a record's row."""
    events: list[Event] = field(default_factory=list)
    new_tabs: list[AddTab] = field(default_factory=list)
    new_columns: list[AddColumn] = field(default_factory=list)
    new_lines: dict[int, dict[str, Cell]] = field(default_factory=dict)
    """Words that an import puts into Lists: row → field → word."""
    original: Mapping[str, Layout] = field(default_factory=dict)
    """The tabs as they stand, without what this run adds to them."""

    @property
    def language(self) -> str:
        """The team's language."""
        return self.rules.settings.language

    @property
    def rows(self) -> Iterable[Draft]:
        """Every row, of whatever kind."""
        with_ids = (*self.pipeline_rows, *self.account_rows, *self.activity_rows, *self.offer_rows)
        return (*with_ids, *self.line_rows, *self.product_rows)

    def in_order(self, drafts: Sequence[Draft]) -> list[Draft]:
        """Live records in the order of their IDs."""
        living = [d for d in drafts if d.id and not d.frozen and d.entry.kind == "record"]
        return sorted(living, key=lambda d: (len(d.id), d.id))

    def note(
        self,
        event: str,
        record: str,
        *,
        tab: str = "",
        before: str = "",
        after: str = "",
        happened_on: date | bool | None = True,
        note: str = "",
        money: Money | None = None,
        reason: str = "",
    ) -> None:
        """Put an event on record, with what is known of the record tonight.

        `money` and `reason` are an offer's; else they are the record's own.
        """
        draft = self.drafts.get(record)
        lead = draft.entry.record if draft and isinstance(draft.entry.record, Lead) else None
        label = self.rules.pipeline.label
        if money is None:
            own = lead if isinstance(lead, Opportunity) else None
            money = Money(own.value, own.currency or "") if own and own.value is not None else Money()
        if not reason and lead and event in ("lost", "refused"):
            reason = lead.loss_reason or ""
        self.events.append(
            Event.of(
                number=self.ledger.last_number + len(self.events) + 1,
                happened_on=self.today if happened_on is True else happened_on or None,
                seen_at=self.now.astimezone(self.rules.settings.zone).replace(tzinfo=None, microsecond=0),
                run=self.number,
                record=record,
                event=event,
                before=before,
                after=after,
                tab=tab or (draft.layout.name if draft else ""),
                owner=label("owner", lead.owner) if lead else "",
                source=label("source", lead.source) if lead else "",
                industry=label("industry", lead.industry) if lead else "",
                value=money.amount,
                currency=money.currency,
                reason=reason,
                competitor=label("competitor", lead.competitor) if lead and event == "lost" else "",
                note=note,
            )
        )
