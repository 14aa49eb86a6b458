"""A workbook in an Excel file: read it, and land a plan in it whole or not at all.

It knows the order in which things must happen so that the file is, at any instant,
as before or as after. What is done to cells, and to the disk, is known elsewhere.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date, datetime, time, timedelta
from io import BytesIO
from itertools import zip_longest
from pathlib import Path

from filelock import FileLock
from openpyxl import Workbook as OpenpyxlWorkbook
from openpyxl import load_workbook

from sheetcrm.problems import Changed, SheetCrmError, Unsupported, UsageError
from sheetcrm.schema import SYNC_TABS
from sheetcrm.tables import Cell, Plan, Receipt, Snapshot, Tab, column_letters, same_cell
from sheetcrm.workbooks.edits import TabEdit, after, edits
from sheetcrm.workbooks.excel import files
from sheetcrm.workbooks.excel.cached import with_results
from sheetcrm.workbooks.excel.losses import lost_headers, would_lose
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
            expected = after(base, found)
            saved = self._saved(before, base, found, expected, plan.language)
            copy = self._land(base, before, saved, expected)
            return Receipt(True, plan, copy=str(copy), notes=_notes(base, found))

    def _unchanged(self, base: Snapshot) -> bytes:
        data = files.read_bytes(self.path)
        if token_of(data) != base.token:
            raise Changed("file-changed", file=self.path.name)
        return data

    def _saved(
        self, before: bytes, base: Snapshot, found: dict[str, TabEdit], expected: Snapshot, language: str
    ) -> bytes:
        """The file as it will be."""
        package = Package(before, self.path.name)
        lost = would_lose(package)
        if lost:
            raise Unsupported("would-lose", file=self.path.name, things=lost)
        book = self._loaded(before)
        write_edits(book, base, found, language)
        target = BytesIO()
        book.save(target)
        saved = with_results(target.getvalue(), expected, book.epoch)
        if lost_headers(package, Package(saved, self.path.name)):
            raise Unsupported("would-lose", file=self.path.name, things=("lost-headers-footers",))
        return saved

    def _loaded(self, data: bytes) -> OpenpyxlWorkbook:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            try:
                book = load_workbook(BytesIO(data), keep_vba=self.path.suffix.lower() == ".xlsm")
            except Exception as error:  # openpyxl raises whatever it stumbles over in other people's files
                raise Unsupported("not-editable", file=self.path.name) from error
        if any("remove" in str(w.message) or "discard" in str(w.message) for w in said):
            raise Unsupported("not-editable", file=self.path.name)
        return book

    def _land(self, base: Snapshot, before: bytes, saved: bytes, expected: Snapshot) -> Path:
        """Put the new file in the place of the old one; gives the copy of the old."""
        new = files.write_beside(self.path, saved)
        copy: Path | None = None
        try:
            _verify(read_snapshot(new.read_bytes(), self.path.name), expected, self.path.name)
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


def _notes(base: Snapshot, found: dict[str, TabEdit]) -> tuple[str, ...]:
    """What could not be kept as it was: a formula that moves to another tab would point elsewhere."""
    formulas = {tab.title: tab.formulas for tab in base.tabs}
    carried = (
        (row.source[1], column) in formulas[row.source[0]]
        for edit in found.values()
        for row in edit.added
        if row.source
        for column in row.carry.values()
    )
    notes = ("formulas-as-values",) if any(carried) else ()
    closed = {title for title, edit in found.items() if edit.gone}
    pointing = (
        title in closed or any(other in text for other in closed)
        for title, cells in formulas.items()
        if base.tab(title).mark not in SYNC_TABS  # type: ignore[union-attr]  # a title of base itself
        for text in cells.values()
    )
    return (*notes, "formulas-to-look-at") if any(pointing) else notes


def _verify(found: Snapshot, expected: Snapshot, file_name: str) -> None:
    """Raise where what stands on the disk does not say what was meant."""
    for one, other in zip_longest(found.tabs, expected.tabs):
        difference = "A1" if one is None or other is None else next(_differences(one, other), None)
        if difference is not None:
            title = (other or one).title
            raise SheetCrmError("not-saved-whole", file=file_name, tab=title, cell=difference)


def _differences(found: Tab, expected: Tab) -> Iterator[str]:
    """Places that differ. Untouched tabs are equal as they are and cost nothing."""
    if (found.title, found.mark, found.hidden) != (expected.title, expected.mark, expected.hidden):
        yield "A1"
    if dict(found.marks) != dict(expected.marks):
        yield "A1"
    if set(found.formulas) != set(expected.formulas):
        yield _place(*min(set(found.formulas) ^ set(expected.formulas)))
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
