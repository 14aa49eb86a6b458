"""What one night costs at Google's: calls, bytes, seconds, memory; by sheetcrm, and the usual way with gspread.

    python benchmarks/google_calls.py --rows 100 --rows 20000

Both work through the same changes on the same emulator, each in a process of its
own. The usual way is told what to write, as if planning cost nothing: it reads
each tab (`get_all_records`), then writes cell by cell (`update_cell`), row by row
(`append_row`, `delete_rows`), and the reports whole.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.big_workbook import NIGHT, made
from sheetcrm.plan import make_plan
from sheetcrm.tables import AddRows, Cell, MoveRow, Plan, SetCells, Snapshot, Tab, WriteTab, locate, raw_text

__all__ = ["main"]

CHANGED, QUALIFIED = 20, 5
PER_MINUTE = 60
"""Reads, and writes, that Google lets one account make in a minute."""

Step = tuple[Any, ...]


@dataclass(frozen=True)
class Cost:
    """What a job cost."""

    reads: int
    writes: int
    up: int
    down: int
    """Bytes of requests, and of answers before they are compressed."""
    packed: int
    """Bytes of answers as they are sent."""
    seconds: float
    cpu_seconds: float
    """Of the process, with its start."""
    server_seconds: float
    """Of these, how long the emulator took."""
    peak_mb: float

    @property
    def least_minutes(self) -> int:
        """How long Google's quota lets it take at least."""
        return max(math.ceil(max(self.reads, self.writes) / PER_MINUTE) - 1, 0)


# ---------------------------------------------------------------- each job, in a process of its own


def by_sheetcrm(address: str, _steps: Path) -> None:
    """`sheetcrm sync`."""
    from sheetcrm import notebook

    notebook.open(address, now=lambda: NIGHT).sync()


def the_usual_way(address: str, steps: Path) -> None:
    """A script as many teams have one."""
    import gspread
    from google.oauth2.service_account import Credentials

    google, here = "https://sheets.googleapis.com", os.environ["SHEETCRM_GOOGLE_URL"]

    class Here(gspread.HTTPClient):
        def request(self, method: str, endpoint: str, *args: Any, **named: Any) -> Any:
            return super().request(method, endpoint.replace(google, here), *args, **named)

    key = os.environ["SHEETCRM_CREDENTIALS"]
    signed_in = Credentials.from_service_account_file(key, scopes=["https://www.googleapis.com/auth/spreadsheets"])
    book = gspread.authorize(signed_in, http_client=Here).open_by_key(address.split("/")[-2])
    titles, todo = pickle.loads(steps.read_bytes())
    tabs = {}
    for title, is_list in titles:
        tabs[title] = book.worksheet(title)
        _ = tabs[title].get_all_records() if is_list else tabs[title].get_all_values()
    for what, title, *told in todo:
        getattr(tabs[title], what)(*told)


JOBS = {"sheetcrm": by_sheetcrm, "usual": the_usual_way}


def measure(name: str, address: str, steps: Path) -> None:
    """Do a job and print what it took."""
    began = time.perf_counter()
    JOBS[name](address, steps)
    seconds = time.perf_counter() - began
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    print(json.dumps({"seconds": seconds, "cpu": time.process_time(), "peak_mb": int(peak.split()[1]) / 1024}))


# ---------------------------------------------------------------- what there is to do


def workbook(rows: int) -> Snapshot:
    """Many leads, of which people changed twenty since the last sync; five of them are qualified."""
    snapshot, _ = made(rows, CHANGED - QUALIFIED)
    leads = next(tab for tab in snapshot.tabs if tab.mark == "leads")
    stage, left, lines = leads.marks["stage"], QUALIFIED, []
    for row in leads.rows:
        if left and row[stage] == "Contacted":
            row, left = (*row[:stage], "Qualified", *row[stage + 1 :]), left - 1
        lines.append(row)
    return replace(snapshot, tabs=tuple(replace(t, rows=lines) if t is leads else t for t in snapshot.tabs))


def steps_of(snapshot: Snapshot, plan: Plan) -> list[Step]:
    """A plan as calls of gspread. Rows come before rows leave, from the bottom up."""
    places = {title: locate(_tab(snapshot, title), at) for title, at in plan.addressing.items()}
    cells: list[Step] = []
    rows: list[Step] = []
    leaving: list[tuple[str, int]] = []
    now = {(tab.title, n): list(row) for tab in snapshot.tabs if tab.title in places for n, row in enumerate(tab.rows)}
    for change in plan.changes:
        match change:
            case SetCells():
                row = places[change.row.tab][change.row]
                for column, _, after in change.cells:
                    cells.append(("update_cell", change.row.tab, row + 1, column + 1, _said(after)))
                    line = now[change.row.tab, row]
                    line.extend([""] * (column + 1 - len(line)))
                    line[column] = after
            case WriteTab():
                grid = [[_said(styled.value) for styled in line] for line in change.rows]
                longer = len(grid) - len(_tab(snapshot, change.tab).rows)
                cells += [("add_rows", change.tab, longer)] if longer > 0 else []
                cells += [("clear", change.tab), ("update", change.tab, grid)]
    for change in plan.changes:
        match change:
            case AddRows():
                rows += [("append_row", change.tab, [_said(c) for c in row], "USER_ENTERED") for row in change.rows]
            case MoveRow():
                row = places[change.row.tab][change.row]
                line = {
                    to: now[change.row.tab, row][here]
                    for here, to in change.carry
                    if here < len(now[change.row.tab, row])
                }
                line |= dict(change.cells)
                told = [_said(line.get(column, "")) for column in range(max(line) + 1)]
                rows.append(("append_row", change.to, told, "USER_ENTERED"))
                leaving.append((change.row.tab, row))
    gone = [("delete_rows", title, row + 1) for title, row in sorted(leaving, key=lambda at: -at[1])]
    return [*cells, *rows, *gone]


def _tab(snapshot: Snapshot, title: str) -> Tab:
    tab = snapshot.tab(title)
    assert tab
    return tab


def _said(cell: Cell) -> str | int | float | bool:
    if isinstance(cell, Decimal):
        return float(cell)
    if isinstance(cell, date):
        return cell.isoformat(sep=" ") if hasattr(cell, "hour") else cell.isoformat()  # type: ignore[call-arg]
    return cell if isinstance(cell, bool | int | float) else raw_text(cell)


# ---------------------------------------------------------------- measuring


@contextlib.contextmanager
def weighing() -> Iterator[list[int]]:
    """Gives the bytes of each answer as it is sent."""
    from tests.sheets_server import server as emulator

    packed: list[int] = []
    zipped = emulator.zipped

    def weighed(answer: Any, accepted: str) -> Any:
        answer = zipped(answer, accepted)
        packed.append(len(answer.body))
        return answer

    emulator.zipped = weighed
    try:
        yield packed
    finally:
        emulator.zipped = zipped


def costs(rows: int) -> Iterator[tuple[str, Cost]]:
    """Each job's cost, by its name."""
    from tests.sheets_server.server import SheetsServer
    from tests.workbooks.google_laying import lay_sheet

    snapshot = workbook(rows)
    plan = make_plan(snapshot, NIGHT)
    titles = [(tab.title, bool(tab.rows) and tab.mark not in ("today", "report", "problems")) for tab in snapshot.tabs]
    moved = sum(isinstance(change, MoveRow) for change in plan.changes)
    print(
        f"\n{rows} leads, {CHANGED} of them changed; {moved} rows move, {len(plan.changes)} changes in all", flush=True
    )
    assert moved == QUALIFIED
    with tempfile.TemporaryDirectory() as name, SheetsServer() as server, weighing() as packed:
        folder = Path(name)
        environment = {"SHEETCRM_CREDENTIALS": str(server.credentials(folder / "key.json"))}
        environment |= {"SHEETCRM_GOOGLE_URL": server.address, "NO_GCE_CHECK": "true"}
        for way in ("sheetcrm", "usual"):
            spreadsheet = lay_sheet(server, snapshot)
            for job in ("changes", "nothing"):
                todo = steps_of(snapshot, plan) if job == "changes" else []
                (folder / "steps").write_bytes(pickle.dumps((titles, todo)))
                cost = _cost(server, way, spreadsheet, folder / "steps", environment)
                yield f"{way}: {job}", replace(cost, packed=sum(packed))
                packed.clear()
            ids = _ids(server, spreadsheet)
            if way == "sheetcrm":
                wanted = ids
            assert ids == wanted, "both ways must come to the same"
            del server.sheets.spreadsheets[spreadsheet]


def _cost(server: Any, way: str, spreadsheet: str, steps: Path, environment: dict[str, str]) -> Cost:
    server.journal.clear()
    address = f"https://docs.google.com/spreadsheets/d/{spreadsheet}/edit"
    command = [sys.executable, __file__, "--measure", way, address, str(steps)]
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    told, journal = json.loads(done.stdout.splitlines()[-1]), list(server.journal)
    reads = sum(call.reads for call in journal)
    up, down = (sum(getattr(call, name) for call in journal) for name in ("bytes_in", "bytes_out"))
    taken = sum(call.seconds for call in journal)
    server.journal.clear()
    cpu, peak = told["cpu"], told["peak_mb"]
    return Cost(reads, len(journal) - reads, up, down, 0, told["seconds"], cpu, taken, peak)


def _ids(server: Any, spreadsheet: str) -> dict[str, list[str]]:
    """The IDs in each tab of records, as they stand."""
    found = {}
    for sheet in server.sheets.spreadsheets[spreadsheet].sheets:
        if sheet.title in ("Leads", "Opportunities", "Deals"):
            column = [row[0].value for row in sheet.rows if row and row[0] and row[0].value]
            found[sheet.title] = [str(value) for value in column]
    return found


def table(all_: dict[str, Cost]) -> Iterable[str]:
    """Each job a line, and how many times as much the usual way costs."""
    heads = "reads writes kB_up kB_down packed seconds CPU_s emulator peak_MB minutes".split()
    yield f"{'':<20}" + "".join(f"{head.replace('_', ' '):>10}" for head in heads)
    yield "-" * 120
    for name, c in all_.items():
        counted = f"{c.reads:>10}{c.writes:>10}{c.up / 1000:>10.0f}{c.down / 1000:>10.0f}"
        taken = f"{c.packed / 1000:>10.0f}{c.seconds:>10.2f}{c.cpu_seconds:>10.2f}{c.server_seconds:>10.2f}"
        yield f"{name:<20}{counted}{taken}{c.peak_mb:>10.0f}{c.least_minutes:>10}"
    for job in ("changes", "nothing"):
        ours, usual = all_[f"sheetcrm: {job}"], all_[f"usual: {job}"]
        ratios = {
            "calls": (usual.reads + usual.writes) / (ours.reads + ours.writes),
            "bytes up": usual.up / ours.up,
            "bytes down, packed": usual.packed / ours.packed,
            "seconds": usual.seconds / ours.seconds,
            "memory": usual.peak_mb / ours.peak_mb,
        }
        yield f"usual / sheetcrm, {job}: " + ", ".join(f"{name} {ratio:.1f}" for name, ratio in ratios.items())


def promised(rows: int, all_: dict[str, Cost]) -> None:
    """One read where there is nothing to do, else two reads and a write, however many rows there are."""
    changes, nothing = all_["sheetcrm: changes"], all_["sheetcrm: nothing"]
    assert (nothing.reads, nothing.writes) == (1, 0), f"{rows} rows: {nothing}"
    assert (changes.reads, changes.writes) == (2, 1), f"{rows} rows: {changes}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and make sure of what was promised."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, action="append")
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.measure:
        name, address, steps = given.measure
        measure(name, address, Path(steps))
        return
    for rows in given.rows or [100, 20_000]:
        found = dict(costs(rows))
        print("\n" + "\n".join(table(found)), flush=True)
        promised(rows, found)


if __name__ == "__main__":
    main()
