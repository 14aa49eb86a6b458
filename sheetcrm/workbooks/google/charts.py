"""The charts of the Report tab at Google's: each is made once, under an ID of its own, and the team's from then on.

It turns what `report` wants drawn into Google's words. Which charts are there is
told by their IDs, wherever the team moved them and whatever they call them.
"""

from __future__ import annotations

import zlib
from collections.abc import Container, Iterator

from sheetcrm.report.blocks import CHARTS, END_OF_BLOCKS, WIDTHS, Chart
from sheetcrm.workbooks import looks
from sheetcrm.workbooks.google import requests as do
from sheetcrm.workbooks.google.dressing import colour, pixels
from sheetcrm.workbooks.google.values import KEY, Json

__all__ = ["COLUMNS", "ROWS", "chart_id", "missing_charts"]

ROWS, COLUMNS = END_OF_BLOCKS, len(WIDTHS)
"""The grid that charts and the cells that they show need."""

_ROW_PIXELS, _GAP_PIXELS = 21, 8


def missing_charts(sheet: int, language: str, there: Container[int] = ()) -> Iterator[Json]:
    """Requests for the charts over a tab that are not there yet, by their IDs."""
    for chart in CHARTS:
        if chart_id(chart) not in there:
            yield {"addChart": {"chart": _made(chart, sheet, language)}}


def chart_id(chart: Chart) -> int:
    """The same in every spreadsheet: Google refuses a second chart of that ID."""
    return zlib.crc32(f"{KEY}.{chart.block}".encode()) >> 1


def _made(chart: Chart, sheet: int, language: str) -> Json:
    rows, columns = chart.covers
    return {
        "chartId": chart_id(chart),
        "spec": _spec(chart, sheet, language),
        "position": {
            "overlayPosition": {
                "anchorCell": {"sheetId": sheet, "rowIndex": rows.start, "columnIndex": columns.start},
                "widthPixels": sum(pixels(WIDTHS[column]) for column in columns) - _GAP_PIXELS,
                "heightPixels": len(rows) * _ROW_PIXELS,
            }
        },
        "border": {"colorStyle": colour(looks.RULE)},
    }


def _spec(chart: Chart, sheet: int, language: str) -> Json:
    bars, combined = chart.kind == "bars", any(series.as_line for series in chart.series)
    numbers = "BOTTOM_AXIS" if bars else "LEFT_AXIS"
    series: list[Json] = []
    for one in chart.series:
        made: Json = {
            "series": _cells(chart, sheet, one.column),
            "targetAxis": numbers,
            "colorStyle": colour(looks.CHART_INKS[one.ink]),
        }
        if combined:
            made["type"] = "LINE" if one.as_line else "COLUMN"
        if bars:
            made["dataLabel"] = {"type": "DATA", "placement": "OUTSIDE_END"}
        series.append(made)
    title = chart.title(language)
    return {
        "title": title,
        "titleTextFormat": {"fontSize": 12, "bold": True, "foregroundColorStyle": colour(looks.BRAND)},
        "altText": title,
        "basicChart": {
            "chartType": "BAR" if bars else "COMBO" if combined else "COLUMN",
            "legendPosition": "NO_LEGEND" if bars else "BOTTOM_LEGEND",
            "headerCount": 1,
            "axis": [{"position": numbers, "title": chart.axis(language)}],
            "domains": [{"domain": _cells(chart, sheet, 0), "reversed": chart.latest_first}],
            "series": series,
        },
    }


def _cells(chart: Chart, sheet: int, column: int) -> Json:
    """A column of the chart's block, with its header."""
    rows = chart.rows
    return {"sourceRange": {"sources": [do.block(sheet, (rows.start, rows.stop), (column, column + 1))]}}
