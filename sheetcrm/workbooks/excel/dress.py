"""A new workbook, laid out so that one likes to work in it.

It knows widths, colours, drop-downs and which columns lie folded away; headers and
content come from the caller. An existing file is never touched.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment, Font, NamedStyle, PatternFill, Protection
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.page import PageMargins
from openpyxl.worksheet.properties import Outline
from openpyxl.worksheet.worksheet import Worksheet

from sheetcrm import messages
from sheetcrm.problems import UsageError
from sheetcrm.report.blocks import WIDTHS
from sheetcrm.schema import TABS, Field
from sheetcrm.tables import Snapshot, Tab, column_letters
from sheetcrm.workbooks import looks
from sheetcrm.workbooks.excel import files
from sheetcrm.workbooks.excel.cells import set_marks, take_look, write
from sheetcrm.workbooks.excel.charts import charts
from sheetcrm.workbooks.excel.styles import header_style
from sheetcrm.workbooks.looks import Choice

__all__ = ["create"]

LAST_ROW = 1_048_576
LIST_NAME = "_sheetcrm.list."

_SYNC_PAPER = PatternFill("solid", fgColor=f"FF{looks.SYNC_PAPER}")
_SYNC_INK = f"FF{looks.QUIET}"


def create(path: Path, snapshot: Snapshot, language: str) -> None:
    """Lay out a new workbook at `path`, with the tabs of `snapshot`."""
    if path.exists():
        raise UsageError("file-there", file=path.name)
    if not path.parent.is_dir():
        raise UsageError("no-folder", folder=str(path.parent))
    book = Workbook()
    book.remove(book.worksheets[0])
    for tab in snapshot.tabs:
        _lay(book, tab, language)
    _name_lists(book, snapshot)
    target = BytesIO()
    book.save(target)
    files.create_file(path, target.getvalue())


def _lay(book: Workbook, tab: Tab, language: str) -> None:
    sheet = book.create_sheet(tab.title)
    set_marks(book, tab.title, tab.mark, dict(tab.marks), 0)
    sheet.sheet_properties.tabColor = "FF" + looks.TAB_COLOURS.get(tab.mark, looks.BRAND)
    if tab.hidden:
        sheet.sheet_state = "veryHidden"
        sheet.protection.sheet = True
    fields = TABS.get(tab.mark, ())
    columns = {tab.marks.get(field.name, place): field for place, field in enumerate(fields)}
    for column, field in columns.items():
        _dress_column(sheet, column, field, language)
    for row, cells in enumerate(tab.rows, 1):
        for column, value in enumerate(cells):
            cell: Any = sheet.cell(row, column + 1)
            if row == 1 and column in columns:
                cell.style = _known(book, header_style(columns[column].writer))
            elif column in columns:
                take_look(cell, sheet.column_dimensions[column_letters(column)])
            write(cell, value, language)
    if fields:
        _finish_list(sheet, tab, columns, language)
    else:
        sheet.sheet_view.showGridLines = False
    if tab.mark == "report":
        for column, width in enumerate(WIDTHS):
            sheet.column_dimensions[column_letters(column)].width = width
        for chart in charts(tab.title, language):
            sheet.add_chart(chart)
        sheet.page_margins = PageMargins(left=0.4, right=0.4, top=0.4, bottom=0.4)
    _set_page(sheet, landscape=bool(fields) or tab.mark == "report", repeats_header=bool(fields))


def _known(book: Workbook, look: NamedStyle) -> str:
    """The name of a style, which the workbook knows from now on."""
    if look.name not in book.named_styles:
        book.add_named_style(look)
    return str(look.name)


def _dress_column(sheet: Worksheet, column: int, field: Field, language: str) -> None:
    look: Any = sheet.column_dimensions[column_letters(column)]
    look.width = looks.width_of(field)
    look.number_format = looks.column_format(field, language) or "General"
    # One row, one line: a list is read from above, and a long text shows whole when its cell is chosen.
    look.alignment = Alignment(horizontal="center" if field.kind == "yes-no" else None, vertical="center")
    by_sync = field.writer == "sync"
    look.font = Font(name="Calibri", sz=11, color=_SYNC_INK if by_sync else f"FF{looks.INK}")
    look.protection = Protection(locked=by_sync)
    if by_sync:
        look.fill = _SYNC_PAPER
    if looks.is_folded(field):
        look.outlineLevel, look.hidden = 1, True


def _finish_list(sheet: Worksheet, tab: Tab, columns: dict[int, Field], language: str) -> None:
    last = column_letters(max(columns))
    headers = [(str(cell), sheet.column_dimensions[column_letters(n)].width) for n, cell in enumerate(tab.rows[0])]
    sheet.row_dimensions[1].height = 48 if any(len(text) > 1.6 * width for text, width in headers) else 33
    rows, scrolls = looks.frozen(tab.mark)
    sheet.freeze_panes = f"{column_letters(scrolls)}{rows + 1}"
    if tab.mark not in ("stages", "lists", "settings", "state"):
        sheet.auto_filter.ref = f"A1:{last}{max(len(tab.rows), 2)}"
    folded = [column for column, field in columns.items() if looks.is_folded(field)]
    if folded:
        # The button that unfolds stands before the folded columns, where people see it.
        sheet.sheet_properties.outlinePr = Outline(summaryRight=False)
        first = min(folded)
        sheet.column_dimensions[column_letters(first - 1)].collapsed = True
    drops: dict[Choice, DataValidation] = {}
    for column, field in columns.items():
        choice = looks.choice_of(field, tab.mark, language)
        if choice is not None:
            _add_drop(sheet, drops, choice, f"{column_letters(column)}2:{column_letters(column)}{LAST_ROW}", language)
    check = next((column for column, field in columns.items() if field.name == "check"), None)
    if check is not None:
        _highlight(sheet, column_letters(check), last)


def _add_drop(sheet: Worksheet, drops: dict[Choice, DataValidation], choice: Choice, cells: str, language: str) -> None:
    """A drop-down that warns and never blocks: sync says what is wrong, and how to mend it."""
    if choice not in drops:
        drops[choice] = DataValidation(
            type="list",
            formula1=f"{LIST_NAME}{choice.kind}" if choice.kind else '"' + ",".join(choice.words) + '"',
            allow_blank=True,
            errorStyle="warning",
            showErrorMessage=True,
            errorTitle=messages.text("dress", "not-in-list", language),
            error=choice.advice,
        )
        sheet.add_data_validation(drops[choice])
    drops[choice].add(cells)


def _highlight(sheet: Worksheet, check: str, last: str) -> None:
    """Colour rows with something to put right. A hint begins with `· ` and colours nothing."""
    formula = f'AND(LEN(TRIM(${check}2))>0,LEFT(${check}2,2)<>"· ")'
    paper = DifferentialStyle(fill=PatternFill("solid", bgColor=f"FF{looks.ROW_PAPER}"))
    strong = DifferentialStyle(
        font=Font(b=True, color=f"FF{looks.PROBLEM_INK}"), fill=PatternFill("solid", bgColor=f"FF{looks.PROBLEM_PAPER}")
    )
    for cells, look in ((f"{check}2:{check}{LAST_ROW}", strong), (f"A2:{last}{LAST_ROW}", paper)):
        sheet.conditional_formatting.add(cells, Rule(type="expression", dxf=look, formula=[formula]))


def _set_page(sheet: Worksheet, *, landscape: bool, repeats_header: bool) -> None:
    sheet.page_setup.orientation = "landscape" if landscape else "portrait"
    sheet.page_setup.paperSize = 9  # A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    if sheet.sheet_properties.pageSetUpPr is not None:
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
    if repeats_header:
        sheet.print_title_rows = "1:1"


def _name_lists(book: Workbook, snapshot: Snapshot) -> None:
    """Name the words of each list, as far down as there are any.

    A drop-down that refers to another tab by name is kept by every program; one
    that refers to its cells is not.
    """
    for kind, (mark, field) in looks.LISTS.items():
        tab = snapshot.marked(mark)
        if tab is None or field not in tab.marks:
            continue
        letters = column_letters(tab.marks[field])
        quoted = "'" + tab.title.replace("'", "''") + "'"
        cells = f"{quoted}!${letters}$2:${letters}$500"
        words = f"{quoted}!${letters}$2:INDEX({cells},MAX(1,COUNTA({cells})))"
        name = f"{LIST_NAME}{kind}"
        book.defined_names[name] = DefinedName(name, attr_text=words, hidden=True)
