"""Tables as Excel knows them: a block with a name, headers that name its columns, formulas that fill these.

Each has a part of its own, which must say what the cells say, or Excel calls the
file damaged. It knows these parts, and moves no cells.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sheetcrm.workbooks.excel.formulas import Area, Shift, areas, follow, follow_rule, text_of, title_of
from sheetcrm.workbooks.excel.markup import (
    attribute,
    escape,
    escape_attribute,
    splice_attributes,
    splice_texts,
    start_tag,
    unescaped,
    with_attribute,
)
from sheetcrm.workbooks.excel.package import Package
from sheetcrm.workbooks.excel.rows import Blocked

__all__ = ["Table", "follow_table", "move_filter", "rename_columns", "table_of", "widen_table"]


class Table(NamedTuple):
    """A table as its part describes it."""

    part: str
    area: Area
    headers: int
    totals: int
    calculated: tuple[int, ...]
    """The columns of the tab in which each row has the same formula."""

    def holds(self, row: int, columns: Iterable[int]) -> bool:
        """Whether rows that are written below `row` into those columns are the table's."""
        area = self.area
        meets = any(area.left <= column <= area.right for column in columns)
        return meets and area.top <= row <= area.bottom


def table_of(data: bytes) -> tuple[Area, int, int, tuple[int, ...]]:
    """A table's block, how many rows of headers and of totals it has, and its calculated columns."""
    opening = start_tag("table").search(data)
    found = areas(attribute(opening[0], b"ref") or "") if opening else []
    if opening is None or not found:
        raise Blocked("damaged-file")
    headers = attribute(opening[0], b"headerRowCount") or "1"
    totals = attribute(opening[0], b"totalsRowCount") or "0"
    calculated = tuple(
        found[0].left + place
        for place, column in enumerate(re.split(rb"<(?:[\w.-]+:)?tableColumn(?=\s)", data)[1:])
        if b"calculatedColumnFormula" in column
    )
    return found[0], int(headers), int(totals), calculated


def follow_table(data: bytes, home: str, shift: Shift) -> bytes:
    """A table's part after rows of its tab went or came."""
    area, headers, totals, _ = table_of(data)

    def whole(text: str) -> str | None:
        one = areas(text)
        moved = shift.area(one[0]) if one else None
        if moved is None:
            return None
        # A table has one row at least.
        least = moved.top + headers + (totals if one[0].bottom == area.bottom else 0)
        said = text_of(moved._replace(bottom=max(moved.bottom, least)))
        return None if said == text else said

    data = splice_attributes(data, ["table", "autoFilter"], ["ref"], whole)
    data = splice_attributes(data, ["sortState", "sortCondition"], ["ref"], shift.list)
    shifts = {home.casefold(): shift}
    # What each row says is written for the first of them.
    by = (shift.area(area) or area).top - area.top
    data = splice_texts(data, ["calculatedColumnFormula"], lambda text: follow_rule(text, home, shifts, by))
    return splice_texts(data, ["totalsRowFormula"], lambda text: follow(text, home, shifts))


def rename_columns(package: Package, part: str, headers: Mapping[int, str]) -> None:
    """Let a table call its columns, counted from 0, as its header does now. Refuse where formulas use the old name."""
    data = package.text(part)
    tags = list(start_tag("tableColumn").finditer(data))
    names = [attribute(tag[0], b"name") or "" for tag in tags]
    wanted = [headers.get(place, name) for place, name in enumerate(names)]
    if wanted == names:
        return
    if not all(wanted) or len({name.casefold() for name in wanted}) < len(wanted):
        raise Blocked("table-header")
    for place in reversed(range(len(names))):
        if wanted[place] == names[place]:
            continue
        used = f"{names[place]}]".casefold()
        parts = (p for p in package.names if "/worksheets/" in p or "/tables/" in p or p.endswith("workbook.xml"))
        if any(used in unescaped(package.text(p)).casefold() for p in parts if p.endswith(".xml")):
            raise Blocked("table-header")
        tag = with_attribute(tags[place][0], b"name", wanted[place])
        data = data[: tags[place].start()] + tag + data[tags[place].end() :]
    package.put(part, data)


def widen_table(package: Package, part: str, area: Area, header: str) -> None:
    """Let a table reach over one more column, called `header`."""
    data = package.text(part)
    if any(name.casefold() == header.casefold() for name in _column_names(data)):
        return  # its own names must differ: the column stands beside it
    numbers = [int(attribute(tag, b"id") or 0) for tag in start_tag("tableColumn").findall(data)]
    end = re.search(rb"</((?:[\w.-]+:)?)tableColumns>", data)
    if end is None:
        raise Blocked("damaged-file")
    new = (
        b"<"
        + end[1]
        + b'tableColumn id="%d" name="' % (max(numbers, default=0) + 1)
        + escape_attribute(header)
        + b'"/>'
    )
    data = data[: end.start()] + new + data[end.start() :]
    data = splice_attributes(data, ["tableColumns"], ["count"], lambda _: str(len(numbers) + 1))
    old = table_of(data)[0]

    def wider(text: str) -> str | None:
        block = areas(text)
        same = bool(block) and (block[0].left, block[0].top, block[0].right) == (old.left, old.top, old.right)
        return text_of(block[0]._replace(right=area.right)) if same else None

    package.put(part, splice_attributes(data, ["table", "autoFilter"], ["ref"], wider))


def _column_names(data: bytes) -> list[str]:
    tags = start_tag("tableColumn").findall(data)
    return [attribute(tag, b"name") or "" for tag in tags]


def move_filter(package: Package, title: str, before: Area, after: Area) -> None:
    """Let the hidden name of a filter's block say how far it reaches now."""

    def changed(match: re.Match[bytes]) -> bytes:
        tab, _, place = unescaped(match[2]).rpartition("!")
        if title_of(tab + "!") != title.casefold() or areas(place.replace("$", "")) != [before]:
            return match[0]
        first, last = text_of(after).split(":")
        place = ":".join(re.sub(r"([A-Z]+)(\d+)", r"$\1$\2", corner) for corner in (first, last))
        return match[1] + escape(f"{tab}!{place}")

    name = rb"(<(?:[\w.-]+:)?definedName(?=\s)[^>]*name=\"_xlnm\._FilterDatabase\"[^>]*>)([^<]*)"
    data = package.text(package.workbook_part)
    after_all = re.sub(name, changed, data)
    if after_all != data:
        package.put(package.workbook_part, after_all)
