"""What is counted: records, cohorts, stages reached, reasons, months, the open pipeline.

One definition per figure, in words in `docs/metrics.md`. Everything is counted
over `Fact`s (a record as it stands) and `Event`s (what History says happened).
Nothing here knows a sheet, a language or today's date, and no two currencies
are ever added up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from sheetcrm.model import Event
    from sheetcrm.pipeline import Pipeline, Stage

__all__ = [
    "Days",
    "Dated",
    "Expected",
    "Fact",
    "Funnel",
    "GROUPINGS",
    "LOSSES",
    "Leak",
    "Lost",
    "Month",
    "Movement",
    "PipelineLine",
    "ReasonCount",
    "StageCount",
    "Tally",
    "closed_in",
    "expected",
    "expected_when",
    "funnel",
    "grouped",
    "happenings",
    "how_far",
    "is_expected",
    "leaks",
    "loss_reasons",
    "losses",
    "month_of",
    "months_ahead",
    "months",
    "months_back",
    "months_between",
    "moved_most",
    "open_pipeline",
    "open_value",
    "percentile",
    "stage_counts",
    "step_rates",
    "tally",
    "value_won",
    "within",
]

Outcome: TypeAlias = Literal["open", "won", "lost"]
Dated: TypeAlias = Literal["created", "closed"]

GROUPINGS: Mapping[str, Callable[[Fact], str]] = {
    name: attrgetter(name) for name in ("owner", "source", "industry", "channel")
}
"""What records can be grouped by."""

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Fact:
    """One record as it is counted. Words are labels; a blank one is not known."""

    id: str
    name: str = ""
    tab: str = ""
    stage: str = ""
    """The code of the last accepted stage; "" while none was accepted."""
    reached: str = ""
    """The code of the furthest open stage of this cycle; "" for none."""
    outcome: Outcome = "open"
    created_on: date | None = None
    closed_on: date | None = None
    owner: str = ""
    source: str = ""
    industry: str = ""
    channel: str = ""
    value: Decimal | None = None
    currency: str = ""
    reason: str = ""
    """Why it was lost."""
    reason_counts: bool = True
    """False for a reason that keeps the record out of rates (a duplicate, a test)."""
    competitor: str = ""
    note: str = ""
    probability: Decimal = Decimal(0)
    """Of winning, 0 to 1."""
    since: date | None = None
    cycle: int = 1
    own_probability: Decimal | None = None
    """A person's own number, 0 to 1."""
    expected_close: date | None = None


class Days(NamedTuple):
    """Whole days from creation to closing."""

    median: float | None
    p90: float | None


@dataclass(frozen=True, slots=True)
class Tally:
    """How a set of records stands."""

    records: int
    open: int
    won: int
    lost: int
    not_counted: int
    """Of the lost ones, those whose reason does not count in rates."""
    won_value: Mapping[str, Decimal]
    days_won: Days
    days_lost: Days

    @property
    def win_rate(self) -> float | None:
        """Won of all that were closed."""
        return _rate(self.won, self.won + self.lost)

    @property
    def win_rate_counted(self) -> float | None:
        """Won of those closed whose closing says something about selling."""
        return _rate(self.won, self.won + self.lost - self.not_counted)

    def as_json(self) -> dict[str, Any]:
        """The part that cohorts and groups share."""
        counts: dict[str, object] = {"records": self.records, "open": self.open, "won": self.won, "lost": self.lost}
        return counts | {"win_rate": _to_four_digits(self.win_rate), "won_value": _money(self.won_value)}


class StageCount(NamedTuple):
    """How many records came as far as a stage, and how many stand there."""

    stage: Stage
    reached: int
    now: int


class ReasonCount(NamedTuple):
    """How many records were lost for one reason ("" where none was given)."""

    reason: str
    lost: int


class Leak(NamedTuple):
    """Where, why and to whom records were lost."""

    stage: str
    """The code of the furthest open stage they had reached; "" for none."""
    reason: str
    competitor: str
    lost: int


class Lost(NamedTuple):
    """How many records were lost for one reason in one stage, one month, or of one source."""

    reason: str
    where: str
    """A stage by its code; a month as `2026-03`; "" where it is not known."""
    lost: int


class PipelineLine(NamedTuple):
    """Open records of one stage and currency. Those without a value have no currency."""

    stage: str
    currency: str | None
    records: int
    value: Decimal
    weighted: Decimal


class Expected(NamedTuple):
    """Open records with a value that are expected to close in one month."""

    when: str
    """`2026-03`; or `late` (before this month), `later`, `no-date`."""
    records: int
    weighted: Mapping[str, Decimal]


class Month(NamedTuple):
    """What happened in one calendar month."""

    month: str
    created: int
    converted: int
    offers_sent: int
    won: int
    lost: int

    @property
    def win_rate(self) -> float | None:
        """Won of all that were closed in it."""
        return _rate(self.won, self.won + self.lost)


class Movement(NamedTuple):
    """A count of one group that was another in the month before."""

    what: str
    """created (by source), won (by owner) or lost (by reason)."""
    group: str
    now: int
    before: int


@dataclass(frozen=True, slots=True)
class Funnel:
    """All that `sheetcrm funnel` says about a set of records."""

    total: Tally
    cohorts: tuple[tuple[str | None, Tally], ...]
    """Month of creation, oldest first; `None`, at the end, where it is unknown."""
    stages: tuple[StageCount, ...]
    reasons: tuple[ReasonCount, ...]
    by: str | None = None
    groups: tuple[tuple[str, Tally], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The shape of `funnel --json`."""
        total = self.total
        return {
            **total.as_json(),
            "win_rate_counted": _to_four_digits(total.win_rate_counted),
            "not_counted": total.not_counted,
            "days_to_close": {"won": total.days_won._asdict(), "lost": total.days_lost._asdict()},
            "cohorts": [{"month": month, **_without_rate(of.as_json())} for month, of in self.cohorts],
            "stages": [{"stage": s.stage.name, "reached": s.reached, "now": s.now} for s in self.stages],
            "loss_reasons": [{"reason": r.reason or None, "count": r.lost} for r in self.reasons],
            "groups": [{"key": key or None, **of.as_json()} for key, of in self.groups],
        }


def funnel(
    facts: Iterable[Fact],
    pipeline: Pipeline,
    *,
    by: str | None = None,
    since: date | None = None,
    until: date | None = None,
    dated: Dated = "created",
) -> Funnel:
    """Count the records created (or closed) from `since` to `until`, both days included."""
    chosen = within(facts, since, until, dated)
    groups = grouped(chosen, by) if by else []
    return Funnel(
        tally(chosen),
        tuple((month, tally(some)) for month, some in cohorts(chosen)),
        stage_counts(chosen, pipeline),
        loss_reasons(chosen),
        by,
        tuple((key, tally(some)) for key, some in groups),
    )


def within(facts: Iterable[Fact], since: date | None, until: date | None, dated: Dated) -> list[Fact]:
    """A record without the date that is asked about is in no period; without a period it stays."""
    chosen = [f for f in facts if dated == "created" or f.outcome != "open"]
    if since is None and until is None:
        return chosen
    first, last = since or date.min, until or date.max
    days = ((f, f.created_on if dated == "created" else f.closed_on) for f in chosen)
    return [fact for fact, day in days if day is not None and first <= day <= last]


# ---------------------------------------------------------------- sets of records


def tally(facts: Sequence[Fact]) -> Tally:
    """How these records stand."""
    won = [f for f in facts if f.outcome == "won"]
    lost = [f for f in facts if f.outcome == "lost"]
    return Tally(
        len(facts),
        len(facts) - len(won) - len(lost),
        len(won),
        len(lost),
        sum(not f.reason_counts for f in lost),
        added_up((f.currency, f.value) for f in won),
        days_to_close(won),
        days_to_close(lost),
    )


def added_up(amounts: Iterable[tuple[str, Decimal | None]]) -> dict[str, Decimal]:
    """The sum of each currency by itself; what has no amount is left out."""
    sums: dict[str, Decimal] = {}
    for currency, amount in amounts:
        if amount is not None:
            sums[currency] = sums.get(currency, Decimal(0)) + amount
    return dict(sorted(sums.items()))


def days_to_close(facts: Iterable[Fact]) -> Days:
    """From creation to closing; negative days count, a record without both dates does not."""
    days = sorted((f.closed_on - f.created_on).days for f in facts if f.closed_on and f.created_on)
    return Days(percentile(days, 50), percentile(days, 90))


def percentile(days: Sequence[int], percent: int) -> float | None:
    """Between the two nearest of sorted values, in proportion (`quantile_cont`)."""
    if not days:
        return None
    place, rest = divmod((len(days) - 1) * percent, 100)
    low, high = days[place], days[min(place + 1, len(days) - 1)]
    return (low * 100 + (high - low) * rest) / 100


@cache
def month_of(day: date) -> str:
    """`2026-03`."""
    return f"{day.year:04}-{day.month:02}"


def cohorts(facts: Iterable[Fact]) -> list[tuple[str | None, list[Fact]]]:
    """The records of each month of creation, oldest first, those of no known month last."""
    found = _sorted_apart(facts, lambda fact: month_of(fact.created_on) if fact.created_on else "")
    known: list[tuple[str | None, list[Fact]]] = [(month, found[month]) for month in sorted(found) if month]
    return known + ([(None, found[""])] if "" in found else [])


def grouped(facts: Iterable[Fact], by: str) -> list[tuple[str, list[Fact]]]:
    """The records of each owner, source …; most records first, then by name."""
    if by not in GROUPINGS:
        raise ValueError(f"Records can be grouped by {', '.join(GROUPINGS)}; not by {by!r}.")
    return sorted(_sorted_apart(facts, GROUPINGS[by]).items(), key=lambda group: (-len(group[1]), group[0]))


def _sorted_apart(facts: Iterable[Fact], key: Callable[[Fact], str]) -> dict[str, list[Fact]]:
    found: dict[str, list[Fact]] = {}
    for fact in facts:
        found.setdefault(key(fact), []).append(fact)
    return found


# ---------------------------------------------------------------- stages, reasons


def stage_counts(facts: Iterable[Fact], pipeline: Pipeline) -> tuple[StageCount, ...]:
    """Every stage in table order. Who reached a stage reached the open ones before it; who won, all."""
    place = {stage.code: number for number, stage in enumerate(pipeline.open_stages)}
    now: Counter[str] = Counter()
    furthest: Counter[int] = Counter()
    for fact in facts:
        now[fact.stage] += 1
        furthest[how_far(fact, place)] += 1
    reached = {code: sum(n for far, n in furthest.items() if far >= number) for code, number in place.items()}
    return tuple(StageCount(s, reached.get(s.code, now[s.code]), now[s.code]) for s in pipeline.stages)


def how_far(fact: Fact, place: Mapping[str, int]) -> int:
    """The number of the furthest open stage that a record reached; -1 for none, all of them for a won one."""
    return len(place) if fact.outcome == "won" else max(place.get(fact.reached, -1), place.get(fact.stage, -1))


def step_rates(counts: Sequence[StageCount]) -> dict[str, float | None]:
    """For each open stage, the part of those who reached it that reached the next; from the last: won."""
    steps = [count for count in counts if count.stage.outcome == "open"]
    won = sum(count.now for count in counts if count.stage.outcome == "won")
    following = [*(count.reached for count in steps[1:]), won]
    return {here.stage.code: _rate(after, here.reached) for here, after in zip(steps, following, strict=True)}


def loss_reasons(facts: Iterable[Fact]) -> tuple[ReasonCount, ...]:
    """Why records are lost, the most frequent reason first."""
    found = Counter(fact.reason for fact in facts if fact.outcome == "lost")
    return tuple(ReasonCount(*item) for item in sorted(found.items(), key=lambda item: (-item[1], item[0])))


def leaks(facts: Iterable[Fact], pipeline: Pipeline) -> tuple[Leak, ...]:
    """Lost records by furthest stage, reason and competitor; the biggest leak first."""
    found = Counter((f.reached, f.reason, f.competitor) for f in facts if f.outcome == "lost")
    ordered = sorted(found.items(), key=lambda item: (-item[1], pipeline.position(item[0][0]), item[0]))
    return tuple(Leak(*where, count) for where, count in ordered)


LOSSES: Mapping[str, Callable[[Fact], str]] = {
    "stage": attrgetter("reached"),
    "competitor": attrgetter("competitor"),
    **GROUPINGS,
    "month": lambda fact: month_of(fact.closed_on) if fact.closed_on else "",
}
"""What loss reasons can be looked at by. The stage is the furthest that was reached, the month that of the loss."""


def losses(facts: Iterable[Fact], across: str, pipeline: Pipeline) -> tuple[Lost, ...]:
    """Lost records by reason and by something else: reasons as `loss_reasons` orders them, stages as the pipeline."""
    if across not in LOSSES:
        raise ValueError(f"Losses can be looked at by {', '.join(LOSSES)}; not by {across!r}.")
    lost = [fact for fact in facts if fact.outcome == "lost"]
    found = Counter((fact.reason, LOSSES[across](fact)) for fact in lost)
    reasons = {count.reason: place for place, count in enumerate(loss_reasons(lost))}
    ordered = sorted(found, key=lambda cell: (reasons[cell[0]], pipeline.position(cell[1]), cell[1]))
    return tuple(Lost(*cell, found[cell]) for cell in ordered)


def open_pipeline(facts: Iterable[Fact], pipeline: Pipeline) -> tuple[PipelineLine, ...]:
    """What is open, by stage and currency; weighted by each record's own probability."""
    found: dict[tuple[str, str | None], list[Fact]] = {}
    for fact in facts:
        if fact.outcome == "open":
            found.setdefault((fact.stage, None if fact.value is None else fact.currency), []).append(fact)
    lines = [
        PipelineLine(
            stage,
            currency,
            len(some),
            sum((f.value for f in some if f.value is not None), Decimal(0)),
            _weighted(some).get(currency or "", Decimal(0)),
        )
        for (stage, currency), some in found.items()
    ]
    return tuple(sorted(lines, key=lambda n: (pipeline.position(n.stage), n.currency is None, n.currency or "")))


def open_value(facts: Iterable[Fact], pipeline: Pipeline) -> tuple[PipelineLine, ...]:
    """The open pipeline of all stages together: a line for each currency, `stage` blank."""
    by_currency: dict[str | None, list[PipelineLine]] = {}
    for line in open_pipeline(facts, pipeline):
        by_currency.setdefault(line.currency, []).append(line)
    lines = (
        PipelineLine(
            "",
            currency,
            sum(line.records for line in some),
            sum((line.value for line in some), Decimal(0)),
            sum((line.weighted for line in some), Decimal(0)),
        )
        for currency, some in by_currency.items()
    )
    return tuple(sorted(lines, key=lambda line: (line.currency is None, line.currency or "")))


def expected(facts: Iterable[Fact], today: date, ahead: int) -> tuple[Expected, ...]:
    """What is open and has a value, by the month of its expected close: late, this one, the next ones, later."""
    window = months_ahead(today, ahead)
    found = _sorted_apart(filter(is_expected, facts), lambda fact: expected_when(fact, window))
    sets = {when: found.get(when, []) for when in ("late", *window, "later", "no-date")}
    return tuple(Expected(when, len(some), _weighted(some)) for when, some in sets.items())


def is_expected(fact: Fact) -> bool:
    """Whether it is open and has a value."""
    return fact.outcome == "open" and fact.value is not None


def expected_when(fact: Fact, window: Sequence[str]) -> str:
    """In which of these months it is expected to close; `late` before them, `later` after them, else `no-date`."""
    if fact.expected_close is None:
        return "no-date"
    month = month_of(fact.expected_close)
    return "late" if month < window[0] else "later" if month > window[-1] else month


def _weighted(facts: Iterable[Fact]) -> dict[str, Decimal]:
    """Value × probability, for each currency; what has no value is left out."""
    sums = added_up((f.currency, None if f.value is None else f.value * f.probability) for f in facts)
    return {currency: amount.quantize(CENT, ROUND_HALF_UP) for currency, amount in sums.items()}


# ---------------------------------------------------------------- months


def months_back(today: date, back: int = 12) -> tuple[str, ...]:
    """This month and so many before it, oldest first."""
    return _months_around(today, -back, 0)


def months_ahead(today: date, ahead: int) -> tuple[str, ...]:
    """This month and so many after it."""
    return _months_around(today, 0, ahead)


def _months_around(today: date, first: int, last: int) -> tuple[str, ...]:
    this = today.year * 12 + today.month - 1
    return tuple(_month_numbered(number) for number in range(this + first, this + last + 1))


def _month_numbered(number: int) -> str:
    """A month by its number since the year 0."""
    return f"{number // 12:04}-{number % 12 + 1:02}"


def months_between(first: str, last: str) -> tuple[str, ...]:
    """Every month from one to another, both included."""
    start, end = (int(month[:4]) * 12 + int(month[5:]) - 1 for month in (first, last))
    return tuple(_month_numbered(number) for number in range(start, end + 1))


def months(
    facts: Sequence[Fact],
    events: Iterable[Event],
    offers_sent: Iterable[date],
    pipeline: Pipeline,
    today: date,
) -> tuple[Month, ...]:
    """What happened in this month and the last twelve, oldest first."""
    happened = happenings(facts, events, pipeline)
    per_month = {word: _per_month(day for _, day in some) for word, some in happened.items()}
    sent = _per_month(offers_sent)
    created, converted, won, lost = (per_month[word] for word in ("created", "converted", "won", "lost"))
    return tuple(Month(m, created[m], converted[m], sent[m], won[m], lost[m]) for m in months_back(today))


Happening: TypeAlias = tuple[str, date | None]
"""A record, and the day on which something happened to it."""


def happenings(facts: Sequence[Fact], events: Iterable[Event], pipeline: Pipeline) -> dict[str, list[Happening]]:
    """All that is counted by month: created, converted, won, lost."""
    conversions, earlier = _history(facts, events, pipeline)
    happened: dict[str, list[Happening]] = {
        "created": [(f.id, f.created_on) for f in facts],
        "converted": list(conversions.items()),
        "won": [(f.id, f.closed_on) for f in facts if f.outcome == "won"],
        "lost": [(f.id, f.closed_on) for f in facts if f.outcome == "lost"],
    }
    for outcome, closing in earlier:
        happened[outcome].append(closing)
    return happened


def closed_in(facts: Iterable[Fact], outcome: str, months: Sequence[str]) -> list[Fact]:
    """The records that stand as won (or lost) and were closed in those months; the latest first."""
    chosen = [f for f in facts if f.outcome == outcome and f.closed_on and month_of(f.closed_on) in months]
    chosen.sort(key=lambda fact: fact.id)
    return sorted(chosen, key=lambda fact: fact.closed_on or date.min, reverse=True)


def value_won(facts: Iterable[Fact], month: str) -> dict[str, Decimal]:
    """The values of the records that stand as won and were closed in that month, for each currency."""
    return added_up((f.currency, f.value) for f in closed_in(facts, "won", (month,)))


def moved_most(facts: Sequence[Fact], month: str, before: str, *, upwards: bool = False) -> Movement | None:
    """The group that grew or shrank most from one month to the next; only what grew, if `upwards`."""
    groups: tuple[tuple[str, Iterable[tuple[str, date | None]]], ...] = (
        ("created", ((f.source, f.created_on) for f in facts)),
        ("won", ((f.owner, f.closed_on) for f in facts if f.outcome == "won")),
        ("lost", ((f.reason, f.closed_on) for f in facts if f.outcome == "lost")),
    )
    found: list[Movement] = []
    for what, members in groups:
        counts = Counter((group, month_of(day)) for group, day in members if day)
        found += [
            Movement(what, group, counts[group, month], counts[group, before])
            for group in sorted({group for group, when in counts if when in (month, before)})
        ]
    moved = [m for m in found if (m.now > m.before if upwards else m.now != m.before)]
    return max(moved, key=lambda m: abs(m.now - m.before), default=None)


def _per_month(days: Iterable[date | None]) -> Counter[str]:
    return Counter(month_of(day) for day in days if day is not None)


TAKEN_IN = frozenset({"imported", "taken-over"})
CLOSES = frozenset({"won", "lost"})
TELLING = TAKEN_IN | CLOSES | {"created", "stage", "passed", "reopened", "corrected"}
"""Events whose `after` is a stage that the record really came to."""


def _history(
    facts: Iterable[Fact], events: Iterable[Event], pipeline: Pipeline
) -> tuple[dict[str, date | None], list[tuple[str, Happening]]]:
    """When each record converted, and the closings that its row no longer tells."""
    closed_now = {fact.id: fact.outcome != "open" for fact in facts}
    stages = {stage.code: stage for stage in pipeline.stages}
    converted: dict[str, date | None] = {}
    closings: dict[str, list[tuple[str, date | None]]] = {}
    for event in events:
        word, record = event.event, event.record
        if word not in TELLING or record not in closed_now:
            continue
        stage = stages.get(event.after)
        if word != "lost" and stage and stage.outcome != "lost" and stage.home != "leads":
            # Where it stood when it was taken in says nothing of the day it came there.
            converted.setdefault(record, None if word in TAKEN_IN else event.happened_on)
        if word == "corrected" and closings.get(record):
            closings[record].pop()
        if word in CLOSES:
            closings.setdefault(record, []).append((word, event.happened_on))
        elif word == "corrected" and stage and stage.outcome != "open":
            closings.setdefault(record, []).append((stage.outcome, event.happened_on))
    # Of a record that is closed, the last closing is the row's own date, which a person may have put right.
    earlier = [
        (outcome, (record, day))
        for record, closed in closings.items()
        for outcome, day in (closed[:-1] if closed_now[record] else closed)
    ]
    return converted, earlier


# ---------------------------------------------------------------- numbers


def _rate(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _to_four_digits(rate: float | None) -> float | None:
    """A half rounds up, as people round: 107 of 160 is 0.6688."""
    return None if rate is None else float(Decimal(repr(rate)).quantize(Decimal("0.0001"), ROUND_HALF_UP))


def _money(amounts: Mapping[str, Decimal]) -> dict[str, float]:
    return {currency: float(amount.quantize(CENT, ROUND_HALF_UP)) for currency, amount in amounts.items()}


def _without_rate(shape: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in shape.items() if key != "win_rate"}
