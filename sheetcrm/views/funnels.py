"""Figures of the funnel that can be looked at: stages, months, losses, times, the team.

Each holds the figures as they were counted and shows them as typed tables and as a
chart. Nothing is counted here, and no workbook is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from sheetcrm import funnel, past, report
from sheetcrm.display import cards, pictures
from sheetcrm.display.charts import drawn
from sheetcrm.follow_ups import FollowUp
from sheetcrm.frames import Kinds, frame_of, stage_names
from sheetcrm.funnel import Fact, Funnel, Month, Tally, leaks, step_rates
from sheetcrm.intervals import share
from sheetcrm.pipeline import Pipeline
from sheetcrm.team import Member
from sheetcrm.views.shown import Shown

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Across",
    "DurationsView",
    "FollowUpsView",
    "FunnelView",
    "Grouping",
    "LossesView",
    "MonthsView",
    "TeamView",
    "named",
]

Grouping: TypeAlias = Literal["owner", "source", "industry", "channel"]
Across: TypeAlias = Literal["stage", "competitor", "owner", "source", "industry", "channel", "month"]

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
class FunnelView(Shown):
    """A funnel that can be looked at as tables, and as a chart.

    >>> crm.funnel()
    FunnelView(records=40, open=19, won=11, lost=10)
    """

    figures: Funnel
    language: str = "en"

    def __repr__(self) -> str:
        total = self.figures.total
        return f"FunnelView(records={total.records}, open={total.open}, won={total.won}, lost={total.lost})"

    def as_json(self) -> dict[str, Any]:
        """The shape of `funnel --json`.

        >>> crm.funnel().as_json()["won"]
        11
        """
        return self.figures.as_json()

    def chart(self, what: Literal["stages", "cohorts", "groups"] = "stages") -> Any:
        """How far records came; or what became of each month's; or the win rate of each group.

        An Altair chart, or a table where Altair is not installed.

        >>> crm.funnel(by="owner").chart("groups").to_dict()["title"]["text"]
        'Win rate by owner'
        """
        return drawn(getattr(pictures, what)(self.figures, self.language))

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


# ---------------------------------------------------------------- months


@dataclass(frozen=True, slots=True)
class MonthsView(Shown):
    """What happened in this month and the last twelve.

    >>> crm.months()
    MonthsView(2025-11 … 2026-11)
    """

    lines: tuple[Month, ...]
    words: tuple[str, ...] = ()
    """What changed, as the Report tab says it."""
    language: str = "en"

    def __repr__(self) -> str:
        return f"MonthsView({self.lines[0].month} … {self.lines[-1].month})"

    @property
    def frame(self) -> pd.DataFrame:
        """One row a month, oldest first: month, created, converted, offers_sent, won, lost, win_rate.

        >>> crm.months().frame[["month", "created", "won", "lost"]].tail(2)
              month  created  won  lost
        11  2026-10        0    1     2
        12  2026-11        7    2     0
        """
        kinds: Kinds = {"month": "text", **dict.fromkeys(Month._fields[1:], "count"), "win_rate": "amount"}
        return frame_of([line._asdict() | {"win_rate": line.win_rate} for line in self.lines], kinds)

    def chart(self) -> Any:
        """New leads, won and lost, month by month; below the title what changed.

        >>> crm.months().chart().to_dict()["title"]["text"]
        'Month by month: new leads, won, lost'
        """
        return drawn(pictures.months(self.lines, self.words, self.language))


# ---------------------------------------------------------------- losses


@dataclass(frozen=True, slots=True)
class LossesView(Shown):
    """Where, why and to whom records were lost.

    >>> crm.losses()
    LossesView(lost=10)
    """

    facts: tuple[Fact, ...]
    figures: Funnel
    pipeline: Pipeline
    language: str = "en"

    def __repr__(self) -> str:
        return f"LossesView(lost={self.figures.total.lost})"

    @property
    def frame(self) -> pd.DataFrame:
        """One row a leak, the biggest first: stage (the furthest reached), reason, competitor, lost.

        >>> crm.losses().frame.head(2)
          stage              reason      competitor  lost
        0   NaN          Went quiet             NaN     2
        1   NaN  Chose a competitor  Northern Racks     1
        """
        kinds: Kinds = {"stage": stage_names(self.pipeline), "reason": "text", "competitor": "text", "lost": "count"}
        return frame_of([named(leak._asdict(), self.pipeline) for leak in leaks(self.facts, self.pipeline)], kinds)

    def across(self, what: Across) -> pd.DataFrame:
        """One row a reason and stage, source, month …: reason, where, lost. The month is that of the loss.

        >>> crm.losses().across("owner").head(2)
                       reason       where  lost
        0  Chose a competitor  Helen Shaw     2
        1  Chose a competitor  Mark Ellis     1
        """
        cells = funnel.losses(self.facts, what, self.pipeline)
        stages = stage_names(self.pipeline) if what == "stage" else "text"
        kinds: Kinds = {"reason": "text", "where": stages, "lost": "count"}
        label = self.pipeline.label
        rows = [c._asdict() | {"where": label("stage", c.where) if what == "stage" else c.where} for c in cells]
        return frame_of(rows, kinds)

    def chart(self, across: Across | None = None) -> Any:
        """Loss reasons; or loss reasons by stage, month, competitor or group.

        >>> crm.losses().chart("stage").to_dict()["title"]["text"]
        'Why we lose, by last stage reached'
        """
        if across is None:
            return drawn(pictures.reasons(self.figures, self.language))
        found = funnel.losses(self.facts, across, self.pipeline)
        return drawn(pictures.losses(found, across, self.pipeline, self.language))


# ---------------------------------------------------------------- ways and times


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


@dataclass(frozen=True, slots=True)
class DurationsView(Shown):
    """How long records stood in each stage before they left it.

    >>> crm.durations()
    DurationsView(stages=6)
    """

    lines: tuple[past.Duration, ...]
    pipeline: Pipeline
    language: str = "en"

    def __repr__(self) -> str:
        return f"DurationsView(stages={len(self.lines)})"

    @property
    def frame(self) -> pd.DataFrame:
        """One row a stage that records have left: stage, n, median_days, p90_days.

        >>> crm.durations().frame
                stage  n  median_days  p90_days
        0         New  3         28.0      33.6
        1   Contacted  1          7.0       7.0
        2   Qualified  3         21.0      37.8
        3  Site visit  2         42.0      42.0
        4  Offer sent  4         24.5      28.0
        5        Lost  1         66.0      66.0
        """
        kinds: Kinds = {
            "stage": stage_names(self.pipeline),
            "n": "count",
            "median_days": "amount",
            "p90_days": "amount",
        }
        return frame_of([named(line._asdict(), self.pipeline) for line in self.lines], kinds)

    def chart(self) -> Any:
        """The median of each stage, and until when nine in ten have left it.

        >>> crm.durations().chart().to_dict()["title"]["text"]
        'How long records stay in each stage'
        """
        return drawn(pictures.durations(self.lines, self.pipeline, self.language))


# ---------------------------------------------------------------- the team


@dataclass(frozen=True, slots=True)
class TeamView(Shown):
    """How each owner stands.

    >>> crm.team()
    TeamView(owners=3)
    """

    members: tuple[Member, ...]
    language: str = "en"

    def __repr__(self) -> str:
        return f"TeamView(owners={len(self.members)})"

    @property
    def frame(self) -> pd.DataFrame:
        """One row an owner: counts and win rate as in a funnel's groups; activities done and planned; due, late.

        >>> crm.team().frame[["owner", "records", "won", "done", "planned", "due"]]
                owner  records  won  done  planned  due
        0  Mark Ellis       14    5     0        1    6
        1   Anna Reed       13    4     0        1    7
        2  Helen Shaw       13    2     0        1    8
        """
        counts = ("done", "planned", "due", "late")
        kinds: Kinds = {"owner": "text", **TALLIES, **dict.fromkeys(counts, "count")}
        rows = [
            {"owner": m.owner, **_tally_values(m.tally), **{name: getattr(m, name) for name in counts}}
            for m in self.members
        ]
        return frame_of(rows, kinds)

    @property
    def open(self) -> pd.DataFrame:
        """One row an owner and currency of what is open: owner, currency (blank: no value), records, value, weighted.

        >>> crm.team().open.head(2)
                owner currency  records    value  weighted
        0  Mark Ellis      EUR        1  41000.0    4100.0
        1  Mark Ellis      NaN        5      0.0       0.0
        """
        kinds: Kinds = {
            "owner": "text",
            "currency": "text",
            "records": "count",
            "value": "amount",
            "weighted": "amount",
        }
        return frame_of([{"owner": m.owner, **line._asdict()} for m in self.members for line in m.open], kinds)

    def chart(self, what: Literal["win_rates", "open_values", "follow_ups", "activities"] = "win_rates") -> Any:
        """Win rates with the interval that so few deserve; or what is open, what waits, what was done.

        >>> crm.team().chart("follow_ups").to_dict()["title"]["text"]
        'What waits for whom'
        """
        return drawn(getattr(pictures, what)(self.members, self.language))


FOLLOW_UPS: Kinds = {
    **dict.fromkeys(("owner", "kind", "id", "name"), "text"),
    "due_on": "date",
    **dict.fromkeys(("value", "worth"), "amount"),
    **dict.fromkeys(("currency", "what"), "text"),
}


@dataclass(frozen=True, slots=True)
class FollowUpsView:
    """What each owner has to do; a table where Jupyter shows it.

    >>> crm.follow_ups()
    FollowUpsView(due=21)
    """

    by_owner: Mapping[str, Sequence[FollowUp]]
    language: str = "en"

    def __repr__(self) -> str:
        return f"FollowUpsView(due={sum(map(len, self.by_owner.values()))})"

    @property
    def frame(self) -> pd.DataFrame:
        """One row a thing to do: owner, kind, id, name, due_on, value, worth (value × probability), currency, what.

        >>> list(crm.follow_ups("Mark Ellis").frame["what"])[-1:]
        ['No next step: write what comes next, and when.']
        """
        words = report.Words(self.language)
        rows = [
            {"owner": who, "due_on": one.on, "what": report.what_to_do(one, words)}
            | {name: getattr(one, name) for name in ("kind", "id", "name", "value", "worth", "currency")}
            for who, some in self.by_owner.items()
            for one in some
        ]
        return frame_of(rows, FOLLOW_UPS)

    def _repr_html_(self) -> str:
        return cards.follow_ups_html(self.by_owner, self.language)


def named(values: Mapping[str, object], pipeline: Pipeline) -> dict[str, object]:
    """The same with the stage's name instead of its code."""
    return {**values, "stage": pipeline.label("stage", str(values["stage"]))}
