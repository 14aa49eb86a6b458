"""What formulas came to, put right after cells that they look at were filled.

A result that can be worked out is written anew; another is left out, so that no
program shows an old one. Formulas that look at nothing that changed keep theirs.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sheetcrm.workbooks.excel.arithmetic import Result, Unclear, work_out
from sheetcrm.workbooks.excel.editor import XlsxFile
from sheetcrm.workbooks.excel.fills import shared_formulas
from sheetcrm.workbooks.excel.formulas import Area, areas, pointers, text_of, title_of
from sheetcrm.workbooks.excel.markup import attribute, escape, unescaped, with_attribute
from sheetcrm.workbooks.excel.rows import Rows

__all__ = ["put_right"]

MAX_FORMULAS = 50_000
MAX_DEPTH = 200

_VALUE = re.compile(rb"<(?:[\w.-]+:)?v(?:\s[^>]*)?>([^<]*)</")
_TEXT = re.compile(rb"<(?:[\w.-]+:)?t(?:\s[^>]*)?>([^<]*)</")
_NAME = re.compile(r"[^\W\d][\w.]*(?![\w.(!])")
_COLUMNS = re.compile(r"([^\W\d][\w.]*)?\[")


@dataclass
class _Cell:
    """A cell that holds a formula, or is asked for."""

    value: Result = None
    is_clear: bool = True
    formula: str = ""
    start: int = 0
    end: int = 0
    tag: bytes = b""
    is_touched: bool = False


@dataclass
class _Grid:
    """The cells of one tab."""

    rows: Rows
    cells: dict[tuple[int, int], _Cell] = field(default_factory=dict)
    formulas: list[tuple[int, int]] = field(default_factory=list)


def put_right(file: XlsxFile, filled: Mapping[str, list[Area]], known: set[tuple[str, int, int]]) -> None:
    """Put results right. `filled` are cells, by tab, that say something new; `known` those that are right already."""
    if not any(file.tab(title).rows.has_formulas for title in file.tabs):
        return
    _Results(file, filled, known).write()


class _Results:
    """All formulas of a file."""

    def __init__(self, file: XlsxFile, filled: Mapping[str, list[Area]], known: set[tuple[str, int, int]]) -> None:
        self._file = file
        self._titles = {title.casefold(): title for title in file.tabs}
        self._shared = _shared(file)
        self._grids: dict[str, _Grid] = {}
        self._names = _named_areas(file)
        self._known = known
        self._touched: dict[str, list[Area]] = {title.casefold(): list(found) for title, found in filled.items()}
        self._at_work: set[tuple[str, int, int]] = set()
        self._done: set[tuple[str, int, int]] = set()

    def write(self) -> None:
        for title in self._file.tabs:
            if self._file.tab(title).rows.has_formulas:
                self._grids[title] = self._grid(title)
        count = sum(len(grid.formulas) for grid in self._grids.values())
        if count > MAX_FORMULAS:
            return
        self._touch()
        for title, grid in list(self._grids.items()):
            pieces = []
            for row, column in grid.formulas:
                cell = grid.cells[row, column]
                if cell.is_touched and (title, row, column) not in self._known:
                    self._work_out(title, row, column)
                    pieces.append((cell.start, cell.end, _written(grid.rows, cell)))
            if pieces:
                self._file.tab(title).splice(pieces)

    def _touch(self) -> None:
        """Mark each formula that looks at a cell that changed, or at a formula that does."""
        waiting = [
            (title, place, grid.cells[place].formula) for title, grid in self._grids.items() for place in grid.formulas
        ]
        while True:
            left = []
            for title, place, formula in waiting:
                if self._looks_at_touched(title, formula):
                    self._grids[title].cells[place].is_touched = True
                    row, column = place
                    self._touched.setdefault(title.casefold(), []).append(Area(column, row, column, row))
                else:
                    left.append((title, place, formula))
            if len(left) == len(waiting):
                return
            waiting = left

    def _looks_at_touched(self, title: str, formula: str) -> bool:
        for pointer in pointers(formula):
            tab = pointer.tab or title.casefold()
            if any(area.meets(pointer.area) for area in self._touched.get(tab, ())):
                return True
        for name in _NAME.findall(formula) if self._names else ():
            for tab, area in self._names.get(name.casefold(), ()):
                if any(touched.meets(area) for touched in self._touched.get(tab, ())):
                    return True
        return any(self._is_touched_table(found[1] or "", title) for found in _COLUMNS.finditer(formula))

    def _is_touched_table(self, name: str, title: str) -> bool:
        for tab, called, area in self._tables():
            mine = called == name.casefold() if name else tab == title.casefold()
            if mine and any(touched.meets(area) for touched in self._touched.get(tab, ())):
                return True
        return False

    def _tables(self) -> Iterator[tuple[str, str, Area]]:
        for title in self._file.tabs:
            for table in self._file.tab(title).tables:
                tag = re.search(rb"<(?:[\w.-]+:)?table\s[^>]*>", self._file.package.text(table.part))
                yield title.casefold(), (attribute(tag[0], b"displayName") or "").casefold() if tag else "", table.area

    # ------------------------------------------------------------ working out

    def _work_out(self, title: str, row: int, column: int) -> None:
        key = (title, row, column)
        cell = self._grids[title].cells[row, column]
        if key in self._done:
            return
        if key in self._at_work or len(self._at_work) > MAX_DEPTH:
            cell.is_clear = False
            return
        self._at_work.add(key)
        try:
            cell.value = work_out(self._with_names(cell.formula), lambda tab, area: self._ask(title, tab, area))
            cell.is_clear = True
        except Unclear:
            cell.is_clear = False
        self._at_work.discard(key)
        self._done.add(key)

    def _with_names(self, formula: str) -> str:
        """The formula with cells in the place of their names."""

        def placed(found: re.Match[str]) -> str:
            areas_ = self._names.get(found[0].casefold())
            if not areas_ or found.string[found.start() - 1 : found.start()] in ('"', "!", "'"):
                return found[0]
            ((tab, area),) = areas_
            return f"'{tab.replace(chr(39), chr(39) * 2)}'!{text_of(area)}"

        return _NAME.sub(placed, formula) if self._names and '"' not in formula else formula

    def _ask(self, home: str, tab: str, area: Area) -> list[Result]:
        title = home if not tab else self._titles.get(tab)
        if title is None:
            raise Unclear
        if title not in self._grids:
            self._grids[title] = self._grid(title)
        grid = self._grids[title]
        said: list[Result] = []
        for row in range(area.top, area.bottom + 1):
            for column in range(area.left, area.right + 1):
                cell = grid.cells.get((row, column))
                if cell is None:
                    said.append(None)
                    continue
                if cell.is_touched and (title, row, column) not in self._known:
                    self._work_out(title, row, column)
                if not cell.is_clear:
                    raise Unclear
                said.append(cell.value)
        return said

    # ------------------------------------------------------------ reading

    def _grid(self, title: str) -> _Grid:
        rows = self._file.tab(title).rows
        grid = _Grid(rows)
        groups = shared_formulas(rows)
        for row in rows:
            offset = row.end - len(row.inner) - len(rows.row_end)
            for found in rows.cells(row.inner):
                whole = row.inner[found.start : found.end]
                cell = self._read(whole, found.tag)
                match = rows.formula.search(whole, len(found.tag))
                if match is not None:
                    group = None if match[2] else groups.get(attribute(match[1], b"si") or "")
                    cell.formula = group.at(row.number, found.column) if group else unescaped(match[2] or b"")
                    cell.start, cell.end, cell.tag = offset + found.start, offset + found.end, found.tag
                    if cell.formula and attribute(match[1], b"t") in (None, "shared"):
                        grid.formulas.append((row.number, found.column))
                elif cell.value is None and cell.is_clear:
                    continue
                grid.cells[row.number, found.column] = cell
        return grid

    def _read(self, whole: bytes, tag: bytes) -> _Cell:
        kind, value = attribute(tag, b"t") or "n", _VALUE.search(whole)
        if kind == "inlineStr":
            return _Cell("".join(map(unescaped, _TEXT.findall(whole))))
        if value is None:
            return _Cell(is_clear=b"<" not in whole[len(tag) :].replace(b"</", b""))
        text = unescaped(value[1])
        if kind == "s":
            return _Cell(self._shared.get(int(text), "")) if text.strip().isdigit() else _Cell(is_clear=False)
        if kind == "str":
            return _Cell(text)
        if kind == "b":
            return _Cell(text.strip() == "1")
        try:
            return _Cell(float(text)) if kind == "n" else _Cell(is_clear=False)
        except ValueError:
            return _Cell(is_clear=False)


def _written(rows: Rows, cell: _Cell) -> bytes:
    """The cell with its formula as it stands, and what that comes to."""
    whole = rows.xml[cell.start : cell.end]
    match = rows.formula.search(whole)
    assert match is not None
    p, kind, said = rows.prefix, None, b""
    if cell.is_clear and cell.value is not None:
        if isinstance(cell.value, bool):
            kind, said = "b", b"1" if cell.value else b"0"
        elif isinstance(cell.value, str):
            kind, said = "str", escape(cell.value)
        else:
            said = f"{cell.value:.15g}".encode()
    value = b"<" + p + b"v>" + said + b"</" + p + b"v>" if said or kind else b""
    return with_attribute(cell.tag, b"t", kind) + match[0] + value + b"</" + p + b"c>"


def _shared(file: XlsxFile) -> dict[int, str]:
    """All shared strings, by number; only asked for where there are formulas."""
    package = file.package
    found: dict[int, str] = {}
    for part in package.related(package.workbook_part, "sharedStrings"):
        data = package.text(part)
        for number, item in enumerate(re.split(rb"<(?:[\w.-]+:)?si(?=[\s/>])", data)[1:]):
            found[number] = "".join(
                map(unescaped, _TEXT.findall(re.sub(rb"<(?:\w+:)?rPh.*?</(?:\w+:)?rPh>", b"", item)))
            )
    return found


def _named_areas(file: XlsxFile) -> dict[str, list[tuple[str, Area]]]:
    """Names of one block each → the title of its tab in lower case, and the block."""
    found: dict[str, list[tuple[str, Area]]] = defaultdict(list)
    for name in file.package.defined_names:
        tab, _, place = name.refers_to.strip().rpartition("!")
        blocks = areas(place.replace("$", ""))
        if tab and len(blocks) == 1 and not name.name.startswith("_"):
            found[name.name.casefold()].append((title_of(f"{tab}!"), blocks[0]))
    return {name: places for name, places in found.items() if len(places) == 1}
