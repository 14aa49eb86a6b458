"""A spreadsheet on an emulator of Google, jobs for the real commands on it, and all that it holds afterwards.

The clock stands still, and pauses between tries take no time.
"""

from __future__ import annotations

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
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
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
from sheetcrm.workbooks.google.aside import PROBE_TITLE, TITLE
from sheetcrm.workbooks.google.reading import FIELDS, read
from sheetcrm.workbooks.google.values import content_of, number_format
from tests.laws.team import Edit, new_office, work
from tests.sheets_server.app import Answer, Call, Request
from tests.sheets_server.model import Formula, Sheet, Spreadsheet
from tests.sheets_server.people import Person
from tests.sheets_server.server import OWNER, SERVICE_ACCOUNT, SheetsServer
from tests.sheets_server.sheets import Caller
from tests.workbooks.google_laying import lay_sheet

__all__ = ["Arrival", "Rig", "Scene", "is_left", "is_write", "scenes", "state_of"]

Json = dict[str, Any]
ROOT = Path(__file__).resolve().parents[1]

FIRST_NIGHT = datetime(2026, 11, 23, 2, 17, tzinfo=UTC)
NIGHT = FIRST_NIGHT + timedelta(days=1, minutes=3)
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
    commits: int = 0
    """How many of them change the spreadsheet."""
    call_seconds: float = 0.0
    """How long its longest call takes."""
    seconds: float = 0.0
    """How long it takes in a process of its own."""


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
            "patience": google_client.PATIENCE_SECONDS,
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

    def wait_for(self, seconds: float, patience: float = google_client.PATIENCE_SECONDS) -> None:
        """Let the command wait so long for an answer, instead of 200 s, and try again for so long."""
        self.time_limit = seconds
        google_client.TIMEOUT_SECONDS = (60.0, seconds)
        google_client.Client.__init__.__kwdefaults__["patience"] = patience

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
        return read(self.as_owner("get", {"fields": FIELDS})).snapshot

    def state(self) -> dict[tuple[object, ...], object]:
        """All that the spreadsheet holds, but for what Google numbers by itself and for sync's hidden tab."""
        return state_of(self.spreadsheet())

    def as_owner(self, verb: str, parameters: Json, body: Json | None = None) -> Json:
        """Call Google as the sheet's owner."""
        where = {"spreadsheetId": self.spreadsheet().id, **parameters}
        return self.server.sheets.call(f"sheets.spreadsheets.{verb}", where, body, Caller(OWNER))

    def edit(self, edits: Iterable[Edit]) -> None:
        """Let people work for a day."""
        before = after = self.snapshot()
        for edit in edits:
            after = work(after, edit, "en")
        ids = {sheet.title: sheet.id for sheet in self.spreadsheet().sheets}
        requests = list(typed(before, after, ids))
        self.as_owner("batchUpdate", {}, {"requests": requests})


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


def is_left(sheet: Sheet) -> bool:
    """Whether a probe left it."""
    return sheet.title.startswith(PROBE_TITLE) and bool(sheet.properties.get("hidden"))


def state_of(spreadsheet: Spreadsheet) -> dict[tuple[object, ...], object]:
    """Each cell, mark and rule by its place, but for what Google numbers by itself and for sync's hidden tab."""
    return dict(_state(spreadsheet))


def _state(spreadsheet: Spreadsheet) -> Iterator[tuple[tuple[object, ...], object]]:
    titles = {sheet.id: sheet.title for sheet in spreadsheet.sheets}
    # A probe that landed when nobody waited for it leaves hidden tabs until the next write.
    sheets = [sheet for sheet in spreadsheet.sheets if sheet.title != TITLE and not is_left(sheet)]
    yield ("tabs",), [sheet.title for sheet in sheets]
    for told, times in Counter(_plain(spreadsheet.metadata, titles)).items():
        # Two first runs at once may both note what they learned of Google.
        yield ("mark", told), min(times, 1) if '"spreadsheet": true' in told else times
    yield ("named",), spreadsheet.named_ranges
    for sheet in sheets:
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
    scene.commits = sum(call.committed for call in rig.server.journal)
    scene.call_seconds = max(arrival.seconds for arrival in rig.arrivals)
    again = len(rig.arrivals)
    assert rig.run(*scene.arguments)[0] == 0
    assert scene.arguments[0] != "sync" or len(rig.arrivals) == again + 1, f"{scene.name}: not done in one run"
    scene.wanted = rig.state()
    numbers = [row[0] for tab in rig.snapshot().tabs if tab.mark == "history" for row in tab.rows[1:]]
    assert len(numbers) == len(set(numbers)), "an event stands twice in History"
