"""A workbook in an Excel file: read it, and land a plan in it whole or not at all.

It knows the order in which things must happen so that the file is, at any instant,
as before or as after. What is done to cells, and to the disk, is known elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import date, datetime, time, timedelta
from itertools import zip_longest
from pathlib import Path

from filelock import FileLock

from sheetcrm.problems import Changed, SheetCrmError, UsageError
from sheetcrm.tables import Cell, Plan, Receipt, Snapshot, Tab, column_letters, same_cell
from sheetcrm.workbooks.edits import TabEdit, after, edits
from sheetcrm.workbooks.excel import files
from sheetcrm.workbooks.excel.editor import XlsxFile
from sheetcrm.workbooks.excel.markup import check_whole
from sheetcrm.workbooks.excel.package import Package
from sheetcrm.workbooks.excel.reading import read_snapshot, token_of
from sheetcrm.workbooks.excel.writing import write_edits

__all__ = ["ExcelWorkbook"]


class ExcelWorkbook:
    """Tabs in an .xlsx or .xlsm file."""

    def __init__(self, path: str | Path, *, clock: Callable[[], datetime] = datetime.now, keep: int = 14) -> None:
        self.path = Path(path).resolve()
        self._clock = clock
        self._copies = files.Copies(self.path, keep)
        self._lock = FileLock(self.path.with_name(f".{self.path.name}.sheetcrm.lock"), timeout=0)

    def held(self) -> AbstractContextManager[None]:
        """Hold the workbook against other syncs, from reading to writing."""
        if not self.path.parent.is_dir():
            raise UsageError("no-file", path=str(self.path))
        return files.sync_lock(self._lock, self.path)

    def read(self) -> Snapshot:
        """Every tab as it stands now."""
        return read_snapshot(files.read_bytes(self.path), self.path.name)

    def apply(self, plan: Plan, base: Snapshot) -> Receipt:
        """Make `plan` true, whole or not at all; keep a dated copy of the file as it was."""
        if plan.is_empty:
            return Receipt(False, plan)
        with self.held():
            files.check_closed(self.path)
            files.sweep(self.path, self._copies.folder)
            before = self._unchanged(base)
            found = edits(base, plan)
            file = self._edited(before, base, plan, found)
            copy = self._land(base, before, file, after(base, found), found)
            return Receipt(True, plan, copy=str(copy), notes=_notes(base, found, file))

    def rehearse(self, plan: Plan, base: Snapshot) -> tuple[str, ...]:
        """The parts of the file that `plan` would change. Raises what `apply` would raise; writes nothing."""
        return self._edited(self._unchanged(base), base, plan, edits(base, plan)).package.changed_names

    def _edited(self, before: bytes, base: Snapshot, plan: Plan, found: Mapping[str, TabEdit]) -> XlsxFile:
        file = XlsxFile(self.path, data=before)
        with file.package.guarded():
            write_edits(file, base, found, plan.language, write_protected=plan.write_protected)
            file.finish()
        return file

    def _unchanged(self, base: Snapshot) -> bytes:
        data = files.read_bytes(self.path)
        if token_of(data) != base.token:
            raise Changed("file-changed", file=self.path.name)
        return data

    def _land(
        self, base: Snapshot, before: bytes, file: XlsxFile, expected: Snapshot, made: Mapping[str, TabEdit]
    ) -> Path:
        """Put the new file in the place of the old one; gives the copy of the old."""
        new = files.write_beside(self.path, file.package.write)
        copy: Path | None = None
        try:
            saved = new.read_bytes()
            self._check_parts(saved, file.package.changed_names)
            _verify(read_snapshot(saved, self.path.name, only=made), expected, self.path.name, made)
            copy = self._copies.make(before, self._clock())
            files.check_closed(self.path)
            self._unchanged(base)
            files.replace_file(new, self.path)
        except BaseException:
            new.unlink(missing_ok=True)
            if copy is not None:
                copy.unlink(missing_ok=True)
            raise
        self._copies.rotate()
        return copy

    def _check_parts(self, saved: bytes, names: Iterable[str]) -> None:
        """Raise where a part that was written anew is no XML: readers of cells overlook much."""
        package = Package(saved, self.path.name)
        for name in names:
            if name.endswith((".xml", ".rels")) and name in package.names:
                try:
                    check_whole(package.part(name))
                except ValueError as error:
                    raise SheetCrmError("not-saved-whole", file=self.path.name, tab=name, cell=str(error)) from error


def _notes(base: Snapshot, found: dict[str, TabEdit], file: XlsxFile) -> tuple[str, ...]:
    """What could not be kept as it was, a code each."""
    formulas = {tab.title: tab.formulas for tab in base.tabs}
    carried = (
        (row.source[1], column) in formulas[row.source[0]]
        for edit in found.values()
        for row in edit.added
        if row.source
        for column in row.carry.values()
    )
    notes = ("formulas-as-values",) if any(carried) else ()
    return (*notes, "formulas-lost-cells") if file.book.lost_references else notes


def _verify(found: Snapshot, expected: Snapshot, file_name: str, made: Mapping[str, TabEdit]) -> None:
    """Raise where what stands on the disk does not say what was meant. Untouched tabs have the same bytes as before."""
    for one, other in zip_longest(found.tabs, expected.tabs):
        if one is None or other is None or one.title in made:
            difference = "A1" if one is None or other is None else next(_differences(one, other, made[one.title]), None)
            if difference is not None:
                title = (other or one).title
                raise SheetCrmError("not-saved-whole", file=file_name, tab=title, cell=difference)


def _differences(found: Tab, expected: Tab, edit: TabEdit) -> Iterator[str]:
    """Places that differ. In rows that came, a table may have filled down its calculated columns."""
    if (found.title, found.mark, found.hidden) != (expected.title, expected.mark, expected.hidden):
        yield "A1"
    if dict(found.marks) != dict(expected.marks):
        yield "A1"
    came = range(edit.first_added, edit.first_added + len(edit.added))
    filled = {place for place in found.formulas.keys() - expected.formulas.keys() if place[0] in came}
    if found.formulas.keys() - filled != expected.formulas.keys():
        yield _place(*min(found.formulas.keys() - filled ^ expected.formulas.keys()))
    if set(found.merged) != set(expected.merged):
        yield _place(*min(set(found.merged) ^ set(expected.merged))[:2])
    for row, (one, other) in enumerate(zip_longest(found.rows, expected.rows, fillvalue=())):
        if one == other:
            continue
        for column, (a, b) in enumerate(zip_longest(one, other, fillvalue="")):
            if not _same(a, b):
                yield _place(row, column)


def _same(one: Cell, other: Cell) -> bool:
    # calamine trims text that does not ask to be kept as it is; openpyxl keeps it.
    if isinstance(one, str) and isinstance(other, str):
        return one.strip() == other.strip() or one.replace("\r\n", "\n") == other.replace("\r\n", "\n")
    if isinstance(one, time) and isinstance(other, time):
        return same_cell(datetime.combine(date.min, one), datetime.combine(date.min, other))
    if isinstance(one, timedelta) and isinstance(other, timedelta):
        return abs(one - other) < timedelta(seconds=1)
    return same_cell(one, other)


def _place(row: int, column: int) -> str:
    return f"{column_letters(column)}{row + 1}"
