"""Edits an Excel file as a careful surgeon would: what is not touched keeps its bytes.

The face of the editor: places and values as people write them. It knows no leads,
and nothing of how a part is rewritten.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from pathlib import Path
from types import TracebackType
from typing import Concatenate, ParamSpec, TypeVar

from lxml import etree

from sheetcrm.problems import Unsupported, UsageError
from sheetcrm.tables import column_letters
from sheetcrm.workbooks.excel import files
from sheetcrm.workbooks.excel.archive import plain_name
from sheetcrm.workbooks.excel.formulas import LAST_COLUMN, LAST_ROW, Area, Shift, areas
from sheetcrm.workbooks.excel.markup import escape_attribute, local_name
from sheetcrm.workbooks.excel.package import Package, Sheet
from sheetcrm.workbooks.excel.stylesheet import Stylesheet
from sheetcrm.workbooks.excel.tab import Book, TabEditor
from sheetcrm.workbooks.excel.values import Value

__all__ = ["XlsxFile"]

_SHEET_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_DECLARATION = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_NO_TITLE = re.compile(r"[\\/?*\[\]:\x00-\x1f]|^'|'$")
MAX_TITLE = 31


P = ParamSpec("P")
T = TypeVar("T")


def _guarded(call: Callable[Concatenate[XlsxFile, P], T]) -> Callable[Concatenate[XlsxFile, P], T]:
    """A call in which a file that makes no sense is said to be damaged."""

    @wraps(call)
    def guarded(self: XlsxFile, /, *args: P.args, **named: P.kwargs) -> T:
        with self.package.guarded():
            return call(self, *args, **named)

    return guarded


class XlsxFile:
    """An .xlsx or .xlsm file that is being edited. Nothing is written before `save`.

    Raises `Unsupported` at once where the file is encrypted, signed, damaged or of
    another kind, and from a call or `save` where an edit would do harm; nothing is
    written then. `break_signature` lets a signed file be edited, whose signature is
    not valid any more afterwards. `data` is what the file holds, where that is known.
    """

    def __init__(self, path: str | Path, *, break_signature: bool = False, data: bytes | None = None) -> None:
        self.path = Path(path)
        self.package = package = Package(files.read_bytes(self.path) if data is None else data, self.path.name)
        if package.is_signed and not break_signature:
            raise Unsupported("signed-file", file=self.path.name)
        self.book = Book(package, Stylesheet(package))
        names = set(package.names)
        for sheet in package.sheets:
            if sheet.kind == "worksheet" and plain_name(sheet.part) in names:
                self.book.tabs[sheet.title] = TabEditor(self.book, sheet)

    def __enter__(self) -> XlsxFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """What was not saved is forgotten."""

    @property
    def tabs(self) -> tuple[str, ...]:
        """The titles of all tabs that hold cells, in their order."""
        return tuple(self.book.tabs)

    def tab(self, title: str) -> TabEditor:
        """The tab of that title."""
        if title not in self.book.tabs:
            raise UsageError("no-such-tab", tab=title, file=self.path.name)
        return self.book.tabs[title]

    # ------------------------------------------------------------ edits

    @_guarded
    def set(self, tab: str, cells: Mapping[str, Value]) -> None:
        """Write cells, by place: `{"B5": "text", "E2": None}`. A cell keeps its look; None empties it.

        A day gets the format of a date only where the cell has none.
        """
        editor = self.tab(tab)
        places = {place: _block(place) for place in cells}
        for place, block in places.items():
            if (block.left, block.top) != (block.right, block.bottom):
                raise UsageError("no-such-place", place=place)
        editor.write({(places[p].top, places[p].left): editor.new_cell(value) for p, value in cells.items()})

    @_guarded
    def append(self, tab: str, rows: Sequence[Sequence[Value]]) -> int:
        """Write rows, from column A on, below the last that says something; gives the number of the first.

        They look like the row above. A table that ends there grows, and its
        calculated columns are filled down; above a row of totals, room is made.
        """
        editor = self.tab(tab)
        return editor.append([{c: editor.new_cell(value) for c, value in enumerate(row, 1)} for row in rows])

    @_guarded
    def remove_rows(self, tab: str, rows: Iterable[int], *, columns: str | None = None) -> str:
        """Take rows out; those below close up. Gives the columns in which they did, such as `A:T`.

        These are the columns of the table or list that holds the rows: what stands
        beside it, after an empty column, stays where it is, and so do heights of
        rows. Formulas everywhere follow as they do in Excel.
        """
        editor, gone = self.tab(tab), tuple(sorted(set(rows)))
        if gone and not 1 <= gone[0] <= gone[-1] <= LAST_ROW:
            raise UsageError("no-such-place", place=str(gone[0] if gone[0] < 1 else gone[-1]))
        if columns is None:
            left, right = editor.region(gone)
        else:
            left, right = _block(columns).left, _block(columns).right
        if gone:
            editor.move(Shift(removed=gone, left=left, right=right))
        return f"{column_letters(left - 1)}:{column_letters(right - 1)}"

    @_guarded
    def insert_rows(self, tab: str, at: int, count: int) -> None:
        """Make room for whole rows before row `at`; they look like the row above it, and everything follows."""
        if not (1 <= at <= LAST_ROW and 0 <= count <= LAST_ROW):
            raise UsageError("no-such-place", place=str(at))
        if count:
            self.tab(tab).move(Shift(at=at, count=count))

    @_guarded
    def replace(self, tab: str, grid: Sequence[Sequence[Value]], *, block: str | None = None) -> None:
        """Let a block say what the grid says, and nothing else; without a block, the whole tab. Looks stay."""
        editor = self.tab(tab)
        area = Area(1, 1, LAST_COLUMN, LAST_ROW) if block is None else _block(block)
        if len(grid) > area.bottom - area.top + 1 or max(map(len, grid), default=0) > area.right - area.left + 1:
            raise UsageError("grid-too-big", place=block or tab)
        editor.empty(area)
        editor.fill(
            {
                (area.top + row, area.left + column): editor.new_cell(value)
                for row, values in enumerate(grid)
                for column, value in enumerate(values)
            }
        )

    @_guarded
    def add_tab(self, title: str, rows: Sequence[Sequence[Value]] = (), *, hidden: bool = False) -> TabEditor:
        """A new tab at the end."""
        package = self.package
        if not 0 < len(title) <= MAX_TITLE or _NO_TITLE.search(title):
            raise UsageError("no-such-title", tab=title)
        if title.casefold() in {sheet.title.casefold() for sheet in package.sheets}:
            raise UsageError("tab-there", tab=title)
        root = package.workbook
        space = etree.QName(root).namespace or ""
        data = _DECLARATION + b'<worksheet xmlns="' + escape_attribute(space) + b'"><sheetData></sheetData></worksheet>'
        part = package.add("xl/worksheets", "sheet", "xml", data, _SHEET_KIND)
        relation = package.relate(package.workbook_part, package.relation_type("worksheet"), part)
        group = next((child for child in root if local_name(child) == "sheets"), None)
        if group is None:
            raise Unsupported("damaged-file", file=self.path.name)
        number = max((int(entry.get("sheetId", "0")) for entry in group), default=0) + 1
        entry = etree.SubElement(group, f"{{{space}}}sheet", name=title, sheetId=str(number))
        if hidden:
            entry.set("state", "veryHidden")
        entry.set(f"{{{package.relation_type('').rstrip('/')}}}id", relation)
        package.put_xml(package.workbook_part, root)
        sheet = Sheet(title, part, "veryHidden" if hidden else "visible", "worksheet")
        editor = self.book.tabs[title] = TabEditor(self.book, sheet)
        cells = {(r, c): editor.new_cell(value) for r, row in enumerate(rows, 1) for c, value in enumerate(row, 1)}
        editor.write(cells)
        return editor

    # ------------------------------------------------------------ writing

    def save(self, path: str | Path | None = None) -> None:
        """Write the file whole, or not at all: in its place, or to another path."""
        target = self.path if path is None else Path(path)
        self.finish()
        if self.package.is_changed or target != self.path:
            files.replace_file(files.write_beside(target, self.package.write), target)

    @_guarded
    def finish(self) -> None:
        """Carry out what is pending, so that the package holds the file as it will be."""
        book = self.book
        for tab in book.tabs.values():
            tab.carry_out(at_last=True)
        book.styles.save()
        if book.formulas_changed or (self.package.is_changed and self._has_formulas()):
            self.package.recalculate(forget_order=book.formulas_changed)

    def _has_formulas(self) -> bool:
        package = self.package
        if package.related(package.workbook_part, "calcChain"):
            return True
        return any(tab.had_formulas for tab in self.book.tabs.values())


def _block(place: str) -> Area:
    """`B5`, `B5:C9` or `A:T`."""
    found = areas(place.replace("$", ""))
    if len(found) != 1:
        raise UsageError("no-such-place", place=place)
    return found[0]
