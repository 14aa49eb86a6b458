"""What may be expected, a day of the past, and whether it would have been right; to be looked at.

Each holds the figures as they were counted and shows them as typed tables and as a
chart. Nothing is counted here, and no workbook is known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from sheetcrm import learned
from sheetcrm.display import pictures
from sheetcrm.display.charts import drawn
from sheetcrm.frames import OUTCOMES, Kinds, frame_of, past_kinds, past_values, stage_names
from sheetcrm.funnel import Dated, Fact, funnel
from sheetcrm.pipeline import Pipeline
from sheetcrm.views.funnels import FunnelView, Grouping, named
from sheetcrm.views.shown import Shown

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BacktestView", "ForecastView", "Past"]

BASES = ("own", "learned", "configured")


@dataclass(frozen=True, slots=True)
class ForecastView(Shown):
    """What may be expected of the open records.

    >>> crm.forecast()
    ForecastView(records=19, own=0, learned=0, configured=19)
    """

    lines: tuple[learned.Expected, ...]
    pipeline: Pipeline
    now: tuple[Fact, ...]
    """How the records stand now, for holding a forecast of the past against it."""
    experience: learned.Experience
    language: str = "en"

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
        """One row a month of expected close and currency: records, wins (expected), value, weighted, configured.

        `configured` is weighted without what was learned, as the workbook itself weighs.

        The month is blank where nobody said when, the currency where there is no value.

        >>> crm.forecast().months[["records", "wins", "value", "weighted"]].head(2)
           records  wins    value  weighted
        0        1  0.10  41000.0    4100.0
        1        1  0.75  31700.0   23775.0
        """
        kinds: Kinds = {"month": "text", "currency": "text", "records": "count"}
        kinds = {**kinds, **dict.fromkeys(("wins", "value", "weighted", "configured"), "amount")}
        return frame_of([line._asdict() for line in learned.expected_by_month(self.lines)], kinds)

    @property
    def stages(self) -> pd.DataFrame:
        """One row an open stage: stage, n (closed records that stood there), configured, learned, low, high.

        What was learned is blank where n is below 30.

        >>> crm.forecast().stages[["stage", "n", "configured"]].head(2)
               stage  n  configured
        0        New  0        0.00
        1  Contacted  0        0.05
        """
        kinds: Kinds = {"stage": stage_names(self.pipeline), "n": "count"}
        kinds = {**kinds, **dict.fromkeys(("configured", "learned", "low", "high"), "amount")}
        return frame_of([named(line._asdict(), self.pipeline) for line in self._chances], kinds)

    @property
    def _chances(self) -> tuple[learned.StageChance, ...]:
        return learned.stage_chances(self.experience, self.pipeline)

    def chart(self, what: Literal["months", "stages", "against_actual"] = "months") -> Any:
        """What is expected month by month; or how probable each stage makes a win; or what came of it.

        >>> crm.forecast().chart("stages").to_dict()["title"]["text"]
        'How probable a win is, stage by stage'
        """
        if what == "stages":
            return drawn(pictures.chances(self._chances, self.pipeline, learned.ENOUGH, self.language))
        if what == "against_actual":
            became = learned.fulfilled(self.lines, self.now, self.pipeline)
            return drawn(pictures.fulfilled(became, self.pipeline, self.language))
        found: Counter[str] = Counter(line.chance.basis for line in self.lines)
        return drawn(pictures.expected_months(learned.expected_by_month(self.lines), found, self.language))

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
        return frame_of([named(line._asdict(), self.pipeline) for line in lines], kinds)


# ---------------------------------------------------------------- a day of the past


@dataclass(frozen=True, slots=True)
class Past(Shown):
    """The pipeline as it stood at the end of a working day, rebuilt from History.

    >>> crm.as_of("2026-10-20")
    Past(2026-10-20, records=33, open=14, won=9, lost=10)
    """

    day: date
    facts: tuple[Fact, ...]
    pipeline: Pipeline
    _forecast: Callable[[Past], ForecastView]
    """What was to be expected, by what was known on that day."""
    language: str = "en"

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
        counted = funnel(self.facts, self.pipeline, by=by, since=since, until=until, dated=dated)
        return FunnelView(counted, self.language)

    def forecast(self) -> ForecastView:
        """What was to be expected on that day, learned from what was closed by then.

        >>> crm.as_of("2026-10-20").forecast()
        ForecastView(records=14, own=0, learned=0, configured=14)
        """
        return self._forecast(self)

    def chart(self) -> Any:
        """How far the records had come.

        >>> crm.as_of("2026-10-20").chart().to_dict()["title"]["text"]
        'Funnel: how many reached each stage'
        """
        return self.funnel().chart()


# ---------------------------------------------------------------- was it right?


@dataclass(frozen=True, slots=True)
class BacktestView(Shown):
    """What would have been foretold with the earlier half of History, held against the later half.

    >>> crm.backtest()
    BacktestView(divided_on=2026-09-22, learned_from=0, tested_on=1)
    """

    figures: learned.Backtest
    pipeline: Pipeline
    language: str = "en"

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
        return frame_of([named(line._asdict(), self.pipeline) for line in self.figures.stages], kinds)

    @property
    def calibration(self) -> pd.DataFrame:
        """One row a tenth of what was said: by, low, high, n (tests), said (mean), won (share).

        >>> list(crm.backtest().calibration)
        ['by', 'low', 'high', 'n', 'said', 'won']
        """
        kinds: Kinds = {"by": "text", "low": "amount", "high": "amount", "n": "count", "said": "amount"}
        return frame_of([line._asdict() for line in self.figures.calibration], {**kinds, "won": "amount"})

    def chart(self) -> Any:
        """Of what was said, what came; and whose error was smallest. A table of nothing while History is young.

        >>> crm.backtest().chart()
        Would the learned probabilities have been right? – There is nothing to show yet.
        """
        return drawn(pictures.calibration(self.figures, self.language))
