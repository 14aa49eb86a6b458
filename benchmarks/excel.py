"""What an edit of a big Excel file costs, against the least that it can cost, and with other libraries.

    python benchmarks/excel.py --install-peers
    python benchmarks/excel.py --rows 100000 --times 3

The file is one list of leads, twenty columns wide, made up from a fixed seed. The edit sets
cells, appends rows, removes rows that lie far apart, and saves; a second one removes
none. The limit is a copy of the zip in which only that one sheet is unpacked and packed
again. Every measurement runs in a process of its own; what takes long runs once. Whether
the edit was done is looked up in the saved file. `× limit` compares the processor's
seconds, for others may be at work on the machine. The peers live in environments of their own.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import venv
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]

__all__ = ["main"]

KEPT = Path(tempfile.gettempdir()) / "sheetcrm-benchmarks"
"""The file and the peers are made once and kept."""

TAB = "Leads"
SHEET = "xl/worksheets/sheet1.xml"
LEVEL = 6
FAST_SECONDS = 30.0
"""What takes longer is measured once."""
MEGABYTE = 1_000_000
KILOBYTES_IN_MEGABYTE = 1024

Value = str | int | float | bool | date | None
Measured = dict[str, float]


class Edit(NamedTuple):
    """What is done to the tab. Rows and columns count from 1; rows are those of the file before."""

    cells: list[tuple[int, int, Value]]
    rows: list[list[Value]]
    removed: list[int]


# ---------------------------------------------------------------- the file and the edit

COLUMNS = (
    *("Id", "Company", "Contact", "Phone", "Email", "City", "Country", "Source", "Stage", "Owner"),
    *("Value", "Seats", "Chance", "Created on", "Next step", "Next step on", "Last spoke", "Score", "Notes", "Letters"),
)
FIRST = "Ana Ion Maria Dan Ioana Radu Elena Mihai Ștefan Oana Vlad Irina Paul Alina Tudor Corina".split()
LAST = "Pop Rusu Ene Ilie Marin Stan Toma Dinu Țurcanu Moldovan Barbu Lungu Sava Neagu Oprea Vasile".split()
TRADES = "Construct Instal Agro Trans Electro Eco Lemn Textil Consult Logistic Digital Med".split()
CITIES = "București Cluj-Napoca Timișoara Iași Constanța Brașov Oradea Sibiu".split()
SOURCES = ("Website", "Referral", "Trade fair", "LinkedIn", "Cold call", "Partner")
STAGES = ("New", "Contacted", "Qualified", "Lost")
STEPS = ("Call back", "Send the catalogue", "Ask for the budget", "Visit", "Send <references> & prices")


def lead(number: int, chance: random.Random) -> list[Value]:
    """One row."""
    pick = chance.choice
    created = date(2023, 1, 2) + timedelta(days=chance.randrange(1300))
    spoke = datetime(2026, 1, 5, 8) + timedelta(minutes=15 * chance.randrange(20_000))
    contact = f"{pick(FIRST)} {pick(LAST)}"
    return [
        f"L-{number:06d}",
        f"{pick(LAST)} {pick(TRADES)} {pick(LAST)} {pick(('SRL', 'SA'))}",
        contact,
        f"+407{chance.randrange(20_000_000, 80_000_000)}",
        f"{contact.split()[0].lower()}.{number}@firma-{number % 70_000}.ro",
        pick(CITIES),
        "Romania",
        pick(SOURCES),
        pick(STAGES),
        f"{pick(FIRST[:4])} {pick(LAST[:2])}",
        chance.randrange(100_000, 9_000_000) / 100,
        chance.randrange(1, 400),
        chance.randrange(0, 101, 5) / 100,
        created,
        pick(STEPS),
        created + timedelta(days=chance.randrange(60)),
        spoke,
        round(chance.random() * 100, 3),
        f"Spoke about {pick(TRADES).lower()}, {chance.randrange(2, 400)} people",
        chance.random() < 0.5,
    ]


def big_file(rows: int) -> Path:
    """The file with that many leads, as Excel writes it: shared strings, styles, real dates."""
    path = KEPT / f"leads-{rows}x{len(COLUMNS)}-seed7.xlsx"
    if path.exists():
        return path
    import xlsxwriter

    KEPT.mkdir(parents=True, exist_ok=True)
    passing = path.with_suffix(".tmp")
    book = xlsxwriter.Workbook(str(passing), {"strings_to_urls": False, "strings_to_formulas": False})
    head = book.add_format({"bold": True, "bg_color": "#DDEBF7"})
    looks = ((10, "#,##0.00"), (12, "0%"), (13, "yyyy-mm-dd"), (15, "yyyy-mm-dd"), (16, "yyyy-mm-dd hh:mm"))
    formats = {column: book.add_format({"num_format": look}) for column, look in looks}
    sheet = book.add_worksheet(TAB)
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(COLUMNS) - 1, 16)
    sheet.write_row(0, 0, COLUMNS, head)
    chance = random.Random(7)
    for number in range(1, rows + 1):
        for column, value in enumerate(lead(number, chance)):
            sheet.write(number, column, value, formats.get(column))
    book.close()
    return passing.replace(path)


def edit_of(rows: int, *, with_removals: bool) -> Edit:
    """500 cells, 200 new rows and 100 that go, or fewer in a small file. No cell is set in a row that goes."""
    chance = random.Random(11)
    set_count, removed_count = min(500, rows // 4), min(100, rows // 10)
    touched = chance.sample(range(2, rows + 2), set_count + removed_count)
    kinds: tuple[tuple[int, Callable[[int], Value]], ...] = (
        (9, lambda number: STAGES[number % len(STAGES)]),
        (11, lambda number: number + 0.25),
        (16, lambda number: date(2026, 11, 1) + timedelta(days=number % 60)),
        (19, lambda number: f"Called on Monday & <asked> for {number} seats"),
    )
    cells = [(row, kinds[n % 4][0], kinds[n % 4][1](n)) for n, row in enumerate(sorted(touched[:set_count]))]
    new = [lead(rows + 1 + number, chance) for number in range(200)]
    return Edit(cells, new, sorted(touched[set_count:]) if with_removals else [])


# ---------------------------------------------------------------- the jobs, each run in its own process


def limit(path: Path, out: Path, edit: Edit) -> None:
    """Copy every member as it is packed; unpack and pack the one sheet."""
    data = path.read_bytes()
    with zipfile.ZipFile(path) as old, out.open("wb") as file, zipfile.ZipFile(file, "w") as new:
        for info in old.infolist():
            start = info.header_offset
            names = int.from_bytes(data[start + 26 : start + 28], "little")
            begin = start + 30 + names + int.from_bytes(data[start + 28 : start + 30], "little")
            packed = data[begin : begin + info.compress_size]
            if info.filename == SHEET:
                pack = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
                packed = pack.compress(zlib.decompress(packed, -zlib.MAX_WBITS)) + pack.flush()
                info.compress_size = len(packed)
            info.header_offset, info.flag_bits = file.tell(), info.flag_bits & ~8
            file.write(info.FileHeader() + packed)
            new.filelist.append(info)
        # Where zipfile is to put its directory when it closes.
        new.start_dir, new._didModify = file.tell(), True  # type: ignore[attr-defined]
        new.close()
        file.flush()
        os.fsync(file.fileno())


def sheetcrm(path: Path, out: Path, edit: Edit) -> None:
    """Our own editor."""
    with _import("sheetcrm.workbooks.excel").XlsxFile(path) as book:
        book.set(TAB, {f"{chr(64 + column)}{row}": value for row, column, value in edit.cells})
        book.append(TAB, edit.rows)
        if edit.removed:
            book.remove_rows(TAB, edit.removed)
        book.save(out)


def openpyxl(path: Path, out: Path, edit: Edit) -> None:
    """Openpyxl and paper-xlsx, its fork, which bears the same name."""
    _like_openpyxl(_import("openpyxl").load_workbook(path), out, edit)


def wolfxl(path: Path, out: Path, edit: Edit) -> None:
    """Wolfxl, which keeps what it does not touch when asked to."""
    _like_openpyxl(_import("wolfxl").load_workbook(str(path), modify=True), out, edit)


def _like_openpyxl(book: Any, out: Path, edit: Edit) -> None:
    sheet = book[TAB]
    for row, column, value in edit.cells:
        sheet.cell(row, column).value = value
    for line in edit.rows:
        sheet.append(line)
    for row in reversed(edit.removed):
        sheet.delete_rows(row)
    book.save(str(out))


def excelize(path: Path, out: Path, edit: Edit) -> None:
    """Excelize's Python build. It knows no `append`: the row's number is given."""
    book = _import("excelize").open_file(str(path))
    for row, column, value in edit.cells:
        book.set_cell_value(TAB, f"{chr(64 + column)}{row}", value)
    last = int(book.get_sheet_dimension(TAB).split(":")[1].lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    for number, line in enumerate(edit.rows, last + 1):
        book.set_sheet_row(TAB, f"A{number}", line)
    for row in reversed(edit.removed):
        book.remove_row(TAB, row)
    book.save_as(str(out))
    book.close()


def pyofficeeditor(path: Path, out: Path, edit: Edit) -> None:
    """PyOfficeEditor. It knows no `append` either."""
    with _import("pyofficeeditor.excel").Workbook.open(str(path)) as book:
        sheet = book[TAB]
        for row, column, value in edit.cells:
            sheet.cell(row, column).value = value
        for number, line in enumerate(edit.rows, sheet.max_row + 1):
            for column, value in enumerate(line, 1):
                sheet.cell(number, column).value = value
        for row in reversed(edit.removed):
            sheet.delete_rows(row)
        book.save(str(out))


JOBS: Mapping[str, Callable[[Path, Path, Edit], None]] = {
    "limit": limit,
    "sheetcrm": sheetcrm,
    "openpyxl": openpyxl,
    "excelize": excelize,
    "wolfxl": wolfxl,
    "pyOfficeEditor": pyofficeeditor,
    "paper-xlsx": openpyxl,
}
OURS = ("limit", "sheetcrm")
PEERS = tuple(name for name in JOBS if name not in OURS)


def _import(name: str) -> Any:
    return __import__(name, fromlist=["*"])


def measured(job: str, path: Path, out: Path, edit: Edit) -> Measured:
    """One job's seconds, without those of its imports, and its peak memory."""
    first = {"sheetcrm": "sheetcrm.workbooks.excel", "pyOfficeEditor": "pyofficeeditor.excel", "paper-xlsx": "openpyxl"}
    _import("zipfile" if job == "limit" else first.get(job, job))
    wall, processor = time.perf_counter(), time.process_time()
    JOBS[job](path, out, edit)
    return {
        "wall": time.perf_counter() - wall,
        "cpu": time.process_time() - processor,
        "peak_mb": _peak_mb(),
    }


def _peak_mb() -> float:
    status = Path("/proc/self/status")
    if status.exists():
        # What `getrusage` says begins with the memory of the process that started this one.
        peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(peak.split()[1]) / KILOBYTES_IN_MEGABYTE
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KILOBYTES_IN_MEGABYTE


# ---------------------------------------------------------------- running them


def python_of(job: str) -> Path:
    """The interpreter in whose environment a job runs."""
    if job in OURS:
        return Path(sys.executable)
    return KEPT / "peers" / job / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def install_peers(names: Sequence[str]) -> None:
    """An environment for each: two of them bear the same import name."""
    for name in names:
        venv.create(KEPT / "peers" / name, with_pip=True, clear=True)
        command = [python_of(name), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", name]
        print(f"{name}: {'installed' if subprocess.run(command).returncode == 0 else 'could not be installed'}")


def version_of(job: str) -> str:
    """The version of a peer that was measured."""
    asked = "import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))"
    return subprocess.run([python_of(job), "-c", asked, job], capture_output=True, text=True).stdout.strip()


class Figures(NamedTuple):
    """What came of one job: its figures, or why there are none."""

    figures: Measured
    word: str


def run(job: str, path: Path, rows: int, *, removals: bool, patience: float, times: int) -> Figures:
    """The middle of several runs of what is fast, one of what is not."""
    if not python_of(job).exists():
        return Figures({}, "not installed")
    found: list[Measured] = []
    word = ""
    while len(found) < times and (not found or found[0]["wall"] < FAST_SECONDS):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "out.xlsx"
            command = [python_of(job), __file__, "--job", job, str(path), str(out), "--rows", str(rows)]
            command += ["--removals"] if removals else []
            try:
                done = subprocess.run(command, capture_output=True, text=True, timeout=patience)
            except subprocess.TimeoutExpired:
                return Figures({}, f"> {patience:.0f}")
            if done.returncode:
                return Figures({}, f"failed: {(done.stderr.strip().splitlines() or [str(done.returncode)])[-1][:60]}")
            found.append(json.loads(done.stdout.splitlines()[-1]))
            if not word:
                word = "" if job == "limit" else wrong(path, out, edit_of(rows, with_removals=removals))
    return Figures({name: statistics.median(one[name] for one in found) for name in found[0]}, word)


def wrong(path: Path, out: Path, edit: Edit) -> str:
    """Whether the saved file says what it should, cell by cell."""
    expected = _rows(path)
    for row, column, value in edit.cells:
        expected[row - 1][column - 1] = _plain(value)
    expected += [[_plain(value) for value in line] for line in edit.rows]
    for row in reversed(edit.removed):
        del expected[row - 1]
    found = _rows(out)
    bad = sum(a != b for row, other in zip(found, expected, strict=False) for a, b in zip_longest(row, other))
    if len(found) != len(expected):
        return f"{len(found)} rows instead of {len(expected)}"
    return f"{bad} cells wrong" if bad else "right"


def _rows(path: Path) -> list[list[Value]]:
    from python_calamine import CalamineWorkbook

    sheet = CalamineWorkbook.from_path(str(path)).get_sheet_by_name(TAB)
    return [[_plain(value) for value in row] for row in sheet.to_python()]


def _plain(value: Any) -> Value:
    """A date as its number: a new row need not say how it looks."""
    if isinstance(value, date):
        moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
        return round((moment - datetime(1899, 12, 30)) / timedelta(days=1), 6)
    return round(float(value), 6) if isinstance(value, int | float) else value


def table(found: Mapping[str, Figures], sheet_mb: float) -> Iterator[str]:
    """Seconds, memory, and both against the limit and the sheet's size."""
    yield f"{'':<21}{'wall s':>9}{'CPU s':>9}{'× limit':>9}{'peak MB':>9}{'× sheet':>9}   edit"
    yield "-" * 77
    for job, (figures, word) in found.items():
        name = job if job in OURS else f"{job} {version_of(job)}"
        if not figures:
            yield f"{name:<21}    {word}" if not word.startswith(">") else f"{name:<21}{word:>9}"
            continue
        times = figures["cpu"] / found["limit"].figures["cpu"]
        peak = figures["peak_mb"]
        seconds = f"{figures['wall']:>9.2f}{figures['cpu']:>9.2f}"
        yield f"{name:<21}{seconds}{times:>9.2f}{peak:>9.0f}{peak / sheet_mb:>9.2f}   {word}"


def ratios(found: Mapping[str, Figures]) -> str:
    """Openpyxl against ours."""
    theirs, ours = (found.get(name, Figures({}, "")).figures for name in ("openpyxl", "sheetcrm"))
    if not theirs or not ours:
        return "openpyxl / sheetcrm: not both measured"
    parts = (f"{theirs[name] / ours[name]:.1f} × {words}" for name, words in UNITS)
    return f"openpyxl / sheetcrm: {', '.join(parts)}"


UNITS = (("wall", "the seconds"), ("cpu", "the processor's seconds"), ("peak_mb", "the memory"))


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the file if need be, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=3, help="what is fast is measured so often; the middle one counts")
    parser.add_argument("--peers", default=",".join(PEERS), help="which others, with commas between; '' for none")
    parser.add_argument("--patience", type=float, default=600, help="seconds after which a job is given up")
    parser.add_argument("--edits", choices=("both", "removals", "plain"), default="both")
    parser.add_argument("--install-peers", action="store_true", help="install the others for this script alone")
    parser.add_argument("--job", nargs=3, metavar=("JOB", "FILE", "OUT"), help=argparse.SUPPRESS)
    parser.add_argument("--removals", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args(arguments)
    if args.job:
        sys.path.insert(0, str(ROOT))
        job, path, out = args.job
        print(json.dumps(measured(job, Path(path), Path(out), edit_of(args.rows, with_removals=args.removals))))
        return
    names = [name for name in args.peers.split(",") if name]
    if unknown := set(names) - set(PEERS):
        parser.error(f"unknown peers: {', '.join(sorted(unknown))}; known are {', '.join(PEERS)}")
    if args.install_peers:
        install_peers(names)
        return
    path = big_file(args.rows)
    with zipfile.ZipFile(path) as book:
        sheet_mb = book.getinfo(SHEET).file_size / MEGABYTE
    size = path.stat().st_size / MEGABYTE
    print(f"{args.rows} rows × {len(COLUMNS)} columns; {size:.1f} MB, {sheet_mb:.1f} MB of sheet XML")
    for removals in {"both": (True, False), "removals": (True,), "plain": (False,)}[args.edits]:
        edit = edit_of(args.rows, with_removals=removals)
        words = f"{len(edit.cells)} cells set, {len(edit.rows)} rows appended, {len(edit.removed)} rows removed"
        print(f"\n{words}\n", flush=True)
        common = {"removals": removals, "patience": args.patience, "times": args.times}
        found = {job: run(job, path, args.rows, **common) for job in (*OURS, *names)}
        print("\n".join(table(found, sheet_mb)), f"\n{ratios(found)}", sep="\n", flush=True)


if __name__ == "__main__":
    main()
