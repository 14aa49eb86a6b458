"""Kills sync with SIGKILL at random moments, and looks at what is left of the workbook.

    python benchmarks/kill.py --times 200 --seed 1

Each time a demo-size Excel workbook, in which people worked for a day, is synced by
a process that is killed. The file must then be, byte for byte, as before or, cell
for cell, as after; and the next sync must carry on to the same end. Half of the
moments lie anywhere in the run, half in its last step, when the file is replaced.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import sheetcrm
from sheetcrm import demo
from sheetcrm.demo.desk import Desk
from sheetcrm.demo.venues import ExcelVenue
from sheetcrm.tables import Tab
from sheetcrm.workbooks.excel.reading import read_snapshot

__all__ = ["main"]

STEPS = {"r": "while reading", "p": "while planning", "w": "while the new file was made"}
NAME = "crm.xlsx"


@dataclass(frozen=True)
class Night:
    """What is synced, when, how long it takes, and what it comes to."""

    now: datetime
    before: bytes
    after: tuple[Tab, ...]
    seconds: float
    landing_seconds: float
    """From the moment when the new file lies on the disk."""


def workbook_after_a_day(folder: Path) -> bytes:
    """The demo's workbook, and a day's work since its last night."""
    path = folder / NAME
    demo.play(path, "en", lambda *_: None)
    with ExcelVenue(path).at_work() as screen:
        desk = Desk(screen, "en", date.today(), {})
        owner = str(desk.cell("lists", 1, "owner"))
        for number in range(40):
            who = {"company": f"Newcomer {number} SRL", "email": f"office{number}@newcomer{number}.ro"}
            stage = ("new", "contacted", "qualified")[number % 3]
            desk.add("leads", **who, source="website", stage=stage, owner=owner, notes="+40 people, =big")
    return path.read_bytes()


def sync(path: Path, now: datetime, said: int | None = None) -> bool:
    """One sync at a fixed time; each step is said as a letter. Tells whether it wrote."""

    def tell(step: str, done: int, total: int) -> None:
        if said is not None:
            os.write(said, step[0].encode())

    return sheetcrm.open(path, now=lambda: now).sync(progress=tell).written


def tabs_of(data: bytes) -> tuple[Tab, ...]:
    """Every tab, cell for cell."""
    return read_snapshot(data, NAME).tabs


def passing_files(folder: Path) -> list[Path]:
    """New files that are not yet in anything's place."""
    return list(folder.glob(f".{NAME}.sheetcrm-*.tmp"))


# ---------------------------------------------------------------- one sync in a process that may die


class Victim:
    """A process that syncs, from the moment in which it begins to."""

    def __init__(self, path: Path, now: datetime) -> None:
        self._said, writing = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                sync(path, now, writing)
            finally:
                os._exit(0)
        os.close(writing)

    def wait_for(self, folder: Path) -> bool:
        """Wait until the new file lies on the disk; false where the process ended before that was seen."""
        while not passing_files(folder):
            if self._ended(os.WNOHANG):
                return False
        return True

    def kill(self) -> None:
        """End it at once."""
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            self._ended(0)

    def wait(self) -> None:
        """Let it end by itself."""
        if self.pid:
            self._ended(0)

    def last_word(self) -> str:
        """The letter of the last step that it said."""
        with os.fdopen(self._said) as said:
            return said.read()[-1:]

    def _ended(self, how: int) -> bool:
        ended = os.waitpid(self.pid, how)[0] != 0
        if ended:
            self.pid = 0
        return ended


def measured(before: bytes) -> Night:
    """Let one sync run to its end."""
    now = datetime.now(UTC) + timedelta(days=1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / NAME
        path.write_bytes(before)
        began = time.perf_counter()
        victim = Victim(path, now)
        victim.wait_for(Path(folder))
        landing = time.perf_counter()
        victim.wait()
        ended = time.perf_counter()
        victim.last_word()
        return Night(now, before, tabs_of(path.read_bytes()), ended - began, ended - landing)


# ---------------------------------------------------------------- one death


def death(night: Night, *, late: bool, chance: random.Random) -> tuple[str, str]:
    """When it was killed, and what was wrong afterwards ("" for nothing)."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / NAME
        path.write_bytes(night.before)
        victim = Victim(path, night.now)
        if late:
            if victim.wait_for(folder):
                time.sleep(chance.uniform(0, night.landing_seconds))
        else:
            time.sleep(chance.uniform(0, night.seconds))
        victim.kill()
        return _moment(folder, path, night, victim.last_word()), "; ".join(_wrong(folder, path, night))


def _moment(folder: Path, path: Path, night: Night, word: str) -> str:
    if path.read_bytes() != night.before:
        return "after the file was replaced"
    if list(folder.glob(f"{path.stem} backups/{path.stem} *")):
        return "when the copy was kept, before replacing"
    if passing_files(folder):
        return "when the new file lay beside it"
    return STEPS.get(word, "before reading")


def _wrong(folder: Path, path: Path, night: Night) -> Iterator[str]:
    left = path.read_bytes()
    replaced = left != night.before
    if replaced and tabs_of(left) != night.after:
        yield "the workbook is neither as before nor as after"
    written = sync(path, night.now)
    if tabs_of(path.read_bytes()) != night.after:
        yield "the next sync came to another end"
    if replaced and (written or path.read_bytes() != left):
        yield "the next sync wrote although all was done"
    if not replaced and not written:
        yield "the next sync did not carry on"
    if any(folder.rglob("*.tmp")):
        yield "the next sync left passing files behind"


def main() -> None:
    """Kill, look, count; exit code 1 where anything was wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    chance = random.Random(args.seed)
    with tempfile.TemporaryDirectory() as folder:
        night = measured(workbook_after_a_day(Path(folder)))
    changed = sum(a.rows != b.rows for a, b in zip(tabs_of(night.before), night.after, strict=True))
    rows = sum(len(tab.rows) for tab in night.after)
    print(
        f"{len(night.before) / 1000:.0f} kB, {rows} rows; a sync of {night.seconds:.2f} s changes {changed} tabs; "
        f"its last step takes {night.landing_seconds:.3f} s\n"
    )
    moments: Counter[str] = Counter()
    bad = 0
    for number in range(args.times):
        moment, wrong = death(night, late=number % 2 == 1, chance=chance)
        moments[moment] += 1
        if wrong:
            bad += 1
            print(f"kill {number}, {moment}: {wrong}")
    for moment in ("before reading", *STEPS.values(), *sorted(set(moments) - {"before reading", *STEPS.values()})):
        print(f"{moment:<44}{moments[moment]:>5}")
    print(f"\n{args.times} kills, {bad} left a workbook that was neither as before nor as after, or did not carry on")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
