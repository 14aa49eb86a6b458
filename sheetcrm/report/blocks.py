"""Where the blocks of the Report tab stand that keep their place, and the charts drawn of them.

A chart is made once and points at cells; so each of these blocks has room for all
that it may ever say, and what grows comes below them. Data alone: what a block
counts is in `report_tab`, how a chart is drawn is for each store to know.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from sheetcrm import messages

__all__ = ["CHARTS", "Chart", "END_OF_BLOCKS", "MONTHS_AHEAD", "Series", "TOP", "WIDTHS", "place_of"]

TOP = 10
"""Lines of a table before the rest is one line."""
MONTHS_BACK, MONTHS_AHEAD = 12, 5
"""Months that a table shows besides this one."""
WIDTHS = (26, 18, 20, 14, 14, 14, 18, *[14] * 6)

_HEADER, _TOTAL, _REST, _NOTE = 1, 1, 1, 1
_ROOMS: Mapping[str, int] = {
    "overview": 10,
    "months": _HEADER + MONTHS_BACK + 1 + _TOTAL,
    "expected": _HEADER + 1 + MONTHS_AHEAD + 3 + _NOTE,
    "cohorts": _HEADER + MONTHS_BACK + 1 + 3 + _TOTAL + _NOTE,
    "stages": _HEADER + TOP + _NOTE,
    "reasons": _HEADER + TOP + _REST,
    "by-owner": _HEADER + TOP + _REST + _NOTE,
    "by-source": _HEADER + TOP + _REST + _NOTE,
}
"""Block → rows below its heading and its word of explanation. A new one comes last, so that the others stay."""

_CHART_ROWS = 14
_FIRST_CHART = 6
"""Above it are the title and what changed, in words."""
_FIRST_BLOCK = _FIRST_CHART + 2 * (_CHART_ROWS + 1)
_BEFORE_ROOM = 3
"""A blank row, the heading, the explanation."""

END_OF_BLOCKS = _FIRST_BLOCK + sum(_BEFORE_ROOM + room for room in _ROOMS.values())
"""The row from which on the tab grows."""


def place_of(block: str) -> int:
    """The row, from 0, where a block's heading stands."""
    names = list(_ROOMS)
    before = names[: names.index(block)]
    return _FIRST_BLOCK + 1 + sum(_BEFORE_ROOM + _ROOMS[name] for name in before)


# ---------------------------------------------------------------- charts


class Series(NamedTuple):
    """A column of a block, drawn."""

    column: int
    ink: Literal["main", "pale", "won", "lost"]
    as_line: bool = False


class Chart(NamedTuple):
    """A chart of a block's lines; the headers above them name its series."""

    block: str
    """Also its own name: `chart-{block}` is its title."""
    lines: int
    series: tuple[Series, ...]
    across: int
    down: int
    """Its place among the charts."""
    kind: Literal["bars", "columns"] = "bars"
    """Bars lie, the first line at the top, each with its number. Columns stand on an axis."""
    latest_first: bool = False
    """The first line is the latest, which a chart shows at the right."""
    percent: bool = False

    def title(self, language: str) -> str:
        """What stands above it."""
        return messages.text("report", f"chart-{self.block}", language)

    def axis(self, language: str) -> str:
        """What its numbers are, beside their axis."""
        return messages.text("report", f"chart-{self.block}-axis", language)

    @property
    def rows(self) -> range:
        """The rows that it shows, that of the headers included."""
        header = place_of(self.block) + 2
        return range(header, header + 1 + self.lines)

    @property
    def covers(self) -> tuple[range, range]:
        """The rows and columns that it lies over."""
        first = _FIRST_CHART + self.down * (_CHART_ROWS + 1)
        return range(first, first + _CHART_ROWS), _ACROSS[self.across]


_ACROSS = (range(0, 3), range(3, 7), range(7, 11))
"""Columns under the charts that stand side by side: about as wide, each."""

CHARTS = (
    Chart(
        "months",
        MONTHS_BACK + 1,
        (Series(1, "pale"), Series(4, "won", as_line=True)),
        0,
        0,
        "columns",
        latest_first=True,
    ),
    Chart("stages", TOP, (Series(1, "main"),), 1, 0),
    Chart("expected", 1 + MONTHS_AHEAD + 3, (Series(2, "main"),), 2, 0, "columns"),
    Chart("reasons", TOP + 1, (Series(1, "lost"),), 0, 1),
    Chart("by-owner", TOP + 1, (Series(5, "won"),), 1, 1, percent=True),
    Chart("by-source", TOP + 1, (Series(5, "won"),), 2, 1, percent=True),
)
