"""What the Report, Today and Problems tabs say, as grids of styled cells.

Each tab is one pure function. Cells state dates, never ages, so that the same
workbook gives the same grid. Nothing here knows how a cell or a chart is painted.
"""

from __future__ import annotations

from sheetcrm.report.changes import changes
from sheetcrm.report.grid import Place, Sheet, Words, short_month
from sheetcrm.report.problems_tab import problem_rows
from sheetcrm.report.report_tab import Waiting, report_rows
from sheetcrm.report.today_tab import Moved, Status, today_rows, what_to_do

__all__ = [
    "Moved",
    "Place",
    "Sheet",
    "Status",
    "Waiting",
    "Words",
    "changes",
    "problem_rows",
    "report_rows",
    "short_month",
    "today_rows",
    "what_to_do",
]
