"""How each owner stands: what came of their records, what is open, what was done, and what waits.

Records are counted by `funnel`, what is to be done by `follow_ups`; here they are
put side by side. Knows no tab and no language.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from sheetcrm.follow_ups import FollowUp
from sheetcrm.funnel import Fact, PipelineLine, Tally, grouped, open_value, tally

if TYPE_CHECKING:
    from sheetcrm.pipeline import Pipeline

__all__ = ["Member", "SeenActivity", "team"]

RECENT_DAYS = 30
"""What was done in so many days, today among them, is what somebody does of late."""


class SeenActivity(NamedTuple):
    """An activity that was done or is planned; cancelled ones are neither."""

    owner: str
    on: date | None
    is_open: bool


@dataclass(frozen=True, slots=True)
class Member:
    """An owner; "" for what belongs to nobody."""

    owner: str
    tally: Tally
    open: tuple[PipelineLine, ...]
    """What is open, a line for each currency."""
    done: int
    """Activities of the last 30 days."""
    planned: int
    due: int
    """Lines on Today, those beyond the fifteenth too."""
    late: int
    """Of these, the ones whose day has gone by."""


def team(
    facts: Sequence[Fact],
    activities: Iterable[SeenActivity],
    to_do: Mapping[str, Sequence[FollowUp]],
    pipeline: Pipeline,
    today: date,
) -> tuple[Member, ...]:
    """Everybody who has a record, an activity or something to do; who has most records comes first."""
    records = dict(grouped(facts, "owner"))
    seen: dict[str, list[SeenActivity]] = {}
    for activity in activities:
        seen.setdefault(activity.owner, []).append(activity)
    since = today - timedelta(days=RECENT_DAYS - 1)
    members = []
    for owner in dict.fromkeys((*records, *sorted({*seen, *to_do}))):
        own, mine, due = records.get(owner, []), seen.get(owner, []), to_do.get(owner, ())
        done = sum(not a.is_open and a.on is not None and since <= a.on <= today for a in mine)
        planned, late = sum(a.is_open for a in mine), sum(one.late for one in due)
        members.append(Member(owner, tally(own), open_value(own, pipeline), done, planned, len(due), late))
    return tuple(members)
