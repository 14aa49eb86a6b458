"""How long a night takes with 100,000 leads, against what a bare read of the same file takes.

    python benchmarks/speed.py --rows 100000 --changed 500

Every measurement runs in a process of its own, on the same file: 100,000 leads of
twenty columns with State and History, of which a person changed 500 since the
last sync. Seconds are the processor's, for others may be at work on the machine;
those of two machines cannot be compared, the ratios can.
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

__all__ = ["main"]

MEGABYTE_IN_KILOBYTES = 1024

Measured = dict[str, float]


# ---------------------------------------------------------------- the jobs, each run in its own process


def bare_read(path: Path) -> Measured:
    """python-calamine alone: every tab of the file as Python values."""
    from python_calamine import CalamineWorkbook

    with _Clock() as clock:
        book = CalamineWorkbook.from_filelike(BytesIO(path.read_bytes()))
        tabs = [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]
    return {"seconds": clock.seconds, "rows": sum(map(len, tabs))}


def core(path: Path) -> Measured:
    """Our read, then reading every row (validate), then the whole plan."""
    from benchmarks.big_workbook import NIGHT
    from sheetcrm.gather import gather
    from sheetcrm.plan import make_plan
    from sheetcrm.workbooks import open_workbook

    with _Clock() as reading:
        snapshot = open_workbook(str(path)).read()
    read_peak = _peak_mb()
    with _Clock() as validating:
        gather(snapshot, NIGHT)
    with _Clock() as planning:
        plan = make_plan(snapshot, NIGHT)
    return {
        "read": reading.seconds,
        "validate": validating.seconds,
        "validate + plan": planning.seconds,
        "read_peak_mb": read_peak,
        "changes": len(plan.changes),
    }


def core_uncollected(path: Path) -> Measured:
    """The same with Python's garbage collection off: what it costs."""
    gc.disable()
    return core(path)


def sync(path: Path) -> Measured:
    """The whole of `sync`: read, plan, write, verify, keep a copy."""
    import sheetcrm
    from benchmarks.big_workbook import NIGHT

    with _Clock() as clock:
        receipt = sheetcrm.open(str(path), now=lambda: NIGHT).sync()
    return {"seconds": clock.seconds, "written": float(receipt.written)}


def openpyxl_alone(path: Path) -> Measured:
    """The same visit by hand: load, write a word into *check* of the changed rows, save."""
    from openpyxl import load_workbook

    from sheetcrm.columns import header

    lines = json.loads(path.with_suffix(".json").read_text())
    with _Clock() as clock:
        book = load_workbook(path)
        sheet = book["Leads"]
        check = next(cell.column for cell in sheet[1] if cell.value == header("check", "en"))
        for line in lines:
            sheet.cell(line + 1, check).value = "Looked at"
        book.save(path)
    return {"seconds": clock.seconds, "rows": len(lines)}


JOBS: Mapping[str, Callable[[Path], Measured]] = {
    "bare-read": bare_read,
    "core": core,
    "core-uncollected": core_uncollected,
    "sync": sync,
    "openpyxl": openpyxl_alone,
}


class _Clock:
    """The processor's seconds between entering and leaving."""

    seconds = 0.0

    def __enter__(self) -> _Clock:
        self._began = time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.process_time() - self._began


def _peak_mb() -> float:
    status = Path("/proc/self/status")
    if status.exists():
        # What `getrusage` says begins with the memory of the process that started this one.
        peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(peak.split()[1]) / MEGABYTE_IN_KILOBYTES
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE_IN_KILOBYTES


# ---------------------------------------------------------------- running them


def run(job: str, path: Path) -> Measured:
    """One job in a fresh process, on a copy of the file."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copy(path, folder))
        shutil.copy(path.with_suffix(".json"), folder)
        command = [sys.executable, __file__, "--job", job, str(copy)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout))


def median_of(job: str, path: Path, times: int) -> Measured:
    """The middle of several runs, figure by figure."""
    measured = [run(job, path) for _ in range(times)]
    return {name: statistics.median(one[name] for one in measured) for name in measured[0]}


def report(found: Mapping[str, Measured]) -> str:
    """Seconds, peak memory, and the ratios that the design asks for."""
    bare, ours = found["bare-read"], found["core"]
    lines = [f"{'':<34}{'seconds':>9}{'× bare read':>13}{'peak MB':>9}", "-" * 65]

    def line(what: str, seconds: float, peak: float | None) -> None:
        memory = "" if peak is None else f"{peak:.0f}"
        lines.append(f"{what:<34}{seconds:>9.2f}{seconds / bare['seconds']:>13.2f}{memory:>9}")

    line("bare read (python-calamine)", bare["seconds"], bare["peak_mb"])
    line("our read", ours["read"], ours["read_peak_mb"])
    line("validate", ours["validate"], None)
    line("core: validate + plan", ours["validate + plan"], ours["peak_mb"])
    off = found["core-uncollected"]
    line("  with garbage collection off", off["validate + plan"], off["peak_mb"])
    line("read + core", ours["read"] + ours["validate + plan"], ours["peak_mb"])
    if "sync" in found:
        whole, plain = found["sync"], found["openpyxl"]
        line("sync as a whole", whole["seconds"], whole["peak_mb"])
        line("the same visit, openpyxl alone", plain["seconds"], plain["peak_mb"])
        lines += ["", f"sync / openpyxl alone: {whole['seconds'] / plain['seconds']:.2f}"]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the file if need be, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--changed", type=int, default=500)
    parser.add_argument("--times", type=int, default=3, help="each measurement so often; the middle one counts")
    parser.add_argument("--fresh", action="store_true", help="make the file anew, as the present sync leaves it")
    parser.add_argument("--core-only", action="store_true", help="leave out what writes")
    parser.add_argument("--job", nargs=2, metavar=("JOB", "FILE"), help=argparse.SUPPRESS)
    args = parser.parse_args(arguments)
    if args.job:
        measured = JOBS[args.job[0]](Path(args.job[1]))
        print(json.dumps({**measured, "peak_mb": _peak_mb()}))
        return
    from benchmarks.big_workbook import big_workbook

    path = big_workbook(args.rows, args.changed, fresh=args.fresh)
    print(f"{args.rows} leads, {args.changed} of them changed; {path.stat().st_size / 1e6:.1f} MB\n")
    found = {job: median_of(job, path, args.times) for job in ("bare-read", "core", "core-uncollected")}
    print(f"the plan holds {found['core']['changes']:.0f} changes\n")
    if not args.core_only:
        found |= {job: run(job, path) for job in ("sync", "openpyxl")}
    print(report(found))


if __name__ == "__main__":
    main()
