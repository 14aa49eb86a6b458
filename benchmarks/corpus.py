"""Edits every workbook of a corpus and looks for anything that changed besides.

    python benchmarks/corpus.py --jobs 2

Each edit is made in a copy and judged by others: a checker that compares the
packages part by part, openpyxl and calamine, which must read the original with
that edit, and LibreOffice, which must still open it. A refusal is counted; a
damage or a crash is a failure.
"""

from __future__ import annotations

import argparse
import re
import shutil
import signal
import sys
import tempfile
import traceback
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.corpus_edits import EDITS, Made, Sheet, make, shared_folder, sheets_of, to_edit
from benchmarks.corpus_judges import checked, reason_of, stray_headers, stray_rules, stray_shapes
from benchmarks.corpus_readers import Readings, misread, read, unopened
from sheetcrm.problems import SheetCrmError
from sheetcrm.workbooks.excel import XlsxFile

__all__ = ["Outcome", "bad", "closed_to_libreoffice", "corpus", "table", "try_file"]

KINDS = ("edited", "elsewhere", "damaged", "refused", "crashed", "unjudged", "not there")
"""What may come of an edit. Elsewhere: refused at the first place, made at another place or in another tab of the file;
the last two: the checker cannot read the original, the sheet lacks what is edited."""

JUDGES = (checked, stray_headers, stray_rules, stray_shapes)

SECONDS_OF_AN_EDIT = 60


@dataclass(frozen=True)
class Outcome:
    """What came of one edit in one file."""

    file: str
    edit: str
    """Empty where the file itself is refused."""
    kind: str
    lines: Sequence[str] = ()
    limits: Sequence[str] = ()
    """What the checker said wrongly, and why that is known."""
    unread: Sequence[str] = ()
    """Readers that could not read the original."""
    path: Path | None = None
    """The edited file."""


def corpus(folder: Path, only: str = "") -> list[Path]:
    """The workbooks of a folder."""
    return sorted(path for path in folder.glob("*.xls[xm]") if only in path.name)


# ---------------------------------------------------------------- one file


def try_file(edits: Sequence[str], folder: Path, path: Path) -> list[Outcome]:
    """Every edit in copies of one file; the edited ones stay in the folder."""
    try:
        XlsxFile(path)
    except SheetCrmError as error:
        return [Outcome(path.name, "", "unreadable", [said(error, path)])]
    except Exception as error:
        return [Outcome(path.name, "", "crashed", [where(error)])]
    try:
        sheets = sheets_of(path)
    except (Exception, SystemExit) as error:
        return [Outcome(path.name, edit, "unjudged", [f"{type(error).__name__}: {error}"]) for edit in edits]
    sheet = to_edit(sheets)
    if sheet is None:
        return [Outcome(path.name, edit, "not there") for edit in edits]
    before, unread = read(path, sheets)
    outcomes = (try_places(edit, folder, path, [sheet, *other_places(sheets, sheet)], before) for edit in edits)
    return [replace(outcome, unread=unread) for outcome in outcomes]


def other_places(sheets: Sequence[Sheet], first: Sheet) -> Iterator[Sheet]:
    """Where else in a file an edit may be tried: the upper and the lower part of the tab, below it, other tabs."""
    half = first.rows[len(first.rows) // 2] if first.rows else 0
    for keep in (lambda row: row < half, lambda row: row > half):
        constants = [place for place in first.constants if keep(place[0])]
        formulas = [place for place in first.formulas if keep(place[0])]
        yield Sheet(first.title, constants, formulas, first.last_row)
    yield Sheet(first.title, [], [], first.last_row)
    yield from (sheet for sheet in sheets if sheet is not first)


def try_places(edit: str, folder: Path, path: Path, places: Sequence[Sheet], before: Readings) -> Outcome:
    """One edit at the first place; where that is refused, at the first other one that is not."""
    first = try_edit(edit, folder, path, places[0], before)
    for place in places[1:] if first.kind == "refused" else ():
        outcome = try_edit(edit, folder, path, place, before)
        if outcome.kind == "edited":
            return replace(outcome, kind="elsewhere", lines=first.lines)
        if outcome.kind not in ("refused", "not there"):
            return outcome
    return first


def try_edit(edit: str, folder: Path, path: Path, sheet: Sheet, before: Readings) -> Outcome:
    """One edit in a copy, judged."""
    copy = folder / f"{path.name}~{edit}{path.suffix}"
    shutil.copyfile(path, copy)
    try:
        with time_limit(SECONDS_OF_AN_EDIT):
            made = make(edit, copy, sheet)
    except Exception as error:
        if copy.read_bytes() != path.read_bytes():
            return Outcome(path.name, edit, "damaged", [f"written, although it ended with {where(error)}"], path=copy)
        copy.unlink()
        if isinstance(error, SheetCrmError):
            return Outcome(path.name, edit, "refused", [said(error, path)])
        return Outcome(path.name, edit, "crashed", [where(error)])
    if made is None:
        copy.unlink()
        return Outcome(path.name, edit, "not there")
    return judged(Outcome(path.name, edit, "edited", path=copy), path, copy, made, before)


def judged(outcome: Outcome, original: Path, edited: Path, made: Made, before: Readings) -> Outcome:
    """The outcome with what the judges say."""
    lines = [line for judge in JUDGES for line in _said(judge, original, edited, made)]
    lines += _said(misread, before, edited, made)
    reasons = {line: reason_of(line, outcome.file, outcome.edit) for line in lines}
    limits = [f"{reason}: {line}" for line, reason in reasons.items() if reason]
    lines = [line for line in lines if not reasons[line]]
    return replace(outcome, kind="damaged" if lines else "edited", lines=lines, limits=limits)


def _said(judge: Callable[..., Iterable[str]], *about: object) -> list[str]:
    """A judge who stumbles over the edited file speaks against it."""
    try:
        return list(judge(*about))
    except (Exception, SystemExit) as error:
        return [f"{judge.__name__} stumbled: {where(error)}"]


@contextmanager
def time_limit(seconds: int) -> Iterator[None]:
    """Raise where it takes longer; only in the main thread of a process."""

    def stop(*_: object) -> None:
        raise TimeoutError(f"longer than {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def where(error: BaseException) -> str:
    """An error and the last places that it came through."""
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    places = " < ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in reversed(frames))
    return f"{type(error).__name__}: {error} ({places})"


def said(error: SheetCrmError, path: Path) -> str:
    """A refusal's short code and its text, without what is this file's own."""
    return f"{error.key}: {error}".replace(str(path.parent), "").replace(path.name, "the file")


# ---------------------------------------------------------------- all of them


def tried(files: Sequence[Path], edits: Sequence[str], folder: Path, jobs: int) -> Iterator[Outcome]:
    """Every edit in every file."""
    work = partial(try_file, edits, folder)
    if jobs == 1:
        yield from (outcome for path in files for outcome in work(path))
        return
    with ProcessPoolExecutor(jobs) as pool:
        for outcomes in pool.map(work, files):
            yield from outcomes


def closed_to_libreoffice(program: str, outcomes: Iterable[Outcome], folder: Path) -> tuple[list[Outcome], set[str]]:
    """The outcomes with the word of LibreOffice, and the originals that it does not open either."""
    outcomes = list(outcomes)
    closed = unopened(program, [outcome.path for outcome in outcomes if outcome.path])
    originals = {folder / outcome.file for outcome in outcomes if outcome.path in closed}
    never = {path.name for path in unopened(program, originals)}
    damage = "LibreOffice does not open it any more"
    return [
        replace(it, kind="damaged", lines=[*it.lines, damage]) if it.path in closed and it.file not in never else it
        for it in outcomes
    ], never


def bad(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """What must not be."""
    return [outcome for outcome in outcomes if outcome.kind in ("damaged", "crashed")]


def table(outcomes: Sequence[Outcome], *, markdown: bool = False) -> str:
    """How many files each edit came to which end in."""
    rows = [["edit", *KINDS, "edited of what is there"]]
    for edit in dict.fromkeys(outcome.edit for outcome in outcomes if outcome.edit):
        counts = Counter(outcome.kind for outcome in outcomes if outcome.edit == edit)
        there = sum(counts[kind] for kind in KINDS[:5])
        share = f"{100 * (counts['edited'] + counts['elsewhere']) / there:.1f} %" if there else ""
        rows.append([edit, *(str(counts[kind]) for kind in KINDS), share])
    if markdown:
        rows.insert(1, ["---", *["--:"] * (len(rows[0]) - 1)])
        return "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return "\n".join(
        f"{row[0]:<12}"
        + "".join(f"{cell:>{max(10, len(head) + 2)}}" for cell, head in zip(row[1:], rows[0][1:], strict=True))
        for row in rows
    )


def grouped(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """Each reason once, with the files and edits it was given for."""
    groups: dict[str, list[str]] = defaultdict(list)
    for outcome in outcomes:
        for line in outcome.lines:
            groups[re.sub(r"“[^”]*”|\b\d+\b|\b[A-Z]{1,3}\d+\b", "…", line)].append(
                f"{outcome.file} {outcome.edit}".strip()
            )
    for reason, places in sorted(groups.items(), key=lambda group: -len(group[1])):
        more = f" and {len(places) - 3} more" if len(places) > 3 else ""
        yield f"{len(places):>5}  {reason}\n         {', '.join(places[:3])}{more}"


def story(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Everything that needs a word beside the table."""
    closed = [outcome for outcome in outcomes if not outcome.edit]
    files = len({outcome.file for outcome in outcomes})
    yield f"{files} files, of which the editor opens {files - len(closed)}\n"
    yield table(outcomes)
    for kind in ("unreadable", "elsewhere", "refused", "unjudged"):
        yield f"\n{kind}:"
        yield from grouped(outcome for outcome in outcomes if outcome.kind == kind)
    unread = {(it.file, reader.split(":")[0]) for it in outcomes for reader in it.unread}
    readers = Counter(reader for _, reader in unread)
    yield "\noriginals that a reader cannot read: " + ", ".join(f"{name} {count}" for name, count in readers.items())
    yield "\nthe checker's own limits:"
    yield from (f"  {it.file} {it.edit}: {line}" for it in outcomes for line in it.limits)
    for outcome in bad(outcomes):
        yield f"\n{outcome.kind}: {outcome.file} {outcome.edit}"
        yield from (f"    {line[:400]}" for line in outcome.lines[:12])


def page(outcomes: Sequence[Outcome]) -> str:
    """The table as a page of the documentation."""
    files = len({outcome.file for outcome in outcomes})
    closed = sum(not outcome.edit for outcome in outcomes)
    return (
        "<!-- Made by benchmarks/corpus.py. -->\n\n# Edits in workbooks of strangers\n\n"
        f"{files} workbooks of other projects' tests; {closed} of them are refused as they stand: "
        "encrypted, broken, hostile.\n"
        "An edit counts as made only if nothing else changed.\n\n" + table(outcomes, markdown=True) + "\n"
    )


def main() -> None:
    """Edit, judge, count; exit code 1 where anything was damaged or crashed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folder", type=Path, default=shared_folder() / "xlsx_corpus")
    parser.add_argument("--only", default="", help="part of a file's name")
    parser.add_argument("--edits", default=",".join(EDITS))
    parser.add_argument("--no-lo", action="store_true", help="do not ask LibreOffice")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--markdown", type=Path, help="write the table there as well")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        outcomes = list(tried(corpus(args.folder, args.only), args.edits.split(","), Path(name), args.jobs))
        program = None if args.no_lo else shutil.which("soffice")
        if program:
            outcomes, never = closed_to_libreoffice(program, outcomes, args.folder)
            print(f"LibreOffice does not open {len(never)} originals either: {', '.join(sorted(never))}")
    print("\n".join(story(outcomes)))
    if args.markdown:
        args.markdown.write_text(page(outcomes), encoding="utf-8")
    sys.exit(1 if bad(outcomes) else 0)


if __name__ == "__main__":
    main()
