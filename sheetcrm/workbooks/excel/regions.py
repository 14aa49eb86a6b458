"""Which columns of a tab a row belongs to, and what stands in the way when rows move there.

A list ends where a column says nothing, as for Excel; a table says itself how far
it reaches. It changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sheetcrm.workbooks.excel.formulas import LAST_COLUMN, Area, Shift
from sheetcrm.workbooks.excel.rows import Blocked, Rows
from sheetcrm.workbooks.excel.skeleton import Skeleton
from sheetcrm.workbooks.excel.tables import Table

__all__ = ["check_move", "region"]

FEW_ROWS = 16


def region(
    rows: Rows, skeleton: Skeleton, tables: Iterable[Table], gone: Sequence[int], pending: set[int]
) -> tuple[int, int]:
    """First and last column of the table or list in which those rows lie.

    In the columns `pending` something is about to be said.
    """
    for table in tables:
        if all(table.area.top <= row <= table.area.bottom for row in gone):
            return table.area.left, table.area.right
    occupied = _occupied(rows, gone) or pending
    if not occupied:
        return 1, LAST_COLUMN
    merged = [area for area in skeleton.merged if area.bottom >= gone[0]]
    drawn = {column for area in skeleton.sparklines for column in (area.left, area.right)} | pending
    runs: list[tuple[int, int]] = []
    for column in sorted(occupied):
        if not (runs and column <= runs[-1][1]):
            runs.append(_run_around(column, rows, merged, drawn))
    return max(runs, key=lambda run: (sum(run[0] <= column <= run[1] for column in occupied), -run[0]))


def _occupied(rows: Rows, gone: Sequence[int]) -> set[int]:
    """Columns in which those rows say something; a few of them stand for all."""
    found = set()
    for number in gone[:: max(len(gone) // FEW_ROWS, 1)]:
        row = rows.row(number)
        if row is not None:
            found |= {cell.column for cell in rows.cells(row.inner) if rows.says_something(cell, row.inner)}
    return found


def _run_around(column: int, rows: Rows, merged: Sequence[Area], drawn: set[int]) -> tuple[int, int]:
    """The columns around one, up to the next that says nothing on either side. Merged blocks hold together."""

    def speaks(column: int) -> bool:
        return 1 <= column <= LAST_COLUMN and (column in drawn or rows.has_data_in(column))

    left = right = column
    while True:
        before = left, right
        while speaks(left - 1):
            left -= 1
        while speaks(right + 1):
            right += 1
        for area in merged:
            if area.left <= right and left <= area.right:
                left, right = min(left, area.left), max(right, area.right)
        if (left, right) == before:
            return before


def check_move(
    shift: Shift, *, fixed: Iterable[Area], merged: Iterable[Area], tables: Iterable[Table], pivots: Iterable[Area]
) -> None:
    """Refuse what Excel refuses: to cut what cannot be divided."""
    if any(shift.cuts(area) for area in fixed):
        raise Blocked("array-in-the-way")
    if any(shift.cuts(area) or shift.area(area) is None for area in pivots):
        raise Blocked("pivot-in-the-way")
    if not shift.removed:
        return
    if any(_lies_across(area, shift) for area in merged):
        raise Blocked("merged-in-the-way")
    tables = list(tables)
    blocks = [table.area for table in tables]
    for area, headers, totals in ((table.area, table.headers, table.totals) for table in tables):
        rows = range(area.top + headers, area.bottom - totals + 1)
        is_emptied = bool(rows) and set(rows) <= set(shift.removed)
        is_followed = totals or any(other.top > area.bottom and other.meets_columns(area) for other in blocks)
        ends = {*range(area.top, area.top + headers), *range(area.bottom - totals + 1, area.bottom + 1)}
        inside = shift.left <= area.left and area.right <= shift.right
        # A table keeps one row at least: nothing may close up to where that stands.
        is_cut = bool(ends & set(shift.removed)) or (is_emptied and is_followed)
        if _lies_across(area, shift) or (inside and is_cut):
            raise Blocked("table-in-the-way")


def _lies_across(area: Area, shift: Shift) -> bool:
    """Whether a block that would move has columns inside and outside."""
    meets = area.bottom >= shift.first and area.left <= shift.right and shift.left <= area.right
    return meets and not (shift.left <= area.left and area.right <= shift.right)
