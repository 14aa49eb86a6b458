"""How an Excel file comes to say what a snapshot says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl

from sheetcrm.tables import Snapshot
from sheetcrm.workbooks.excel import ExcelWorkbook
from sheetcrm.workbooks.excel.cells import set_marks, write


def lay(path: Path, snapshot: Snapshot) -> ExcelWorkbook:
    """Write a snapshot with openpyxl alone."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for tab in snapshot.tabs:
        sheet: Any = book.create_sheet(tab.title)
        for row, cells in enumerate(tab.rows, 1):
            for column, value in enumerate(cells, 1):
                write(sheet.cell(row, column), value, "en")
        set_marks(book, tab.title, tab.mark, dict(tab.marks), 0)
    book.save(path)
    return ExcelWorkbook(path)
