"""How long the figures of the Report tab take, against pandas on the same tables.

    python benchmarks/report.py --records 100000 --events 300000

pandas reads rows in memory into frames, gives them types and groups them, to
every number that the tab shows. Ours begins with the records and events that a
run has in its hands by then; once more with the cells of History, which are read
first. Each runs in a process of its own. Seconds are the processor's; the ratio
is what counts.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sheetcrm.columns import header, read_layout
from sheetcrm.funnel import Fact
from sheetcrm.ledger import event_row, read_ledger
from sheetcrm.model import Event
from sheetcrm.pipeline import Pipeline, read_rules
from sheetcrm.report import report_rows
from sheetcrm.schema import TABS
from sheetcrm.settings import Settings
from sheetcrm.setup import fresh_workbook
from sheetcrm.tables import Cell, Snapshot

__all__ = ["main", "made"]

TODAY = date(2026, 11, 23)
OWNERS = ("Ana Pop", "Ion Rusu", "Maria Ene", "Dan Ilie", "Ioana Marin", "Radu Stan", "Elena Toma", "")
SOURCES = ("Website", "Referral", "Trade fair", "LinkedIn", "Cold call", "Online ads", "Newsletter", "Partner")
INDUSTRIES = ("Retail", "Energy", "Agriculture", "Health", "Transport", "Construction", "")
REASONS = ("Price too high", "No budget", "Does not fit", "No answer", "Duplicate")
RIVALS = ("", "", "Beta", "Gamma", "Delta")
WALK = ("new", "contacted", "qualified", "needs-analysis", "offer-sent", "negotiation")
REACHED = (30, 20, 20, 10, 10, 10)


def rules() -> tuple[Pipeline, Settings]:
    """The pipeline and the settings of a new workbook."""
    found = read_rules(read_layout(fresh_workbook("en")).layouts, {})
    return found.pipeline, found.settings


def made(records: int, events: int, pipeline: Pipeline) -> tuple[list[Fact], list[Event]]:
    """Records as they stand, and the way that each of them came."""
    chance = random.Random(7)
    facts = [_fact(number, pipeline, chance) for number in range(1, records + 1)]
    found = [event for fact in facts for event in _way(fact)]
    edits = [("edited", fact, "", "") for fact in chance.choices(facts, k=max(events - len(found), 0))]
    found = [*found, *edits][:events]
    return facts, [_event(number, *what) for number, what in enumerate(found, 1)]


def _fact(number: int, pipeline: Pipeline, chance: random.Random) -> Fact:
    reached = chance.choices(WALK, REACHED)[0]
    outcome = chance.choices(("open", "won", "lost"), (3, 2, 5))[0]
    stage = pipeline.stage(reached if outcome == "open" else outcome)
    created = date(2023, 1, 2) + timedelta(days=chance.randrange(1400))
    reason = chance.choice(REASONS) if outcome == "lost" else ""
    in_leads = (outcome == "lost" and reached in WALK[:2]) or (stage is not None and stage.home == "leads")
    return Fact(
        f"R-{number:04d}",
        name=f"Company {number}",
        stage=stage.code if stage else "",
        reached=WALK[-1] if outcome == "won" else reached,
        outcome=outcome,  # type: ignore[arg-type]  # one of the three
        created_on=created,
        closed_on=created + timedelta(days=chance.randrange(120)) if outcome != "open" else None,
        owner=chance.choice(OWNERS),
        source=chance.choice(SOURCES),
        industry=chance.choice(INDUSTRIES),
        channel=chance.choice(("E-mail", "Phone", "")),
        value=None if in_leads else Decimal(chance.randrange(50_000, 5_000_000)) / 100,
        currency="" if in_leads else chance.choice(("EUR", "EUR", "EUR", "RON")),
        reason=reason,
        reason_counts=reason != "Duplicate",
        competitor=chance.choice(RIVALS) if outcome == "lost" else "",
        probability=stage.probability if stage else Decimal(0),
    )


def _way(fact: Fact) -> Iterator[tuple[str, Fact, str, str]]:
    """What History says of how it came where it stands."""
    yield "created", fact, "", ""
    stages = WALK[: WALK.index(fact.reached) + 1]
    for before, after in zip(("", *stages), stages, strict=False):
        yield "stage", fact, before, after
    if fact.outcome != "open":
        yield fact.outcome, fact, fact.reached, fact.outcome


def _event(number: int, word: str, fact: Fact, before: str, after: str) -> Event:
    day = fact.closed_on if word in ("won", "lost") else fact.created_on
    return Event.of(
        number=number,
        happened_on=day,
        seen_at=datetime(2026, 1, 1, 2, 17) + timedelta(seconds=number),
        run=1 + number // 300,
        record=fact.id,
        event=word,
        before=before,
        after=after,
        tab="leads",
        owner=fact.owner,
        source=fact.source,
        industry=fact.industry,
        value=fact.value,
        currency=fact.currency,
    )


# ---------------------------------------------------------------- ours


def ours(facts: Sequence[Fact], events: Sequence[Event]) -> int:
    """Every block of the tab."""
    pipeline, settings = rules()
    return len(report_rows(facts, events, [], [], pipeline, settings, TODAY).rows)


def ours_with_history(facts: Sequence[Fact], history: Snapshot) -> int:
    """The same, and History read from its cells."""
    return ours(facts, read_ledger(read_layout(history).layouts).events)


def history_tab(events: Sequence[Event]) -> Snapshot:
    """A workbook with these lines in History."""
    fresh = fresh_workbook("en")
    (tab,) = (tab for tab in fresh.tabs if tab.mark == "history")
    columns = [field.name for field in TABS["history"]]
    headers = [header(name, "en") for name in columns]
    said = (event_row(event, "en") for event in events)
    rows: list[Sequence[Cell]] = [headers, *([cells[name] for name in columns] for cells in said)]
    marks = {name: place for place, name in enumerate(columns)}
    return replace(fresh, tabs=tuple(replace(t, rows=rows, marks=marks) if t is tab else t for t in fresh.tabs))


# ---------------------------------------------------------------- pandas


RECORD_COLUMNS = (
    "id name stage reached outcome created_on closed_on owner source industry channel value currency reason "
    "reason_counts competitor probability"
).split()
EVENT_COLUMNS = (
    "number happened_on seen_at run record event before after tab owner source industry value currency reason "
    "competitor note"
).split()


def with_pandas(records: Sequence[Sequence[object]], events: Sequence[Sequence[object]]) -> int:
    """The same figures, as somebody would write them who knows pandas well."""
    import pandas as pd

    pipeline, _ = rules()
    frame = pd.DataFrame(records, columns=RECORD_COLUMNS)
    history = pd.DataFrame(events, columns=EVENT_COLUMNS)
    for table, names in ((frame, ("created_on", "closed_on")), (history, ("happened_on", "seen_at"))):
        for name in names:
            table[name] = pd.to_datetime(table[name])
    for table, names in ((frame, ("value", "probability")), (history, ("value",))):
        for name in names:
            table[name] = table[name].astype(float)
    return _frames(frame, history, pipeline, pd)


def _frames(frame: Any, history: Any, pipeline: Pipeline, pd: Any) -> int:
    won, lost, still = (frame[frame["outcome"] == word] for word in ("won", "lost", "open"))
    frame["days"] = (frame["closed_on"] - frame["created_on"]).dt.days
    frame["cohort"], frame["closed_month"] = (frame[c].dt.strftime("%Y-%m") for c in ("created_on", "closed_on"))
    tables = [frame["outcome"].value_counts(), frame["cohort"].value_counts()]
    tables += [frame.groupby(["closed_month", "outcome"]).size()]
    homes = {stage.code: stage.home for stage in pipeline.stages}
    telling = history[history["event"].isin(["created", "stage", "passed", "won", "lost", "reopened", "corrected"])]
    converted = telling[(telling["event"] != "lost") & ~telling["after"].map(homes).isin(["leads"])]
    converted = converted[converted["after"] != ""]
    tables += [converted.groupby("record")["happened_on"].first().dt.strftime("%Y-%m").value_counts()]
    closings = telling[telling["event"].isin(["won", "lost"])]
    tables += [closings.groupby(["record", "event"]).size()]
    tables += [frame["stage"].value_counts(), frame["reached"].value_counts()]
    for key in ("cohort", "owner", "source", "industry"):
        groups = frame.groupby(key, dropna=False)
        tables += [frame.groupby([key, "outcome"], dropna=False).size(), groups["reason_counts"].sum()]
        closed = frame[frame["outcome"] == "won"].groupby(key, dropna=False)
        tables += [closed["days"].quantile([0.5, 0.9])]
        tables += [frame[frame["outcome"] == "won"].groupby([key, "currency"], dropna=False)["value"].sum()]
    tables += [lost["reason"].value_counts(), lost.groupby(["reached", "reason", "competitor"]).size()]
    still = still.assign(weighted=still["value"] * still["probability"])
    tables += [still.groupby(["stage", "currency"])[["value", "weighted"]].sum()]
    for some in (won, lost):
        tables += [some[some["closed_on"] >= "2026-10-01"].sort_values(["closed_on", "id"], ascending=[False, True])]
    return sum(len(table) for table in tables)


# ---------------------------------------------------------------- measuring


JOBS = ("pandas", "ours", "history")


def job(name: str, records: int, events: int) -> Mapping[str, float]:
    """Make the tables, then measure one of the two."""
    pipeline, _ = rules()
    facts, history = made(records, events, pipeline)
    if name == "pandas":
        import pandas as pd  # its loading is not measured

        pd.DataFrame([[1]]).groupby(0).size()
        rows = [[getattr(fact, column) for column in RECORD_COLUMNS] for fact in facts]
        lines = [[getattr(event, column) for column in EVENT_COLUMNS] for event in history]
        run = partial(with_pandas, rows, lines)
    elif name == "history":
        run = partial(ours_with_history, facts, history_tab(history))
    else:
        run = partial(ours, facts, history)
    gc.disable()  # as a run does
    began = time.process_time()
    shown = run()
    return {"seconds": time.process_time() - began, "rows": shown}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure both in turn, so often, and print the middle ones."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--events", type=int, default=300_000)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--job", choices=JOBS, help=argparse.SUPPRESS)
    args = parser.parse_args(arguments)
    if args.job:
        print(json.dumps(job(args.job, args.records, args.events)))
        return
    sizes = ["--records", str(args.records), "--events", str(args.events)]
    found: dict[str, list[float]] = {name: [] for name in JOBS}
    for _ in range(args.times):
        for name, seconds in found.items():
            command = [sys.executable, __file__, *sizes, "--job", name]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            seconds.append(json.loads(done.stdout)["seconds"])
    middle = {name: statistics.median(seconds) for name, seconds in found.items()}
    print(f"{args.records} records, {args.events} events; processor seconds, the middle of {args.times}\n")
    for name, what in (
        ("pandas", "pandas, from rows to groups"),
        ("ours", "the Report tab"),
        ("history", "the same, reading History's cells first"),
    ):
        print(f"{what:<42}{middle[name]:6.2f}   × {middle[name] / middle['pandas']:.2f}")


if __name__ == "__main__":
    main()
