"""Rows of a template that come once per line: room is made, and each copy says what its line says.

A formula in such a row points at its own copy's cells; a range over the rows, from
anywhere else, reaches over all copies. It knows rows and formulas, and no offer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from typing import NamedTuple

from sheetcrm.tables import Formula
from sheetcrm.workbooks.excel.editor import XlsxFile
from sheetcrm.workbooks.excel.fills import formula_at, shared_formulas
from sheetcrm.workbooks.excel.formulas import (
    Area,
    Shift,
    areas,
    each_reference,
    followed_reference,
    text_of,
    title_of,
    translate,
)
from sheetcrm.workbooks.excel.markup import attribute, escape, unescaped, with_attribute
from sheetcrm.workbooks.excel.rows import Blocked, NewCell, Row, Rows, style_of
from sheetcrm.workbooks.excel.tab import TabEditor
from sheetcrm.workbooks.excel.template import Block

__all__ = ["Copies", "Move", "Say", "fill_copies", "repeat", "widen_sums"]

_AGGREGATES = "SUM|AVERAGE|COUNT|COUNTA|MIN|MAX|PRODUCT|SUMIF|SUMIFS|COUNTIF|COUNTIFS|SUMPRODUCT|SUBTOTAL|AGGREGATE"
_OPENING = re.compile(rf"\b(?:_xlfn\.)?(?:{_AGGREGATES})\s*\($", re.IGNORECASE)
_TOKEN = re.compile(
    r'"[^"]*"|\'[^\']*(?:\'\'[^\']*)*\'!?|\$?[A-Za-z]{1,3}\$?[0-9]{1,7}(?![\w.(!:])|[(),;]|[^"\'(),;]', re.DOTALL
)
_ONE_CELL = re.compile(r"\$?[A-Za-z]{1,3}\$?[0-9]{1,7}")

Say = Callable[[int, int, int, int], NewCell | None]
"""Which copy, from 0; row and column in the template; row in the copy → what the cell says; None: as it was."""


class Move(NamedTuple):
    """Room that was made in a tab."""

    title: str
    shift: Shift


class Copies(NamedTuple):
    """A block and its copies, where they stand at last."""

    title: str
    block: Block
    """Where it stood in the template."""
    top: int
    times: int

    @property
    def bottom(self) -> int:
        """The last row of the last copy."""
        return self.top + self.times * self.block.height - 1


def widen_sums(file: XlsxFile, blocks: Mapping[str, Sequence[Block]]) -> None:
    """Let `SUM(J12)` over a row that repeats say `SUM(J12:J12)`, which reaches over the copies."""
    for title in file.tabs:
        tab = file.tab(title)
        cells = {}
        for row, column, text in _formulas(tab) if tab.rows.has_formulas else ():
            if any(block.top <= row <= block.bottom for block in blocks.get(title, ())):
                continue
            after = _widened(text, title, blocks)
            if after != text:
                cells[row, column] = tab.new_cell(Formula(f"={after}"))
        tab.write(cells)


def _formulas(tab: TabEditor) -> Iterator[tuple[int, int, str]]:
    groups = shared_formulas(tab.rows)
    for row in tab.rows:
        if tab.rows.any_formula in row.inner:
            for cell in tab.rows.cells(row.inner):
                match = tab.rows.formula.search(row.inner, cell.start, cell.end)
                kind = attribute(match[1], b"t") if match else None
                group = groups.get(attribute(match[1], b"si") or "") if match and kind == "shared" else None
                if group:
                    yield row.number, cell.column, group.at(row.number, cell.column)
                elif match and match[2] and kind is None:
                    yield row.number, cell.column, unescaped(match[2])


def _widened(formula: str, home: str, blocks: Mapping[str, Sequence[Block]]) -> str:
    """Single cells of rows that repeat, where they stand alone between the commas of a function that adds up."""
    tops = {title.casefold(): found for title, found in blocks.items()}
    tokens = _TOKEN.findall(formula)
    said, depths = "", []
    for place, token in enumerate(tokens):
        if token == "(":
            depths.append(bool(_OPENING.search(said + "(")))
        elif token == ")" and depths:
            depths.pop()
        elif depths and depths[-1] and _ONE_CELL.fullmatch(token):
            before, after = said.rstrip(), "".join(tokens[place + 1 :]).lstrip()
            tab = re.search(r"('[^']*(?:''[^']*)*'|[^\s!'\"(),;=+\-*/^&<>]+)!$", before)
            alone = before[: tab.start()] if tab else before
            title = title_of(tab[0]) if tab else home.casefold()
            (area,) = areas(token.replace("$", "")) or [Area(0, 0, 0, 0)]
            stands_alone = alone.endswith(("(", ",", ";")) and after.startswith((")", ",", ";"))
            if stands_alone and any(block.top <= area.top <= block.bottom for block in tops.get(title, ())):
                token = f"{token}:{token}"
        said += token
    return said


def repeat(
    file: XlsxFile, blocks: Mapping[str, Sequence[Block]], counts: Mapping[str, int]
) -> tuple[list[Copies], list[Move], dict[tuple[str, int], list[Row]]]:
    """Make room for the copies of every block; gives where they stand, what moved, and the rows as they were.

    The copies still say nothing: `fill_copies` lets them speak.
    """
    before: dict[tuple[str, int], list[Row]] = {}
    moves: list[Move] = []
    copies: list[Copies] = []
    for title, found in blocks.items():
        tab = file.tab(title)
        tab.carry_out()
        for block in found:
            with tab.refusing():
                rows = tab.rows
                there = {row.number: row for row in map(rows.row, range(block.top, block.bottom + 1)) if row}
                before[title, block.top] = [_plain(rows, there[n]) for n in sorted(there)]
    for title, found in blocks.items():
        for block in reversed(found):
            extra = (counts[block.kind] - 1) * block.height
            if extra:
                shift = Shift(at=block.bottom + 1, count=extra, repeated=block.height)
                tab = file.tab(title)
                tab.move(shift)
                _repeat_merged(tab, block, extra)
                moves.append(Move(title, shift))
    for title, found in blocks.items():
        file.tab(title).carry_out()
        above = 0
        for block in found:
            copies.append(Copies(title, block, block.top + above, counts[block.kind]))
            above += (counts[block.kind] - 1) * block.height
    return copies, moves, before


def _plain(rows: Rows, row: Row) -> Row:
    """The row with each formula in full: none is filled from elsewhere."""
    if rows.any_formula not in row.inner:
        return row
    pieces, at = [], 0
    for cell in rows.cells(row.inner):
        match = rows.formula.search(row.inner, cell.start, cell.end)
        kind = attribute(match[1], b"t") if match else None
        if match is None or kind is None:
            continue
        place = attribute(match[1], b"ref") or ""
        if kind == "dataTable" or (kind == "array" and ":" in place):
            raise Blocked("array-in-the-way")
        if kind == "shared":
            text = escape(formula_at(rows, row.number, cell.column))
            new = b"<" + rows.prefix + b"f>" + text + b"</" + rows.prefix + b"f>"
            pieces += [row.inner[at : match.start()], new]
            at = match.end()
    return row._replace(inner=b"".join([*pieces, row.inner[at:]]))


def _repeat_merged(tab: TabEditor, block: Block, extra: int) -> None:
    """Merged cells inside the block come with each copy; those beside it that end with it go on to the end."""
    group = tab.changed_skeleton.child("mergeCells")
    for element in list(group) if group is not None else ():
        for area in areas(element.get("ref", "")):
            if block.top <= area.top and area.bottom <= block.bottom:
                for down in range(block.height, extra + block.height, block.height):
                    copy = deepcopy(element)
                    copy.set("ref", text_of(area._replace(top=area.top + down, bottom=area.bottom + down)))
                    group.append(copy)  # type: ignore[union-attr]  # it has an element
            elif area.top < block.top and area.bottom == block.bottom:
                element.set("ref", text_of(area._replace(bottom=area.bottom + extra)))
    if group is not None and group.get("count") is not None:
        group.set("count", str(len(group)))


def fill_copies(
    file: XlsxFile,
    copies: Sequence[Copies],
    moves: Sequence[Move],
    before: Mapping[tuple[str, int], list[Row]],
    say: Callable[[Copies], Say],
) -> None:
    """Let every copy say what its line says."""
    for title in dict.fromkeys(one.title for one in copies):
        tab = file.tab(title)
        with tab.refusing():
            pieces = []
            for one in (one for one in copies if one.title == title):
                if not before[title, one.block.top]:
                    continue
                rows = tab.rows
                start, end = _span(rows, one.top, one.bottom)
                new = b"".join(_copied(file, rows, one, moves, before[title, one.block.top], say(one)))
                pieces.append((start, end, new))
            tab.splice(pieces)


def _span(rows: Rows, top: int, bottom: int) -> tuple[int, int]:
    """Where some rows stand in the part."""
    start, end = rows.position(top), rows.position(bottom + 1)
    if start is not None and end is not None:
        return start, end
    found = [row for row in rows if top <= row.number <= bottom]
    return found[0].start, found[-1].end


def _copied(
    file: XlsxFile,
    rows: Rows,
    one: Copies,
    moves: Sequence[Move],
    template: Sequence[Row],
    say: Say,
) -> Iterator[bytes]:
    cells = {row.number: list(rows.cells(row.inner)) for row in template}
    formulas = {
        (row.number, cell.column): _settled(unescaped(match[2]), one, moves)
        for row in template
        for cell in cells[row.number]
        if (match := rows.formula.search(row.inner, cell.start, cell.end)) and match[2]
    }
    for number in range(one.times):
        down = number * one.block.height
        for row in template:
            to = one.top + row.number - one.block.top + down
            pieces = []
            for cell in cells[row.number]:
                whole = row.inner[cell.start : cell.end]
                new = say(number, row.number, cell.column, to)
                if new is not None:
                    pieces.append(rows.cell_xml(to, cell.column, new, style_of(cell.tag)))
                elif (row.number, cell.column) in formulas:
                    text = _copy_of(formulas[row.number, cell.column], one, down)
                    pieces.append(_with_formula(rows, whole, cell.tag, text, to, cell.column))
                else:
                    pieces.append(rows.placed(whole, text_of(Area(cell.column, to, cell.column, to))))
            tag = with_attribute(row.tag, b"r", str(to))
            yield tag + b"".join(pieces) + rows.row_end


def _with_formula(rows: Rows, whole: bytes, tag: bytes, text: str, row: int, column: int) -> bytes:
    """A copied cell with its own formula; what it came to in the template is forgotten."""
    match = rows.formula.search(whole)
    attributes = match[1] if match else b""
    place = text_of(Area(column, row, column, row))
    if attribute(attributes, b"t") == "array":
        attributes = with_attribute(b"<f" + attributes + b">", b"ref", place)[2:-1]
    p = rows.prefix
    formula = b"<" + p + b"f" + attributes + b">" + escape(text) + b"</" + p + b"f>"
    bare = with_attribute(tag.removesuffix(b"/>").removesuffix(b">").rstrip() + b">", b"t", None)
    return rows.placed(bare + formula + b"</" + p + b"c>", place)


def _settled(formula: str, one: Copies, moves: Sequence[Move]) -> str:
    """A formula of the block after all moves, as its first copy says it.

    What points into its own rows stays with these, but for ranges with `$` before both rows: they mean all lines.
    """
    top, bottom = one.block.top, one.block.bottom
    home = one.title.casefold()
    for move in moves:
        own = move.title == one.title
        mine = own and move.shift.at == bottom + 1

        def changed(
            tab: str, area: str, move: Move = move, mine: bool = mine, top: int = top, bottom: int = bottom
        ) -> str:
            if (title_of(tab) if tab else home) != move.title.casefold():
                return tab + area
            inside = [a for a in areas(area.replace("$", "")) if top <= a.top and a.bottom <= bottom]
            is_mine = mine and inside and not _is_fixed_range(area)
            return followed_reference(tab, area, move.shift.rigid if is_mine else move.shift)

        formula = each_reference(formula, changed)
        if own and move.shift.at <= top:
            top, bottom = top + move.shift.count, bottom + move.shift.count
    return formula


def _is_fixed_range(area: str) -> bool:
    return ":" in area and all(re.search(r"[A-Za-z]\$[0-9]", corner) for corner in area.split(":"))


def _copy_of(formula: str, one: Copies, down: int) -> str:
    """A formula of the first copy as a later one says it."""
    if not down:
        return formula
    home = one.title.casefold()
    last = one.top + one.block.height - 1

    def changed(tab: str, area: str) -> str:
        if (title_of(tab) if tab else home) != home:
            return tab + area
        corners = area.split(":")
        moved = [translate(corner, down, 0) if one.top <= _row_of(corner) <= last else corner for corner in corners]
        return tab + ":".join(moved)

    return each_reference(formula, changed)


def _row_of(corner: str) -> int:
    digits = re.search(r"[0-9]+$", corner)
    return int(digits[0]) if digits else 0
