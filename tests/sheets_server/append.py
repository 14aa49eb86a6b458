"""Where `values.append` writes: below the last table that its range meets."""

from __future__ import annotations

from .a1 import Rect
from .model import Sheet


def tables_of(sheet: Sheet) -> list[Rect]:
    """The islands of values on a tab as rectangles; islands that touch, even at a corner, are one."""
    boxes: list[Rect] = []
    growing: list[Rect] = []
    for row, cells in enumerate(sheet.rows):
        runs = _runs(row, [cell is not None and cell.value is not None for cell in cells])
        done = [box for box in growing if box.bottom < row]
        boxes += done
        growing = _joined([box for box in growing if box.bottom >= row] + runs)
    return _joined_all(boxes + growing)


def _runs(row: int, filled: list[bool]) -> list[Rect]:
    runs, start = [], None
    for column, is_filled in enumerate([*filled, False]):
        if is_filled and start is None:
            start = column
        elif not is_filled and start is not None:
            runs.append(Rect(row, start, row + 1, column))
            start = None
    return runs


def _touch(one: Rect, other: Rect) -> bool:
    return one.top <= other.bottom and other.top <= one.bottom and one.left <= other.right and other.left <= one.right


def _joined(boxes: list[Rect]) -> list[Rect]:
    found: list[Rect] = []
    for box in boxes:
        while True:
            near = next((other for other in found if _touch(box, other)), None)
            if near is None:
                break
            found.remove(near)
            box = Rect(
                min(box.top, near.top),
                min(box.left, near.left),
                max(box.bottom, near.bottom),
                max(box.right, near.right),
            )
        found.append(box)
    return found


def _joined_all(boxes: list[Rect]) -> list[Rect]:
    while True:
        joined = _joined(boxes)
        if len(joined) == len(boxes):
            return sorted(joined)
        boxes = joined


def table_for(sheet: Sheet, rect: Rect) -> Rect | None:
    """The last table that `rect` meets: the lowest, then the rightmost."""
    met = [box for box in tables_of(sheet) if box.meets(rect)]
    return max(met, key=lambda box: (box.bottom, box.left, box.top)) if met else None
