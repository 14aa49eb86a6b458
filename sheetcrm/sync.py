"""Read, plan, apply, and again where somebody wrote in between.

Knows only the `Workbook` protocol; the clock is read here and handed down.
"""

from __future__ import annotations

import contextlib
import gc
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeAlias

from sheetcrm import config, plan
from sheetcrm.problems import Busy, Changed, UsageError
from sheetcrm.setup import fresh_workbook
from sheetcrm.tables import Plan, Receipt, Snapshot, Workbook
from sheetcrm.workbooks import open_workbook

__all__ = ["Progress", "carry_out", "init", "takeover", "uncollected"]

Progress: TypeAlias = Callable[[str, int, int], None]
"""Told of each step: read, plan, write."""

TRIES = 3
"""How often a run plans anew because the workbook changed under it."""

LOOKS_AGAIN_AFTER_SECONDS = 5.0
"""How long a run that waits sleeps before it looks whether the workbook is closed."""


def init(path: str | Path, language: str) -> Path:
    """Make a new workbook that one would like to work in. Raises `UsageError` where a file is already."""
    from sheetcrm.workbooks.excel.dress import create

    path = Path(config.resolve(path))
    create(path, fresh_workbook(language), language)
    return path


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
    with hold(), uncollected():
        for attempt in range(TRIES):
            tell("read", 0, 0)
            base = workbook.read()
            tell("plan", 0, 0)
            made = make(base, now())
            if made.is_empty:
                return Receipt(False, made)
            tell("write", 0, 0)
            try:
                return workbook.apply(made, base)
            except Changed:
                if attempt == TRIES - 1:
                    raise
    raise AssertionError("unreachable: the last attempt returns or raises")
