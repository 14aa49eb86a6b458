"""Where rows and columns go when others are inserted, deleted or moved. Pure arithmetic."""

from __future__ import annotations

from dataclasses import dataclass

from .a1 import Rect
from .model import Json

Span = tuple[int, int]


@dataclass(frozen=True)
class Insert:
    """`count` new ones before `at`."""

    at: int
    count: int

    def index(self, index: int) -> int | None:
        """Where one goes; None if it is gone."""
        return index + self.count if index >= self.at else index

    def span(self, start: int, end: int) -> Span | None:
        """Where a stretch goes; it grows if something is put inside it."""
        return (
            start + self.count if start >= self.at else start,
            end + self.count if end > self.at else end,
        )


@dataclass(frozen=True)
class Delete:
    """`start` up to `end` are gone."""

    start: int
    end: int

    def index(self, index: int) -> int | None:
        """Where one goes; None if it is gone."""
        if self.start <= index < self.end:
            return None
        return index - (self.end - self.start) if index >= self.end else index

    def span(self, start: int, end: int) -> Span | None:
        """What is left of a stretch."""
        new = (self._edge(start), self._edge(end))
        return new if new[0] < new[1] else None

    def _edge(self, edge: int) -> int:
        return edge - (min(edge, self.end) - self.start) if edge > self.start else edge


@dataclass(frozen=True)
class Move:
    """`start` up to `end` go before `to`, an index of before the move."""

    start: int
    end: int
    to: int

    def index(self, index: int) -> int | None:
        """Where one goes."""
        size = self.end - self.start
        if self.start <= index < self.end:
            return index - self.start + (self.to if self.to <= self.start else self.to - size)
        if self.to <= index < self.start:
            return index + size
        return index - size if self.end <= index < self.to else index

    def span(self, start: int, end: int) -> Span | None:
        """Where a stretch goes: with the block if all of it is in it, else to where the rest of it goes."""
        size = self.end - self.start
        target = self.to if self.to <= self.start else self.to - size
        if self.start <= start and end <= self.end:
            return start - self.start + target, end - self.start + target
        if start <= self.start and self.end <= end and start < self.to < end:
            return start, end
        rest = Delete(self.start, self.end).span(start, end)
        return rest and Insert(target, size).span(*rest)


@dataclass(frozen=True)
class Shift:
    """One change of one tab. `band` limits it to a stretch across (cells inserted into a range, not whole rows)."""

    sheet_id: int
    dimension: str
    change: Insert | Delete | Move
    band: Span | None = None
    end: int | None = None  # of the grid, where cells that are pushed beyond it are cut off

    def rect(self, rect: Rect) -> Rect | None:
        """Where a rectangle goes; None if it is gone."""
        rows = self.dimension == "ROWS"
        across = (rect.left, rect.right) if rows else (rect.top, rect.bottom)
        if self.band and not (self.band[0] <= across[0] and across[1] <= self.band[1]):
            return rect
        span = self.change.span(rect.top, rect.bottom) if rows else self.change.span(rect.left, rect.right)
        if span and self.end is not None and self.band:
            span = span[0], min(span[1], self.end) if (rect.bottom if rows else rect.right) <= self.end else span[1]
        if span is None or span[0] >= span[1]:
            return None
        return rect._replace(top=span[0], bottom=span[1]) if rows else rect._replace(left=span[0], right=span[1])

    def grid_range(self, box: Json) -> Json | None:
        """Where a GridRange goes; open ends stay open."""
        if box.get("sheetId", 0) != self.sheet_id:
            return box
        rect = Rect(
            box.get("startRowIndex", 0),
            box.get("startColumnIndex", 0),
            box.get("endRowIndex", 1 << 40),
            box.get("endColumnIndex", 1 << 40),
        )
        moved = self.rect(rect)
        if moved is None or moved == rect:
            return box if moved else None
        new = {
            "startRowIndex": moved.top,
            "endRowIndex": moved.bottom,
            "startColumnIndex": moved.left,
            "endColumnIndex": moved.right,
        }
        return {name: new.get(name, item) for name, item in box.items()}

    def dimension_range(self, span: Json) -> Json | None:
        """Where a DimensionRange goes."""
        if self.band or span.get("sheetId", 0) != self.sheet_id or span.get("dimension") != self.dimension:
            return span
        moved = self.change.span(span.get("startIndex", 0), span.get("endIndex", 1 << 40))
        if moved is None:
            return None
        new = {"startIndex": moved[0], "endIndex": moved[1]}
        return {name: new.get(name, item) for name, item in span.items()}
