"""Plays the story on a real workbook and tells it: what people did, what sync found and did.

Knows the place, the clock it hands to sync and how the story is told; what
happens in it stands in `story`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sheetcrm import display, messages
from sheetcrm.demo.desk import Desk, Undo
from sheetcrm.demo.story import NIGHT, STORY, Run
from sheetcrm.demo.venues import Venue, venue_at
from sheetcrm.display.answers import event_line
from sheetcrm.notebook import Crm
from sheetcrm.tables import Receipt

if TYPE_CHECKING:
    from sheetcrm.model import Event

__all__ = ["play"]

ZONE = ZoneInfo("Europe/Bucharest")

WORTH_TELLING = frozenset(
    "moved won lost reopened corrected refused account-created account-linked overwritten renamed id-given "
    "offer-made offer-sent offer-expired offer-superseded "
    "returned missing".split()
)
MOST_ALIKE, MOST_PROBLEMS = 4, 6

Say = Callable[[str], None]


def play(where: str | Path, language: str, say: Say, now: datetime | None = None) -> str:
    """Play all nights in the folder, file or Google Sheet at `where`; the last of them is last night."""
    venue = venue_at(where)
    venue.make(language)
    theatre = _Theatre(venue, language, say, last_night(now or datetime.now(ZONE)))
    for number, run in enumerate(STORY, 1):
        theatre.run(number, run)
    theatre.close()
    return venue.where


def last_night(now: datetime) -> date:
    """The day of the latest nightly run before `now`."""
    local = now.astimezone(ZONE)
    return local.date() - timedelta(days=local.time() < NIGHT)


class _Theatre:
    """The workbook, and who tells what happens to it."""

    def __init__(self, venue: Venue, language: str, say: Say, last: date) -> None:
        self.venue = venue
        self.language = language
        self.say = say
        self.last = last
        self.undo: Undo = {}
        self.known: frozenset[tuple[str, str, str]] = frozenset()
        """The problems that were told already: tab, ID, code."""

    def word(self, key: str, **values: object) -> str:
        """A text of the demo."""
        return messages.text("demo", key, self.language, **values)

    def crm(self, moment: datetime) -> Crm:
        """The workbook at a moment."""
        return Crm(self.venue.workbook(moment), lambda: moment)

    def run(self, number: int, run: Run) -> None:
        """People work, sync comes by, and both are told."""
        moment = self.moment(run)
        with self.venue.at_work() as screen:
            desk = Desk(screen, self.language, self.last, self.undo)
            for deed in run.deeds:
                deed.do(desk)
        crm = self.crm(moment)
        receipt = crm.sync()
        title = self.word(run.key)
        self.say(f"\n━━ {number}. {title} · {self.word('at', day=self.day_text(moment))}")
        self.say(self.word("people"))
        for deed in run.deeds:
            self.say(f"  • {self.word(deed.key)}")
        self.say(self.word("sync"))
        for line in self.told(crm, receipt):
            self.say(f"  {line}")

    def moment(self, run: Run) -> datetime:
        """When sync comes by."""
        return datetime.combine(self.last - timedelta(days=run.days_ago), run.at, ZONE)

    def day_text(self, moment: datetime) -> str:
        """A day and an hour, as the team writes them."""
        return f"{moment:%d.%m.%Y, ora %H:%M}" if self.language == "ro" else f"{moment:%Y-%m-%d, %H:%M}"

    def told(self, crm: Crm, receipt: Receipt) -> Iterator[str]:
        """What sync did and found, in a few lines."""
        yield from display.receipt_text(Receipt(receipt.written, receipt.plan), self.language).split("\n")
        yield from self.told_events(crm, receipt.plan.events)
        names = self.names(crm)
        found = [p for p in receipt.plan.problems if p.severity != "hint"]
        fresh = [p for p in found if (p.tab, p.id, p.code) not in self.known and p not in receipt.plan.stopped]
        for problem in fresh[:MOST_PROBLEMS]:
            where = " · ".join(filter(None, (problem.tab, problem.id, names.get(problem.id))))
            yield f"{'✗' if problem.severity == 'error' else '!'} {where}: {problem.message(self.language)}"
        self.known = frozenset((p.tab, p.id, p.code) for p in found)

    def told_events(self, crm: Crm, events: Iterable[Event]) -> Iterator[str]:
        """What happened to whom; of many alike, how many and the first of them."""
        kinds: dict[str, list[Event]] = {}
        for event in events:
            if event.event in WORTH_TELLING:
                kinds.setdefault(event.event, []).append(event)
        names = self.names(crm)
        for kind, alike in kinds.items():
            if len(alike) <= MOST_ALIKE:
                yield from (f"→ {self.event_line(crm, event, names)}" for event in alike)
                continue
            first = ", ".join(names.get(event.record, event.record) for event in alike[:3])
            yield f"→ {messages.text('events', kind, self.language)}: {len(alike)} ({first} …)"

    def names(self, crm: Crm) -> dict[str, str]:
        """What people call a record or an account, by its ID."""
        leads, accounts = crm.records, crm.accounts
        return dict(zip([*leads["id"], *accounts["id"]], [*leads["company"], *accounts["name"]], strict=True))

    def event_line(self, crm: Crm, event: Event, names: dict[str, str]) -> str:
        """The line of History with the name of its record."""
        named = " ".join(filter(None, (event.record, names.get(event.record))))
        # The note of an account is its name, which stands there already.
        note = "" if event.event == "account-created" else event.note
        line = event.model_copy(update={"record": named, "owner": "", "value": None, "note": note})
        return event_line(line, self.language, crm.pipeline)

    def close(self) -> None:
        """A second run finds nothing to do; then the funnel, and what to look at."""
        moment = self.moment(STORY[-1])
        crm = self.crm(moment)
        self.say(f"\n━━ {self.word('again')}")
        for line in display.receipt_text(crm.sync(), self.language).split("\n"):
            self.say(f"  {line}")
        self.say(f"\n━━ {self.word('funnel')}\n{display.funnel_text(crm.funnel(by='owner').figures, self.language)}")
        where = self.venue.where
        self.say(f"\n━━ {self.word('open', file=where)}")
        for tab in ("today", "report", "leads", "opportunities", "problems", "history"):
            self.say(f"  {messages.text('tabs', tab, self.language)}: {self.word(f'look-{tab}')}")
        self.say("\n" + self.word("try", file=where))
