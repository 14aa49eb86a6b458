"""What readers say of an edited workbook: openpyxl and calamine cell by cell, LibreOffice whether it opens.

What must be read is reckoned from what was read in the original and from what the
edit did. Only where references lead is asked of the checker. Nothing here uses our editor.
"""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

import openpyxl
import python_calamine
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH
from openpyxl.utils.datetime import to_excel as serial

from benchmarks.corpus_edits import Made, Place, Sheet, checker, letters

__all__ = ["Readings", "misread", "read", "unopened"]

CELLS_IN_MEMORY = 5_000_000
"""calamine lays out the whole rectangle that a tab spans; one far-off cell could fill the memory."""

FORMULAS = "formulas by openpyxl"
VALUES = "values by openpyxl"
NUMBER_FORMATS = "number formats by openpyxl"
LINES_OF_A_READING = 4
FILES_AT_ONCE = 25
SECONDS_OF_A_FILE = 60

Reading = Mapping[Place, object]
"""What one reader says of one matter, such as values. A formula is a tuple of texts."""

Readings = Mapping[str, Mapping[str, Reading]]
"""What each reader says of each matter."""


def read(path: Path, sheets: Sequence[Sheet]) -> tuple[Readings, list[str]]:
    """What each reader reads in an original; who cannot read it, and why."""
    said: dict[str, dict[str, Reading]] = {}
    unread = []
    for name, reader in READERS.items():
        if name == "openpyxl" and is_strict(path):
            unread.append(f"{name}: the strict kind of file looks empty to it")
            continue
        if name == "calamine" and any(sheet.last_row * sheet.last_column > CELLS_IN_MEMORY for sheet in sheets):
            unread.append(f"{name}: a tab spans too many cells")
            continue
        try:
            said[name] = reader(path)
        except Exception as error:
            unread.append(f"{name}: {type(error).__name__}: {error}"[:160])
    return said, unread


def is_strict(path: Path) -> bool:
    """Whether the file has the names of ISO 29500 Strict."""
    book = checker().Book(checker().Pkg(str(path)))
    return b"purl.oclc.org" in book.p.parts[book.wb]


def misread(before: Readings, edited: Path, made: Made) -> Iterator[str]:
    """Cells that a reader now reads otherwise than the edit explains."""
    for name, readings in before.items():
        try:
            after = READERS[name](edited)
        except Exception as error:
            yield f"{name} cannot read it any more: {type(error).__name__}: {error}"
            continue
        for matter, reading in readings.items():
            yield from _wrong(matter, expected(matter, reading, made), after[matter], made)


def expected(matter: str, before: Reading, made: Made) -> dict[Place, object]:
    """What must be read after the edit, reckoned from what was read before."""
    # The checker follows references in formulas; what it is told is only which rows of which tab moved.
    maps = {made.title: checker().RowMap(made.spec().get(made.title, {}))}
    followed: dict[Place, object] = {}
    for place, value in before.items():
        if now := made.moved(place):
            formula = isinstance(value, tuple)
            followed[now] = tuple(checker().remap_formula(text, place[0], maps) for text in value) if formula else value
    if matter != NUMBER_FORMATS:
        followed |= made.typed
    return {place: value for place, value in followed.items() if value is not None}


def _wrong(matter: str, want: Reading, have: Reading, made: Made) -> Iterator[str]:
    places = [place for place in sorted({**want, **have}) if not same(want.get(place), have.get(place))]
    if matter == NUMBER_FORMATS:
        places = [place for place in places if not made.dressed(place)]
    new_rows = made.appended or made.inserted
    if matter == FORMULAS and made.typed and new_rows:
        # A table fills its calculated columns down.
        above = new_rows[0] - 1
        places = [it for it in places if not (made.dressed(it) and isinstance(have.get((it[0], above, it[2])), tuple))]
    for place in places[:LINES_OF_A_READING]:
        cell = f"{place[0]}!{letters(place[2])}{place[1]}"
        yield f"{matter}: {cell} should be {want.get(place)!r}, is {have.get(place)!r}"
    if len(places) > LINES_OF_A_READING:
        yield f"{matter}: {len(places)} cells in all"


def same(want: object, have: object) -> bool:
    """Whether two readings are one; true is not 1, a day is its midnight, a number may wear the format of a date."""
    if isinstance(want, int | float) and isinstance(have, date | time | timedelta):
        return want in (serial(have, WINDOWS_EPOCH), serial(have, MAC_EPOCH))
    want, have = (datetime(it.year, it.month, it.day) if type(it) is date else it for it in (want, have))
    return want == have and isinstance(want, bool) == isinstance(have, bool)


def _by_openpyxl(path: Path) -> dict[str, Reading]:
    formulas, formats = _cells_by_openpyxl(path, only_values=False)
    has_formulas = any(isinstance(value, tuple) for value in formulas.values())
    values = _cells_by_openpyxl(path, only_values=True)[0] if has_formulas else formulas
    return {FORMULAS: formulas, VALUES: values, NUMBER_FORMATS: formats}


def _cells_by_openpyxl(path: Path, *, only_values: bool) -> tuple[dict[Place, object], dict[Place, object]]:
    said: dict[Place, object] = {}
    formats: dict[Place, object] = {}
    with warnings.catch_warnings(action="ignore"):
        book = openpyxl.load_workbook(path, data_only=only_values)
    for tab in book.worksheets:
        # What is public makes every cell of the rectangle, and some tabs span all there is.
        for (row, column), cell in tab._cells.items():
            place = (tab.title, row, column)
            # It lets a link without a text say where it leads.
            if cell.value is not None and not (cell.hyperlink and cell.value == cell.hyperlink.target):
                said[place] = _formula(cell.value) if cell.data_type == "f" else cell.value
            if cell.number_format != "General":
                formats[place] = cell.number_format
    return said, formats


def _formula(value: object) -> tuple[str, ...]:
    """The texts of a formula in which references can be followed: an array has one for its place."""
    return (value,) if isinstance(value, str) else tuple(str(it) for _, it in sorted(vars(value).items()))


def _by_calamine(path: Path) -> dict[str, Reading]:
    said: dict[Place, object] = {}
    book = python_calamine.CalamineWorkbook.from_path(path)
    for title in book.sheet_names:
        tab = book.get_sheet_by_name(title)
        top, left = tab.start or (0, 0)
        for down, row in enumerate(tab.to_python()):
            for right, value in enumerate(row):
                if value != "":
                    said[title, top + down + 1, left + right + 1] = value
    return {"values by calamine": said}


READERS: Mapping[str, Callable[[Path], dict[str, Reading]]] = {"openpyxl": _by_openpyxl, "calamine": _by_calamine}


# ---------------------------------------------------------------- LibreOffice


def unopened(program: str, files: Iterable[Path]) -> set[Path]:
    """Those that LibreOffice does not open; names must differ also without their ending."""
    missing: set[Path] = set()
    waiting = list(files)
    for start in range(0, len(waiting), FILES_AT_ONCE):
        chunk = waiting[start : start + FILES_AT_ONCE]
        # One bad file may end the program before the rest had its turn.
        missing |= {path for path in _not_converted(program, chunk) if _not_converted(program, [path])}
    return missing


def _not_converted(program: str, files: Sequence[Path]) -> list[Path]:
    with tempfile.TemporaryDirectory() as folder:
        command = [program, f"-env:UserInstallation=file://{folder}/profile", "--headless", "--norestore"]
        command += ["--convert-to", "csv", "--outdir", f"{folder}/made", *map(str, files)]
        with contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(command, capture_output=True, timeout=SECONDS_OF_A_FILE + 10 * len(files), check=False)
        return [path for path in files if not (Path(folder) / "made" / f"{path.stem}.csv").exists()]
