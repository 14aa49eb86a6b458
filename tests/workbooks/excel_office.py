"""An Excel workbook with the folder of its offers, people at work in it, and sync as the command runs it."""

from __future__ import annotations

import re
import subprocess
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl

import sheetcrm
from sheetcrm.demo.desk import Desk
from sheetcrm.demo.venues import ExcelVenue
from sheetcrm.sync import Progress, init
from sheetcrm.tables import Cell, Receipt, Tab
from sheetcrm.workbooks.excel import ExcelWorkbook

__all__ = ["NIGHT", "ExcelOffice", "recalculated", "settings_file"]

NIGHT = datetime(2026, 11, 23, 2, 17, tzinfo=UTC)
CACHED = re.compile(rb"(</f>|<f[^<>]*/>)<v>[^<]*</v>")


def settings_file(folder: Path, *lines: str, pdf: bool = False) -> Path:
    """A `sheetcrm.toml` there, with what it says of offers."""
    path = folder / "sheetcrm.toml"
    said = ["[offers]", f'pdf = "{"yes" if pdf else "no"}"', *lines]
    path.write_text("\n".join(said), "utf-8")
    return path


class ExcelOffice:
    """A workbook at a path, as its team and sync know it."""

    def __init__(self, path: Path, language: str = "en") -> None:
        self.path, self.language = path, language
        self.nights = 0
        path.parent.mkdir(parents=True, exist_ok=True)
        init(path, language)

    @contextmanager
    def at_work(self) -> Iterator[Desk]:
        """Somebody has the workbook open."""
        with ExcelVenue(self.path).at_work() as screen:
            yield Desk(screen, self.language, NIGHT.date(), {})

    def opportunity(self, company: str, lines: Sequence[dict[str, Cell]], word: str = "prepare", **cells: Cell) -> None:
        """Type an opportunity with lines, and ask for its offer."""
        typed: dict[str, Cell] = {
            "company": company,
            "email": "office@client.example",
            "source": "website",
            "stage": "needs-analysis",
            "interested_in": "pumps",
            "value": 900,
            "currency": "EUR",
            "expected_close": date(2027, 1, 15),
            "offer": word,
        }
        with self.at_work() as desk:
            if not desk.cell("lists", 1, "owner"):
                desk.type("lists", 1, {"owner": "Ana Pop"})
            desk.add("opportunities", owner="Ana Pop", **{**typed, **cells})
            for line in lines:
                desk.add("offer_lines", **{"record": company, **line})

    def sync(self, days: int = 0, progress: Progress | None = None) -> Receipt:
        """Run so many days after the last time."""
        self.nights += days
        return sheetcrm.open(self.path, now=lambda: self.now).sync(progress=progress)

    @property
    def now(self) -> datetime:
        """The moment of a run."""
        return NIGHT + timedelta(days=self.nights)

    def tab(self, name: str) -> Tab:
        """A tab as it stands."""
        tab = ExcelWorkbook(self.path).read().marked(name)
        assert tab is not None
        return tab

    def rows(self, name: str) -> list[dict[str, Cell]]:
        """What the rows of a tab say, by field."""
        tab = self.tab(name)
        found = [
            {field: tab.cell(row, column) for field, column in tab.marks.items()} for row in range(1, len(tab.rows))
        ]
        return [row for row in found if any(cell != "" for cell in row.values())]

    @property
    def offers(self) -> dict[str, dict[str, Cell]]:
        """The rows of Offers by their numbers."""
        rows = self.rows("offers")
        found = {str(row["number"]): row for row in rows}
        assert len(found) == len(rows)
        return found

    @property
    def folder(self) -> Path:
        """Where its offers lie, unless a settings file says another place."""
        return self.path.parent / "offers"

    def files(self) -> list[str]:
        """Everything in the folder."""
        return sorted(path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file())

    def answer(self, number: str, **cells: Cell) -> None:
        """Type into the row of an offer."""
        with self.at_work() as desk:
            desk.type("offers", desk.row("offers", "number", number), cells)


def recalculated(program: str, path: Path, folder: Path) -> Any:
    """The workbook as LibreOffice works it out anew: none of the results that lie in the file are there for it."""
    folder.mkdir(parents=True, exist_ok=True)
    bare = folder / f"bare {path.name}"
    with zipfile.ZipFile(BytesIO(path.read_bytes())) as archive, zipfile.ZipFile(bare, "w") as out:
        for part in archive.namelist():
            out.writestr(part, CACHED.sub(rb"\1", archive.read(part)))
    office = [program, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--convert-to"]
    command = [*office, "xlsx:Calc MS Excel 2007 XML", "--outdir", str(folder / "anew"), str(bare)]
    subprocess.run(command, check=True, capture_output=True)
    return openpyxl.load_workbook(folder / "anew" / bare.name, data_only=True)


def cents(value: object) -> Decimal:
    """A cell's number to the cent; far from no cent, or it is no such number."""
    exact = Decimal(str(value))
    rounded = exact.quantize(Decimal("0.01"))
    assert abs(exact - rounded) < Decimal("1e-7"), value
    return rounded
