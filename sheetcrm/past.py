"""What History tells of the stages: who came where and when, how long it took, who stood where on a day.

Everything is read off `Step`s: the changes of stage as sync saw them, with closings
that were put right left out. What sync never saw is not guessed: a stage that a
record stood in when it was taken in has no beginning. Nothing here knows a sheet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from sheetcrm.funnel import CLOSES, TAKEN_IN, TELLING, Fact, percentile
from sheetcrm.ledger import subject

if TYPE_CHECKING:
    from sheetcrm.model import Event
    from sheetcrm.pipeline import Pipeline
    from sheetcrm.settings import Settings

__all__ = ["Duration", "Step", "Transition", "durations", "seen_on", "standing_on", "steps_of", "transitions"]

SECONDS_A_DAY = 86_400
ARRIVALS = TAKEN_IN | {"created"}


class Step(NamedTuple):
    """A record came to another stage."""

    event: Event
    before: str
    """The code of the stage that it left; "" for none."""
    after: str
    """The code of the stage that it came to."""
    on: date
    """The working day from which it stood there, as far as anybody knows."""
    at: datetime | None
    """The moment, as clocks show it there; `None` for a stage in which it was taken in."""
    cycle: int = 1
    seen: bool = True
    """False for a stage in which it was taken in: nobody saw it come."""


class Transition(NamedTuple):
    """How often records went from one stage to another ("" for: from nothing)."""

    before: str
    after: str
    n: int


class Duration(NamedTuple):
    """How long records stood in a stage which they left again; parts of days count."""

    stage: str
    n: int
    median_days: float
    p90_days: float


# ---------------------------------------------------------------- steps


def steps_of(events: Iterable[Event], settings: Settings) -> dict[str, list[Step]]:
    """The steps of each record, in the order in which sync saw them."""
    found: dict[str, list[Step]] = {}
    cycles: dict[str, int] = {}
    for event in events:
        word, record = event.event, event.record
        if word not in TELLING or word == "passed" or not event.after:
            continue  # nobody saw a record stand in a stage that it passed
        steps = found.setdefault(record, [])
        before = event.before
        if word == "reopened":
            cycles[record] = cycles.get(record, 1) + 1
        if word == "corrected":
            if steps and steps[-1].event.event in CLOSES:
                steps.pop()
            before = steps[-1].after if steps else ""
            if before == event.after:
                continue
        step = _step(event, before, cycles.get(record, 1), settings)
        if steps and steps[-1].after == step.after:  # it was taken in closed: now its day is said
            steps[-1] = step._replace(before="", seen=steps[-1].seen)
        else:
            steps.append(step)
    return found


def _step(event: Event, before: str, cycle: int, settings: Settings) -> Step:
    seen = seen_on(event, settings)
    if event.event in TAKEN_IN:
        return Step(event, "", event.after, seen, None, cycle, seen=False)
    if event.happened_on is None:
        return Step(event, before, event.after, seen, None, cycle)
    # A day that a person gave wins; the hour stays that at which sync saw it.
    moment = event.seen_at + (event.happened_on - seen)
    return Step(event, before, event.after, event.happened_on, moment, cycle)


def seen_on(event: Event, settings: Settings) -> date:
    """The working day on which sync saw an event."""
    return event.seen_at.date() - timedelta(days=event.seen_at.time() < settings.day_ends_at)


# ---------------------------------------------------------------- ways and times


def transitions(steps: Iterable[Sequence[Step]], pipeline: Pipeline) -> tuple[Transition, ...]:
    """Every way that was taken from stage to stage, in pipeline order."""
    found = Counter((step.before, step.after) for own in steps for step in own if step.seen)
    place = _places(pipeline)
    ordered = sorted(found.items(), key=lambda item: [(place.get(code, len(place)), code) for code in item[0]])
    return tuple(Transition(*way, n) for way, n in ordered)


def durations(steps: Iterable[Sequence[Step]], pipeline: Pipeline) -> tuple[Duration, ...]:
    """How long records stood in each stage before they left it, in pipeline order."""
    seconds: dict[str, list[int]] = {}
    for own in steps:
        for came, went in pairwise(own):
            if came.at and went.at:
                seconds.setdefault(came.after, []).append(int((went.at - came.at).total_seconds()))
    place = _places(pipeline)
    return tuple(
        Duration(stage, len(some), *(_days(sorted(some), percent) for percent in (50, 90)))
        for stage, some in sorted(seconds.items(), key=lambda item: (place.get(item[0], len(place)), item[0]))
    )


def _places(pipeline: Pipeline) -> Mapping[str, int]:
    """Where each stage stands; coming from nothing stands before all of them."""
    return {code: place for place, code in enumerate(["", *(stage.code for stage in pipeline.stages)])}


def _days(seconds: Sequence[int], percent: int) -> float:
    return (percentile(seconds, percent) or 0.0) / SECONDS_A_DAY


# ---------------------------------------------------------------- a day of the past


def standing_on(
    day: date, facts: Iterable[Fact], events: Iterable[Event], pipeline: Pipeline, settings: Settings
) -> list[Fact]:
    """Every record as it stood at the end of a working day; `facts` is how they stand now.

    A record of which nothing was heard since is what it is now. Of the others
    History tells stage, owner, source, industry, value and loss reason; the row's
    own dates, name and channel are today's.
    """
    now = {fact.id: fact for fact in facts}
    heard: dict[str, list[Event]] = {}
    for event in events:
        if subject(event) != event.record:
            continue  # of an offer, with the offer's amount
        if event.record in now or event.event in TELLING or event.record in heard:
            heard.setdefault(event.record, []).append(event)
    found = []
    for record in heard.keys() | now.keys():
        past = _Past(record, now.get(record), heard.get(record, []), pipeline, settings)
        fact = past.on(day)
        if fact:
            found.append(fact)
    return sorted(found, key=lambda fact: (len(fact.id), fact.id))


@dataclass(slots=True)
class _Past:
    """One record, and what was heard of it."""

    id: str
    fact: Fact | None
    """As it stands now; `None` for a record that is gone."""
    events: Sequence[Event]
    pipeline: Pipeline
    settings: Settings

    def on(self, day: date) -> Fact | None:
        """How it stood; `None` where it was not there."""
        until = [event for event in self.events if seen_on(event, self.settings) <= day]
        created, known = self.created_on(), self.known_on()
        if min(created or known, known) > day or _missing(until):
            return None
        steps = self.steps()
        # A day to come that somebody typed does not wait: from when sync saw it, so it is.
        taken = [step for step in steps if min(step.on, seen_on(step.event, self.settings)) <= day]
        if self.fact and len(taken) == len(steps) and len(until) == len(self.events):
            return self.fact
        return self.told(until, taken, created)

    def created_on(self) -> date | None:
        """The day of creation: the row's own, else what History says."""
        if self.fact:
            return self.fact.created_on
        return next((event.happened_on for event in self.events if event.event in ARRIVALS), None)

    def known_on(self) -> date:
        """The first day on which sync saw it; one without History was there from the beginning."""
        return min((seen_on(event, self.settings) for event in self.events), default=date.min)

    def steps(self) -> list[Step]:
        """Its steps; the last closing on the row's own day, which a person may have put right."""
        steps = steps_of(self.events, self.settings).get(self.id, [])
        if steps and self.fact and self.fact.outcome != "open" and self.fact.closed_on:
            last = steps[-1]
            steps[-1] = last._replace(on=self.fact.closed_on, at=last.at or last.event.seen_at)
        return steps

    def told(self, until: Sequence[Event], steps: Sequence[Step], created: date | None) -> Fact:
        """What History tells of it; before sync ever saw it, its row says what it said then."""
        heard = [*reversed(until), *self.events]
        said = next((event for event in heard if event.event != "missing"), heard[0])
        last = steps[-1] if steps else None
        stage = self.pipeline.stage(last.after) if last else None
        outcome = stage.outcome if stage else "open"
        reason = self.pipeline.reason(last.event.reason) if last and outcome == "lost" else None
        base = self.fact or Fact(self.id)
        return replace(
            base,
            stage=stage.code if stage else "",
            reached=_furthest(steps, self.pipeline),
            outcome=outcome,
            created_on=created,
            closed_on=(last.on if last.at else None) if last and outcome != "open" else None,
            owner=said.owner,
            source=said.source,
            industry=said.industry,
            value=said.value,
            currency=said.currency,
            reason=reason.name if reason else "",
            reason_counts=reason.counts if reason else True,
            competitor=last.event.competitor if last and outcome == "lost" else "",
            probability=stage.probability if stage else Decimal(0),
            since=last.on if last and last.seen else None,
            cycle=last.cycle if last else 1,
            own_probability=None,
        )


def _missing(events: Iterable[Event]) -> bool:
    """Whether its row was gone from the workbook."""
    words = [event.event for event in events if event.event in ("missing", "returned")]
    return bool(words) and words[-1] == "missing"


def _furthest(steps: Sequence[Step], pipeline: Pipeline) -> str:
    """The furthest open stage of the last cycle; who won has been through all of them."""
    reached = -1
    for step in _of_last_cycle(steps):
        stage = pipeline.stage(step.after)
        won = stage is not None and stage.outcome == "won"
        came_from = "" if step.event.event == "reopened" else step.before
        last = len(pipeline.open_stages) - 1 if won else -1
        reached = max(reached, last, pipeline.position(step.after), pipeline.position(came_from))
    return pipeline.open_stages[reached].code if reached >= 0 else ""


def _of_last_cycle(steps: Sequence[Step]) -> Iterator[Step]:
    return (step for step in steps if step.cycle == steps[-1].cycle)
