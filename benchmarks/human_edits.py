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

from benchmarks.human_offices import EDITOR, PEOPLES, Office, make_office, marked, word
from benchmarks.human_truth import Truth, Wrong, field_of, is_own, tags_in
from sheetcrm import sync
from sheetcrm.pipeline import default_choices
from sheetcrm.plan import make_plan
from sheetcrm.problems import Busy, Changed, SheetCrmError, Unsupported
from sheetcrm.schema import PIPELINE_TABS
from sheetcrm.tables import Plan, Receipt, Snapshot
from sheetcrm.workbooks.google import GoogleWorkbook
from sheetcrm.workbooks.google.client import Client, load_credentials
from sheetcrm.workbooks.google.healing import repair
from sheetcrm.workbooks.google.reading import FIELDS, Reading, read
from tests.sheets_server.app import Call
from tests.sheets_server.impulses import Arguments, Impulses
from tests.sheets_server.model import Sheet, Spreadsheet
from tests.sheets_server.people import Deed, Person
from tests.sheets_server.server import OWNER, SERVICE_ACCOUNT, SheetsServer
from tests.sheets_server.sheets import Caller
from tests.sheets_server.switches import Switches

__all__ = ["GAPS", "Desk", "Result", "main", "play", "settings_of"]

GAPS = (
    "before reading",
    "between readings",
    "between reading and writing",
    "between commit and answer",
    "after the answer",
    "again: before reading",
    "again: between readings",
    "again: before writing",
    "again: between commit and answer",
    "again: after the answer",
)
"""Where a person acts. `again`: once somebody was at work between reading and writing, too."""
LAST_GAP = GAPS[2]
LATE = (GAPS[3], GAPS[4], GAPS[8], GAPS[9])
"""After the last write: the next sync sees it first."""
OFFICES = 400
"""Different offices, each of which is made once."""
WEIGHTS: dict[str, float] = {
    "type_cell": 30, "clear_cell": 6, "add_row": 10, "insert_row": 8, "delete_row": 6, "sort_list": 8, "sort_rows": 6,
    "cut_rows": 5, "move_rows": 6, "hide_rows": 1, "filter_rows": 1, "rename_header": 3, "move_column": 4,
    "insert_column": 5, "add_tab": 1, "rename_tab": 2, "move_tab": 1, "add_note": 4, "format_cell": 2, "undo": 6,
}  # fmt: skip
BLIND: dict[str, float] = {**WEIGHTS, "hide_rows": 0, "filter_rows": 0, "add_tab": 0, "move_tab": 0, "format_cell": 0}
"""What a person does where the next gap needs that somebody was at work."""


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


# ---------------------------------------------------------------- a person


class Ideas(Impulses):
    """What comes into the mind of somebody who knows the office: every text says to which record it belongs."""

    def __init__(self, person: Colleague) -> None:
        super().__init__(person)
        self.me = person

    def _text(self, sheet: Sheet, row: int, column: int, number: int = 0) -> str:
        name = self.me.field(sheet, column)
        number = number or self.me.number_of(sheet, row) or self.me.new_number()
        return self.me.text_for(name, number)

    def _row(self, some: Any) -> list[str]:
        number = self.me.new_number()
        columns = self._own_columns(some)
        chosen = {at for at in columns if self._chance.random() < 0.5}
        texts = [at for at in columns if "·" in self.me.text_for(self.me.field(some.sheet, at), number)]
        if not texts:
            return []
        chosen.add(self._chance.choice(texts))
        return [self._text(some.sheet, -1, at, number) if at in chosen else "" for at in range(len(some.headers))]

    def clear_cell(self) -> Arguments:
        found = self._cell(filled=True)
        if found is None or len(self.me.tags(found[0].sheet, found[1])) < 3:
            return None  # a row that says nothing any more is nobody's
        return (found[0].sheet.id, *found[1:])


class Colleague(Person):
    """Somebody of the office, whose deeds the truth takes over."""

    def __init__(self, run: Run, email: str) -> None:
        tabs = {i for i, kind in run.office.tabs.items() if kind in PEOPLES}
        if run.chance.random() < 0.7:
            tabs = {i for i, kind in run.office.tabs.items() if kind in PIPELINE_TABS}
        sheets = run.desk.server.sheets
        super().__init__(sheets, run.spreadsheet.id, Caller(email), run.chance, weights=WEIGHTS, tabs=tabs)
        self.run = run
        self.language = run.office.language
        self.careless = run.chance.random() < 0.1
        self._impulses = Ideas(self)
        self._numbers, self._serial = run.office.records + 100, 0

    def new_number(self) -> int:
        """The number of a record that comes."""
        self._numbers += 1
        return self._numbers

    def field(self, sheet: Sheet, column: int) -> str:
        """What a column is, by its header."""
        cell = sheet.cell(0, column)
        return field_of(cell.value if cell else None, self.run.office.tabs[sheet.id], self.run.truth.names)

    def tags(self, sheet: Sheet, row: int) -> list[int]:
        """The numbers in a row."""
        cells = sheet.rows[row] if 0 <= row < len(sheet.rows) else []
        return [tag for cell in cells if cell for tag in tags_in(cell.value)]

    def number_of(self, sheet: Sheet, row: int) -> int:
        """The record of a row."""
        tags = self.tags(sheet, row)
        return max(tags, key=tags.count) if tags else 0

    def text_for(self, name: str, number: int) -> str:
        """What somebody types there."""
        chance = self.random
        self._serial += 1
        if name == "stage":
            return chance.choice(default_choices("stage", self.language)).label
        if name in ("source", "loss_reason", "confirmed_by"):
            return word(name, self.language, chance)
        if name == "owner":
            return chance.choice(("Ana Pop", "Ion Rusu", "Mara Șerban"))
        if name == "currency":
            return chance.choice(("EUR", "RON"))
        if name in ("value", "amount"):
            return str(chance.randrange(1, 90) * 100 + self._serial)
        if name.endswith("_on") or name in ("date", "expected_close"):
            return f"2026-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
        if name == "email":
            return f"new{self._serial}@t{number}.ro"
        if name == "phone":
            return f"+40 7{number % 100:02} {chance.randrange(1000):03} {self._serial:03}"
        return marked(number, f"{chance.choice(('call back', 'asks for a discount', 'on holiday'))} {self._serial}")

    @property
    def hands_off_now(self) -> set[str]:
        """The headers under which sync writes."""
        found = set()
        for sheet in self.spreadsheet.sheets:
            kind = self.run.office.tabs.get(sheet.id, "")
            for cell in sheet.rows[0] if kind in PEOPLES and sheet.rows else ():
                if cell and is_own(field_of(cell.value, kind, self.run.truth.names), kind):
                    found.add(cell.value)
        return found

    def work(self, weights: dict[str, float]) -> None:
        """Do one thing, and now and then what goes with it."""
        truth, book = self.run.truth, self.spreadsheet
        self.weights = weights
        self.hands_off = frozenset(() if self.careless else self.hands_off_now)
        before = truth.look(book)
        deed = self.act()
        self._noticed(deed, before)
        if deed.kind == "insert_column" and deed.done and self.random.random() < 0.7:
            sheet = self._sheet(deed.sheet_id)
            rows = [row for row in range(1, len(sheet.rows)) if self.tags(sheet, row)]
            for row in self.random.sample(rows, min(len(rows), 2)):
                before = truth.look(book)
                column = deed.details["column"]
                text = marked(self.number_of(sheet, row), f"in the new column {self._serial}")
                self._serial += 1
                self._noticed(self.type_cell(deed.sheet_id, row, column, text), before)

    def _noticed(self, deed: Deed, before: Any) -> None:
        truth, kind = self.run.truth, self.run.office.tabs.get(deed.sheet_id, "")
        self.run.tell(
            f"    {deed.kind} {deed.tab} {dict(deed.details)} {[(t.header, t.text) for t in deed.typed]}"
            f"{' undoes ' + deed.undoes.kind if deed.undoes else ''} {deed.refused}"
        )
        self.run.result.deeds[deed.kind if deed.done else "nothing"] += 1
        if deed.kind == "rename_header" and deed.done:
            truth.rename(deed.details["old"], deed.details["new"])
        self.run.result.typed += len(deed.typed)
        truth.take(before, truth.look(self.spreadsheet))
        for typed in deed.typed:
            if is_own(field_of(typed.header, kind, truth.names), kind) and "·" in typed.text:
                truth.scribbles.append(typed.text)


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
    cannot: bool = False
    """Whether somebody typed into a column that came in the last gap."""


class Desk:
    """One emulator, and an account to work with."""

    def __init__(self) -> None:
        self.server = SheetsServer()
        self._offices: dict[str, Office] = {}

    def __enter__(self) -> Desk:
        self.server.start()
        os.environ["SHEETCRM_GOOGLE_URL"] = self.server.address
        with tempfile.TemporaryDirectory() as folder:
            self.account = load_credentials(self.server.credentials(Path(folder) / "key.json"))
        return self

    def __exit__(self, *_: object) -> None:
        self.server.stop()

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

    def __init__(self, desk: Desk, seed: int, number: int, switches: Switches) -> None:
        self.desk, self.switches = desk, switches
        self.result = Result(number, gap=GAPS[number % len(GAPS)])
        self.chance = random.Random(f"{seed}/{number}")
        self.office = desk.office(f"office/{seed}/{number % OFFICES}")
        server = desk.server
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
        self.person = Colleague(self, self.chance.choice((OWNER, EDITOR)))
        self.second = (number // len(GAPS)) % 5 == 4
        self.second_gap = self.chance.choice([g for g in GAPS if "commit" not in g])
        self._rounds = self._reads = self._acting = 0
        self._done: set[str] = set()

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
        server = self.desk.server
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
        workbook = self.desk.open(self.spreadsheet.id)
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
        answer = self.desk.server.sheets.call("sheets.spreadsheets.get", where, None, Caller(SERVICE_ACCOUNT))
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


def play(desk: Desk, seed: int, number: int, switches: str) -> Result:
    """One run; what breaks in it is wrong, too."""
    setting = settings_of(switches, number // len(GAPS), seed)
    run = Run(desk, seed, number, setting)
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
    if desk.server.errors:
        result.wrong.append(Wrong("emulator", desk.server.errors[-1]))
        desk.server.errors.clear()
    result.told.insert(0, head)
    return result


@cache
def _desk() -> Desk:
    """The emulator of this process, for as long as it lasts."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)  # most of the time went into looking for garbage that is none
    return Desk().__enter__()


def _some(seed: int, numbers: list[int], switches: str) -> list[Result]:
    return [play(_desk(), seed, number, switches) for number in numbers]


def played(seed: int, numbers: list[int], switches: str, jobs: int) -> Iterator[Result]:
    """The runs of these numbers, by so many processes."""
    if jobs < 2:
        for number in numbers:
            yield from _some(seed, [number], switches)
        return
    with ProcessPoolExecutor(jobs) as pool:
        # The same offices to the same process, so that none is made twice.
        parts = [numbers[at : at + 20] for at in range(0, len(numbers), 20)]
        for results in pool.map(_some, [seed] * len(parts), parts, [switches] * len(parts)):
            yield from results


# ---------------------------------------------------------------- what came of it

KINDS = ("edit lost", "record lost", "record doubled", "wrong record")


class Sums:
    """All runs, added up."""

    def __init__(self) -> None:
        self.runs = self.broken = self.typed = 0
        self.gaps: Counter[str] = Counter()
        self.reached: Counter[str] = Counter()
        self.deeds: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()
        self.wrong: Counter[str] = Counter()

    def add(self, result: Result) -> None:
        """One more."""
        self.runs += 1
        self.typed += result.typed
        self.gaps[result.gap] += 1
        self.reached[result.gap] += result.reached
        self.deeds += result.deeds
        self.counts += result.counts
        self.broken += bool(result.wrong)
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
        result = play(_desk(), given.seed, given.only_run, given.switches)
        print(*result.told, *result.wrong, result.counts, sep="\n")
        sys.exit(1 if result.wrong else 0)
    began = time.monotonic()
    sums = Sums()
    for result in played(given.seed, list(range(given.runs)), given.switches, given.jobs):
        sums.add(result)
        if result.wrong:
            print(*(line[:300] for line in result.told), sep="\n")
            print(*(f"  {w.kind}: {w.text}" for w in result.wrong), "", sep="\n", flush=True)
    print(*sums.lines(), sep="\n")
    print(f"\n{time.monotonic() - began:.0f} s, {sums.broken} runs with something wrong")
    sys.exit(1 if sums.broken else 0)


if __name__ == "__main__":
    main()
