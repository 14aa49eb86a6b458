"""What a run knows of the day's work: records, activities and offers as `follow_ups` wants them.

Decides nothing about what is due; knows where in a run it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cache

from sheetcrm.drafts import Draft
from sheetcrm.follow_ups import FollowUp, OpenActivity, OpenOffer, Standing, follow_ups
from sheetcrm.funnel import Fact
from sheetcrm.model import Activity
from sheetcrm.offer_figures import OfferFact
from sheetcrm.run import Run
from sheetcrm.settings import working_day
from sheetcrm.team import SeenActivity

__all__ = ["activities_seen", "agenda", "day_of_reading"]

TAKEN_IN = frozenset({"imported", "taken-over"})
MOVEMENT = TAKEN_IN | {"created", "stage", "passed", "won", "lost", "reopened", "corrected", "changed"}
"""Events that are movement; `changed` is a changed note or next step."""


def agenda(run: Run, facts: Sequence[Fact], offers: Sequence[OfferFact]) -> dict[str, list[FollowUp]]:
    """What is to be done, by owner, on the day on which people read it.

    That is the calendar's day: what the run at 02:17 writes is read in the morning that follows, though what it
    finds belongs to the working day before.
    """
    settings, today = run.rules.settings, day_of_reading(run)
    activities = list(_activities(run))
    moved = _moved_on(run, facts, activities, offers, today)
    return follow_ups(
        [_standing(run, fact, moved) for fact in facts],
        [_open_activity(run, draft, activity) for draft, activity in activities if _is_open(activity)],
        [
            OpenOffer(o.record, o.number, o.valid_until, o.value, o.currency, draft=o.state == "draft")
            for o in offers
            if o.state in ("draft", "sent")
        ],
        run.rules.pipeline,
        settings,
        today,
    )


def day_of_reading(run: Run) -> date:
    """The calendar's day of a run."""
    return run.now.astimezone(run.rules.settings.zone).date()


def activities_seen(run: Run) -> Iterator[SeenActivity]:
    """The activities that are planned or were done, each with who is behind it."""
    for draft, activity in _activities(run):
        if activity.status != "cancelled":
            yield SeenActivity(_owner_of(run, draft, activity), activity.date, _is_open(activity))


def _activities(run: Run) -> Iterator[tuple[Draft, Activity]]:
    """Each activity once, those of a stopped tab included."""
    for draft in run.activity_rows:
        activity, known = draft.entry.record, bool(draft.id) and draft.entry.kind == "record"
        if known and run.drafts.get(draft.id) is draft and isinstance(activity, Activity):
            yield draft, activity


# ---------------------------------------------------------------- records


def _standing(run: Run, fact: Fact, moved: Mapping[str, date]) -> Standing:
    lead = run.drafts[fact.id].lead
    step = _one_line(lead.next_step)
    return Standing(fact, moved.get(fact.id, fact.created_on), step, lead.next_step_on, lead.come_back_on)


def _moved_on(
    run: Run,
    facts: Iterable[Fact],
    activities: Iterable[tuple[Draft, Activity]],
    offers: Iterable[OfferFact],
    today: date,
) -> dict[str, date]:
    """When something last happened to each record: by History, its stage, activities that are done, offers."""
    told: list[tuple[str, object]] = [*_told(run), *((fact.id, fact.since) for fact in facts)]
    told += [(_record_of(draft), activity.date) for draft, activity in activities if not _is_open(activity)]
    told += [(offer.record, day) for offer in offers for day in (offer.made_on, offer.sent_on)]
    latest: dict[str, date] = {}
    for record, day in told:
        if isinstance(day, date) and day <= today and day > latest.get(record, date.min):
            latest[record] = day
    return latest


def _told(run: Run) -> Iterator[tuple[str, date]]:
    """What History tells of movement; what was taken in moved on the day that its own row names, if any."""
    settings = run.rules.settings

    @cache
    def day_of(moment: datetime) -> date:
        return working_day(moment.replace(tzinfo=settings.zone), settings)

    for event in (*run.ledger.events, *run.events):
        if event.event in MOVEMENT:
            own = event.happened_on if event.event in TAKEN_IN else None
            yield event.record, own or day_of(event.seen_at)


# ---------------------------------------------------------------- activities


def _is_open(activity: Activity) -> bool:
    """Planned; or without a status as long as nobody wrote what came of it."""
    return activity.status == "planned" or (activity.status is None and not activity.result)


def _open_activity(run: Run, draft: Draft, activity: Activity) -> OpenActivity:
    label = run.rules.pipeline.label
    what = ": ".join(filter(None, (label("activity_type", activity.type), _one_line(activity.subject))))
    record = _record_of(draft)
    about, owner = run.drafts.get(record), _owner_of(run, draft, activity)
    name, home = (about.name, about.home or about.layout.name) if about else ("", draft.layout.name)
    return OpenActivity(draft.id, activity.date, what, owner, record, name, run.layouts[home].title)


def _owner_of(run: Run, draft: Draft, activity: Activity) -> str:
    """Whoever is named; else who owns the record."""
    about = run.drafts.get(_record_of(draft))
    owner = activity.owner or (getattr(about.entry.record, "owner", None) if about else None)
    return run.rules.pipeline.label("owner", owner)


def _record_of(draft: Draft) -> str:
    """The ID of the record that an activity is about."""
    return str(draft.sync.get("record_id", draft.entry.cell("record_id")))


def _one_line(text: str | None) -> str:
    """What a person wrote, short enough for a line."""
    words = " ".join((text or "").split())
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1].rstrip()}…"


LONGEST = 80
