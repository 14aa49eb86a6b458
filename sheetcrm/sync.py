"""Read, plan, apply, and again where somebody wrote in between.

Knows only the `Workbook` protocol; the clock is read here and handed down.
"""

from __future__ import annotations

import contextlib
import gc
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple, TypeAlias

from sheetcrm import config, plan
from sheetcrm.problems import Busy, Changed, UsageError
from sheetcrm.setup import fresh_workbook
from sheetcrm.tables import Plan, Receipt, Snapshot, Workbook
from sheetcrm.workbooks import open_workbook
from sheetcrm.workbooks.offers_folder import WithOffers

__all__ = ["Made", "Progress", "carry_out", "init", "takeover", "uncollected"]

Progress: TypeAlias = Callable[[str, int, int], None]
"""Told of each step: read, plan, write."""

TRIES = 3
"""How often a run plans anew because the workbook changed under it."""

LOOKS_AGAIN_AFTER_SECONDS = 5.0
"""How long a run that waits sleeps before it looks whether the workbook is closed."""


class Made(NamedTuple):
    """What `init` did."""

    where: str
    tabs: int
    mended: int


def init(where: str | Path, language: str) -> Made:
    """Make a workbook that one would like to work in: a new file, or the tabs of a Google Sheet that is shared.

    A Google Sheet that was laid out before gets back what it lost. Raises `UsageError`
    where a file, or a tab of the team's own, stands in the way.
    """
    place = config.resolve(where)
    if config.is_google(place):
        from sheetcrm.workbooks.google import GoogleWorkbook
        from sheetcrm.workbooks.google.initing import init as init_google

        return Made(place, *init_google(GoogleWorkbook(place), place, language))
    from sheetcrm.workbooks.excel.dress import create

    fresh = fresh_workbook(language)
    create(Path(place), fresh, language)
    return Made(place, len(fresh.tabs), 0)


def takeover(where: str | Path, language: str, progress: Progress | None = None) -> Receipt:
    """Let sync into a workbook that a team made itself: each record is accepted where it stands."""
    workbook = open_workbook(config.resolve(where))

    def make(snapshot: Snapshot, now: datetime) -> Plan:
        made = plan.make_plan(snapshot, now, takeover=True, language=language)
        if not any(event.event == "taken-over" for event in made.events) and not made.is_empty:
            raise UsageError("nothing-to-take-over")
        return made

    return carry_out(workbook, make, progress=progress)


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """No garbage collection meanwhile: it would go through millions of cells again and again, and free none."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def carry_out(
    workbook: Workbook,
    make: Callable[[Snapshot, datetime], Plan],
    *,
    now: Callable[[], datetime] | None = None,
    progress: Progress | None = None,
    wait: timedelta = timedelta(),
    waiting: Callable[[Busy], None] | None = None,
) -> Receipt:
    """Read, plan, apply; when the workbook changed in between, read and plan again, three times at most.

    Raises `Busy` when somebody has it open or another sync is at it, and that does
    not end within `wait` (`waiting` is told of it, once); `Changed` when it would
    not hold still. Nothing is written then.
    """
    until = time.monotonic() + wait.total_seconds()
    while True:
        try:
            return _at_once(workbook, make, now or (lambda: datetime.now(UTC)), progress or (lambda *_: None))
        except Busy as busy:
            left = until - time.monotonic()
            if left <= 0:
                raise
            if waiting:
                waiting(busy)
                waiting = None
            time.sleep(min(LOOKS_AGAIN_AFTER_SECONDS, left))


def _at_once(
    workbook: Workbook, make: Callable[[Snapshot, datetime], Plan], now: Callable[[], datetime], tell: Progress
) -> Receipt:
    hold = getattr(workbook, "held", contextlib.nullcontext)
    done: Receipt | None = None
    repairs = 0
    if isinstance(workbook, WithOffers):
        workbook.tell = tell
    with hold(), uncollected():
        for attempt in range(TRIES):
            try:
                tell("read", 0, 0)
                base = workbook.read()
                while base.repair and repairs < TRIES:
                    repairs += 1
                    tell("write", 0, 0)
                    workbook.apply(base.repair, base)
                    base = workbook.read()
                if base.repair:  # people were quicker each time
                    raise Changed("sheet-changed")
                tell("plan", 0, 0)
                made = make(base, now())
                if made.is_empty:
                    return done or Receipt(False, made)
                tell("write", 0, 0)
                receipt = workbook.apply(made, base)
                done = _together(done, receipt)
                if not receipt.again:
                    return done
            except Changed:
                if attempt == TRIES - 1 and not done:
                    raise
    # People were quicker each time; what is left to do is done by the next run.
    assert done is not None
    return done


def _together(earlier: Receipt | None, receipt: Receipt) -> Receipt:
    """Both writes of one run as one."""
    if earlier is None:
        return receipt
    plan = replace(
        receipt.plan,
        changes=(*earlier.plan.changes, *receipt.plan.changes),
        events=(*earlier.plan.events, *receipt.plan.events),
    )
    return replace(receipt, plan=plan)
