"""Damages real Excel files at random, edits them, and looks whether that ends well.

    python benchmarks/fuzz.py --minutes 30 --seed 1
    python benchmarks/fuzz.py --seed 1 --only 4711

An edit may end in two ways: a file is saved that can be read again, or a `SheetCrmError`
says why not and the file and its folder are as before. Another exception, a hang, too
much memory, a changed file or a file left behind is a finding: its input is kept, and
what led to it is printed. `--only` tells one input again. The seeds are the corpus
in `SHEETCRM_SHARED` or `../shared` beside the checkout, and two small files of our own.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import resource
import select
import signal
import sys
import tempfile
import time
import traceback
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lxml import etree

from benchmarks.damage import Chance, damaged
from sheetcrm.problems import SheetCrmError
from sheetcrm.tables import CellError, Formula
from sheetcrm.workbooks import excel
from sheetcrm.workbooks.excel.reading import read_snapshot

__all__ = ["Seen", "fuzz", "main", "seeds"]

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 5.0
"""The processor's, for one edit; beyond, the exception tells where it was."""
DEAD_SECONDS = 30.0
"""What answers nothing for so long is inside C code and is killed."""
MEMORY_BYTES = 1_500_000_000
BATCH = 400
"""So many inputs in a process, then a fresh one."""
MAX_SEED_BYTES = 3_000_000
KEPT_PER_FINDING = 3
KEPT = Path(tempfile.gettempdir()) / "sheetcrm-fuzz"
READ = "read"
_PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,8})")


# ---------------------------------------------------------------- seeds


def seeds() -> list[tuple[str, bytes]]:
    """Name and bytes of every file that is damaged."""
    folder = Path(os.environ.get("SHEETCRM_SHARED") or ROOT.parent / "shared") / "xlsx_corpus"
    found = [(path.name, path.read_bytes()) for path in sorted(folder.glob("*.xls[xm]"))]
    return [*_own(), *((name, data) for name, data in found if _unpacked_size(data) < MAX_SEED_BYTES)]


def _own() -> Iterator[tuple[str, bytes]]:
    import xlsxwriter

    for name, many in (("own-list", 40), ("own-small", 3)):
        file = BytesIO()
        book = xlsxwriter.Workbook(file, {"in_memory": True})
        sheet = book.add_worksheet("Leads")
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for row in range(many):
            sheet.write_row(row, 0, [f"L-{row}", "Ana & <Ion>", row * 1.5, True])
            sheet.write_datetime(row, 4, datetime(2026, 11, 1) + timedelta(days=row), day)
            sheet.write_formula(row, 5, f"=C{row + 1}*2", None, row * 3)
        sheet.add_table(0, 7, many, 9, {"columns": [{"header": word} for word in ("A", "B", "C")]})
        sheet.merge_range(many + 2, 0, many + 3, 2, "merged")
        sheet.data_validation(1, 3, many, 3, {"validate": "list", "source": ["x", "y"]})
        sheet.conditional_format(1, 2, many, 2, {"type": "cell", "criteria": ">", "value": 3, "format": day})
        sheet.write_comment("A2", "look here")
        book.add_worksheet("Report").write_formula("A1", f"=SUM(Leads!C1:C{many})")
        book.define_name("total", f"=Leads!$C$1:$C${many}")
        book.close()
        yield f"{name}.xlsx", file.getvalue()


def _unpacked_size(data: bytes) -> int:
    try:
        with zipfile.ZipFile(BytesIO(data)) as book:
            return sum(info.file_size for info in book.infolist())
    except zipfile.BadZipFile:
        return len(data)


# ---------------------------------------------------------------- edits


def value(chance: Chance) -> Any:
    """Something that may be put into a cell."""
    return chance.choice(
        (
            *(
                "text",
                "",
                "=1+1",
                " a\n<b>&\x01 ",
                "_x0041_",
                "ă" * 50,
                0,
                -1,
                12.5,
                1e300,
                2**60,
                Decimal("12.50"),
                True,
            ),
            *(date(2026, 11, 23), datetime(2026, 11, 23, 9, 30), timedelta(hours=30), None, Formula("=SUM(A1:B2)")),
            *(Formula("=Leads!A1"), CellError("#N/A"), "x" * 32_767),
        )
    )


def row_number(chance: Chance) -> int:
    """Mostly near the top."""
    return chance.choice((1, 2, chance.randrange(1, 15), chance.randrange(1, 15), chance.randrange(1, 3000), 1_048_576))


def place(chance: Chance) -> str:
    """A cell, mostly near the top."""
    letters = chance.choice((*"ABCDEFG", "Z", "AA", "XFD"))
    return f"{letters}{row_number(chance)}"


def grid(chance: Chance, height: int = 4) -> list[list[Any]]:
    """A few rows."""
    return [[value(chance) for _ in range(chance.randrange(6))] for _ in range(chance.randrange(1, height))]


def edit_set(book: Any, tab: str, chance: Chance) -> None:
    """Set a few cells."""
    book.set(tab, {place(chance): value(chance) for _ in range(chance.choice((1, 3, 20)))})


def edit_append(book: Any, tab: str, chance: Chance) -> None:
    """Append rows."""
    book.append(tab, grid(chance))


def edit_remove(book: Any, tab: str, chance: Chance) -> None:
    """Remove rows, mostly of the list as it is found."""
    rows = sorted({row_number(chance) for _ in range(chance.randrange(1, 5))})
    columns = {"columns": chance.choice(("A:C", "B:B", "A:XFD"))} if chance.random() < 0.3 else {}
    book.remove_rows(tab, rows, **columns)


def edit_insert(book: Any, tab: str, chance: Chance) -> None:
    """Insert whole rows."""
    book.insert_rows(tab, row_number(chance), chance.choice((1, 1, 3, 500)))


def edit_replace(book: Any, tab: str, chance: Chance) -> None:
    """Write a block or the whole tab anew."""
    block = {"block": chance.choice(("A1:F20", "B2:G3", "D5:XFD9"))} if chance.random() < 0.6 else {}
    book.replace(tab, grid(chance, 3), **block)


def edit_add_tab(book: Any, tab: str, chance: Chance) -> None:
    """A new tab."""
    book.add_tab(f"New {chance.randrange(10**6)}", grid(chance))


EDITS: Mapping[str, Callable[[Any, str, Chance], None]] = {
    "set": edit_set,
    "append": edit_append,
    "remove": edit_remove,
    "insert": edit_insert,
    "replace": edit_replace,
    "add_tab": edit_add_tab,
}


# ---------------------------------------------------------------- one input


@dataclass
class Trial:
    """One damaged file and what is to be done with it."""

    name: str
    damage: list[str]
    data: bytes
    edits: list[str]
    chance: Chance


def trial(files: Sequence[tuple[str, bytes]], seed: int, number: int, *, with_read: bool) -> Trial:
    """The input of that number; always the same."""
    chance = random.Random(f"{seed}:{number}")
    name, data = chance.choice(files)
    damage, data = (["none"], data) if chance.random() < 0.02 else damaged(data, chance)
    edits = [chance.choice(list(EDITS)) for _ in range(chance.choice((1, 1, 2, 3)))]
    return Trial(name, damage, data, [READ] if with_read and chance.random() < 0.25 else edits, chance)


class TooSlowError(BaseException):
    """The time is over. No `except Exception` may swallow it."""


def attempt(tried: Trial, folder: Path) -> dict[str, Any]:
    """Edit the file in that empty folder; what came of it."""
    path = folder / f"crm{Path(tried.name).suffix}"
    path.write_bytes(tried.data)
    began = time.process_time()
    told = {"outcome": "saved", "key": "", "where": "", "trace": ""}
    try:
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        try:
            _do(tried, path)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
    except SheetCrmError as error:
        error.text("ro")
        told |= {"outcome": "refused", "key": error.key}
    except (Exception, TooSlowError) as error:
        told |= {"outcome": "finding", "where": _where(error), "trace": _trace(error)}
    told["seconds"] = time.process_time() - began
    wrong = [] if told["outcome"] != "saved" else list(wrong_in(tried.data, path.read_bytes()))
    if told["outcome"] != "saved" and path.read_bytes() != tried.data:
        wrong.append("the file was changed although nothing was saved")
    if left := [other.name for other in folder.iterdir() if other != path]:
        wrong.append(f"left behind: {re.sub('[0-9]+|-[^-.]+', '', left[0])}")
    if wrong and told["outcome"] != "finding":
        told |= {"outcome": "finding", "where": wrong[0], "trace": "\n".join(wrong)}
    for other in folder.iterdir():
        other.unlink()
    return told


def _do(tried: Trial, path: Path) -> None:
    if tried.edits == [READ]:
        read_snapshot(tried.data, path.name)
        return
    with excel.XlsxFile(path) as book:
        for edit in tried.edits:
            tabs = book.tabs
            EDITS[edit](book, tried.chance.choice(tabs) if tabs else "none", tried.chance)
        book.save()


def _where(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    # An error may lie in making the message of another: then the line that wanted it says more.
    folder = Path(excel.__file__).parent
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(folder)] or frames
    name = Path(ours[-1].filename).name
    return f"{type(error).__name__} at {name}:{ours[-1].lineno}, in {ours[-1].name}: {ours[-1].line}"


def _trace(error: BaseException) -> str:
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__]
    return "".join([*traceback.format_list(frames[-12:]), f"{type(error).__name__}: {str(error)[:300]}"])


def wrong_in(before: bytes, after: bytes) -> Iterator[str]:
    """What a saved file must not be: unreadable, or with XML broken or cells out of order that were not."""
    try:
        new, old = _contents(after), _contents(before)
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        yield f"what was saved is no readable zip: {error}"
        return
    for name, data in new.items():
        had = old.get(name, b"<x/>")
        if data == had:
            continue
        kind = re.sub("[0-9]+", "", name)
        if data is None:
            yield f"saved part cannot be unpacked: {kind}"
        elif had is None or not name.lower().endswith((".xml", ".rels", ".vml")) or (was := _root(had)) is None:
            continue
        elif (root := _root(data)) is None:
            yield f"saved part is no longer XML: {kind}"
        elif _in_order(was) and not _in_order(root):
            yield f"rows or cells are out of order: {kind}"


def _contents(data: bytes) -> dict[str, bytes | None]:
    """The members; None for those that cannot be unpacked."""
    found: dict[str, bytes | None] = {}
    with zipfile.ZipFile(BytesIO(data)) as book:
        for info in book.infolist():
            found[info.filename] = None
            with suppress(
                zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, ValueError, OSError
            ):
                found[info.filename] = book.read(info)
    return found


def _root(data: bytes) -> etree._Element | None:
    try:
        return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
    except (etree.XMLSyntaxError, ValueError):
        return None


def _in_order(root: etree._Element) -> bool:
    """Whether each row lies below the one before, each cell in its row and right of the one before."""
    row = 0
    for element in root.iterfind("{*}sheetData/{*}row"):
        above, row = row, _number(element.get("r"), row + 1)
        places = [_PLACE.fullmatch(cell.get("r", "")) for cell in element.iterchildren("{*}c")]
        columns = [(len(place[1]), place[1]) for place in places if place]
        if row <= above or columns != sorted(set(columns)) or any(place and int(place[2]) != row for place in places):
            return False
    return True


def _number(text: str | None, otherwise: int) -> int:
    return otherwise if text is None else int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1


# ---------------------------------------------------------------- many inputs, in processes that may die


@dataclass
class Finding:
    """One way in which it ended badly."""

    trace: str
    numbers: list[int] = field(default_factory=list)


@dataclass
class Seen:
    """What was tried and what came of it."""

    damage: Counter[tuple[str, str]] = field(default_factory=Counter)
    edits: Counter[tuple[str, str]] = field(default_factory=Counter)
    keys: Counter[str] = field(default_factory=Counter)
    findings: dict[str, Finding] = field(default_factory=dict)
    slowest: tuple[float, int] = (0.0, 0)
    count: int = 0

    def note(self, number: int, tried: Trial, told: Mapping[str, Any]) -> None:
        """Count one input."""
        outcome = str(told["outcome"])
        self.count += 1
        self.damage.update((kind, outcome) for kind in set(tried.damage))
        self.edits.update((edit, outcome) for edit in set(tried.edits))
        self.keys.update([told["key"]] if told["key"] else [])
        self.slowest = max(self.slowest, (told["seconds"], number))
        if outcome == "finding":
            self.findings.setdefault(told["where"], Finding(told["trace"])).numbers.append(number)

    def report(self) -> Iterator[str]:
        """Tables of what was tried, then what was found."""
        for title, counts in (("damage", self.damage), ("edit", self.edits)):
            yield f"{title:<26}{'saved':>8}{'refused':>9}{'finding':>9}"
            yield "-" * 52
            for kind in sorted({kind for kind, _ in counts}):
                saved, refused, found = (counts[kind, outcome] for outcome in ("saved", "refused", "finding"))
                yield f"{kind:<26}{saved:>8}{refused:>9}{found:>9}"
            yield ""
        yield "refused because: " + ", ".join(f"{key} {count}" for key, count in self.keys.most_common())
        yield f"slowest: {self.slowest[0]:.1f} s (input {self.slowest[1]})"
        for where, finding in sorted(self.findings.items(), key=lambda item: -len(item[1].numbers)):
            yield f"\n{len(finding.numbers)} × {where}\n  inputs {finding.numbers[:8]}\n{finding.trace}"
        found = sum(len(finding.numbers) for finding in self.findings.values())
        yield f"\n{self.count} inputs, {found} findings in {len(self.findings)} places"


class Worker:
    """A process that tries inputs one after the other and tells of each."""

    def __init__(self, numbers: range, run: Callable[[int], dict[str, Any]], until: float) -> None:
        self.numbers = numbers
        self.heard = time.monotonic()
        self._rest = b""
        self.told, writing = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                _serve(numbers, run, until, writing)
            finally:
                os._exit(1)
        os.close(writing)

    def hear(self) -> Iterator[dict[str, Any]]:
        """What it has told since; raises `EOFError` at its end."""
        data = os.read(self.told, 1 << 16)
        if not data:
            raise EOFError
        self.heard = time.monotonic()
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            told = json.loads(line)
            self.numbers = range(told["number"] + 1, self.numbers.stop)
            yield told

    def end(self) -> str:
        """Wait for its end; how it died, "" where it was done."""
        os.close(self.told)
        status = os.waitpid(self.pid, 0)[1]
        if os.WIFSIGNALED(status):
            return f"the process died: {signal.Signals(os.WTERMSIG(status)).name}"
        return "" if os.WEXITSTATUS(status) == 0 else "the process ended too early"


def _serve(numbers: range, run: Callable[[int], dict[str, Any]], until: float, writing: int) -> None:
    def over(*_: object) -> None:
        raise TooSlowError

    signal.signal(signal.SIGPROF, over)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    for number in numbers:
        if time.monotonic() > until:
            break
        os.write(writing, (json.dumps({"number": number, **run(number)}) + "\n").encode())
    os._exit(0)


def fuzz(seed: int, seconds: float, *, most: int = 10**9, workers: int = 2, with_read: bool = False) -> Seen:
    """Try inputs for so long, or so many."""
    files = seeds()
    seen = Seen()
    until = time.monotonic() + seconds
    batches = (range(first, min(first + BATCH, most)) for first in range(0, most, BATCH))

    with tempfile.TemporaryDirectory() as scratch:

        def run(number: int) -> dict[str, Any]:
            folder = Path(scratch) / str(os.getpid())
            folder.mkdir(exist_ok=True)
            return attempt(trial(files, seed, number, with_read=with_read), folder)

        running: list[Worker] = []
        while True:
            while len(running) < workers and time.monotonic() < until and (batch := next(batches, None)):
                running.append(Worker(batch, run, until))
            if not running:
                return seen
            ready = select.select([worker.told for worker in running], [], [], 1)[0]
            for worker in list(running):
                if time.monotonic() - worker.heard > DEAD_SECONDS:
                    os.kill(worker.pid, signal.SIGKILL)
                if worker.told not in ready:
                    continue
                try:
                    for told in worker.hear():
                        seen.note(told["number"], trial(files, seed, told["number"], with_read=with_read), told)
                except EOFError:
                    running.remove(worker)
                    if death := worker.end():
                        number = worker.numbers.start
                        told = {"outcome": "finding", "key": "", "where": death, "trace": "", "seconds": DEAD_SECONDS}
                        tried = trial(files, seed, number, with_read=with_read)
                        seen.note(number, tried, told | {"where": f"{death}, at {tried.edits}"})
                        running.append(Worker(range(number + 1, worker.numbers.stop), run, until))


def tell_one(seed: int, number: int, *, with_read: bool) -> None:
    """One input again, here, with all that is known of it."""
    tried = trial(seeds(), seed, number, with_read=with_read)
    print(f"{tried.name}: {tried.damage}, then {tried.edits}; input in {_keep(seed, number, tried)}")
    with tempfile.TemporaryDirectory() as folder:
        for name, told in attempt(tried, Path(folder)).items():
            print(f"{name}: {told}")


def _keep(seed: int, number: int, tried: Trial) -> Path:
    path = KEPT / f"{seed}-{number}{Path(tried.name).suffix}"
    KEPT.mkdir(parents=True, exist_ok=True)
    path.write_bytes(tried.data)
    return path


def main() -> None:
    """Try, count, print; exit code 1 where anything was found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--most", type=int, default=10**9, help="at most so many inputs")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--read", action="store_true", help="read a quarter of the files instead of editing them")
    parser.add_argument("--only", type=int, help="one input, by its number")
    args = parser.parse_args()
    if args.only is not None:
        tell_one(args.seed, args.only, with_read=args.read)
        return
    began = time.monotonic()
    seen = fuzz(args.seed, args.minutes * 60, most=args.most, workers=args.workers, with_read=args.read)
    print("\n".join(seen.report()))
    print(f"{seen.count / (time.monotonic() - began):.0f} inputs a second")
    files = seeds() if seen.findings else []
    for finding in seen.findings.values():
        for number in finding.numbers[:KEPT_PER_FINDING]:
            _keep(args.seed, number, trial(files, args.seed, number, with_read=args.read))
    if seen.findings:
        print(f"their inputs are kept in {KEPT}")
    sys.exit(1 if seen.findings else 0)


if __name__ == "__main__":
    main()
