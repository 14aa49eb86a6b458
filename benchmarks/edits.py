"""Plays random nights of a careless team in memory and says what was tried and what broke.

    python benchmarks/edits.py --nights 500 --seed 1

Every office works a few nights; each night people edit, sync runs, and every law
is asked. A breach is printed with the seed and night that tell it again.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sheetcrm.workbooks.memory import MemoryWorkbook
from tests.laws.team import BREAKING, GENTLE, Edit, new_office, work
from tests.laws.watch import Office, breaches

NIGHTS_OF_AN_OFFICE = 8
FIRST_NIGHT = datetime(2026, 11, 23, 2, 17, tzinfo=UTC)


def edits_of_a_day(rng: random.Random) -> Iterator[Edit]:
    """A few clumsy things, and now and then a disaster."""
    for _ in range(rng.randrange(1, 9)):
        kinds = BREAKING if rng.random() < 0.04 else GENTLE
        yield Edit(rng.choice(kinds), rng.randrange(2**31))


def play(seed: int, nights: int, tried: Counter[str], events: Counter[str], found: Counter[str]) -> list[str]:
    """One office's nights; what broke, told."""
    rng = random.Random(seed)
    language = rng.choice(["en", "ro"])
    office = Office(MemoryWorkbook(new_office(language, rows=rng.randrange(25), seed=seed)))
    told: list[str] = []
    now = FIRST_NIGHT
    for number in range(nights):
        snapshot = office.workbook.snapshot
        day = list(edits_of_a_day(rng)) if number else []
        for edit in day:
            snapshot = work(snapshot, edit, language)
            tried[edit.kind] += 1
        office.workbook.snapshot = snapshot
        now += timedelta(days=rng.choice([1, 1, 3]), minutes=number)
        try:
            night = office.night(now, force=rng.random() < 0.05)
            broken = breaches(night)
            events.update(event.event for event in night.plan.events)
            found.update(problem.code for problem in night.plan.problems)
        except Exception:
            broken = [traceback.format_exc(limit=-4)]
        if broken:
            told += [f"office {seed}, night {number} ({language}): {[e.kind for e in day]}", *broken]
            return told
    return told


def main() -> None:
    """Read the arguments, play, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nights", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quiet", action="store_true", help="only what broke")
    given = parser.parse_args()
    tried, events, found = Counter[str](), Counter[str](), Counter[str]()
    broken = []
    began = time.monotonic()
    offices = max(1, given.nights // NIGHTS_OF_AN_OFFICE)
    for seed in range(given.seed, given.seed + offices):
        told = play(seed, NIGHTS_OF_AN_OFFICE, tried, events, found)
        if told:
            broken.append(told)
            print(*told, sep="\n  ", end="\n\n", flush=True)
    if not given.quiet:
        for title, counted in (("edits tried", tried), ("events", events), ("problems said", found)):
            print(f"\n{title}: {counted.total()}")
            print(*(f"  {times:6} {name}" for name, times in counted.most_common()), sep="\n")
    seconds = time.monotonic() - began
    nights = offices * NIGHTS_OF_AN_OFFICE
    print(f"\n{offices} offices, {nights} nights, {seconds:.0f} s, {len(broken)} offices broke a law")
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
