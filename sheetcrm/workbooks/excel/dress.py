"""A new workbook, laid out so that one likes to work in it.

It knows widths, colours, drop-downs and which columns lie folded away; headers and
content come from the caller. An existing file is never touched.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from openpyxl import Workbook
from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment, Font, NamedStyle, PatternFill, Protection
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import Outline
from openpyxl.worksheet.worksheet import Worksheet

from sheetcrm import messages
from sheetcrm.columns import tab_title
from sheetcrm.problems import UsageError
from sheetcrm.schema import PIPELINE_TABS, TABS, Field
from sheetcrm.tables import Snapshot, Tab, column_letters
from sheetcrm.workbooks.excel import files
from sheetcrm.workbooks.excel.cells import set_marks, take_look, write
from sheetcrm.workbooks.excel.styles import AMOUNT, INK, PERCENT, date_format, header_look, moment_format

__all__ = ["create"]

LAST_ROW = 1_048_576
LIST_NAME = "_sheetcrm.list."

_WIDTHS = {
    "id": 9,
    "number": 18,
    "check": 46,
    "company": 26,
    "name": 28,
    "contact": 22,
    "phone": 17,
    "email": 27,
    "next_step": 26,
    "title": 24,
    "record": 22,
    "subject": 30,
    "address": 30,
    "link": 30,
    "file": 34,
    "meaning": 110,
    "setting": 28,
    "description": 40,
    "loss_reason": 24,
    "may_go_on_to": 38,
}
_WIDTHS_BY_KIND = {"date": 14, "moment": 17, "amount": 15, "percent": 13, "count": 11, "yes-no": 14, "long-text": 40}
_SYNC_PAPER = PatternFill("solid", fgColor="FFF7F8FA")
_SYNC_INK = "FF6B7280"
_FREEZE = {"stages": "C2", "lists": "A2", "settings": "C2", "history": "A2", "state": "A2"}
"""The first cell that scrolls; elsewhere the header and the first three columns stay."""
_TAB_COLOURS = {
    "today": "FF16A34A",
    "report": "FF16A34A",
    "problems": "FFF59E0B",
    "stages": "FF9CA3AF",
    "lists": "FF9CA3AF",
    "settings": "FF9CA3AF",
    "history": "FFD1D5DB",
}

_LISTS = {
    "stage": ("stages", "stage"),
    "loss_reason": ("lists", "loss_reason"),
    "source": ("lists", "source"),
    "channel": ("lists", "channel"),
    "competitor": ("lists", "competitor"),
    "industry": ("lists", "industry"),
    "owner": ("lists", "owner"),
}
"""Kind of a column → tab and column where the team keeps its words."""
_CLOSED = ("activity_type", "activity_status", "offer_status", "confirmed_by")
"""Kinds whose words are fixed."""
_WORDS = {"outcome": ("open", "won", "lost"), "reason_for": ("leads", "opportunities", "both")}


class _Drop(NamedTuple):
    """A drop-down: where its words come from, and what is said of a word that is not there."""

    source: str
    advice: str


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
    sheet.sheet_properties.tabColor = _TAB_COLOURS.get(tab.mark, "FF1D4E89")
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
                cell.style = _known(book, header_look(columns[column].writer))
            elif column in columns:
                take_look(cell, sheet.column_dimensions[column_letters(column)])
            write(cell, value, language)
    if fields:
        _finish_list(sheet, tab, columns, language)
    else:
        sheet.sheet_view.showGridLines = False
    _set_page(sheet, landscape=bool(fields))


def _known(book: Workbook, look: NamedStyle) -> str:
    """The name of a style, which the workbook knows from now on."""
    if look.name not in book.named_styles:
        book.add_named_style(look)
    return str(look.name)


def _dress_column(sheet: Worksheet, column: int, field: Field, language: str) -> None:
    look: Any = sheet.column_dimensions[column_letters(column)]
    look.width = _WIDTHS.get(field.name) or _WIDTHS_BY_KIND.get(field.kind, 17)
    look.number_format = {
        "date": date_format(language),
        "moment": moment_format(language),
        "amount": AMOUNT,
        "percent": PERCENT,
        "phone": "@",
        "tax_id": "@",
    }.get(field.kind, "General")
    # One row, one line: a list is read from above, and a long text shows whole when its cell is chosen.
    look.alignment = Alignment(horizontal="center" if field.kind == "yes-no" else None, vertical="center")
    by_sync = field.writer == "sync"
    look.font = Font(name="Calibri", sz=11, color=_SYNC_INK if by_sync else INK)
    look.protection = Protection(locked=by_sync)
    if by_sync:
        look.fill = _SYNC_PAPER
    if _is_folded(field):
        look.outlineLevel, look.hidden = 1, True


def _is_folded(field: Field) -> bool:
    return field.details or field.name.endswith("_code")


def _finish_list(sheet: Worksheet, tab: Tab, columns: dict[int, Field], language: str) -> None:
    last = column_letters(max(columns))
    headers = [(str(cell), sheet.column_dimensions[column_letters(n)].width) for n, cell in enumerate(tab.rows[0])]
    sheet.row_dimensions[1].height = 48 if any(len(text) > 1.6 * width for text, width in headers) else 33
    sheet.freeze_panes = _FREEZE.get(tab.mark, "D2")
    if tab.mark not in ("stages", "lists", "settings", "state"):
        sheet.auto_filter.ref = f"A1:{last}{max(len(tab.rows), 2)}"
    folded = [column for column, field in columns.items() if _is_folded(field)]
    if folded:
        # The button that unfolds stands before the folded columns, where people see it.
        sheet.sheet_properties.outlinePr = Outline(summaryRight=False)
        first = min(folded)
        sheet.column_dimensions[column_letters(first - 1)].collapsed = True
    drops: dict[_Drop, DataValidation] = {}
    for column, field in columns.items():
        drop = _drop_of(field, tab.mark, language)
        if drop is not None:
            _add_drop(sheet, drops, drop, f"{column_letters(column)}2:{column_letters(column)}{LAST_ROW}", language)
    check = next((column for column, field in columns.items() if field.name == "check"), None)
    if check is not None:
        _highlight(sheet, column_letters(check), last)


def _drop_of(field: Field, mark: str, language: str) -> _Drop | None:
    if mark in ("stages", "lists"):
        if field.name == "home":
            return _closed_drop([tab_title(name, language) for name in PIPELINE_TABS], language)
        if field.name in _WORDS:
            return _closed_drop([messages.text("words", word, language) for word in _WORDS[field.name]], language)
    elif field.kind in _LISTS and field.writer != "sync":
        advice = messages.text("dress", "not-in-list-text", language, tab=tab_title(_LISTS[field.kind][0], language))
        return _Drop(f"{LIST_NAME}{field.kind}", advice)
    if field.kind in _CLOSED:
        entries = messages.area("defaults")
        return _closed_drop([str(e[language]) for k, e in entries.items() if k.startswith(f"{field.kind}-")], language)
    if field.name in ("active", "owner_active", "counts_in_rates"):
        return _closed_drop([messages.text("words", word, language) for word in ("yes", "no")], language)
    return None


def _closed_drop(words: list[str], language: str) -> _Drop:
    return _Drop('"' + ",".join(words) + '"', messages.text("dress", "not-in-list-closed", language))


def _add_drop(sheet: Worksheet, drops: dict[_Drop, DataValidation], drop: _Drop, cells: str, language: str) -> None:
    """A drop-down that warns and never blocks: sync says what is wrong, and how to mend it."""
    if drop not in drops:
        drops[drop] = DataValidation(
            type="list",
            formula1=drop.source,
            allow_blank=True,
            errorStyle="warning",
            showErrorMessage=True,
            errorTitle=messages.text("dress", "not-in-list", language),
            error=drop.advice,
        )
        sheet.add_data_validation(drops[drop])
    drops[drop].add(cells)


def _highlight(sheet: Worksheet, check: str, last: str) -> None:
    """Colour rows with something to put right. A hint begins with `· ` and colours nothing."""
    formula = f'AND(LEN(TRIM(${check}2))>0,LEFT(${check}2,2)<>"· ")'
    paper = DifferentialStyle(fill=PatternFill("solid", bgColor="FFFFFBEB"))
    strong = DifferentialStyle(font=Font(b=True, color="FFB45309"), fill=PatternFill("solid", bgColor="FFFEF3C7"))
    for cells, look in ((f"{check}2:{check}{LAST_ROW}", strong), (f"A2:{last}{LAST_ROW}", paper)):
        sheet.conditional_formatting.add(cells, Rule(type="expression", dxf=look, formula=[formula]))


def _set_page(sheet: Worksheet, *, landscape: bool) -> None:
    sheet.page_setup.orientation = "landscape" if landscape else "portrait"
    sheet.page_setup.paperSize = 9  # A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    if sheet.sheet_properties.pageSetUpPr is not None:
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
    if landscape:
        sheet.print_title_rows = "1:1"


def _name_lists(book: Workbook, snapshot: Snapshot) -> None:
    """Name the words of each list, as far down as there are any.

    A drop-down that refers to another tab by name is kept by every program; one
    that refers to its cells is not.
    """
    for kind, (mark, field) in _LISTS.items():
        tab = snapshot.marked(mark)
        if tab is None or field not in tab.marks:
            continue
        letters = column_letters(tab.marks[field])
        quoted = "'" + tab.title.replace("'", "''") + "'"
        cells = f"{quoted}!${letters}$2:${letters}$500"
        words = f"{quoted}!${letters}$2:INDEX({cells},MAX(1,COUNTA({cells})))"
        name = f"{LIST_NAME}{kind}"
        book.defined_names[name] = DefinedName(name, attr_text=words, hidden=True)
