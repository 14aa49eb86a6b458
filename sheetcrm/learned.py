"""The probability of winning that a team's own past teaches, and what may be expected of the open records.

Of the records that ever stood in a stage and were closed since, a share was won.
Few records teach little: a share is drawn to that of the whole it is part of, and
below `ENOUGH` records nothing is learned at all. A person's own number wins.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from math import fsum
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from sheetcrm.funnel import CENT, CLOSES, Fact, Outcome, month_of
from sheetcrm.intervals import Share, share
from sheetcrm.past import Step

if TYPE_CHECKING:
    from sheetcrm.pipeline import Pipeline

__all__ = [
    "Backtest",
    "Calibration",
    "Chance",
    "Cycle",
    "Expected",
    "ExpectedMonth",
    "Experience",
    "Fulfilled",
    "StageChance",
    "StageTest",
    "backtest",
    "chance_of",
    "cycles_of",
    "expected",
    "expected_by_month",
    "fulfilled",
    "stage_chances",
]

Basis: TypeAlias = Literal["own", "learned", "configured"]

ENOUGH = 30
"""Closed records below which the probability of the Stages tab is used."""
STRENGTH = 10
"""A share counts as if so many more records had been seen that went as the larger set did."""
SEGMENTS = ("source", "industry")
"""What a stage is looked at by where that many records allow it."""
FOUR_DIGITS = Decimal("0.0001")


class Cycle(NamedTuple):
    """A record from its beginning, or from when it was taken up again, to its closing."""

    record: str
    began_on: date
    closed_on: date | None
    outcome: Outcome
    counts: bool
    """False for one lost for a reason that says nothing about selling."""
    stages: tuple[str, ...]
    """The codes of the open stages in which it was seen."""
    segments: tuple[str, str]
    """Its source and its industry; "" where not known."""


def cycles_of(facts: Iterable[Fact], steps: Mapping[str, Sequence[Step]], pipeline: Pipeline) -> list[Cycle]:
    """The cycles of every record, the earliest first. What became of the last one, the row says."""
    found = []
    for fact in facts:
        by_cycle: dict[int, list[Step]] = {}
        for step in steps.get(fact.id, ()):
            by_cycle.setdefault(step.cycle, []).append(step)
        for number, own in by_cycle.items():
            is_last = number == max(by_cycle)
            found.append(_cycle(fact, own, pipeline, is_last=is_last))
    return sorted(found, key=lambda cycle: (cycle.began_on, len(cycle.record), cycle.record))


def _cycle(fact: Fact, steps: Sequence[Step], pipeline: Pipeline, *, is_last: bool) -> Cycle:
    closings = [step for step in steps if step.event.event in CLOSES]
    stages = [stage.code for step in steps if (stage := pipeline.stage(step.after)) and stage.outcome == "open"]
    if is_last:
        outcome, counts = fact.outcome, fact.reason_counts
    else:
        outcome = "won" if closings and closings[-1].event.event == "won" else "lost"
        reason = pipeline.reason(closings[-1].event.reason) if closings else None
        counts = reason.counts if reason else True
    closed_on = closings[-1].on if closings and outcome != "open" else None
    segments = fact.source, fact.industry
    return Cycle(fact.id, steps[0].on, closed_on, outcome, counts, tuple(dict.fromkeys(stages)), segments)


# ---------------------------------------------------------------- what was learned


@dataclass(frozen=True, slots=True)
class Experience:
    """How many closed records stood in each stage, and how many of them were won."""

    closed: Mapping[tuple[str, ...], int] = field(default_factory=dict)
    won: Mapping[tuple[str, ...], int] = field(default_factory=dict)

    @classmethod
    def of(cls, cycles: Iterable[Cycle]) -> Experience:
        """What cycles that were closed teach."""
        closed: Counter[tuple[str, ...]] = Counter()
        won: Counter[tuple[str, ...]] = Counter()
        for cycle in cycles:
            if cycle.outcome == "open" or not cycle.counts or not cycle.stages:
                continue
            cells = {cell for stage in cycle.stages for cell in _cells(stage, cycle.segments)}
            closed.update(cells)
            if cycle.outcome == "won":
                won.update(cells)
        return cls(closed, won)

    def share(self, cell: tuple[str, ...]) -> Share:
        """The share of a cell that was won, drawn to that of the cell it is part of."""
        prior = self.share(cell[:-2] if len(cell) > 1 else ()).mean if cell else 0.5
        return share(self.won.get(cell, 0), self.closed.get(cell, 0), prior, STRENGTH if cell else 1.0)


def _cells(stage: str, segments: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """What a record belongs to: the whole, its stage, its stage and each segment."""
    yield ()
    yield (stage,)
    for name, word in zip(SEGMENTS, segments, strict=True):
        if word:
            yield (stage, name, word)


class Chance(NamedTuple):
    """How probable it is that a record will be won, and how that is known."""

    probability: Decimal
    """0 to 1, four digits."""
    basis: Basis
    of: str = ""
    """What narrows the stage down: "source", "industry", or nothing."""
    n: int = 0
    """Closed records that stood where it stands."""
    low: float | None = None
    high: float | None = None
    """In four cases of five it lies between these; only where it was learned."""


def chance_of(fact: Fact, experience: Experience, pipeline: Pipeline) -> Chance:
    """A person's own number; else what was learned; else what the Stages tab says."""
    best = _best_cell(fact.stage, (fact.source, fact.industry), experience)
    n = experience.closed.get(best, 0)
    if fact.own_probability is not None:
        return Chance(fact.own_probability, "own", "", n)
    if n < ENOUGH:
        stage = pipeline.stage(fact.stage)
        return Chance(stage.probability if stage else Decimal(0), "configured", "", n)
    learned = experience.share(best)
    of = best[1] if len(best) > 1 else ""
    return Chance(_four_digits(learned.mean), "learned", of, n, learned.low, learned.high)


def _best_cell(stage: str, segments: Sequence[str], experience: Experience) -> tuple[str, ...]:
    """The stage within source or industry, of which more is known; the stage alone where neither allows."""
    narrow = [cell for cell in _cells(stage, segments) if len(cell) > 1]
    known = [cell for cell in narrow if experience.closed.get(cell, 0) >= ENOUGH]
    return max(known, key=lambda cell: experience.closed[cell], default=(stage,))


def _four_digits(number: float) -> Decimal:
    return Decimal(repr(number)).quantize(FOUR_DIGITS, ROUND_HALF_UP)


# ---------------------------------------------------------------- what may be expected


class Expected(NamedTuple):
    """An open record, and what may be expected of it."""

    fact: Fact
    chance: Chance
    weighted: Decimal | None
    """Value × probability, to the cent; `None` without a value."""


class ExpectedMonth(NamedTuple):
    """The open records that are expected to close in a month, of one currency."""

    month: str | None
    """`None` where nobody said when."""
    currency: str | None
    """`None` for the records without a value."""
    records: int
    wins: Decimal
    """The sum of their probabilities."""
    value: Decimal
    weighted: Decimal
    configured: Decimal
    """Weighted without what was learned: by a person's own probability, else that of the Stages tab."""


class StageChance(NamedTuple):
    """What is known of the records that stand in a stage."""

    stage: str
    n: int
    """Closed records that stood there."""
    configured: Decimal
    learned: Decimal | None
    """`None` where `n` is too small to learn from."""
    low: float | None
    high: float | None


def stage_chances(experience: Experience, pipeline: Pipeline) -> tuple[StageChance, ...]:
    """Every open stage: its probability as configured, and as learned where enough records were closed."""
    lines = []
    for stage in pipeline.open_stages:
        chance = chance_of(Fact("", stage=stage.code), experience, pipeline)
        learned = chance.probability if chance.basis == "learned" else None
        lines.append(StageChance(stage.code, chance.n, stage.probability, learned, chance.low, chance.high))
    return tuple(lines)


def expected(facts: Iterable[Fact], experience: Experience, pipeline: Pipeline) -> tuple[Expected, ...]:
    """The open records, in the order in which they come."""
    found = []
    for fact in facts:
        if fact.outcome == "open":
            chance = chance_of(fact, experience, pipeline)
            weighted = None if fact.value is None else (fact.value * chance.probability).quantize(CENT, ROUND_HALF_UP)
            found.append(Expected(fact, chance, weighted))
    return tuple(found)


def expected_by_month(lines: Iterable[Expected]) -> tuple[ExpectedMonth, ...]:
    """Their sums by month of expected close and currency; the months that nobody knows stand last."""
    found: dict[tuple[str | None, str | None], list[Expected]] = {}
    for line in lines:
        day, fact = line.fact.expected_close, line.fact
        month = month_of(day) if day else None
        found.setdefault((month, None if fact.value is None else fact.currency), []).append(line)
    ordered = sorted(found.items(), key=lambda item: [(word is None, word or "") for word in item[0]])
    return tuple(
        ExpectedMonth(month, currency, len(some), *_sums(some), _as_configured(some))
        for (month, currency), some in ordered
    )


def _as_configured(lines: Iterable[Expected]) -> Decimal:
    """Value × the probability by which the workbook itself weighs."""
    amounts = ((line.fact.value or Decimal(0)) * line.fact.probability for line in lines)
    return sum((amount.quantize(CENT, ROUND_HALF_UP) for amount in amounts), Decimal(0))


def _sums(lines: Sequence[Expected]) -> tuple[Decimal, Decimal, Decimal]:
    nothing = Decimal(0)
    wins = sum((line.chance.probability for line in lines), nothing)
    value = sum((line.fact.value or nothing for line in lines), nothing)
    return wins, value, sum((line.weighted or nothing for line in lines), nothing)


class Fulfilled(NamedTuple):
    """What was expected of the open records of one stage and currency, and what became of them."""

    stage: str
    currency: str | None
    records: int
    wins: Decimal
    """What was expected: the sum of their probabilities."""
    weighted: Decimal
    won: int
    lost: int
    open: int
    """Still, or again."""
    gone: int
    """Those whose rows are no longer in the workbook."""
    won_value: Decimal
    """The values of the won ones, as their rows say them now, of the same currency."""


def fulfilled(lines: Iterable[Expected], facts: Iterable[Fact], pipeline: Pipeline) -> tuple[Fulfilled, ...]:
    """Forecast against actual: `lines` as expected on a day of the past, `facts` as they stand now."""
    now = {fact.id: fact for fact in facts}
    found: dict[tuple[str, str | None], list[Expected]] = {}
    for line in lines:
        currency = None if line.fact.value is None else line.fact.currency
        found.setdefault((line.fact.stage, currency), []).append(line)
    ordered = sorted(found, key=lambda cell: (pipeline.position(cell[0]), cell[1] is None, cell[1] or ""))
    return tuple(_fulfilled(*cell, found[cell], now) for cell in ordered)


def _fulfilled(stage: str, currency: str | None, lines: Sequence[Expected], now: Mapping[str, Fact]) -> Fulfilled:
    wins, _, weighted = _sums(lines)
    became = [now.get(line.fact.id) for line in lines]
    outcomes = Counter(fact.outcome if fact else "gone" for fact in became)
    won = [f.value for f in became if f and f.outcome == "won" and f.value is not None and f.currency == currency]
    return Fulfilled(
        stage,
        currency,
        len(lines),
        wins,
        weighted,
        outcomes["won"],
        outcomes["lost"],
        outcomes["open"],
        outcomes["gone"],
        sum(won, Decimal(0)),
    )


# ---------------------------------------------------------------- was it right?


class Calibration(NamedTuple):
    """Of the times that a probability between two bounds was said: what was said, and what came."""

    by: str
    """Who said it: "learned", "configured" or "base"."""
    low: float
    high: float
    n: int
    said: float
    """The mean of what was said."""
    won: float
    """The share that was won."""


class StageTest(NamedTuple):
    """What each said of the records that came to a stage, and what share of them was won."""

    stage: str
    n: int
    configured: float
    base: float
    learned: float
    won: float


@dataclass(frozen=True, slots=True)
class Backtest:
    """What would have been foretold with the earlier half of the past, held against the later half."""

    divided_on: date | None
    """The day on which the later half begins; `None` for a past without closed records."""
    learned_from: int
    """Closed cycles that were known on that day."""
    tested_on: int
    """Cycles that began on that day or later, and were closed."""
    brier: Mapping[str, float | None]
    """Mean of (probability − outcome)²: 0 is always right, 0.25 is a coin. Smaller is better."""
    stages: tuple[StageTest, ...]
    calibration: tuple[Calibration, ...]


class _Told(NamedTuple):
    """One record in one stage: what each said of it, and whether it was won."""

    stage: str
    said: Mapping[str, float]
    won: bool


FORETELLERS = ("learned", "configured", "base")


def backtest(cycles: Sequence[Cycle], pipeline: Pipeline) -> Backtest:
    """Learn from what was known when half of the cycles had begun; test on those that began later.

    `cycles` as `cycles_of` gives them. One test is one record in one stage that
    it stood in. The base rate is the share won of all that was learned from.
    """
    counted = [cycle for cycle in cycles if cycle.counts and cycle.stages]
    if not any(cycle.outcome != "open" for cycle in counted):
        return Backtest(None, 0, 0, dict.fromkeys(FORETELLERS), (), ())
    divided_on = counted[len(counted) // 2].began_on
    known = [c for c in counted if c.outcome != "open" and c.closed_on and max(c.closed_on, c.began_on) < divided_on]
    later = [c for c in counted if c.outcome != "open" and c.began_on >= divided_on]
    told = list(_foretold(later, Experience.of(known), pipeline)) if known else []
    brier = {by: _mean((t.said[by] - t.won) ** 2 for t in told) for by in FORETELLERS}
    return Backtest(divided_on, len(known), len(later), brier, _by_stage(told, pipeline), _calibrated(told))


def _foretold(cycles: Iterable[Cycle], experience: Experience, pipeline: Pipeline) -> Iterator[_Told]:
    base = experience.won.get((), 0) / experience.closed[()]
    for cycle in cycles:
        for code in cycle.stages:
            stage = pipeline.stage(code)
            source, industry = cycle.segments
            fact = Fact(cycle.record, stage=code, source=source, industry=industry)
            learned = chance_of(fact, experience, pipeline)
            configured = float(stage.probability) if stage else 0.0
            said = {"learned": float(learned.probability), "configured": configured, "base": base}
            yield _Told(code, said, cycle.outcome == "won")


def _by_stage(told: Sequence[_Told], pipeline: Pipeline) -> tuple[StageTest, ...]:
    lines = []
    for stage in pipeline.open_stages:
        some = [t for t in told if t.stage == stage.code]
        if some:
            said = {by: _mean(t.said[by] for t in some) or 0.0 for by in FORETELLERS}
            won = _mean(t.won for t in some) or 0.0
            lines.append(StageTest(stage.code, len(some), said["configured"], said["base"], said["learned"], won))
    return tuple(lines)


def _calibrated(told: Sequence[_Told]) -> tuple[Calibration, ...]:
    """By tenths of what was said."""
    lines = []
    for by in FORETELLERS:
        for tenth in range(10):
            some = [t for t in told if min(int(t.said[by] * 10), 9) == tenth]
            if some:
                said, won = _mean(t.said[by] for t in some) or 0.0, _mean(t.won for t in some) or 0.0
                lines.append(Calibration(by, tenth / 10, (tenth + 1) / 10, len(some), said, won))
    return tuple(lines)


def _mean(numbers: Iterable[float]) -> float | None:
    found = list(numbers)
    return fsum(found) / len(found) if found else None
