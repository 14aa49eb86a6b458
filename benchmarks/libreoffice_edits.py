"""Makes the same edits with LibreOffice and with sheetcrm, and compares what the formulas then say.

    python benchmarks/libreoffice_edits.py --limit 100 --generated 40 --seed 1

Rows are inserted, and rows are removed from a list, in workbooks with formulas:
those of the corpus, and random ones full of references. LibreOffice recalculates
its own result and ours; every cell and formula of every tab must come out alike.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import re
import select
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import xlsxwriter
from openpyxl.workbook.defined_name import DefinedName

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.corpus_edits import Made, Sheet, make, shared_folder, sheets_of, to_edit
from sheetcrm.problems import SheetCrmError

__all__ = ["Compared", "Office", "can_speak_uno", "compared", "generated", "workbooks_with_formulas"]

EDITS = ("insert", "remove")
KINDS = ("equal", "different", "crashed", "refused", "not comparable")
UNO_PYTHON = "/usr/bin/python3"
SECONDS_OF_AN_ANSWER = 120
DIFFERENT_EACH_TIME = re.compile(r"\b(RAND|(GET)?RANDBETWEEN|NOW|TODAY|CELL|INFO)\(")

Said = tuple[Any, str, int]
"""What LibreOffice says of a cell: value, formula, number of the error."""


@dataclass(frozen=True)
class Compared:
    """What came of one edit in one sheet."""

    file: str
    edit: str
    kind: str
    """One of `KINDS`."""
    lines: Sequence[str] = ()
    cells: int = 0
    formulas: int = 0
    errors: int = 0
    """Cells that are the same error for both, which says little."""


# ---------------------------------------------------------------- LibreOffice, asked through a pipe


def can_speak_uno() -> bool:
    """Whether LibreOffice is there, and the Python that can talk to it."""
    if not (shutil.which("soffice") and Path(UNO_PYTHON).exists()):
        return False
    return subprocess.run([UNO_PYTHON, "-c", "import uno"], capture_output=True, check=False).returncode == 0


class Office:
    """A LibreOffice that runs until it is left, or is started anew where it died over a file."""

    def __enter__(self) -> Office:
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def ask(self, question: Mapping[str, object]) -> dict[str, Any]:
        """The answer of uno_edit.py; `error` says what went wrong instead."""
        asking, answers = self._helper.stdin, self._helper.stdout
        assert asking is not None
        assert answers is not None
        asking.write(json.dumps(question) + "\n")
        asking.flush()
        ready, _, _ = select.select([answers], [], [], SECONDS_OF_AN_ANSWER)
        line = answers.readline() if ready else ""
        said: dict[str, Any] = json.loads(line) if line else {"error": "no answer"}
        if "error" in said and (not line or self._program.poll() is not None or "Disposed" in said["error"]):
            self._stop()
            self._start()
        return said

    def _start(self) -> None:
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        pipe = f"sheetcrm-{os.getpid()}-{Path(self._folder.name).name}"
        profile = f"-env:UserInstallation=file://{self._folder.name}/profile"
        command = ["soffice", profile, "--headless", "--norestore", "--nologo", f"--accept=pipe,name={pipe};urp"]
        quiet = subprocess.DEVNULL
        self._program = subprocess.Popen(command, stdout=quiet, stderr=quiet, start_new_session=True)
        helper = [UNO_PYTHON, str(Path(__file__).with_name("uno_edit.py")), pipe]
        self._helper = subprocess.Popen(
            helper, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=quiet, text=True, encoding="utf-8"
        )

    def _stop(self) -> None:
        self._helper.kill()
        # The program that was started is a shell that starts another: end the group, which is ours alone.
        os.killpg(self._program.pid, 9)
        self._helper.wait()
        self._program.wait()
        self._folder.cleanup()


# ---------------------------------------------------------------- one edit, made by both


def compared(office: Office, edit: str, path: Path, sheet: Sheet, folder: Path) -> Compared:
    """Let both make the edit and compare every cell."""
    name = f"{path.name} {sheet.title}"
    # Links to other files are told relative to the folder, so both lie in the same.
    original, edited = folder / path.name, folder / f"edited {path.name}"
    shutil.copyfile(path, original)
    shutil.copyfile(path, edited)
    try:
        made = make(edit, edited, sheet)
    except SheetCrmError as error:
        return Compared(name, edit, "refused", [f"{error.key}: {error}"])
    except Exception as error:
        return Compared(name, edit, "crashed", [f"{type(error).__name__}: {error}"])
    if made is None:
        return Compared(name, edit, "not comparable", ["the sheet has no such rows"])
    said = office.ask(_question(original, edited, made))
    if "error" in said:
        return Compared(name, edit, "not comparable", [f"LibreOffice: {said['error']}"])
    if not said["did"]:
        return Compared(name, edit, "not comparable", ["LibreOffice does not make this edit"])
    return _verdict(name, edit, _by_place(said["theirs"]), _by_place(said["ours"]))


def _question(original: Path, edited: Path, made: Made) -> dict[str, object]:
    return {
        "original": str(original),
        "edited": str(edited),
        "tab": made.title,
        "inserted": made.inserted,
        "removed": list(made.removed),
        "columns": made.columns,
    }


def _by_place(cells: Sequence[Sequence[Any]]) -> dict[tuple[str, int, int], Said]:
    return {(tab, row, column): (value, formula, error) for tab, row, column, value, formula, error in cells}


def _verdict(
    name: str, edit: str, theirs: Mapping[tuple[str, int, int], Said], ours: Mapping[tuple[str, int, int], Said]
) -> Compared:
    nothing: Said = ("", "", 0)
    wrong = [it for it in sorted({**theirs, **ours}) if not alike(theirs.get(it, nothing), ours.get(it, nothing))]
    lines = [f"{it[0]} row {it[1]} column {it[2]}: theirs {theirs.get(it)}, ours {ours.get(it)}" for it in wrong]
    formulas = [said for said in theirs.values() if said[1]]
    kind = "different" if wrong else "equal"
    # What hangs on chance or the clock may differ; the text of the formulas may not.
    by_chance = any(DIFFERENT_EACH_TIME.search(formula) for _, formula, _ in formulas)
    if (
        wrong
        and by_chance
        and all("" != one_text(theirs.get(it, nothing)[1]) == one_text(ours.get(it, nothing)[1]) for it in wrong)
    ):
        kind = "not comparable"
        lines = ["only values differ, and some hang on chance or the clock"]
    errors = sum(error != 0 for *_, error in formulas)
    return Compared(name, edit, kind, lines, len(theirs), len(formulas), errors)


def alike(theirs: Said, ours: Said) -> bool:
    """Whether a cell is the same for both; an error is one whatever its number."""
    if one_text(theirs[1]) != one_text(ours[1]):
        return False
    if theirs[2] or ours[2]:
        return bool(theirs[2] and ours[2])
    if isinstance(theirs[0], float) and isinstance(ours[0], float):
        return math.isclose(theirs[0], ours[0], rel_tol=1e-9, abs_tol=1e-12)
    return bool(theirs[0] == ours[0])


def one_text(formula: str) -> str:
    """A formula with one way to write a reference that is gone.

    LibreOffice keeps its other half, and does not know how Excel writes it (`Data!#REF!`).
    """
    gone = r"(?:\$?(?:'(?:[^']|'')+'|[\w.]+)[.!])?[$\w:.]*#REF![$\w:.#!]*"
    return re.sub(gone, "#REF!", formula, flags=re.IGNORECASE)


# ---------------------------------------------------------------- the workbooks


def workbooks_with_formulas(folder: Path) -> Iterator[tuple[Path, list[Sheet]]]:
    """Those of a corpus, each with the first sheet that has data and the one that has most formulas."""
    for path in sorted(folder.glob("*.xls[xm]")):
        try:
            sheets = sheets_of(path)
        except (Exception, SystemExit):
            continue
        first = to_edit(sheets)
        if first and any(sheet.formulas for sheet in sheets):
            fullest = max(sheets, key=lambda sheet: len(sheet.formulas))
            yield path, [first] if fullest is first else [first, fullest]


TABS = ("Data", "It's 2026", "Sums")
ROWS = 24
CONSTANTS, FORMULAS, NOTES = "ABCD", "EFGH", "KL"
"""Columns of numbers and of formulas of the list; a blank column apart, people's notes stand beside it."""


def generated(seed: int, folder: Path) -> Path:
    """A random workbook in which formulas point in every way, also at what will be removed."""
    rng = random.Random(seed)
    path = folder / f"generated {seed}.xlsx"
    cells = {tab: dict(_cells(rng, number)) for number, tab in enumerate(TABS)}
    names = {f"name_{number}": "=" + _range(rng, tab, absolute=True) for number, tab in enumerate((*TABS, TABS[0]))}
    if seed % 2:
        _with_xlsxwriter(path, cells, names)
    else:
        _with_openpyxl(path, cells, names)
        _share_formulas(path)
    return path


def _cells(rng: random.Random, number: int) -> Iterator[tuple[str, object]]:
    """The cells of a tab. Its formulas point at constants and at formulas of earlier tabs, so that none is circular."""
    for row in range(2, ROWS + 1):
        for column in CONSTANTS:
            yield f"{column}{row}", rng.randrange(1, 50)
        yield f"E{row}", f"={rng.choice('ABCD')}{row}*2+$A$3"
        for column in FORMULAS[1:]:
            yield f"{column}{row}", _formula(rng, number)
        for column in NOTES:
            yield f"{column}{row}", rng.choice([f"note {row}", row, _formula(rng, number)])
    for column in (*CONSTANTS, *FORMULAS):
        yield f"{column}1", f"Head {column}"


def _formula(rng: random.Random, number: int) -> str:
    tab = rng.choice([None, *TABS])
    columns = CONSTANTS + (FORMULAS if tab in TABS[:number] else "")
    area, other = _range(rng, tab, columns), _range(rng, rng.choice([None, *TABS]))
    one, two = _cell(rng, tab, columns), _cell(rng, None)
    row = rng.randrange(1, ROWS)
    return rng.choice(
        [
            f"=SUM({area})",
            f"=SUM({area},{one})-{two}",
            f"=AVERAGE({area})+COUNT({other})",
            f"={one}*{two}+1.5",
            f'=IF({one}>{two},"yes "&{one},"A1 is no reference")',
            f"=INDEX({area},1,1)+ROWS({other})",
            f'=SUMIF({area},">10")',
            f"=COUNTIF({other},{two})",
            f"=SUM(name_{rng.randrange(4)})+{one}",
            f"=SUM({_tab(TABS[0])}$B:$C)",
            f"=SUM({_tab(TABS[0])}{row + 1}:{row + 1})" if number else f"=ROW({two})",
            f"=IFERROR(MATCH({two},{_range(rng, tab, rng.choice(CONSTANTS))},0),-1)",
            f"=MAX({_tab(tab)}A2:D{ROWS} {_tab(tab)}$B2:$C${ROWS})+MIN({other})",
        ]
    )


def _tab(tab: str | None) -> str:
    return "" if tab is None else f"{tab}!" if tab.isalnum() else "'{}'!".format(tab.replace("'", "''"))


def _cell(rng: random.Random, tab: str | None, columns: str = CONSTANTS) -> str:
    return f"{_tab(tab)}{rng.choice(['', '$'])}{rng.choice(columns)}{rng.choice(['', '$'])}{rng.randrange(2, ROWS + 1)}"


def _range(rng: random.Random, tab: str | None, columns: str = CONSTANTS, *, absolute: bool = False) -> str:
    left, right = sorted(rng.choices(columns, k=2))
    top, bottom = sorted(rng.choices(range(2, ROWS + 1), k=2))
    fixed = ["$"] * 4 if absolute else rng.choices(["", "$"], k=4)
    return f"{_tab(tab)}{fixed[0]}{left}{fixed[1]}{top}:{fixed[2]}{right}{fixed[3]}{bottom}"


def _with_xlsxwriter(path: Path, cells: Mapping[str, Mapping[str, object]], names: Mapping[str, str]) -> None:
    with xlsxwriter.Workbook(str(path)) as book:
        for tab, content in cells.items():
            sheet = book.add_worksheet(tab)
            for place, value in content.items():
                sheet.write(place, value)
        for name, area in names.items():
            book.define_name(name, area)


def _with_openpyxl(path: Path, cells: Mapping[str, Mapping[str, object]], names: Mapping[str, str]) -> None:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for tab, content in cells.items():
        sheet = book.create_sheet(tab)
        for place, value in content.items():
            sheet[place] = value
    for name, area in names.items():
        book.defined_names[name] = DefinedName(name, attr_text=area[1:])
    book.save(path)


def _share_formulas(path: Path) -> None:
    """Let column E of each tab share the formula of its first cell, as Excel writes what was filled down."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for name in [name for name in parts if name.startswith("xl/worksheets/sheet")]:
        xml = re.sub(r'(<c r="E\d+"[^>]*>)<f>[^<]*</f>', r'\1<f t="shared" si="0"/>', parts[name].decode())
        first = f'<f t="shared" ref="E2:E{ROWS}" si="0">B2*2+$A$3</f>'
        parts[name] = xml.replace('<f t="shared" si="0"/>', first, 1).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


# ---------------------------------------------------------------- all of them


def story(outcomes: Sequence[Compared]) -> Iterator[str]:
    """How many came out alike, and every one that did not."""
    yield (
        f"{'edit':<10}"
        + "".join(f"{kind:>16}" for kind in KINDS)
        + f"{'cells':>12}{'formulas':>12}{'errors in both':>16}"
    )
    for edit in EDITS:
        mine = [outcome for outcome in outcomes if outcome.edit == edit]
        counts = Counter(outcome.kind for outcome in mine)
        sums = (sum(getattr(it, what) for it in mine if it.kind == "equal") for what in ("cells", "formulas", "errors"))
        cells, formulas, errors = sums
        yield (
            f"{edit:<10}" + "".join(f"{counts[kind]:>16}" for kind in KINDS) + f"{cells:>12}{formulas:>12}{errors:>16}"
        )
    for kind in KINDS[1:]:
        for outcome in (outcome for outcome in outcomes if outcome.kind == kind):
            yield f"\n{kind}: {outcome.edit} in {outcome.file} ({len(outcome.lines)})"
            yield from (f"    {line[:300]}" for line in outcome.lines[:5])


def main() -> None:
    """Edit with both, compare, count; exit code 1 where anything came out differently."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folder", type=Path, default=shared_folder() / "xlsx_corpus")
    parser.add_argument("--only", default="", help="part of a file's name")
    parser.add_argument("--limit", type=int, default=1000, help="no more workbooks of the corpus than this")
    parser.add_argument("--generated", type=int, default=40, help="how many random workbooks")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, Office() as office:
        folder = Path(name)
        made = (generated(args.seed + number, folder) for number in range(args.generated))
        workbooks = [(path, sheets_of(path)[:1]) for path in made if args.only in path.name]
        strangers = (it for it in workbooks_with_formulas(args.folder) if args.only in it[0].name)
        workbooks += [workbook for _, workbook in zip(range(args.limit), strangers, strict=False)]
        work = Path(name) / "work"
        work.mkdir()
        outcomes = [
            compared(office, edit, path, sheet, work)
            for path, sheets in workbooks
            for sheet in sheets
            for edit in EDITS
        ]
    print(f"{len(workbooks)} workbooks with formulas")
    print("\n".join(story(outcomes)))
    sys.exit(1 if any(outcome.kind in ("different", "crashed") for outcome in outcomes) else 0)


if __name__ == "__main__":
    main()
