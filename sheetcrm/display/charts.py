"""Pictures drawn by Altair, which is loaded when the first is drawn.

In Jupyter a chart shows as what can be moved and asked, and as a PNG where no
program runs: on GitHub and in printed notebooks. Where Altair is not installed,
the table stands in.
"""

from __future__ import annotations

import base64
import importlib.util
import textwrap
from collections.abc import Mapping
from typing import Any

from sheetcrm.display.pictures import Picture
from sheetcrm.display.words import caption
from sheetcrm.workbooks.looks import CHART_INKS, INK, QUIET, RULE

__all__ = ["Drawing", "drawn"]

RENDERER = "sheetcrm"
VEGA_LITE = "application/vnd.vegalite.v5+json"
"""What JupyterLab and nbconvert know; Altair's own type for its present version is known to neither."""
PNG_SCALE = 1.5
WIDTH = 420
STEP = 26
HEIGHT = 200
SUBTITLE_LETTERS = 98
TEXT_INK, QUIET_INK = f"#{INK}", f"#{QUIET}"
FORMATS = {"count": "~g", "percent": ".0%", "amount": ",.0f", "days": "~g"}


class Drawing:
    """A picture as a table, where no chart can be drawn."""

    def __init__(self, picture: Picture, key: str) -> None:
        self.picture = picture
        self.note = caption(key, picture.language)

    def __repr__(self) -> str:
        return f"{self.picture.title} – {self.note}"

    def _repr_html_(self) -> str:
        return self.picture.as_table(self.note)


def drawn(picture: Picture) -> Any:
    """An Altair chart, to look at, restyle or save; a `Drawing` where there is none."""
    if not picture.marks:
        return Drawing(picture, "nothing-to-draw")
    if importlib.util.find_spec("altair") is None:
        return Drawing(picture, "no-altair")
    import altair as alt

    _use_our_renderer(alt)
    return _titled(alt, picture, KINDS[picture.kind](alt, picture))


def _use_our_renderer(alt: Any) -> None:
    """For charts of our own and of the reader's, unless they chose another."""
    if alt.renderers.active == "default":
        alt.renderers.register(RENDERER, _bundle)
        alt.renderers.enable(RENDERER)


def _bundle(spec: Mapping[str, Any], **_: object) -> tuple[dict[str, Any], dict[str, Any]]:
    """What Jupyter is given: no HTML, which would want the network."""
    data: dict[str, Any] = {VEGA_LITE: spec}
    about: dict[str, Any] = {}
    if importlib.util.find_spec("vl_convert") is not None:
        import vl_convert

        png = vl_convert.vegalite_to_png(dict(spec), scale=PNG_SCALE)
        data["image/png"] = base64.b64encode(png).decode("ascii")
        width, height = (int.from_bytes(png[at : at + 4]) for at in (16, 20))
        about["image/png"] = {"width": round(width / PNG_SCALE), "height": round(height / PNG_SCALE)}
    return data, about


def _titled(alt: Any, picture: Picture, chart: Any) -> Any:
    lines = [part for line in picture.lines for part in textwrap.wrap(line, SUBTITLE_LETTERS)]
    title = alt.TitleParams(picture.heading, subtitle=lines, anchor="start", subtitlePadding=6, offset=14)
    return (
        chart.properties(title=title)
        .configure(font="sans-serif", background="white")
        .configure_title(color=TEXT_INK, subtitleColor=QUIET_INK, fontSize=14, subtitleFontSize=11)
        .configure_axis(gridColor=f"#{RULE}", domainColor=f"#{RULE}", tickColor=f"#{RULE}", labelLimit=200, title=None)
        .configure_view(stroke=None)
        .configure_legend(title=None, orient="top", labelLimit=240)
        .configure_header(title=None, labelFontWeight="bold", labelAnchor="start")
    )


# ---------------------------------------------------------------- how each kind is drawn


def _data(alt: Any, picture: Picture) -> Any:
    last = {(mark.panel, mark.label): mark for mark in picture.marks}
    beside = {id(mark): mark.text for mark in last.values()}
    order = {series: place for place, series in enumerate(picture.series)}
    values = (
        mark._asdict() | {"beside": beside.get(id(mark), ""), "order": order[mark.series]} for mark in picture.marks
    )
    return alt.Data(values=list(values))


def _colour(alt: Any, picture: Picture) -> Any:
    """By series where there are several, each in the ink of its marks; else each mark in its own."""
    if len(picture.series) > 1:
        inks = {mark.series: f"#{CHART_INKS[mark.ink]}" for mark in picture.marks}
        scale = alt.Scale(domain=list(inks), range=list(inks.values()))
        return alt.Color("series:N", scale=scale, sort=None, legend=alt.Legend(symbolOpacity=1))
    inks = {mark.ink: f"#{CHART_INKS[mark.ink]}" for mark in picture.marks}
    return alt.Color("ink:N", scale=alt.Scale(domain=list(inks), range=list(inks.values())), legend=None)


def _axis(alt: Any, picture: Picture, **more: Any) -> Any:
    kind = picture.format
    return alt.Axis(format=FORMATS[kind], tickMinStep=1 if kind in ("count", "days") else alt.Undefined, **more)


def _tooltip(alt: Any, picture: Picture) -> list[Any]:
    shown = [("label", picture.head or " "), ("series", " "), ("text", "=")]
    return [alt.Tooltip(f"{name}:N", title=head) for name, head in shown if name != "series" or len(picture.series) > 1]


def _panels(alt: Any, picture: Picture, chart: Any, scale: str) -> Any:
    """Below each other, each with a scale of its own."""
    if len({mark.panel for mark in picture.marks}) < 2:
        return chart
    facet = chart.facet(row=alt.Row("panel:N", sort="ascending", header=alt.Header(labelOrient="top")))
    return facet.resolve_scale(**{scale: "independent"})


def _labels(alt: Any, picture: Picture) -> Any:
    return alt.Y("label:N", sort=picture.labels, axis=alt.Axis(grid=False, domain=False, ticks=False, labelPadding=8))


def _bars(alt: Any, picture: Picture) -> Any:
    base = alt.Chart(_data(alt, picture)).encode(
        y=_labels(alt, picture),
        x=alt.X("value:Q", axis=_axis(alt, picture, domain=False)),
        tooltip=_tooltip(alt, picture),
    )
    bars = base.mark_bar(height={"band": 0.7}).encode(color=_colour(alt, picture))
    chart = (bars + base.mark_text(align="left", dx=4, color=TEXT_INK).encode(text="text:N")).properties(
        width=WIDTH, height=alt.Step(STEP)
    )
    return _panels(alt, picture, chart, "x")


def _stacked(alt: Any, picture: Picture) -> Any:
    return (
        alt.Chart(_data(alt, picture))
        .mark_bar(height={"band": 0.7})
        .encode(
            y=_labels(alt, picture),
            x=alt.X("value:Q", axis=_axis(alt, picture, domain=False)),
            color=_colour(alt, picture),
            order=alt.Order("order:Q"),
            tooltip=_tooltip(alt, picture),
        )
        .properties(width=WIDTH, height=alt.Step(STEP))
    )


def _columns(alt: Any, picture: Picture) -> Any:
    return (
        alt.Chart(_data(alt, picture))
        .mark_bar()
        .encode(
            x=alt.X("label:N", sort=picture.labels, axis=alt.Axis(labelAngle=-40, grid=False)),
            y=alt.Y("value:Q", axis=_axis(alt, picture)),
            color=_colour(alt, picture),
            order=alt.Order("order:Q"),
            tooltip=_tooltip(alt, picture),
        )
        .properties(width=WIDTH + 60, height=HEIGHT)
    )


def _grouped(alt: Any, picture: Picture) -> Any:
    chart = (
        alt.Chart(_data(alt, picture))
        .mark_bar()
        .encode(
            x=alt.X("label:N", sort=picture.labels, axis=alt.Axis(labelAngle=-40, grid=False)),
            xOffset=alt.XOffset("series:N", sort=picture.series),
            y=alt.Y("value:Q", axis=_axis(alt, picture)),
            color=_colour(alt, picture),
            tooltip=_tooltip(alt, picture),
        )
        .properties(width=WIDTH + 60, height=HEIGHT)
    )
    return _panels(alt, picture, chart, "y")


def _heat(alt: Any, picture: Picture) -> Any:
    most = max(mark.value or 0 for mark in picture.marks)
    base = alt.Chart(_data(alt, picture)).encode(
        y=_labels(alt, picture),
        x=alt.X("series:N", sort=picture.series, axis=alt.Axis(labelAngle=-40, orient="bottom", domain=False)),
        tooltip=_tooltip(alt, picture),
    )
    shades = alt.Scale(domain=[0, most], range=["#FBF1EA", f"#{CHART_INKS['lost']}"])
    squares = base.mark_rect(stroke="white", strokeWidth=2).encode(
        color=alt.Color("value:Q", scale=shades, legend=None)
    )
    return (squares + base.mark_text(color=TEXT_INK).encode(text="text:N")).properties(
        width=alt.Step(58), height=alt.Step(STEP + 4)
    )


def _intervals(alt: Any, picture: Picture) -> Any:
    ends = (v for mark in picture.marks for v in (mark.value, mark.high))
    most = 1 if picture.format == "percent" else max((v for v in ends if v is not None), default=1)
    scale = alt.Scale(domain=[0, most], nice=picture.format != "percent")
    base = alt.Chart(_data(alt, picture)).encode(
        y=_labels(alt, picture), color=_colour(alt, picture), tooltip=_tooltip(alt, picture)
    )
    x = alt.X("value:Q", scale=scale, axis=_axis(alt, picture, domain=False))
    rule = base.mark_rule(strokeWidth=4, opacity=0.35).encode(x=alt.X("low:Q", scale=scale), x2="high:Q")
    # Words stand beside the picture: over it they would lie on the lines.
    words = base.mark_text(align="left", dx=8).encode(x=alt.value(WIDTH), text="beside:N", color=alt.value(TEXT_INK))
    dots = base.mark_point(filled=True, size=90, opacity=1).encode(x=x)
    return (rule + dots + words).properties(width=WIDTH, height=alt.Step(STEP + 2))


KINDS = {
    "bars": _bars,
    "stacked": _stacked,
    "columns": _columns,
    "grouped": _grouped,
    "heat": _heat,
    "intervals": _intervals,
}
