"""Kills `sheetcrm sync` with SIGKILL while it makes offers, and looks at what becomes of their numbers.

    python benchmarks/offers_kill.py --times 200 --seed 1

Each time the command runs, in a process of its own, on an Excel workbook in which several
opportunities say `prepare`: most for the first time, some after a change. A quarter of
the kills fall anywhere in the run, the others between its first file and its end. Then
people may change lines, and the command runs once more. Every number must then stand
once, in a row, with the file that bears its record, or be skipped and said.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sheetcrm import cli
from sheetcrm.demo.desk import Desk
from sheetcrm.demo.venues import ExcelVenue
from sheetcrm.offering import Made
from sheetcrm.offers import OfferNumber, OfferRecord, number_in
from sheetcrm.schema import TABS
from sheetcrm.sync import init
from sheetcrm.tables import Cell, is_blank, raw_text
from sheetcrm.workbooks.excel import ExcelWorkbook
from sheetcrm.workbooks.excel.record import read_record

__all__ = ["Death", "Evening", "evening", "main"]

NAME = "crm.xlsx"
COMPANIES = 10
HAVE_ONE = 3
"""Of them, how many have an offer already, and changed a line since."""
PEOPLES = ("leads", "opportunities", "deals", "accounts", "offer_lines", "products")
Rows = list[dict[str, Cell]]


@dataclass(frozen=True)
class Evening:
    """The folder before the run, and how long the run takes."""

    folder: Path
    seconds: float
    files_seconds: float
    """From its first file to its end."""


@dataclass
class Death:
    """What one kill came to."""

    files: int = 0
    """How many files it left that no row names."""
    adopted: int = 0
    skipped: int = 0
    landed: bool = False
    """Whether the tabs were written before."""
    wrong: list[str] = field(default_factory=list)


# ---------------------------------------------------------------- before the run


@contextlib.contextmanager
def at_work(folder: Path) -> Iterator[Desk]:
    """Somebody has the workbook open."""
    with ExcelVenue(folder / NAME).at_work() as screen:
        yield Desk(screen, "en", date.today(), {})


def evening(folder: Path) -> Evening:
    """A workbook in which several opportunities wait for an offer, and a run of it from end to end."""
    folder.mkdir()
    init(folder / NAME, "en")
    names = [f"Client {letter} & Fiii SRL" for letter in "ABCDEFGHIJKLMNOP"[:COMPANIES]]
    with at_work(folder) as desk:
        desk.type("lists", 1, {"owner": "Ana Pop"})
        for place, name in enumerate(names):
            who = {"company": name, "email": f"office{place}@client.example", "owner": "Ana Pop"}
            more = {"source": "website", "stage": "needs-analysis", "interested_in": "pumps", "currency": "EUR"}
            desk.add("opportunities", **who, **more, value=100 + place, offer="prepare" if place < HAVE_ONE else "")
            for line in range(lines_of(place)):
                desk.add(
                    "offer_lines", record=name, product=f"Pump {line}", quantity=line + 1, unit_price=19.99 + place
                )
    sync(folder)
    with at_work(folder) as desk:
        for name in names:
            desk.edit("opportunities", name, offer="prepare")
        for row in range(1, 1 + sum(map(lines_of, range(HAVE_ONE)))):
            desk.type("offer_lines", row, {"quantity": 77 + row})
    with tempfile.TemporaryDirectory() as name:
        copy = copied(folder, Path(name))
        began = time.perf_counter()
        victim = Victim(copy)
        victim.wait_for_a_file()
        first = time.perf_counter()
        victim.wait()
        ended = time.perf_counter()
    return Evening(folder, ended - began, ended - first)


def lines_of(place: int) -> int:
    """How many lines the offers of an opportunity have."""
    return 1 + place % 4


def copied(folder: Path, to: Path) -> Path:
    """All that lies there, to be ruined."""
    return Path(shutil.copytree(folder, to / "office"))


def sync(folder: Path) -> None:
    """The command itself, in this process."""
    with (
        Path(os.devnull).open("w") as nowhere,
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
    ):
        exit_code = cli.main(["sync", str(folder / NAME)])
    assert exit_code == 0, exit_code


class Victim:
    """A process that syncs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._there = set(offer_files(folder))
        self.pid = os.fork()
        if self.pid == 0:
            try:
                sync(folder)
            finally:
                os._exit(0)

    def wait_for_a_file(self) -> bool:
        """Wait until it made one, or begins to; false where it ended before that was seen."""
        while set(offer_files(self.folder)) <= self._there:
            if self._ended(os.WNOHANG):
                return False
            time.sleep(0.0005)
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

    def _ended(self, how: int) -> bool:
        ended = os.waitpid(self.pid, how)[0] != 0
        if ended:
            self.pid = 0
        return ended


def offer_files(folder: Path) -> list[Path]:
    """The files of offers, those that are not whole yet included."""
    return [path for path in (folder / "offers").rglob("*") if path.is_file()]


# ---------------------------------------------------------------- one death


def death(night: Evening, chance: random.Random, *, early: bool, edited: bool) -> Death:
    """Kill one run, perhaps change lines, run again, and look."""
    with tempfile.TemporaryDirectory() as name:
        folder = copied(night.folder, Path(name))
        before = told(folder)
        victim = Victim(folder)
        if early:
            time.sleep(chance.uniform(0, night.seconds))
        elif victim.wait_for_a_file():
            time.sleep(chance.uniform(0, night.files_seconds))
        victim.kill()
        left = told(folder)
        rows = {raw_text(row["number"]) for row in left["offers"]}
        came = Death(landed=left["history"] != before["history"])
        strays = {number for number in numbers_of(folder) if number not in rows}
        came.files = len(strays)
        if edited:
            with at_work(folder) as desk:
                for row in range(1, desk.free_row("offer_lines")):
                    if chance.random() < 0.3:
                        desk.type("offer_lines", row, {"quantity": chance.randint(100, 999)})
        typed = told(folder)
        sync(folder)
        after = told(folder)
        came.wrong += wrong(folder, typed, after)
        now = {raw_text(row["number"]) for row in after["offers"]}
        skipped = {raw_text(row["note"]) for row in after["history"] if row["event"] == "number of an offer skipped"}
        came.adopted, came.skipped = len(strays & now), len(strays & skipped)
        if strays - now - skipped:
            came.wrong.append(f"nobody says what became of {strays - now - skipped}")
        stamp = (folder / NAME).read_bytes()
        sync(folder)
        if (folder / NAME).read_bytes() != stamp:
            came.wrong.append("the third run found something to do")
    return came


def told(folder: Path) -> dict[str, Rows]:
    """What each tab says, row by row and field by field."""
    snapshot = ExcelWorkbook(folder / NAME).read()
    found: dict[str, Rows] = {}
    for name in (*PEOPLES, "offers", "history", "state"):
        tab = snapshot.marked(name)
        assert tab is not None
        rows = [
            {field: tab.cell(row, column) for field, column in tab.marks.items()} for row in range(1, len(tab.rows))
        ]
        found[name] = [row for row in rows if any(not is_blank(cell) for cell in row.values())]
    return found


def numbers_of(folder: Path) -> list[str]:
    """The number on each whole file."""
    found = (number_in(path.name) for path in offer_files(folder) if not path.name.startswith("."))
    return [str(number) for number in found if number]


def wrong(folder: Path, typed: dict[str, Rows], after: dict[str, Rows]) -> Iterator[str]:
    """What may not be, after the second run."""
    if any(folder.rglob("*.tmp")):
        yield "passing files are left behind"
    numbers = [raw_text(row["number"]) for row in after["offers"]]
    for what, counted in (("rows", Counter(numbers)), ("files", Counter(numbers_of(folder)))):
        if twice := [number for number, count in counted.items() if count > 1]:
            yield f"{twice} stand twice in {what}"
    skips = Counter(raw_text(r["note"]) for r in after["history"] if r["event"] == "number of an offer skipped")
    if any(count > 1 for count in skips.values()):
        yield f"skipped numbers are said again: {skips}"
    if both := skips.keys() & set(numbers):
        yield f"{both} are skipped and stand in rows"
    if lost := set(numbers_of(folder)) ^ (set(numbers) | skips.keys()):
        yield f"{lost} stand on a file or in a row alone"
    records = {str(record.number): record for record in map(record_in, offer_files(folder)) if record}
    states = {raw_text(row["id"]): row for row in after["state"]}
    for row in after["offers"]:
        number = raw_text(row["number"])
        made, record = Made.read(raw_text(states[number]["made"])), records.get(number)
        if record is None or made is None:
            yield f"{number} has no file, or nothing is remembered of it"
        elif (record.record_id, record.content) != (row["record_id"], made.content):
            yield f"the file of {number} is of something else"
        elif not (folder / raw_text(row["file"])).is_file():
            yield f"{row['file']} is not there"
    yield from _wrong_rows(typed, after)


def record_in(path: Path) -> OfferRecord | None:
    """What a file says of itself."""
    return read_record(path.read_bytes(), path.name)


def _wrong_rows(typed: dict[str, Rows], after: dict[str, Rows]) -> Iterator[str]:
    for name in PEOPLES:
        fields = [f.name for f in TABS[name] if f.writer == "people"]
        before, now = ([[row.get(f, "") for f in fields] for row in told[name]] for told in (typed, after))
        if before != now:
            yield f"something is lost in {name}"
    by_record = Counter(raw_text(row["record_id"]) for row in after["offers"])
    for row in after["opportunities"]:
        id_, answer = raw_text(row["id"]), OfferNumber.parse(raw_text(row["offer"]))
        expected = 2 if int(id_[2:]) <= HAVE_ONE else 1
        if answer is None or str(answer) != row["last_offer"]:
            yield f"{id_} says {row['offer']!r}, and its last offer is {row['last_offer']!r}"
        # People who changed a line after the rows had landed did not ask for another offer.
        if by_record[id_] != expected:
            yield f"{id_} has {by_record[id_]} offers, not {expected}"
    for row in after["offers"]:
        others = [r for r in after["offers"] if r["record_id"] == row["record_id"] and r["version"] > row["version"]]  # type: ignore[operator]
        if row["state"] != ("Superseded" if others else "Draft"):
            yield f"{row['number']} is {row['state']}"


# ---------------------------------------------------------------- all of them


def campaign(times: int, seed: int) -> tuple[Evening, list[Death]]:
    """So many kills, one after the other."""
    chance = random.Random(seed)
    found = []
    with tempfile.TemporaryDirectory() as name:
        os.environ["SHEETCRM_CONFIG"] = str(Path(name) / "sheetcrm.toml")
        (Path(name) / "sheetcrm.toml").write_text('[offers]\npdf = "no"\n', "utf-8")
        night = evening(Path(name) / "office")
        for number in range(times):
            found.append(death(night, chance, early=number % 4 == 0, edited=number % 3 == 0))
            for line in found[-1].wrong:
                print(f"kill {number}: {line}", flush=True)
    return night, found


def main() -> None:
    """Kill, look, count; exit code 1 where anything was wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    night, found = campaign(args.times, args.seed)
    print(
        f"{COMPANIES} offers asked for, {HAVE_ONE} of them new versions; a run of {night.seconds:.2f} s, "
        f"{night.files_seconds:.2f} s of it from its first file on\n"
    )
    print(f"{'before the first file':<44}{sum(not d.files and not d.landed for d in found):>5}")
    print(f"{'between a file and the rows':<44}{sum(d.files > 0 for d in found):>5}")
    print(f"{'  of them, all files made':<44}{sum(d.files == COMPANIES for d in found):>5}")
    print(f"{'after the rows':<44}{sum(d.landed for d in found):>5}")
    print(f"{'files that the next run adopted':<44}{sum(d.adopted for d in found):>5}")
    print(f"{'numbers that the next run skipped':<44}{sum(d.skipped for d in found):>5}")
    bad = sum(bool(d.wrong) for d in found)
    print(f"\n{args.times} kills, {bad} left a number twice, a file adopted wrongly, or something lost")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
