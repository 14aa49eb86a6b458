"""The loan applications of a Dutch bank (BPI Challenge 2012) as if they were kept in a workbook of ours.

The one set of real data with a stage history. Each step of an application is an
event of History; six stages follow one another as ours do, so the probabilities of
`init` are the configured ones. Closed are those that were approved (three words
for it), declined and cancelled. Times are UTC and a day ends at midnight.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sheetcrm.funnel import Fact
from sheetcrm.model import Event
from sheetcrm.pipeline import Pipeline, Stage
from sheetcrm.settings import Settings

__all__ = ["PIPELINE", "SETTINGS", "Applications", "read_applications"]

SETTINGS = Settings(zone=ZoneInfo("UTC"), day_ends_at=time(0))

PIPELINE = Pipeline(
    stages=(
        Stage("A_SUBMITTED", "Submitted", "leads", "open", Decimal(0)),  # New
        Stage("A_PARTLYSUBMITTED", "Partly submitted", "leads", "open", Decimal("0.05")),  # Contacted
        Stage("A_PREACCEPTED", "Preaccepted", "opportunities", "open", Decimal("0.1")),  # Qualified
        Stage("A_ACCEPTED", "Accepted", "opportunities", "open", Decimal("0.25")),  # Needs analysis
        Stage("A_FINALIZED", "Finalized", "opportunities", "open", Decimal("0.5")),  # Offer sent
        Stage("A_APPROVED", "Approved", "deals", "won", Decimal(1)),
        Stage("A_REGISTERED", "Registered", "deals", "won", Decimal(1)),
        Stage("A_ACTIVATED", "Activated", "deals", "won", Decimal(1)),
        Stage("A_DECLINED", "Declined", "", "lost", Decimal(0)),
        Stage("A_CANCELLED", "Cancelled", "", "lost", Decimal(0)),
    )
)


class Applications(NamedTuple):
    """What became of every application, and all that happened to it."""

    facts: list[Fact]
    events: list[Event]


def read_applications(folder: Path) -> Applications:
    """The applications of `cases.csv` and `events.csv.gz`."""
    with (folder / "cases.csv").open(encoding="utf-8", newline="") as lines:
        amounts = {row["case_id"]: Decimal(row["amount_req"]) for row in csv.DictReader(lines)}
    events = list(_events(folder / "events.csv.gz", amounts))
    facts: dict[str, Fact] = {}
    for event in events:
        fact = facts.setdefault(
            event.record, Fact(event.record, created_on=event.happened_on, value=amounts[event.record], currency="EUR")
        )
        stage = PIPELINE.stage(event.after)
        if stage:
            closed = event.happened_on if stage.outcome != "open" else None
            reached = stage.code if stage.outcome == "open" else fact.reached
            facts[event.record] = replace(
                fact,
                stage=stage.code,
                reached=reached,
                outcome=stage.outcome,
                closed_on=closed,
                since=event.happened_on,
            )
    return Applications(list(facts.values()), events)


def _events(file: Path, amounts: dict[str, Decimal]) -> Iterator[Event]:
    stood: dict[str, str] = {}
    with gzip.open(file, "rt", encoding="utf-8", newline="") as lines:
        steps = [row for row in csv.DictReader(lines) if row["activity"].startswith("A_")]
    for number, row in enumerate(steps, 1):
        record, after = row["case_id"], row["activity"]
        stage = PIPELINE.stage(after)
        moment = datetime.fromisoformat(row["timestamp"]).astimezone(UTC).replace(tzinfo=None, microsecond=0)
        yield Event.of(
            number=number,
            happened_on=moment.date(),
            seen_at=moment,
            run=number,
            record=record,
            event="stage" if stage is None or stage.outcome == "open" else stage.outcome,
            before=stood.get(record, ""),
            after=after,
            value=amounts[record],
            currency="EUR",
        )
        stood[record] = after
