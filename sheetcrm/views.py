"""Answers that can be looked at as tables: a plan, a funnel, a forecast, a day of the past, a back-test.

Each holds the figures as they were counted and shows them as typed tables. Nothing
is counted here, and no workbook is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from sheetcrm import display, learned, past
from sheetcrm.frames import OUTCOMES, Kinds, frame_of, past_kinds, past_values, stage_names
from sheetcrm.funnel import Dated, Fact, Funnel, Tally, funnel, step_rates
from sheetcrm.intervals import share
from sheetcrm.pipeline import Pipeline
from sheetcrm.tables import Plan, Snapshot

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BacktestView", "ForecastView", "FunnelView", "Grouping", "Past", "PlanView"]

Grouping: TypeAlias = Literal["owner", "source", "industry", "channel"]


@dataclass(frozen=True, slots=True)
class PlanView(Plan):
    """A plan that can be looked at as a table.

    >>> crm.plan().is_empty
    True
    """

    snapshot: Snapshot = field(default_factory=lambda: Snapshot(()))

    def to_frame(self) -> pd.DataFrame:
        """One row a cell, or a change without cells: tab, id, what ("set", "move" …), column, before, after.

        >>> list(crm.plan().to_frame())
        ['tab', 'id', 'what', 'column', 'before', 'after']
        """
        rows = []
        for change in display.plan_json(self, self.snapshot)["changes"]:
            same = {"tab": change["tab"], "id": change.get("id"), "what": change["change"]}
            rows += [same | cell for cell in change.get("cells") or [{}]]
        kinds: Kinds = {**dict.fromkeys(("tab", "id", "what", "column"), "text"), "before": "cell", "after": "cell"}
        return frame_of(rows, kinds)


# ---------------------------------------------------------------- the funnel

TALLIES: Kinds = {
    "records": "count",
    "open": "count",
    "won": "count",
    "lost": "count",
    "not_counted": "count",
    "win_rate": "amount",
    "win_rate_low": "amount",
    "win_rate_high": "amount",
    "win_rate_counted": "amount",
    "median_days": "amount",
    "p90_days": "amount",
}


def _tally_values(of: Tally) -> dict[str, object]:
    """How a set of records stands; the win rate with the interval that so few deserve."""
    closed = of.won + of.lost
    sure = share(of.won, closed) if closed else None
    return {
        **{name: getattr(of, name) for name in ("records", "open", "won", "lost", "not_counted")},
        "win_rate": of.win_rate,
        "win_rate_low": sure.low if sure else None,
        "win_rate_high": sure.high if sure else None,
        "win_rate_counted": of.win_rate_counted,
        "median_days": of.days_won.median,
        "p90_days": of.days_won.p90,
    }


@dataclass(frozen=True, slots=True)
class FunnelView:
    """A funnel that can be looked at as tables.

    >>> crm.funnel()
    FunnelView(records=40, open=19, won=11, lost=10)
    """

    figures: Funnel

    def __repr__(self) -> str:
        total = self.figures.total
        return f"FunnelView(records={total.records}, open={total.open}, won={total.won}, lost={total.lost})"

    def as_json(self) -> dict[str, Any]:
        """The shape of `funnel --json`.

        >>> crm.funnel().as_json()["won"]
        11
        """
        return self.figures.as_json()

    @property
    def frame(self) -> pd.DataFrame:
        """One row a stage in pipeline order: stage, reached (records), now (records), goes_on (share).

        >>> crm.funnel().frame.head(3)
               stage  reached  now   goes_on
        0        New       32   10  0.687500
        1  Contacted       22    3  0.863636
        2  Qualified       19    4  0.736842
        """
        rates = step_rates(self.figures.stages)
        kinds: Kinds = {"stage": [s.stage.name for s in self.figures.stages]}
        kinds = {**kinds, "reached": "count", "now": "count", "goes_on": "amount"}
        rows = [
            {"stage": s.stage.name, "reached": s.reached, "now": s.now, "goes_on": rates.get(s.stage.code)}
            for s in self.figures.stages
        ]
        return frame_of(rows, kinds)

    @property
    def cohorts(self) -> pd.DataFrame:
        """One row a month of creation, the unknown one last: month, then as in `groups`.

        >>> crm.funnel().cohorts[["month", "records", "won"]].head(2)
             month  records  won
        0  2025-12        2    1
        1  2026-01        3    2
        """
        rows = [{"month": month, **_tally_values(of)} for month, of in self.figures.cohorts]
        return frame_of(rows, {"month": "text", **TALLIES})

    @property
    def groups(self) -> pd.DataFrame:
        """One row an owner, source …, the largest first: key, counts, win rate with its 80 % interval, days to win.

        >>> crm.funnel(by="owner").groups[["key", "records", "won"]]
                  key  records  won
        0  Mark Ellis       14    5
        1   Anna Reed       13    4
        2  Helen Shaw       13    2
        """
        rows = [{"key": key, **_tally_values(of)} for key, of in self.figures.groups]
        return frame_of(rows, {"key": "text", **TALLIES})

    @property
    def won_value(self) -> pd.DataFrame:
        """One row a group and currency (all records as one group, without `by`): key, currency, won_value.

        >>> crm.funnel(by="owner").won_value
                  key currency  won_value
        0  Mark Ellis      EUR   176200.0
        1   Anna Reed      EUR   115300.0
        2  Helen Shaw      EUR    27050.0
        """
        groups = self.figures.groups if self.figures.by else (("", self.figures.total),)
        rows = [
            {"key": key, "currency": currency, "won_value": amount}
            for key, of in groups
            for currency, amount in of.won_value.items()
        ]
        return frame_of(rows, {"key": "text", "currency": "text", "won_value": "amount"})

    @property
    def reasons(self) -> pd.DataFrame:
        """One row a loss reason, the most frequent first: reason, lost.

        >>> crm.funnel().reasons.head(2)
                       reason  lost
        0  Chose a competitor     3
        1      Price too high     2
        """
        return frame_of([r._asdict() for r in self.figures.reasons], {"reason": "text", "lost": "count"})


# ---------------------------------------------------------------- what may be expected

BASES = ("own", "learned", "configured")


@dataclass(frozen=True, slots=True)
class ForecastView:
    """What may be expected of the open records.

    >>> crm.forecast()
    ForecastView(records=19, own=0, learned=0, configured=19)
    """

    lines: tuple[learned.Expected, ...]
    pipeline: Pipeline
    now: tuple[Fact, ...]
    """How the records stand now, for holding a forecast of the past against it."""

    def __repr__(self) -> str:
        found: list[str] = [line.chance.basis for line in self.lines]
        by_basis = ", ".join(f"{basis}={found.count(basis)}" for basis in BASES)
        return f"ForecastView(records={len(found)}, {by_basis})"

    @property
    def frame(self) -> pd.DataFrame:
        """One row an open record: id … value, currency, probability, basis, of, n, low, high, weighted.

        `basis` says where the probability comes from: a person's own number, learned, or
        configured in Stages because fewer than 30 closed records (`n`) stood in that stage.

        >>> crm.forecast().frame[["id", "stage", "probability", "basis", "n"]].head(2)
               id      stage  probability       basis  n
        0  R-0006  Qualified         0.10  configured  2
        1  R-0007  Contacted         0.05  configured  0
        """
        kinds: Kinds = {
            **dict.fromkeys(("id", "name"), "text"),
            "stage": stage_names(self.pipeline),
            **dict.fromkeys(("owner", "source", "industry"), "text"),
            "expected_close": "date",
            "value": "amount",
            "currency": "text",
            "probability": "amount",
            "basis": BASES,
            "of": "text",
            "n": "count",
            **dict.fromkeys(("low", "high", "weighted"), "amount"),
        }
        named = ("id", "name", "owner", "source", "industry", "expected_close", "value", "currency")
        rows = [
            {
                **{name: getattr(line.fact, name) for name in named},
                "stage": self.pipeline.label("stage", line.fact.stage),
                **line.chance._asdict(),
                "weighted": line.weighted,
            }
            for line in self.lines
        ]
        return frame_of(rows, kinds)

    @property
    def months(self) -> pd.DataFrame:
        """One row a month of expected close and currency: records, wins (expected), value, weighted.

        The month is blank where nobody said when, the currency where there is no value.

        >>> crm.forecast().months[["records", "wins", "value", "weighted"]].head(2)
           records  wins    value  weighted
        0        1  0.10  41000.0    4100.0
        1        1  0.75  31700.0   23775.0
        """
        kinds: Kinds = {"month": "text", "currency": "text", "records": "count"}
        kinds = {**kinds, **dict.fromkeys(("wins", "value", "weighted"), "amount")}
        return frame_of([line._asdict() for line in learned.expected_by_month(self.lines)], kinds)

    @property
    def against_actual(self) -> pd.DataFrame:
        """One row a stage and currency: what was expected of its records, and what they have become by now.

        It says something of a forecast of the past.

        >>> crm.as_of("2026-10-20").forecast().against_actual[["stage", "records", "wins", "won", "lost", "open"]]
                stage  records  wins  won  lost  open
        0         New        5  0.00    0     0     5
        1   Contacted        3  0.15    0     0     3
        2   Qualified        3  0.30    0     1     2
        3  Site visit        3  0.75    1     0     2
        """
        kinds: Kinds = {
            "stage": stage_names(self.pipeline),
            "currency": "text",
            "records": "count",
            "wins": "amount",
            "weighted": "amount",
            **dict.fromkeys((*OUTCOMES[1:], "open", "gone"), "count"),
            "won_value": "amount",
        }
        lines = learned.fulfilled(self.lines, self.now, self.pipeline)
        return frame_of([_named(line._asdict(), self.pipeline) for line in lines], kinds)


def _named(values: Mapping[str, object], pipeline: Pipeline) -> dict[str, object]:
    """The same with the stage's name instead of its code."""
    return {**values, "stage": pipeline.label("stage", str(values["stage"]))}


# ---------------------------------------------------------------- a day of the past


@dataclass(frozen=True, slots=True)
class Past:
    """The pipeline as it stood at the end of a working day, rebuilt from History.

    >>> crm.as_of("2026-10-20")
    Past(2026-10-20, records=33, open=14, won=9, lost=10)
    """

    day: date
    facts: tuple[Fact, ...]
    pipeline: Pipeline
    _expect: Callable[[Past], tuple[learned.Expected, ...]]
    """What was to be expected, by what was known on that day."""
    _now: tuple[Fact, ...]

    def __repr__(self) -> str:
        return f"Past({self.day}, {repr(self.funnel()).removeprefix('FunnelView(')}"

    @property
    def records(self) -> pd.DataFrame:
        """One row a record as it stood.

        >>> crm.as_of("2026-10-20").records[["id", "stage", "outcome"]].tail(2)
                id stage outcome
        31  R-0032   New    open
        32  R-0033   New    open
        """
        rows = [past_values(fact, self.pipeline) for fact in self.facts]
        return frame_of(rows, past_kinds(self.pipeline))

    def funnel(
        self,
        by: Grouping | None = None,
        since: date | None = None,
        until: date | None = None,
        dated: Dated = "created",
    ) -> FunnelView:
        """The funnel as it stood, as `crm.funnel` counts it.

        >>> crm.as_of("2026-10-20").funnel().as_json()["open"]
        14
        """
        return FunnelView(funnel(self.facts, self.pipeline, by=by, since=since, until=until, dated=dated))

    def forecast(self) -> ForecastView:
        """What was to be expected on that day, learned from what was closed by then.

        >>> crm.as_of("2026-10-20").forecast()
        ForecastView(records=14, own=0, learned=0, configured=14)
        """
        return ForecastView(self._expect(self), self.pipeline, self._now)


# ---------------------------------------------------------------- ways, times, and whether it was right


def transitions_frame(lines: Iterable[past.Transition], pipeline: Pipeline) -> pd.DataFrame:
    """One row a way from stage to stage; the share is that of all who left the first."""
    listed = list(lines)
    left: dict[str, int] = {}
    for line in listed:
        left[line.before] = left.get(line.before, 0) + line.n
    stages = stage_names(pipeline)
    label = pipeline.label
    rows = [
        {
            "from_stage": label("stage", line.before),
            "to_stage": label("stage", line.after),
            "n": line.n,
            "share": line.n / left[line.before],
        }
        for line in listed
    ]
    return frame_of(rows, {"from_stage": stages, "to_stage": stages, "n": "count", "share": "amount"})


def durations_frame(lines: Iterable[past.Duration], pipeline: Pipeline) -> pd.DataFrame:
    """One row a stage that records have left."""
    kinds: Kinds = {"stage": stage_names(pipeline), "n": "count", "median_days": "amount", "p90_days": "amount"}
    return frame_of([_named(line._asdict(), pipeline) for line in lines], kinds)


@dataclass(frozen=True, slots=True)
class BacktestView:
    """What would have been foretold with the earlier half of History, held against the later half.

    >>> crm.backtest()
    BacktestView(divided_on=2026-09-22, learned_from=0, tested_on=1)
    """

    figures: learned.Backtest
    pipeline: Pipeline

    def __repr__(self) -> str:
        found = self.figures
        numbers = f"learned_from={found.learned_from}, tested_on={found.tested_on}"
        return f"BacktestView(divided_on={found.divided_on}, {numbers})"

    @property
    def brier(self) -> pd.DataFrame:
        """One row a way to foretell: by, brier (0 is always right, 0.25 a coin; smaller is better).

        >>> list(crm.backtest().brier["by"])
        ['learned', 'configured', 'base']
        """
        rows = [{"by": by, "brier": score} for by, score in self.figures.brier.items()]
        return frame_of(rows, {"by": "text", "brier": "amount"})

    @property
    def stages(self) -> pd.DataFrame:
        """One row a stage: n (tests), configured, base, learned (mean of what each said), won (share).

        >>> list(crm.backtest().stages)
        ['stage', 'n', 'configured', 'base', 'learned', 'won']
        """
        kinds: Kinds = {"stage": stage_names(self.pipeline), "n": "count"}
        kinds = {**kinds, **dict.fromkeys(("configured", "base", "learned", "won"), "amount")}
        return frame_of([_named(line._asdict(), self.pipeline) for line in self.figures.stages], kinds)

    @property
    def calibration(self) -> pd.DataFrame:
        """One row a tenth of what was said: by, low, high, n (tests), said (mean), won (share).

        >>> list(crm.backtest().calibration)
        ['by', 'low', 'high', 'n', 'said', 'won']
        """
        kinds: Kinds = {"by": "text", "low": "amount", "high": "amount", "n": "count", "said": "amount"}
        return frame_of([line._asdict() for line in self.figures.calibration], {**kinds, "won": "amount"})
