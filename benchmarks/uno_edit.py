"""Edits and reads workbooks in a running LibreOffice; libreoffice_edits.py asks, line by line.

It is run by the Python that has `uno`, which need not be the one that sheetcrm runs
in, so it imports nothing of ours. Each line of the input is a question in JSON, each
line of the output its answer: every cell of the original after LibreOffice made the
edit, and every cell of the file that was edited elsewhere, both recalculated.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from typing import Any

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException
from com.sun.star.table import CellRangeAddress

SECONDS_TO_START = 60
EVERYTHING = 1 | 2 | 4 | 16
"""Numbers, dates, texts and formulas, in the flags of com.sun.star.sheet.CellFlags."""
ERRORS = 4
"""Formulas that come to an error, in the flags of com.sun.star.sheet.FormulaResult."""


def desktop(pipe: str) -> Any:
    """LibreOffice, once it answers."""
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    for _ in range(SECONDS_TO_START * 5):
        try:
            context = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        except NoConnectException:
            time.sleep(0.2)
        else:
            return context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
    raise TimeoutError("LibreOffice does not answer")


def opened(office: Any, path: str) -> Any:
    """A workbook, with nobody looking, no macros run and no links followed."""
    wishes = {"Hidden": True, "MacroExecutionMode": 0, "UpdateDocMode": 0}
    properties = tuple(PropertyValue(Name=name, Value=value) for name, value in wishes.items())
    book = office.loadComponentFromURL(uno.systemPathToFileUrl(path), "_blank", 0, properties)
    if book is None:
        raise ValueError("LibreOffice does not open it")
    return book


def edit(book: Any, asked: dict[str, Any]) -> None:
    """The edit as a person makes it: whole rows put in, or cells deleted and those below shifted up."""
    sheet = book.Sheets.getByName(asked["tab"])
    if asked["inserted"]:
        at, count = asked["inserted"]
        sheet.Rows.insertByIndex(at - 1, count)
    if asked["removed"]:
        span = sheet.Columns.getByName(asked["columns"].split(":")[0]).RangeAddress.StartColumn
        last = sheet.Columns.getByName(asked["columns"].split(":")[1]).RangeAddress.StartColumn
        number = sheet.RangeAddress.Sheet
        for row in sorted(asked["removed"], reverse=True):
            up = uno.Enum("com.sun.star.sheet.CellDeleteMode", "UP")
            sheet.removeRange(CellRangeAddress(number, span, row - 1, last, row - 1), up)


def cells(book: Any) -> Iterator[tuple[str, int, int, Any, str, int]]:
    """Tab, row, column, value, formula and number of the error of everything that is there.

    Tabs with pivot tables are left out: LibreOffice works these out anew only when it opens a file.
    """
    for sheet in (book.Sheets.getByIndex(number) for number in range(book.Sheets.Count)):
        if sheet.DataPilotTables.Count:
            continue
        wrong = dict(errors(sheet))
        for there in sheet.queryContentCells(EVERYTHING).RangeAddresses:
            block = sheet.getCellRangeByPosition(there.StartColumn, there.StartRow, there.EndColumn, there.EndRow)
            for down, (values, formulas) in enumerate(zip(block.DataArray, block.FormulaArray, strict=True)):
                for right, (value, formula) in enumerate(zip(values, formulas, strict=True)):
                    row, column = there.StartRow + down + 1, there.StartColumn + right + 1
                    is_formula = formula[:1] in ("=", "{")
                    yield sheet.Name, row, column, value, formula if is_formula else "", wrong.get((row, column), 0)


def errors(sheet: Any) -> Iterator[tuple[tuple[int, int], int]]:
    """Row and column of each formula that comes to an error, and which."""
    for there in sheet.queryFormulaCells(ERRORS).RangeAddresses:
        for row in range(there.StartRow, there.EndRow + 1):
            for column in range(there.StartColumn, there.EndColumn + 1):
                yield (row + 1, column + 1), sheet.getCellByPosition(column, row).getError()


def answer(office: Any, asked: dict[str, Any]) -> dict[str, Any]:
    """Both workbooks, cell by cell; `did` is whether LibreOffice changed anything."""
    book = opened(office, asked["original"])
    try:
        before = list(cells(book))
        edit(book, asked)
        did = list(cells(book)) != before
        book.calculateAll()
        theirs = list(cells(book))
    finally:
        book.close(True)
    book = opened(office, asked["edited"])
    try:
        book.calculateAll()
        return {"did": did, "theirs": theirs, "ours": list(cells(book))}
    finally:
        book.close(True)


def main() -> None:
    """Answer until nothing more is asked."""
    office = desktop(sys.argv[1])
    for line in sys.stdin:
        try:
            said = answer(office, json.loads(line))
        except Exception as error:
            said = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
