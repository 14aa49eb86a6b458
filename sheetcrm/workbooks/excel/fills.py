"""The formulas of one tab, among them those that are written once and filled over many cells.

When the first cell of such a formula goes or is written over, the next one inherits
it; when its cells do not read alike any more, each gets a formula of its own. It
knows `<f>`, and moves no cells.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sheetcrm.workbooks.excel.formulas import Area, Shift, Shifts, areas, fills_alike, follow, translate
from sheetcrm.workbooks.excel.markup import attribute, escape, unescaped, with_attribute
from sheetcrm.workbooks.excel.rows import Row, Rows

__all__ = ["Fills", "SharedFormula", "formula_at", "heirs", "shared_formulas"]


class Fills:
    """The formulas of one tab, among them those that are written once and filled over many cells."""

    def __init__(self, rows: Rows, home: str, shifts: Shifts, own: Shift | None) -> None:
        self._rows, self._home, self._shifts, self._own = rows, home, shifts, own
        self._groups = shared_formulas(rows)
        self._left_alone = {key for key, group in self._groups.items() if self._stays_alike(group)}
        self._written: set[str] = set()

    def _stays_alike(self, group: SharedFormula) -> bool:
        return fills_alike(group.text, group.first, group.is_one_column, self._home, self._shifts)

    def rewritten(self, row: Row) -> bytes:
        """The cells of a row, with formulas that follow; the same object where none has to."""
        pieces, at = [], 0
        for cell in self._rows.cells(row.inner):
            whole = row.inner[cell.start : cell.end]
            match = self._rows.formula.search(whole, len(cell.tag))
            if match is None:
                continue
            new = self._new_formula(match, row.number, cell.column)
            if new != match[0]:
                pieces += [row.inner[at : cell.start + match.start()], new]
                at = cell.start + match.end()
        return b"".join([*pieces, row.inner[at:]]) if pieces else row.inner

    def _new_formula(self, match: re.Match[bytes], row: int, column: int) -> bytes:
        attributes, text = match[1], unescaped(match[2] or b"")
        kind = attribute(attributes, b"t")
        if self._own is not None and self._own.holds(column) and self._own.row(row) is None:
            return match[0]  # its cell goes
        if kind == "shared" and (key := attribute(attributes, b"si") or "") in self._groups:
            return self._shared(match, key, row, column)
        for name in (b"ref", b"r1", b"r2"):
            place = attribute(attributes, name)
            if place and kind in ("array", "dataTable") and self._own is not None:
                attributes = _with(attributes, name, self._own.rigid.list(place) or place)
        said = follow(text, self._home, self._shifts)
        if said == text and attributes == match[1]:
            return match[0]
        return self._element(attributes, said)

    def _shared(self, match: re.Match[bytes], key: str, row: int, column: int) -> bytes:
        group = self._groups[key]
        text = group.at(row, column)
        said = follow(text, self._home, self._shifts)
        if key not in self._left_alone:
            return self._element(b"", said)
        is_first = key not in self._written
        self._written.add(key)
        if not is_first:
            return self._element(_with(match[1], b"ref", None), "") if match[2] else match[0]
        reach = (self._own.rigid.list(group.reach) if self._own is not None else None) or group.reach
        if match[2] and said == group.text and reach == group.reach:
            return match[0]
        return self._element(_with(match[1], b"ref", reach), said)

    def _element(self, attributes: bytes, text: str) -> bytes:
        p = self._rows.prefix
        tag = b"<" + p + b"f" + attributes
        return tag + b">" + escape(text) + b"</" + p + b"f>" if text else tag + b"/>"


def _with(attributes: bytes, name: bytes, value: str | None) -> bytes:
    return with_attribute(b"<f" + attributes + b">", name, value)[2:-1]


@dataclass
class SharedFormula:
    """A formula that is written once, in the first of its cells."""

    text: str
    first: Area
    reach: str
    is_one_column: bool

    def at(self, row: int, column: int) -> str:
        """The formula as it reads in one of its cells."""
        return translate(self.text, row - self.first.top, column - self.first.left)


def shared_formulas(rows: Rows) -> dict[str, SharedFormula]:
    """The formulas that are written once and filled over many cells, by the key that these name."""
    found: dict[str, SharedFormula] = {}
    if rows.xml.find(b"shared", rows.start, rows.end) < 0:
        return found
    for row in rows:
        if b"shared" not in row.inner:
            continue
        for cell in rows.cells(row.inner):
            match = rows.formula.search(row.inner, cell.start, cell.end)
            if match and attribute(match[1], b"t") == "shared" and match[2]:
                key, reach = attribute(match[1], b"si") or "", attribute(match[1], b"ref") or ""
                columns = {column for area in areas(reach) for column in (area.left, area.right)}
                first = Area(cell.column, row.number, cell.column, row.number)
                found.setdefault(key, SharedFormula(unescaped(match[2]), first, reach, len(columns) <= 1))
    return found


def heirs(rows: Rows, written: Callable[[int, int], bool]) -> Iterable[tuple[int, int, bytes]]:
    """For each filled formula whose first cell is written over: the next cell of it, and what it must say then.

    Gives row, column, and the formula element that goes into that cell.
    """
    groups = {key: group for key, group in shared_formulas(rows).items() if written(group.first.top, group.first.left)}
    for row in rows if groups else ():
        if b"shared" not in row.inner:
            continue
        for cell in rows.cells(row.inner):
            match = rows.formula.search(row.inner, cell.start, cell.end)
            key = attribute(match[1], b"si") if match and attribute(match[1], b"t") == "shared" else None
            if match is None or key not in groups or match[2] or written(row.number, cell.column):
                continue
            group = groups.pop(key)
            text = translate(group.text, row.number - group.first.top, cell.column - group.first.left)
            attributes, p = _with(match[1], b"ref", group.reach), rows.prefix
            formula = b"<" + p + b"f" + attributes + b">" + escape(text) + b"</" + p + b"f>"
            whole = row.inner[cell.start : cell.end]
            yield row.number, cell.column, whole.replace(match[0], formula, 1)


def formula_at(rows: Rows, row: int, column: int) -> str:
    """The formula of a cell, without its `=`; "" without one."""
    found = rows.row(row)
    for cell in rows.cells(found.inner) if found else ():
        match = rows.formula.search(found.inner, cell.start, cell.end) if found and cell.column == column else None
        if match and match[2]:
            return unescaped(match[2])
        if match and (group := shared_formulas(rows).get(attribute(match[1], b"si") or "")):
            return group.at(row, column)
    return ""
