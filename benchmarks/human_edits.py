"""Lets a person work in a Google Sheet in every gap of a sync, and looks whether anything went lost.

    python benchmarks/human_edits.py --runs 500 --seed 1 --jobs 2

Each run is one little office on the emulator, one real sync over HTTP, and one person
who does one to three things in one of the gaps that the protocol leaves: before it
reads, between its two readings, between reading and writing, between the commit and
its answer, after the answer, and the same again while it puts right what came in
between. In one run of five a second machine syncs as well. Afterwards every text that
a person typed must stand in its record's row under its header, every record must be
there once, with its own ID, and nothing may be left to do. What is wrong is printed
with the number that tells the run again: `--only-run 17`.
"""

from __future__ import annotations

import argparse
import gc
import os
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, fields, replace
from functools import cache
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.human_offices import EDITOR, PEOPLES, Office, make_office
from benchmarks.human_people import BLIND, GAPS, LAST_GAP, WEIGHTS, Colleague
from benchmarks.human_truth import Truth, Wrong
from sheetcrm import sync
from sheetcrm.plan import make_plan
from sheetcrm.problems import Busy, Changed, SheetCrmError, Unsupported
from sheetcrm.tables import Plan, Receipt, Snapshot
from sheetcrm.workbooks.google import GoogleWorkbook
from sheetcrm.workbooks.google.client import PACE, Client, load_credentials
from sheetcrm.workbooks.google.healing import repair
from sheetcrm.workbooks.google.reading import FIELDS, Reading, read
from tests.sheets_server.app import Call
from tests.sheets_server.model import Spreadsheet
from tests.sheets_server.server import OWNER, SERVICE_ACCOUNT, SheetsServer
from tests.sheets_server.sheets import Caller
from tests.sheets_server.switches import Switches

__all__ = ["GAPS", "Campaign", "Result", "main", "play", "settings_of"]

LATE = (GAPS[3], GAPS[4], GAPS[8], GAPS[9])
"""After the last write: the next sync sees it first."""
OFFICES = 400
"""Different offices, each of which is made once."""


# ---------------------------------------------------------------- how Google may behave


def settings_of(which: str, number: int, seed: int) -> Switches:
    """The switches of a run: each flipped alone, and all combinations, turn by turn."""
    usual = Switches()
    if which == "default":
        return usual
    flipped = {f.name: replace(usual, **{f.name: not getattr(usual, f.name)}) for f in fields(Switches)}
    if which != "all":
        return flipped[which]
    refused = [flipped["unknown_ids_refused"], flipped["duplicate_ids_refused"]]
    alone = [usual, *(s for s in flipped.values() if s not in refused)]
    place = number % (2 * len(alone) + 10)
    if place < 2 * len(alone):
        return alone[place % len(alone)]
    if place >= 2 * len(alone) + 8:
        return refused[place - 2 * len(alone) - 8]
    chance = random.Random(f"switches/{seed}/{number}")
    free = {f.name: chance.random() < 0.5 for f in fields(Switches)}
    return Switches(**{**free, "unknown_ids_refused": True, "duplicate_ids_refused": True})


def _told(switches: Switches) -> str:
    usual = Switches()
    names = [f.name for f in fields(Switches) if getattr(switches, f.name) != getattr(usual, f.name)]
    return "+".join(names) or "default"


# ---------------------------------------------------------------- one run


@dataclass
class Result:
    """What came of a run."""

    number: int
    told: list[str] = field(default_factory=list)
    wrong: list[Wrong] = field(default_factory=list)
    deeds: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    gap: str = ""
    reached: bool = False
    typed: int = 0
    columns_by_a_note: bool = False
    """Whether columns came or moved right before a write, in a list with a note amid its columns.

    There rows close up in the list's columns alone, which Google knows by their numbers only.
    """

    @property
    def broken(self) -> bool:
        """Whether anything is wrong that should not be."""
        return self._hard and not self.columns_by_a_note

    @property
    def apart(self) -> bool:
        """Whether something went wrong that cannot be kept: see `columns_by_a_note`."""
        return self._hard and self.columns_by_a_note

    @property
    def _hard(self) -> bool:
        return any(wrong.kind not in SOFT for wrong in self.wrong)


class Campaign:
    """One emulator, and an account to work with."""

    def __init__(self) -> None:
        self.server = SheetsServer()
        PACE.calls = 1 << 30  # it has no quota
        self._offices: dict[str, Office] = {}

    def __enter__(self) -> Campaign:
        self._threshold = gc.get_threshold()
        gc.set_threshold(100_000, 50, 50)  # much time went into looking for garbage that is none
        self.server.start()
        os.environ["SHEETCRM_GOOGLE_URL"] = self.server.address
        with tempfile.TemporaryDirectory() as folder:
            self.account = load_credentials(self.server.credentials(Path(folder) / "key.json"))
        return self

    def __exit__(self, *_: object) -> None:
        self.server.stop()
        gc.set_threshold(*self._threshold)

    def office(self, seed: str) -> Office:
        """An office of that seed."""
        if seed not in self._offices:
            self.server.sheets.switches = Switches()
            self._offices[seed] = make_office(self.server, seed)
        return self._offices[seed]

    def open(self, spreadsheet: str) -> GoogleWorkbook:
        """The spreadsheet as sync opens it."""
        address = f"https://docs.google.com/spreadsheets/d/{spreadsheet}/edit"
        return GoogleWorkbook(address, Client(spreadsheet, self.account))


class Run:
    """One sync, one person, one gap."""

    def __init__(self, campaign: Campaign, seed: int, number: int, switches: Switches) -> None:
        self.campaign, self.switches = campaign, switches
        self.result = Result(number, gap=GAPS[number % len(GAPS)])
        self.chance = random.Random(f"{seed}/{number}")
        self.office = campaign.office(f"office/{seed}/{number % OFFICES}")
        server = campaign.server
        server.sheets.switches = switches
        server.faults.clear()
        server.journal.clear()
        spreadsheet = self.office.spreadsheet.copy()
        spreadsheet.id = f"1run{number:040}"
        self._probed = self.chance.random() < 0.96 and switches.unknown_ids_refused and switches.duplicate_ids_refused
        if self._probed:
            _learn(spreadsheet, switches)
        server.sheets.spreadsheets[spreadsheet.id] = self.spreadsheet = spreadsheet
        self.truth = Truth(spreadsheet, self.office)
        self.truth.notes_travel = switches.cut_paste_carries_notes
        self.person = Colleague(self, self.chance.choice((OWNER, EDITOR)))
        self.second = (number // len(GAPS)) % 5 == 4
        self.second_gap = self.chance.choice([g for g in GAPS if "commit" not in g])
        self._rounds = self._reads = self._acting = 0
        self._done: set[str] = set()
        self.gap = ""

    def tell(self, text: str) -> None:
        """Note what happened."""
        self.result.told.append(text)

    # ------------------------------------------------------------ gaps

    def before_call(self, call: Call) -> None:
        """Sync is about to read or write."""
        if self._passed(call):
            return
        again = "again: " if self._rounds else ""
        if call.reads:
            self._gap(f"{again}{'between readings' if self._reads else 'before reading'}", call)
            self._reads += 1
        else:
            self._gap("again: before writing" if again else LAST_GAP, call)

    def after_commit(self, call: Call) -> None:
        """Sync's write has landed."""
        if not self._passed(call):
            self._gap(f"{'again: ' if self._rounds else ''}between commit and answer", call)

    def after_call(self, call: Call) -> None:
        """The answer is made."""
        if self._passed(call) or call.reads:
            return
        self._gap(f"{'again: ' if self._rounds else ''}after the answer", call)
        self._rounds, self._reads = self._rounds + 1, 0

    def _passed(self, call: Call) -> bool:
        return bool(self._acting) or call.caller != SERVICE_ACCOUNT or not (call.reads or _is_ours(call))

    def _gap(self, gap: str, call: Call) -> None:
        self._acting += 1
        self.gap = gap
        try:
            mine = self.result.gap
            if gap == LAST_GAP and mine.startswith("again") and gap not in self._done:
                self._disturb(gap, call)
            if gap == mine and gap not in self._done:
                self.result.reached = True
                self._work(gap, WEIGHTS, self.chance.randint(1, 3))
            if self.second and gap == self.second_gap and "second" not in self._done:
                self._done.add("second")
                self.tell(f"  {gap}: another machine syncs")
                self._sync("second")
            self._done.add(gap)
        finally:
            self._acting -= 1

    def _work(self, gap: str, weights: dict[str, float], deeds: int) -> None:
        self.tell(f"  {gap}: {self.person.caller.email} works")
        for _ in range(deeds):
            self.person.work(weights)

    def _disturb(self, gap: str, call: Call) -> None:
        """Let the person work until a row is another one than sync read."""
        read = self._rows_of(call)
        for _ in range(8):
            self._work(gap, BLIND, 1)
            if self._rows_of(call) != read:
                return

    def _rows_of(self, call: Call) -> list[Any]:
        """The rows of people's tabs that a write touches, as they stand."""
        found = []
        for request in call.body["requests"]:
            source = request.get("copyPaste", {}).get("source", {})
            sheet = self.spreadsheet.sheet(source.get("sheetId", -1))
            if (
                sheet
                and request["copyPaste"]["pasteType"] == "PASTE_VALUES"
                and self.office.tabs.get(sheet.id) in PEOPLES
            ):
                rows = sheet.rows[source["startRowIndex"] : source["endRowIndex"]]
                found.append([[cell and cell.value for cell in row] for row in rows])
        return found

    # ------------------------------------------------------------ syncing

    def play(self) -> Result:
        """All of it."""
        server = self.campaign.server
        try:
            server.before_call, server.after_commit, server.after_call = (
                self.before_call, self.after_commit, self.after_call,
            )  # fmt: skip
            receipt = self._sync("first")
        finally:
            server.before_call = server.after_commit = server.after_call = None
        try:
            if receipt is not None:
                self._judge(receipt)
        finally:
            self.result.counts["calls"] = len(server.journal)
            del server.sheets.spreadsheets[self.spreadsheet.id]
        return self.result

    def _sync(self, who: str) -> Receipt | None:
        counts = self.result.counts
        workbook = self.campaign.open(self.spreadsheet.id)
        apply = workbook.apply

        def counted(plan: Plan, base: Snapshot) -> Receipt:
            counts["repairs"] += plan is base.repair
            self.tell(f"  {who}: {'repairs' if plan is base.repair else 'writes'} {_short(plan)}")
            return apply(plan, base)

        workbook.apply = counted  # type: ignore[method-assign]
        refuses = not (self.switches.unknown_ids_refused and self.switches.duplicate_ids_refused)
        try:
            receipt = sync.carry_out(workbook, make_plan, now=lambda: self.office.now)
        except (Changed, Busy) as busy:
            counts[f"{who} ended busy"] += 1
            self.tell(f"  {who}: {busy}")
            return Receipt(False, Plan(), again=True)
        except Unsupported as error:
            if not refuses:
                raise
            counts["refused to run"] += 1
            self.tell(f"  {who}: {error}")
            return None
        if refuses and receipt.written:
            self.result.wrong.append(Wrong("other", "sync wrote although ids are not guarded"))
            return None
        counts[f"{who} written"] += receipt.written
        return receipt

    def _judge(self, receipt: Receipt) -> None:
        counts, result = self.result.counts, self.result
        last = max((call for call in self._deeds_after_last_write()), default=False)
        if not last and not receipt.again:
            counts["judged at once"] += 1
            reading, plan = self._now()
            result.wrong += self.truth.wrong(self.spreadsheet, reading.snapshot, plan)
            counts.update(self.truth.counts)
            if plan.is_empty and reading.snapshot.repair is None:
                return
            self.tell(f"  not at rest: {_short(plan)}")
        counts["judged after a quiet sync"] += 1
        for _ in range(2):
            self._acting = 1
            self._sync("quiet")
            reading, plan = self._now()
            if plan.is_empty and reading.snapshot.repair is None:
                break
            counts["needed another quiet sync"] += 1
            self.tell(f"  not at rest: {_short(plan)}")
        else:
            result.wrong.append(Wrong("other", f"does not come to rest: {_short(plan)}"))
        result.wrong = [w for w in result.wrong if "come to rest" in w.text]
        self.truth.counts.clear()
        result.wrong += self.truth.wrong(self.spreadsheet, reading.snapshot, plan)
        counts.update(self.truth.counts)

    def _deeds_after_last_write(self) -> Iterator[bool]:
        """Whether the person acted when sync did not look any more."""
        yield self.result.reached and self.result.gap in LATE
        yield "second" in self._done

    def _now(self) -> tuple[Reading, Plan]:
        """What a further sync would read, and do."""
        where = {"spreadsheetId": self.spreadsheet.id, "fields": FIELDS}
        answer = self.campaign.server.sheets.call("sheets.spreadsheets.get", where, None, Caller(SERVICE_ACCOUNT))
        reading = read(answer)
        reading.snapshot = replace(reading.snapshot, repair=repair(reading))
        return reading, make_plan(reading.snapshot, self.office.now)


def _is_ours(call: Call) -> bool:
    """Whether it is a write of the protocol, not one that tries Google out."""
    wanted = (call.body or {}).get("requests", ())
    titles = [r["addSheet"]["properties"].get("title") for r in wanted if "addSheet" in r]
    return "_sheetcrm" in titles and len(wanted) > 2


def _learn(spreadsheet: Spreadsheet, switches: Switches) -> None:
    """Leave what sync would find out about this Google."""
    cut = switches.cut_paste_across_tabs
    known = {"guard": True, "cut": cut, "notes": switches.cut_paste_carries_notes or not cut}
    number = max((m["metadataId"] for m in spreadsheet.metadata), default=0)
    for at, (name, value) in enumerate(known.items(), number + 1):
        spreadsheet.metadata.append(
            {
                "metadataId": at, "metadataKey": f"sheetcrm.{name}", "metadataValue": "yes" if value else "no",
                "location": {"locationType": "SPREADSHEET", "spreadsheet": True}, "visibility": "DOCUMENT",
            }
        )  # fmt: skip


def _short(plan: Plan) -> str:
    told = [f"{e.event} {e.record} {e.before!r}→{e.after!r}" for e in plan.events]
    return f"{len(plan.changes)} changes ({'; '.join(told)}) {str(plan.changes)[:600]}"


def play(campaign: Campaign, seed: int, number: int, switches: str) -> Result:
    """One run; what breaks in it is wrong, too."""
    setting = settings_of(switches, number // len(GAPS), seed)
    run = Run(campaign, seed, number, setting)
    head = f"run {number}, seed {seed}, {_told(setting)}, {run.result.gap}, {run.office.language}"
    try:
        result = run.play()
    except SheetCrmError as error:
        result = run.result
        result.wrong.append(Wrong("refused", f"{type(error).__name__}: {error}"))
        result.told.append(traceback.format_exc(limit=-3))
    except Exception:
        result = run.result
        result.wrong.append(Wrong("broke", traceback.format_exc(limit=-5)))
    if campaign.server.errors:
        result.wrong.append(Wrong("emulator", campaign.server.errors[-1]))
        campaign.server.errors.clear()
    result.told.insert(0, head)
    return result


@cache
def _campaign() -> Campaign:
    """The emulator of this process, for as long as it lasts."""
    return Campaign().__enter__()


def _some(seed: int, numbers: list[int], switches: str) -> list[Result]:
    results = [play(_campaign(), seed, number, switches) for number in numbers]
    gc.collect()
    return results


def played(seed: int, numbers: list[int], switches: str, jobs: int) -> Iterator[Result]:
    """The runs of these numbers, by so many processes."""
    if jobs < 2:
        for at in range(0, len(numbers), 20):
            yield from _some(seed, numbers[at : at + 20], switches)
        return
    with ProcessPoolExecutor(jobs) as pool:
        parts = [numbers[at : at + 20] for at in range(0, len(numbers), 20)]
        for results in pool.map(_some, [seed] * len(parts), parts, [switches] * len(parts)):
            yield from results


# ---------------------------------------------------------------- what came of it

SOFT = ("note astray", "note of an empty cell lost")
"""What is counted apart: a note that a move in the same instant leaves under another header, or that
stands on an empty cell in a column which the other tab has not."""
KINDS = ("edit lost", "record lost", "record doubled", "wrong record")

COUNTED = ("calls", "repairs", "first ended busy", "second ended busy", "refused to run")


class Sums:
    """All runs, added up."""

    def __init__(self) -> None:
        self.runs = self.broken = self.typed = 0
        self.gaps: Counter[str] = Counter()
        self.reached: Counter[str] = Counter()
        self.deeds: Counter[str] = Counter()
        self.counts: Counter[str] = Counter(dict.fromkeys(COUNTED, 0))
        self.wrong: Counter[str] = Counter()

    def add(self, result: Result) -> None:
        """One more."""
        self.runs += 1
        self.typed += result.typed
        self.gaps[result.gap] += 1
        self.reached[result.gap] += result.reached
        self.deeds += result.deeds
        self.counts.update(result.counts)
        self.broken += result.broken
        self.counts["columns came by a note: wrong"] += result.apart
        if not result.apart:
            self.wrong.update(w.kind for w in result.wrong)

    def lines(self) -> Iterator[str]:
        """The figures."""
        yield f"{'gap':<36}{'runs':>8}{'acted in':>10}"
        for gap in GAPS:
            yield f"{gap:<36}{self.gaps[gap]:>8}{self.reached[gap]:>10}"
        yield ""
        yield "deeds: " + ", ".join(f"{kind} {times}" for kind, times in self.deeds.most_common())
        yield ""
        yield f"{self.runs} runs, {self.deeds.total() - self.deeds['nothing']} deeds, {self.typed} texts typed"
        for kind in (*KINDS, *sorted(self.wrong.keys() - set(KINDS))):
            yield f"{kind:<36}{self.wrong[kind]:>8}"
        yield ""
        for kind, times in sorted(self.counts.items()):
            yield f"{kind:<36}{times:>8}"


def main() -> None:
    """Play, print, count; exit code 1 where anything was wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--switches", default="all", help="all, default, or the name of one that is flipped")
    parser.add_argument("--only-run", type=int, help="tell one run again, at length")
    given = parser.parse_args()
    if given.only_run is not None:
        result = play(_campaign(), given.seed, given.only_run, given.switches)
        print(*result.told, *result.wrong, result.counts, sep="\n")
        sys.exit(1 if result.broken else 0)
    began = time.monotonic()
    sums = Sums()
    for result in played(given.seed, list(range(given.runs)), given.switches, given.jobs):
        sums.add(result)
        if result.broken or result.apart:
            print(*(line[:300] for line in result.told), sep="\n")
            print(*(f"  {w.kind}: {w.text}" for w in result.wrong), "", sep="\n", flush=True)
        if sums.runs % 200 == 0:
            spent = time.monotonic() - began
            told = f"{sums.runs} of {given.runs} runs in {spent:.0f} s, {sums.broken} with something wrong"
            print(told, file=sys.stderr, flush=True)
    print(*sums.lines(), sep="\n")
    print(f"\n{time.monotonic() - began:.0f} s, {sums.broken} runs with something wrong")
    sys.exit(1 if sums.broken else 0)


if __name__ == "__main__":
    main()
