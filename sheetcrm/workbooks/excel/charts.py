"""The charts of the Report tab in an Excel file: made once, with the tab, and the team's from then on.

It turns what `report` wants drawn into Excel's words; numbers stand in cells, and
charts keep none of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree
from openpyxl.chart import BarChart, LineChart
from openpyxl.chart.axis import ChartLines
from openpyxl.chart.data_source import AxDataSource, NumDataSource, NumRef, StrRef
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.legend import Legend
from openpyxl.chart.marker import Marker
from openpyxl.chart.series import Series as ExcelSeries
from openpyxl.chart.series import SeriesLabel
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText, Text
from openpyxl.chart.title import Title
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.spreadsheet_drawing import AnchorMarker, SpreadsheetDrawing, TwoCellAnchor
from openpyxl.drawing.text import (
    CharacterProperties,
    Font,
    Paragraph,
    ParagraphProperties,
    RegularTextRun,
    RichTextProperties,
)

from sheetcrm.report.blocks import CHARTS, WIDTHS, Chart, Series
from sheetcrm.tables import column_letters
from sheetcrm.workbooks import looks
from sheetcrm.workbooks.excel.markup import unescaped
from sheetcrm.workbooks.excel.package import Package
from sheetcrm.workbooks.excel.tab import TabEditor

__all__ = ["add_charts", "charts", "forget_numbers"]

_CHART_KIND = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
_DRAWING_KIND = "application/vnd.openxmlformats-officedocument.drawing+xml"
_KEPT = re.compile(
    rb"(?P<reference><(?P<prefix>(?:[\w.-]+:)?)f>(?P<formula>[^<]*)</(?P=prefix)f>)\s*"
    rb"<(?P=prefix)(?P<cache>(?:num|str|multiLvlStr)Cache)>.*?</(?P=prefix)(?P=cache)>",
    re.DOTALL,
)
_TRANSITIONAL = re.compile(rb"http://schemas\.openxmlformats\.org/(\w+)/2006/(\w+)")


def charts(title: str, language: str) -> Iterator[BarChart]:
    """The charts over the tab of that title, each where it belongs."""
    for chart in CHARTS:
        yield _drawn(chart, title, language)


def add_charts(tab: TabEditor, language: str) -> None:
    """Put the charts into a tab that the editor made a moment ago."""
    package = tab.package
    is_strict = package.relation_type("").startswith("http://purl.")

    def spelt(root: etree._Element) -> bytes:
        data = etree.tostring(root, encoding="UTF-8", standalone=True)
        return _TRANSITIONAL.sub(rb"http://purl.oclc.org/ooxml/\1/\2", data) if is_strict else data

    drawing: Any = SpreadsheetDrawing()
    drawing.charts = list(charts(tab.sheet.title, language))
    layer = package.add("xl/drawings", "drawing", "xml", spelt(drawing._write()), _DRAWING_KIND)
    for chart in drawing.charts:  # in the order in which the drawing names them: rId1, rId2 …
        part = package.add("xl/charts", "chart", "xml", spelt(chart._write()), _CHART_KIND)
        package.relate(layer, package.relation_type("chart"), part)
    relation = package.relate(tab.sheet.part, package.relation_type("drawing"), layer)
    tab.changed_skeleton.ensure("drawing").set(f"{{{package.relation_type('').rstrip('/')}}}id", relation)


def forget_numbers(package: Package, title: str) -> None:
    """Let charts forget what they keep of the cells of a tab that says something else now: they are drawn anew."""

    def forgotten(match: re.Match[bytes]) -> bytes:
        tab = unescaped(match["formula"]).rpartition("!")[0].strip("'").replace("''", "'")
        return match["reference"] if tab.casefold() == title.casefold() else match[0]

    for part in package.names:
        if "/charts/" in part and part.endswith(".xml") and b"Cache>" in (data := package.text(part)):
            after = _KEPT.sub(forgotten, data)
            if after != data:
                package.put(part, after)


# ---------------------------------------------------------------- one chart


def _drawn(chart: Chart, title: str, language: str) -> BarChart:
    drawn: Any = BarChart()
    drawn.type = "bar" if chart.kind == "bars" else "col"
    drawn.gapWidth, drawn.overlap = 40, 0
    lines: Any = LineChart()
    for number, series in enumerate(chart.series):
        kind = lines if series.as_line else drawn
        kind.series.append(_series(chart, series, number, title))
    if lines.series:
        drawn += lines
    drawn.title = _title(chart.title(language), 12, looks.BRAND, bold=True)
    drawn.roundedCorners = False
    drawn.graphical_properties = GraphicalProperties(solidFill="FFFFFF", ln=_line(looks.RULE))
    drawn.legend = None if chart.kind == "bars" else Legend(legendPos="b", overlay=False, txPr=_text(9, looks.INK))
    _dress_axes(drawn.x_axis, drawn.y_axis, chart, language)
    rows, columns = chart.covers
    first = AnchorMarker(col=columns[0], row=rows.start)
    until = AnchorMarker(col=columns[-1], row=rows.stop, colOff=(WIDTHS[columns[-1]] * 7 - _GAP_PIXELS) * _PIXEL)
    drawn.anchor = TwoCellAnchor(editAs="oneCell", _from=first, to=until)
    return drawn  # type: ignore[no-any-return]  # what openpyxl takes its own parts to be is told wrongly


def _series(chart: Chart, series: Series, number: int, title: str) -> ExcelSeries:
    header, values = _column(chart, title, series.column)
    made: Any = ExcelSeries(
        idx=number,
        order=number,
        tx=SeriesLabel(strRef=StrRef(header)),
        cat=AxDataSource(strRef=StrRef(_column(chart, title, 0)[1])),
        val=NumDataSource(numRef=NumRef(f=values)),
    )
    ink = looks.CHART_INKS[series.ink]
    if series.as_line:
        made.graphicalProperties = GraphicalProperties(ln=_line(ink, 3))
        dots = GraphicalProperties(solidFill=ink, ln=_line("FFFFFF"))
        made.marker, made.smooth = Marker("circle", 6, dots), False
    else:
        made.graphicalProperties = GraphicalProperties(solidFill=ink, ln=_NO_LINE)
        made.invertIfNegative = False
    if chart.kind == "bars":  # the number at each, as its cell shows it
        made.dLbls = DataLabelList(showVal=True, dLblPos="outEnd", txPr=_text(9, looks.INK))
        for other in ("showSerName", "showCatName", "showLegendKey", "showPercent"):
            setattr(made.dLbls, other, False)
    return made  # type: ignore[no-any-return]


def _column(chart: Chart, title: str, column: int) -> tuple[str, str]:
    """Where a column of the chart's block has its header, and its values."""
    tab, letters = "'" + title.replace("'", "''") + "'", column_letters(column)
    header, first, last = (row + 1 for row in (chart.rows[0], chart.rows[1], chart.rows[-1]))
    return f"{tab}!${letters}${header}", f"{tab}!${letters}${first}:${letters}${last}"


def _dress_axes(names: Any, numbers: Any, chart: Chart, language: str) -> None:
    """Bars need no axis: their numbers stand beside them, and blank lines below show nothing."""
    bars = chart.kind == "bars"
    names.delete, numbers.delete = False, bars
    names.axPos, numbers.axPos = ("l", "b") if bars else ("b", "l")
    names.txPr, numbers.txPr = _text(9 if bars else 8, looks.INK), _text(9, looks.QUIET)
    names.majorTickMark = numbers.majorTickMark = "none"
    names.graphicalProperties = GraphicalProperties(ln=_NO_LINE if bars else _line(looks.RULE))
    numbers.graphicalProperties = GraphicalProperties(ln=_NO_LINE)
    names.noMultiLvlLbl = True
    names.number_format, numbers.number_format = "General", "#,##0"
    numbers.majorGridlines = None if bars else ChartLines(spPr=GraphicalProperties(ln=_line("E5E7EB")))
    numbers.title = None if bars else _title(chart.axis(language), 9, looks.QUIET)
    numbers.scaling.min, numbers.scaling.max = 0, _ALL if chart.percent else None
    if bars or chart.latest_first:
        names.scaling.orientation = "maxMin"
    if chart.latest_first:
        numbers.crosses = "max"  # it stays at the left, where the oldest line is


_ALL = 1.15
"""A rate of 100 %, and its number beside it."""
_PIXEL = 9_525
_GAP_PIXELS = 8
"""Between charts that stand side by side."""
_NO_LINE = LineProperties(noFill=True)


def _line(ink: str, pixels: int = 1) -> LineProperties:
    return LineProperties(solidFill=ink, w=pixels * _PIXEL)


def _font(size: int, ink: str, *, bold: bool) -> CharacterProperties:
    return CharacterProperties(sz=size * 100, b=bold, solidFill=ink, latin=Font(typeface="Calibri"))


def _text(size: int, ink: str) -> RichText:
    """How texts of an axis, legend or label look."""
    font = _font(size, ink, bold=False)
    looks_only = Paragraph(pPr=ParagraphProperties(defRPr=font), endParaRPr=font)
    looks_only.r = []
    return RichText(bodyPr=RichTextProperties(), p=[looks_only])


def _title(text: str, size: int, ink: str, *, bold: bool = False) -> Title:
    font = _font(size, ink, bold=bold)
    said = Paragraph(pPr=ParagraphProperties(defRPr=font), r=[RegularTextRun(rPr=font, t=text)])
    return Title(tx=Text(rich=RichText(p=[said])), overlay=False)
