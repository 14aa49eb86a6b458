"""Syncs a Google Sheet through every fault of the way to Google, through kills, and two at once.

    python benchmarks/google_faults.py --kills 200 --seed 1 --jobs 2

Each time the real command is run on an emulator of Google. Whatever went wrong, one
more undisturbed run must leave the spreadsheet as an undisturbed run leaves it:
every cell, format, note, mark and rule of every tab. The clock stands still, and
pauses between tries take no time.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import itertools
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import sheetcrm
from sheetcrm import cli, notebook
from sheetcrm.tables import Snapshot, same_cell
from sheetcrm.workbooks.google import client as google_client
from sheetcrm.workbooks.google import requests as do
from sheetcrm.workbooks.google.aside import TITLE
from sheetcrm.workbooks.google.reading import FIELDS, read
from sheetcrm.workbooks.google.values import content_of, number_format
from tests.laws.team import Edit, new_office, work
from tests.sheets_server.app import Answer, Call, Request
from tests.sheets_server.faults import AFTER, BEFORE
from tests.sheets_server.model import Formula, Spreadsheet
from tests.sheets_server.people import Person
from tests.sheets_server.server import OWNER, SERVICE_ACCOUNT, SheetsServer
from tests.sheets_server.sheets import Caller
from tests.workbooks.google_laying import lay_sheet

__all__ = [
    "EXPECTED",
    "KINDS",
    "Arrival",
    "Rig",
    "Scene",
    "Trial",
    "blind",
    "killed",
    "main",
    "scenes",
    "state_of",
    "tried",
    "trials",
    "two_at_once",
]

Json = dict[str, Any]
ROOT = Path(__file__).resolve().parents[1]

FIRST_NIGHT = datetime(2026, 11, 23, 2, 17, tzinfo=UTC)
NIGHT = FIRST_NIGHT + timedelta(days=1, minutes=3)
KINDS = sorted(BEFORE | AFTER)
LATE = (1.05, 2.5)
"""In time limits: late calls are carried out before or after the command has looked whether they were."""
PATIENCE_SECONDS = 40.0
EXPECTED = {"401": {0, 77}}
"""Exit codes of a fault that ends; 0 alone where none are said. A token that is refused again and again stays so."""

COMMAND = """
import sys, datetime, sheetcrm
from sheetcrm import cli, notebook
now = datetime.datetime.fromisoformat(sys.argv[1])
sheetcrm.open = lambda where: notebook.open(where, now=lambda: now)
sys.exit(cli.main(sys.argv[2:]))
"""
"""The real command at a fixed time."""

DEEDS: dict[str, Callable[[Person, int], object]] = {
    "a row is put in above": lambda person, leads: person.insert_row(leads, 1, ["", "Late Arrival SRL", "", ""]),
    "the list is sorted": lambda person, leads: person.sort_list(leads, 1, descending=True),
    "a column is put in": lambda person, leads: person.insert_column(leads, 1, "Ours"),
}
"""What a person does in the instant of the first write."""
EDITS = (
    "type a lead,type half a lead,edit the notes,change the company,fill what is needed,change a stage,"
    "lose with a reason,win with all it needs,send an offer,qualify,reopen,note an activity,paste a row twice"
).split(",")


@dataclass
class Arrival:
    """One request as it reached the server."""

    writes: bool
    content: str
    outcome: int = 0
    lost: bool = False
    late: bool = False
    seconds: float = 0.0

    @property
    def heard(self) -> bool:
        """Whether the caller knows what came of it."""
        return 0 < self.outcome < 500 and not self.lost and not self.late


@dataclass
class Scene:
    """A job on a spreadsheet, and what it comes to when nothing disturbs it."""

    name: str
    arguments: tuple[str, ...]
    base: Spreadsheet
    deed: str = ""
    wanted: dict[tuple[object, ...], object] = field(default_factory=dict)
    reads: list[bool] = field(default_factory=list)
    """Its calls in order: whether each reads."""
    call_seconds: float = 0.0
    """How long its longest call takes."""
    seconds: float = 0.0
    """How long it takes in a process of its own."""


@dataclass(frozen=True)
class Trial:
    """Which calls of a scene fail, and how."""

    scene: str
    kind: str
    nth: int = 1
    method: str = ""
    times: int | None = 1
    late: float = 0.0
    """In time limits."""

    def __str__(self) -> str:
        times = "for ever" if self.times is None else f"{self.times} ×"
        return f"{self.scene}: {self.kind} {times} from {self.method or 'call'} {self.nth}, {self.late} time limits"


class Rig:
    """An emulator, a spreadsheet on it, and the command run in this process: pauses take no time."""

    def __init__(self) -> None:
        self.server = SheetsServer()
        self.arrivals: list[Arrival] = []
        self.address = ""
        self._under_way = 0
        self._ahead = 0.0
        self.time_limit = 60.0
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Rig:
        self._stack.enter_context(self.server)
        answer = self.server.app.answer
        self.server.app.answer = lambda request: self._noting(answer, request)  # type: ignore[method-assign]
        key = Path(self._stack.enter_context(tempfile.TemporaryDirectory())) / "key.json"
        self.server.credentials(key)
        self.environment = {
            "SHEETCRM_GOOGLE_URL": self.server.address, "SHEETCRM_CREDENTIALS": str(key), "LANG": "en_US.UTF-8",
            "PYTHONPATH": str(ROOT), "NO_GCE_CHECK": "true", "XDG_CONFIG_HOME": str(key.parent),
        }  # fmt: skip
        self._replace(os.environ, **self.environment)
        self._replace(vars(google_client), TIMEOUT_SECONDS=google_client.TIMEOUT_SECONDS)
        self._replace(vars(google_client.PACE), calls=1 << 30)
        hurried = {
            "sleep": self._sleep,
            "clock": lambda: time.monotonic() + self._ahead,
            "patience": PATIENCE_SECONDS,
        }
        self._replace(google_client.Client.__init__.__kwdefaults__, **hurried)
        from google.auth import _exponential_backoff

        self._replace(vars(_exponential_backoff), time=SimpleNamespace(sleep=self._sleep))
        self._replace(vars(sheetcrm), open=lambda where: notebook.open(where, now=lambda: self.now))
        self.now = NIGHT
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _replace(self, where: Any, **values: Any) -> None:
        before = {name: where[name] for name in values if name in where}

        def back() -> None:
            for name in values:
                if name in before:
                    where[name] = before[name]
                else:
                    del where[name]

        where.update(values)
        self._stack.callback(back)

    def _sleep(self, seconds: float) -> None:
        self._ahead += seconds

    def _noting(self, answer: Callable[[Request], Answer], request: Request) -> Answer:
        arrival = Arrival(
            request.target.partition("?")[0].endswith(":batchUpdate"), hashlib.sha1(request.body).hexdigest()
        )
        if not request.target.startswith("/token"):
            self.arrivals.append(arrival)
        self._under_way += 1
        began = time.monotonic()
        try:
            given = answer(request)
            arrival.outcome, arrival.lost = given.status, bool(given.cut)
            return given
        finally:
            arrival.seconds = time.monotonic() - began
            arrival.late = arrival.seconds >= self.time_limit
            self._under_way -= 1

    def wait_for(self, seconds: float) -> None:
        """Let the command wait so long for an answer, instead of 200 s."""
        self.time_limit = seconds
        google_client.TIMEOUT_SECONDS = (60.0, seconds)

    def quiet(self) -> None:
        """Wait until nothing is under way any more."""
        while self._under_way:
            time.sleep(0.01)

    def put(self, scene: Scene) -> None:
        """Let the spreadsheet be as before that job; nothing fails, and a person waits for the first write."""
        self.server.faults.clear()
        self.server.before_call = self.server.after_commit = self.server.after_call = None
        if scene.base.id not in self.server.sheets.spreadsheets:
            self.server.sheets.spreadsheets[scene.base.id] = scene.base.copy()
        self.server.sheets.restore(self.spreadsheet(scene.base.id), scene.base)
        self.address = f"https://docs.google.com/spreadsheets/d/{scene.base.id}/edit"
        self.arrivals.clear()
        self.server.journal.clear()
        self._deed = scene.deed
        if scene.deed:
            self.server.before_call = self._do_the_deed

    def spreadsheet(self, id_: str = "") -> Spreadsheet:
        """The spreadsheet as it is."""
        return self.server.sheets.spreadsheets[id_ or self.address.split("/")[-2]]

    def _do_the_deed(self, call: Call) -> None:
        if not self._deed or not is_write(call):
            return
        person = Person(self.server.sheets, call.spreadsheet_id, Caller(OWNER), random.Random(1))
        leads = self.spreadsheet().sheet_titled("Leads")
        deed, self._deed = self._deed, ""
        assert leads
        DEEDS[deed](person, leads.id)

    def run(self, *arguments: str) -> tuple[int, str]:
        """Run a command on the spreadsheet; gives its exit code and what it complained of."""
        out, complaint = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(complaint):
            code = cli.main([arguments[0], self.address, *arguments[1:]])
        self.quiet()
        return code, complaint.getvalue()

    def process(self, scene: Scene) -> subprocess.Popen[bytes]:
        """The same in a process of its own."""
        words = [NIGHT.isoformat(), scene.arguments[0], self.address, *scene.arguments[1:]]
        environment = {**os.environ, **self.environment}
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
        return subprocess.Popen([sys.executable, "-c", COMMAND, *words], env=environment, **quiet)  # type: ignore[call-overload,no-any-return]

    def snapshot(self) -> Snapshot:
        """What sync reads there."""
        return read(self._as_owner("get", {"fields": FIELDS})).snapshot

    def state(self) -> dict[tuple[object, ...], object]:
        """All that the spreadsheet holds, but for what Google numbers by itself and for sync's hidden tab."""
        return state_of(self.spreadsheet())

    def _as_owner(self, verb: str, parameters: Json, body: Json | None = None) -> Json:
        where = {"spreadsheetId": self.spreadsheet().id, **parameters}
        return self.server.sheets.call(f"sheets.spreadsheets.{verb}", where, body, Caller(OWNER))

    def edit(self, edits: Iterable[Edit]) -> None:
        """Let people work for a day."""
        before = after = self.snapshot()
        for edit in edits:
            after = work(after, edit, "en")
        ids = {sheet.title: sheet.id for sheet in self.spreadsheet().sheets}
        requests = list(typed(before, after, ids))
        self._as_owner("batchUpdate", {}, {"requests": requests})


def typed(before: Snapshot, after: Snapshot, ids: dict[str, int]) -> Iterator[Json]:
    """What turns one into the other, cell by cell, as requests."""
    for old, new in zip(before.tabs, after.tabs, strict=True):
        for row, column in itertools.product(
            range(max(len(old.rows), len(new.rows))), range(max(old.width, new.width))
        ):
            cell = new.cell(row, column)
            if same_cell(old.cell(row, column), cell):
                continue
            made: Json = {"userEnteredValue": content_of(cell, ids)}
            fields = "userEnteredValue"
            if days := number_format(cell, "en"):
                made["userEnteredFormat"] = {"numberFormat": days}
                fields += ",userEnteredFormat.numberFormat"
            yield do.put(ids[new.title], row, column, [[made]], fields)


def is_write(call: Call) -> bool:
    """Whether a call is a write of sync's, not of its probe."""
    added = [r["addSheet"]["properties"].get("title") for r in (call.body or {}).get("requests", ()) if "addSheet" in r]
    return call.method.endswith("batchUpdate") and TITLE in added


def state_of(spreadsheet: Spreadsheet) -> dict[tuple[object, ...], object]:
    """Each cell, mark and rule by its place, but for what Google numbers by itself and for sync's hidden tab."""
    return dict(_state(spreadsheet))


def _state(spreadsheet: Spreadsheet) -> Iterator[tuple[tuple[object, ...], object]]:
    titles = {sheet.id: sheet.title for sheet in spreadsheet.sheets}
    yield ("tabs",), [sheet.title for sheet in spreadsheet.sheets if sheet.title != TITLE]
    for told, times in Counter(_plain(spreadsheet.metadata, titles)).items():
        # Two first runs at once may both note what they learned of Google.
        yield ("mark", told), min(times, 1) if '"spreadsheet": true' in told else times
    yield ("named",), spreadsheet.named_ranges
    for sheet in spreadsheet.sheets:
        if sheet.title == TITLE:
            continue
        for row, column, cell in sheet.cells(sheet.grid):
            if isinstance(cell.value, Formula):
                cell = cell._replace(value=_plain([cell.value], titles)[0])
            yield (sheet.title, row, column), cell
        for name, told in vars(sheet).items():
            if name not in ("rows", "formula_columns"):
                yield (sheet.title, name), sorted(_plain(told if isinstance(told, list) else [told], titles))


def _plain(told: Iterable[Any], titles: dict[int, str]) -> list[str]:
    """As text, without the numbers that Google gives, and with titles instead of the IDs of tabs."""

    def text(one: Any) -> str:
        line = json.dumps(one, ensure_ascii=False, sort_keys=True, default=str)
        line = re.sub(r'"(metadataId|protectedRangeId|index)": \d+(, )?', "", line)
        return re.sub(r'("sheetId": |gid=)(\d+)', lambda found: found[1] + titles.get(int(found[2]), found[2]), line)

    return [text(one) for one in told]


# ---------------------------------------------------------------- scenes


def scenes(rig: Rig, seed: int = 1, only: Sequence[str] = ()) -> dict[str, Scene]:
    """The jobs: a first night with its probe, another one, `init`, and nights in which people are quicker."""
    rng = random.Random(seed)
    office = new_office("en", rows=14, seed=seed)
    first = rig.server.sheets.spreadsheets[lay_sheet(rig.server, office)]
    blank = rig.server.create("CRM")
    rig.server.share(blank.id, SERVICE_ACCOUNT)
    learned = ("sheetcrm.guard", "sheetcrm.cut", "sheetcrm.notes")
    first.metadata = [mark for mark in first.metadata if mark["metadataKey"] not in learned]
    found = [Scene("first night", ("sync",), first.copy()), Scene("init", ("init",), blank.copy())]
    rig.put(found[0])
    rig.now = FIRST_NIGHT
    assert rig.run("sync")[0] == 0
    rig.now = NIGHT
    rig.edit(Edit(rng.choice(EDITS), rng.randrange(2**31)) for _ in range(14))
    worked = rig.spreadsheet().copy()
    found.append(Scene("second night", ("sync",), worked))
    found += [Scene(deed, ("sync",), worked, deed) for deed in DEEDS]
    wanted = [scene for scene in found if not only or scene.name in only]
    for scene in wanted:
        _undisturbed(rig, scene)
    return {scene.name: scene for scene in wanted}


def _undisturbed(rig: Rig, scene: Scene) -> None:
    rig.put(scene)
    code, complaint = rig.run(*scene.arguments)
    assert code == 0, complaint
    scene.reads = [not arrival.writes for arrival in rig.arrivals]
    scene.call_seconds = max(arrival.seconds for arrival in rig.arrivals)
    again = len(rig.arrivals)
    assert rig.run(*scene.arguments)[0] == 0
    assert scene.arguments[0] != "sync" or len(rig.arrivals) == again + 1, f"{scene.name}: not done in one run"
    scene.wanted = rig.state()
    numbers = [row[0] for tab in rig.snapshot().tabs if tab.mark == "history" for row in tab.rows[1:]]
    assert len(numbers) == len(set(numbers)), "an event stands twice in History"


# ---------------------------------------------------------------- faults


def trials(of: Iterable[Scene]) -> Iterator[Trial]:
    """Each call fails in each way: once, three times in a row, for ever; whatever is called, or its sort only."""
    for scene in of:
        for kind in KINDS:
            for late in LATE if kind.startswith("slow") else (0.0,):
                for times in (1, 3, None):
                    yield Trial(scene.name, kind, 1, "token", times, late)
                    for at, reads in enumerate(scene.reads):
                        yield Trial(scene.name, kind, at + 1, "", times, late)
                        if times != 1:
                            nth = scene.reads[: at + 1].count(reads)
                            yield Trial(scene.name, kind, nth, "read" if reads else "write", times, late)


def tried(rig: Rig, scene: Scene, trial: Trial) -> tuple[int, list[str]]:
    """The exit code of a run through that fault, and what was wrong with it or after it."""
    rig.put(scene)
    limit = max(0.6, scene.call_seconds * 6) if trial.late else 60.0
    rig.wait_for(limit)
    rig.server.faults.add(trial.kind, trial.method, nth=trial.nth, times=trial.times, seconds=trial.late * limit)
    try:
        code, complaint = rig.run(*scene.arguments)
    except Exception as error:
        return -1, [f"{type(error).__name__}: {error}"]
    wrong = []
    if "Traceback" in complaint or code not in _allowed(trial) or (code and not complaint.strip()):
        wrong.append(f"exit code {code}: {complaint.strip()[-300:]}")
    wrong += blind(rig.arrivals)
    rig.server.faults.clear()
    rig.wait_for(60.0)
    return code, [*wrong, *after(rig, scene)]


def _allowed(trial: Trial) -> set[int]:
    codes = EXPECTED.get(trial.kind, {0})
    if trial.times is None:
        # What lands in spite of all is seen to have landed.
        return codes | {69}
    return codes


def blind(arrivals: Iterable[Arrival]) -> Iterator[str]:
    """Writes that were sent again though nobody had looked whether they landed."""
    open_: set[str] = set()
    for arrival in arrivals:
        if arrival.heard and not arrival.writes:
            open_.clear()
        if arrival.writes and arrival.content in open_:
            yield "a write of unknown outcome was sent again without a look"
        if arrival.writes and not arrival.heard:
            open_.add(arrival.content)


def after(rig: Rig, scene: Scene) -> Iterator[str]:
    """What is wrong once it ran undisturbed."""
    code, complaint = rig.run(*scene.arguments)
    if code:
        yield f"the next run ends with {code}: {complaint.strip()[-300:]}"
    state = rig.state()
    wrong = [key for key in scene.wanted.keys() | state.keys() if scene.wanted.get(key) != state.get(key)]
    if wrong:
        told = [
            f"{key}: {scene.wanted.get(key)!s:.200} is {state.get(key)!s:.200}" for key in sorted(wrong, key=str)[:6]
        ]
        yield f"{len(wrong)} things are not as they should be: " + "\n      ".join(["", *told])
    if rig.server.errors:
        yield f"the emulator: {rig.server.errors.pop()[-300:]}"
        rig.server.errors.clear()


# ---------------------------------------------------------------- kills


def killed(rig: Rig, scene: Scene, rng: random.Random) -> tuple[str, list[str]]:
    """When the process was killed, and what was wrong once the job ran again."""
    rig.put(scene)
    if rng.random() < 0.5:
        moment = rng.uniform(0, scene.seconds)
        process = rig.process(scene)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(moment)
        process.kill()
        _end(process)
        told = f"anywhere, after {len(rig.arrivals)} calls"
    else:
        nth, phase = rng.randrange(len(scene.reads)) + 1, rng.choice(("before_call", "after_commit", "after_call"))
        seen: Counter[str] = Counter()
        started = threading.Event()
        deed = rig.server.before_call

        def kill(call: Call) -> None:
            seen[phase] += 1
            if seen[phase] == nth:
                started.wait()
                process.kill()
                process.wait()

        def first_the_deed(call: Call) -> None:
            if deed:
                deed(call)
            if phase == "before_call":
                kill(call)

        rig.server.before_call = first_the_deed
        if phase != "before_call":
            setattr(rig.server, phase, kill)
        process = rig.process(scene)
        started.set()
        _end(process)
        told = f"{phase.replace('_', ' ')} {nth}" if seen[phase] >= nth else "not at all, it was done before"
        rig.server.before_call = deed
        rig.server.after_commit = rig.server.after_call = None
    rig.quiet()
    return told, list(after(rig, scene))


def _end(process: subprocess.Popen[bytes]) -> bytes:
    return process.communicate()[1]


# ---------------------------------------------------------------- two at once


def two_at_once(rig: Rig, scene: Scene, meet: str) -> tuple[str, list[str]]:
    """What two processes came to, and what was wrong. `meet` says where each waits for the other."""
    rig.put(scene)
    barrier = threading.Barrier(2)
    deed = rig.server.before_call

    def hook(call: Call) -> None:
        if deed:
            deed(call)
        wanted = call.reads if meet == "read" else is_write(call) if meet == "write" else False
        if wanted and not barrier.broken and call.caller == SERVICE_ACCOUNT:
            with contextlib.suppress(threading.BrokenBarrierError):
                barrier.wait(5)
                barrier.abort()

    rig.server.before_call = hook
    both = [rig.process(scene), rig.process(scene)]
    said = [_end(process).decode() for process in both]
    rig.quiet()
    rig.server.before_call = deed
    # With a person between them, the slower one may find the sheet changed three times.
    allowed = (0, 75) if scene.deed else (0,)
    ended = [(process.returncode, text[-300:]) for process, text in zip(both, said, strict=True)]
    wrong = [f"exit code {code}: {text}" for code, text in ended if code not in allowed]
    landed = sum(is_write(call) and call.committed for call in rig.server.journal)
    refused = sum(is_write(call) and call.status == 400 for call in rig.server.journal)
    wrong += list(after(rig, scene))
    codes = " and ".join(str(code) for code in sorted(code for code, _ in ended))
    return f"{landed} writes landed, {refused} refused, exit codes {codes}", wrong


# ---------------------------------------------------------------- the campaign


@dataclass
class Found:
    """What one worker found."""

    tried: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    bad: list[str] = field(default_factory=list)

    def add(self, other: Found) -> None:
        """Both together."""
        self.tried += other.tried
        self.codes += other.codes
        self.bad += other.bad


def worker(number: int, jobs: int, kills: int, twice: int, seed: int, only: tuple[str, ...], share: float) -> Found:
    """One worker's part of everything."""
    found = Found()
    rng = random.Random(seed * 1000 + number)

    def note(what: str, name: str, wrong: Sequence[str]) -> None:
        found.tried[what] += 1
        if found.tried.total() % 50 == 0:
            print(f"worker {number}: {found.tried.total()} runs, {len(found.bad)} bad", file=sys.stderr, flush=True)
        if wrong:
            found.bad.append(f"{name}\n    " + "\n    ".join(wrong))
            print(found.bad[-1], file=sys.stderr, flush=True)

    with Rig() as rig:
        known = scenes(rig, seed, only)
        for at, trial in enumerate(trials(known.values())):
            # `init` takes ten times as long as a sync.
            if at % jobs != number or rng.random() >= share / (4 if trial.scene == "init" else 1):
                continue
            code, wrong = tried(rig, known[trial.scene], trial)
            times = "for ever" if trial.times is None else f"{trial.times} in a row"
            found.codes[f"a fault {times}: exit code {code}"] += 1
            note(f"faults: {trial.kind}", str(trial), wrong)
        for scene in known.values():
            rig.put(scene)
            began = time.monotonic()
            _end(rig.process(scene))
            scene.seconds = time.monotonic() - began
        order = list(known.values())
        for at in range(number, kills, jobs):
            scene = order[at // jobs % len(order)]
            moment, wrong = killed(rig, scene, rng)
            note(f"kills: {scene.name}", f"{scene.name}: killed {moment} (kill {at})", wrong)
            found.codes[f"killed {moment}"] += 1
        for at in range(number, twice, jobs):
            scene, meet = order[at // jobs % len(order)], ("write", "read", "")[at % 3]
            came, wrong = two_at_once(rig, scene, meet)
            note(f"two at once: {scene.name}", f"{scene.name}: two at once, met at {meet or 'no call'}, {came}", wrong)
            found.codes[f"two at once: {came}"] += 1
    return found


def main() -> None:
    """Try, look, count; exit code 1 where anything was wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--twice", type=int, default=20, help="how often two run at once")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument(
        "--share", type=float, default=1.0, help="of the faults, by chance; of those in init, a quarter"
    )
    parser.add_argument("--only", action="append", default=[], help="a scene by its name")
    given = parser.parse_args()
    began, all_ = time.monotonic(), Found()
    common = (given.jobs, given.kills, given.twice, given.seed, tuple(given.only), given.share)
    with ProcessPoolExecutor(given.jobs) as pool:
        for found in pool.map(worker, range(given.jobs), *([value] * given.jobs for value in common)):
            all_.add(found)
    for name, times in sorted(all_.tried.items()):
        print(f"{name:<44}{times:>6}")
    print()
    for name, times in sorted(all_.codes.items()):
        print(f"{name:<44}{times:>6}")
    print(f"\n{all_.tried.total()} runs in {time.monotonic() - began:.0f} s, {len(all_.bad)} of them bad")
    sys.exit(1 if all_.bad else 0)


if __name__ == "__main__":
    main()
