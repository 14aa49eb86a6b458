"""Fills templates: how long it takes, and what becomes of workbooks that strangers made.

    nice python benchmarks/filling.py

Placeholders are put into every workbook of the corpus, and it is filled with three
lines; the independent checker says what differs besides the filled cells and the
rows that came. The template that comes with sheetcrm is filled against the clock.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from statistics import median
from typing import Any

import openpyxl

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.corpus_edits import Sheet, checker, letters, shared_folder, sheets_of, to_edit
from benchmarks.corpus_judges import reason_of
from sheetcrm.offers import Offer, OfferLine, OfferNumber, Party
from sheetcrm.problems import SheetCrmError
from sheetcrm.tables import Formula
from sheetcrm.workbooks.excel import XlsxFile
from sheetcrm.workbooks.excel.filling import fill_template

__all__ = ["Outcome", "example", "fill_stranger", "seconds"]

LINE = "number product quantity unit unit_price discount vat_rate value".split()
ONCE = ("offer.number", "offer.date", "client.name", "offer.net", "offer.vat", "offer.total")
LINES = 3


def example(lines: int, language: str = "en", currency: str = "EUR") -> Offer:
    """An offer with so many lines: several VAT rates, discounts, halves of cents."""
    products = ("Rigid box A4", "Paper bag, kraft", "Gift box with ribbon", "Wedding invitation", "Label, round")
    descriptions = (
        "Printed inside and out",
        "",
        "With magnet closing and satin ribbon, gold hot foil on the lid",
        "",
        "Ø 40 mm",
    )
    return Offer(
        number=OfferNumber(2026, 42),
        record_id="R-0042",
        made_on=date(2026, 11, 25),
        currency=currency,
        lines=tuple(
            OfferLine(
                quantity=Decimal(1 + place % 7) + (Decimal("0.5") if place % 5 == 3 else 0),
                unit_price=Decimal("19.99") + place * Decimal("13.335"),
                vat_percent=Decimal(11 if place % 4 == 2 else 21),
                product=products[place % 5],
                description=descriptions[place % 5],
                unit="buc." if language == "ro" else "pcs",
                discount_percent=Decimal(("0", "10", "7.5")[place % 3]),
            )
            for place in range(lines)
        ),
        valid_until=date(2026, 12, 25),
        issuer=Party("Carton Frumos SRL", "RO14399840", address="Str. Fabricii 12, București", phone="+40 21 555 0101"),
        client=Party("Șerban & Asociații SRL", "RO1590082", contact="Ion Șerban", email="ion@serban.example"),
        title="Packaging for the winter",
        delivery="15 working days",
        payment="30 days",
        language=language,
    )


# ---------------------------------------------------------------- workbooks of strangers


@dataclass(frozen=True)
class Outcome:
    """What came of one workbook."""

    file: str
    kind: str
    """filled, refused, damaged or crashed; unjudged, where the checker or the editor cannot read the original."""
    lines: tuple[str, ...] = ()
    row: str = ""
    """Where the row of lines was put: among the rows that were there, or below."""


def fill_stranger(path: Path, folder: Path) -> Outcome:
    """Put placeholders into a copy, fill it, and have it judged."""
    template, result = folder / f"template {path.name}", folder / f"filled {path.name}"
    try:
        sheet = to_edit(sheets_of(path))
        XlsxFile(path)
    except (Exception, SystemExit) as error:
        return Outcome(path.name, "unjudged", (f"{type(error).__name__}: {error}",))
    if sheet is None:
        return Outcome(path.name, "unjudged", ("no sheet with cells",))
    where, row = "", 0
    for where, row in (("among rows", sheet.rows[len(sheet.rows) // 2] if sheet.rows else 0), ("below", 0)):
        try:
            row, filled_cells = make_template(path, template, sheet, row)
            result.write_bytes(fill_template(template, example(LINES)))
        except SheetCrmError as error:
            outcome = Outcome(path.name, "refused", (f"{error.key}: {error}",))
            continue
        except Exception as error:
            return Outcome(path.name, "crashed", (f"{type(error).__name__}: {error}",), where)
        try:
            said = judged(template, result, sheet.title, row, filled_cells)
            lines = tuple(line for line in said if not reason_of(line, path.name, "fill"))
        except IndexError as error:  # the checker stumbles over mapped single cells
            return Outcome(path.name, "unjudged", (f"the checker: {error}",), where)
        return Outcome(path.name, "damaged" if lines else "filled", lines, where)
    return outcome


def make_template(path: Path, template: Path, sheet: Sheet, at: int) -> tuple[int, list[str]]:
    """Put placeholders into a workbook: a row of lines before row `at`, or below everything; the rest further down."""
    with XlsxFile(path) as file:
        last = sheet.last_row
        if at:
            file.insert_rows(sheet.title, at, 1)
            last += 1
        row = at or last + 2
        cells: dict[str, Any] = {f"{letters(place)}{row}": f"{{{{line.{name}}}}}" for place, name in enumerate(LINE, 1)}
        below = max(last, row) + 3
        for down, name in enumerate(ONCE):
            cells[f"B{below + down}"] = f"{{{{{name}}}}}"
        cells[f"C{below}"] = "Offer {{offer.number}} for {{client.name}}"
        cells[f"C{below + 1}"] = Formula(f"=SUM(H{row})")
        cells[f"C{below + 2}"] = Formula(f"=C{below + 1}/2")
        file.set(sheet.title, cells)
        file.save(template)
    filled_cells = [place for place in cells if not place.endswith(str(row)) or place[1:] != str(row)]
    return row, filled_cells


def judged(template: Path, result: Path, title: str, row: int, filled_cells: list[str]) -> Iterator[str]:
    """What differs besides what was filled in and the rows that came."""
    moved = [f"{place[0]}{int(place[1:]) + LINES - 1}" for place in filled_cells]
    told = {
        "sheets": {title: {"cells": [f"{row}:{row + LINES - 1}", *moved], "inserted_rows": [[row + 1, LINES - 1]]}},
        "new_parts": ["docProps/custom.xml", "xl/styles.xml"],
        "parts": ["docProps/custom.xml", "_rels/.rels"],
    }
    args = argparse.Namespace(allow=None, allow_part=None, caches="warn", bytes_strict=False, full=False, no_lo=True)
    report, _ = checker().check(str(template), str(result), args, told)
    yield from (f"{kind}: {line}" for kind, found in report.errors.items() for line in found)
    cells = checker().Book(checker().Pkg(str(result))).sheet(title)[0]
    values = [number(cells.get((row + place, 8))) for place in range(LINES)]
    wanted = [float(value) for value in example(LINES).values]
    if values != wanted:
        yield f"values: {values}, not {wanted}"
    total = number(cells.get((int(filled_cells[-1][1:]) + LINES - 1, 3)))
    half = round(sum(wanted), 2) / 2
    if total != half:
        yield f"a formula of the template's own comes to {total}, not {half}"


def number(cell: Any) -> float | None:
    """What a cell says, as the checker reads it."""
    try:
        return float(cell[1])
    except (TypeError, ValueError):
        return None


# ---------------------------------------------------------------- the clock


def seconds(template: Path, times: int = 15) -> tuple[float, float]:
    """How long it takes to fill ten lines, and to load and save the result with openpyxl; the middle of several."""
    offer, ours, theirs = example(10), [], []
    for _ in range(times):
        start = time.perf_counter()
        data = fill_template(template, offer)
        ours.append(time.perf_counter() - start)
        start = time.perf_counter()
        openpyxl.load_workbook(BytesIO(data)).save(BytesIO())
        theirs.append(time.perf_counter() - start)
    return median(ours), median(theirs)


def main() -> None:
    """Fill, judge, count; exit code 1 where anything was damaged or crashed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folder", type=Path, default=shared_folder() / "xlsx_corpus")
    parser.add_argument("--only", default="", help="part of a file's name")
    args = parser.parse_args()
    for name in ("offer_template.xlsx", "offer_template_ro.xlsx"):
        ours, theirs = seconds(Path(__file__).resolve().parents[1] / "templates" / name)
        print(f"{name}: 10 lines in {ours * 1000:.0f} ms; openpyxl load + save {theirs * 1000:.0f} ms")
    with tempfile.TemporaryDirectory() as folder:
        paths = sorted(path for path in args.folder.glob("*.xls[xm]") if args.only in path.name)
        outcomes = [fill_stranger(path, Path(folder)) for path in paths]
    print(dict(Counter(outcome.kind for outcome in outcomes)), dict(Counter(outcome.row for outcome in outcomes)))
    for outcome in outcomes:
        if outcome.kind != "filled":
            print(f"{outcome.kind}: {outcome.file}: {'; '.join(outcome.lines)[:400]}")
    sys.exit(any(outcome.kind in ("damaged", "crashed") for outcome in outcomes))


if __name__ == "__main__":
    main()
