"""Where the demo is played: a new Excel file, or a blank Google Sheet that somebody shared.

Knows how a workbook is made there, opened by a person, and known again as the
demo's own, so that nothing else is ever replaced. Knows no story.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from lxml import etree
from openpyxl import load_workbook

from sheetcrm import config
from sheetcrm.demo.desk import Screen
from sheetcrm.offers import number_in
from sheetcrm.problems import UsageError
from sheetcrm.sync import init
from sheetcrm.tables import Cell, Snapshot, Workbook, column_letters, raw_text
from sheetcrm.workbooks.excel import ExcelWorkbook, XlsxFile, files
from sheetcrm.workbooks.google import GoogleWorkbook
from sheetcrm.workbooks.google.playing import GoogleScreen, is_signed, sign
from sheetcrm.workbooks.offers_folder import OffersFolder, WithOffers

__all__ = ["ExcelVenue", "GoogleVenue", "Venue", "venue_at"]

SIGN = "sheetcrm demo"
"""Stands in the document's category: such a file may be made anew."""
WORKBOOK = "crm.xlsx"

_CORE = "docProps/core.xml"
_CORE_SPACE = "http://schemas.openxmlformats.org/package/2006/metadata/core-properties"


class Venue(Protocol):
    """A place for one workbook of the demo."""

    where: str
    """As the person named it, to be opened."""

    def make(self, language: str) -> None:
        """A new workbook, in the place of an earlier demo. Raises `UsageError` where something else stands."""
        ...

    def at_work(self) -> Any:
        """A context: a person has the workbook open, and leaves it saved. Gives a `Screen`."""
        ...

    def workbook(self, moment: datetime) -> Workbook:
        """The workbook as sync opens it at that moment."""
        ...


def venue_at(where: str | Path) -> Venue:
    """The venue at a path or an address: `demo` is `demo/crm.xlsx`. The folder is made."""
    if isinstance(where, str) and config.is_google(where):
        return GoogleVenue(where)
    path = Path(where)
    if path.suffix.lower() != ".xlsx":
        if path.exists() and not path.is_dir():
            raise UsageError("demo/not-a-folder", path=str(path))
        path = path / WORKBOOK
    path.parent.mkdir(parents=True, exist_ok=True)
    return ExcelVenue(path)


class ExcelVenue:
    """An Excel file."""

    def __init__(self, path: Path) -> None:
        self.where = str(path)
        self.file = path.resolve()

    def make(self, language: str) -> None:
        """Lay out a new file."""
        self._clear()
        init(self.file, language)
        with XlsxFile(self.file) as file:
            core = file.package.xml(_CORE)
            etree.SubElement(core, f"{{{_CORE_SPACE}}}category").text = SIGN
            file.package.put_xml(_CORE, core)
            file.save()

    @contextmanager
    def at_work(self) -> Iterator[Screen]:
        """Open the file as a person would in Excel, which keeps charts and all as they are."""
        with XlsxFile(self.file) as file:
            screen = _ExcelScreen(file, ExcelWorkbook(self.file).read())
            yield screen
            screen.save()

    def workbook(self, moment: datetime) -> Workbook:
        """The file; the copies that it keeps are dated likewise."""
        store = ExcelWorkbook(self.file, clock=lambda: moment.replace(tzinfo=None))
        return WithOffers(store, OffersFolder(self.folder, pdf=False))

    def _clear(self) -> None:
        """Make room where an earlier demo stands. Anything else is never touched."""
        if self.file.exists():
            if not _is_ours(self.file):
                raise UsageError("demo/not-ours", path=str(self.file))
            files.check_closed(self.file)
            for offer in self._offers():
                offer.unlink(missing_ok=True)
            self.file.unlink()
        folder = files.Copies(self.file, 1).folder
        if folder.is_dir():
            for copy in folder.glob(f"{self.file.stem} *.xlsx"):
                if _is_ours(copy):
                    copy.unlink()

    def _offers(self) -> Iterator[Path]:
        """The files that the earlier demo's own rows name; nothing else in that folder is touched."""
        tab = ExcelWorkbook(self.file).read().marked("offers")
        if tab is None or not {"number", "file"} <= tab.marks.keys():
            return
        for row in range(len(tab.rows)):
            number, named = (raw_text(tab.cell(row, tab.marks[name])) for name in ("number", "file"))
            path = (self.file.parent / named).resolve()
            if number_in(path.name) and path.name.startswith(number) and path.is_relative_to(self.folder):
                yield path

    @property
    def folder(self) -> Path:
        """Where its offers lie."""
        return self.file.parent / config.OFFERS


class _ExcelScreen:
    """A file in our own editor. A new column's header looks like its neighbour's."""

    def __init__(self, file: XlsxFile, snapshot: Snapshot) -> None:
        self._file = file
        self._rows = {tab.title: [list(row) for row in tab.rows] for tab in snapshot.tabs}
        self._typed: dict[str, dict[str, Cell]] = {}

    def rows(self, title: str) -> Sequence[Sequence[Cell]]:
        return self._rows[title]

    def put(self, title: str, row: int, column: int, cell: Cell) -> None:
        rows = self._rows[title]
        rows.extend([] for _ in range(row + 1 - len(rows)))
        if row == 0 and column >= len(rows[0]):
            self._file.tab(title).add_column(column + 1, raw_text(cell), 1, None)
        rows[row].extend("" for _ in range(column + 1 - len(rows[row])))
        rows[row][column] = cell
        self._typed.setdefault(title, {})[f"{column_letters(column)}{row + 1}"] = cell

    def save(self) -> None:
        """Write what was typed."""
        for title, cells in self._typed.items():
            self._file.set(title, cells)
        self._file.save()


def _is_ours(path: Path) -> bool:
    """Whether a file is a workbook that the demo made."""
    try:
        book = load_workbook(path, read_only=True)
    except Exception:  # openpyxl raises whatever it stumbles over; what cannot be read is not ours
        return False
    try:
        return bool(book.properties.category == SIGN)
    finally:
        book.close()


class GoogleVenue:
    """A Google Sheet."""

    def __init__(self, where: str) -> None:
        self.where = where

    def make(self, language: str) -> None:
        """Lay out the sheet, if it is blank or an earlier demo."""
        workbook = GoogleWorkbook(self.where)
        reading = workbook.reading()
        if not is_signed(reading) and any(tab.rows or tab.mark for tab in reading.snapshot.tabs):
            raise UsageError("demo/not-blank", path=self.where)
        sign(workbook, reading)
        init(self.where, language)

    @contextmanager
    def at_work(self) -> Iterator[Screen]:
        """Open the sheet, and type into it through Google's own calls."""
        screen = GoogleScreen(GoogleWorkbook(self.where))
        yield screen
        screen.save()

    def workbook(self, moment: datetime) -> Workbook:
        """The sheet; its offers go where the settings file says, or to a folder for this evening."""
        place = config.offers_place(self.where)
        folder = place.folder or Path(tempfile.gettempdir()) / "sheetcrm demo" / config.OFFERS
        return WithOffers(GoogleWorkbook(self.where), OffersFolder(folder, place.template, pdf=False))
