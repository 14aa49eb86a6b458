"""Cards and tables for Jupyter, as HTML in which every word is escaped.

Knows how a table is drawn. Colours are those of the page around it, light or dark.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from sheetcrm import messages

__all__ = ["card", "page", "paragraph", "table", "unfolded"]

MOST_ROWS = 100
LONGEST_WHOLE = 24
"""Letters of a cell that is not broken: an ID, a day."""
BLOCK = "margin:.4em 0;max-width:60em"
CELL = "padding:.2em .8em .2em 0;vertical-align:top;border:0;border-bottom:1px solid rgba(128,128,128,.3)"
FIGURE = "display:inline-block;margin:0 2em .6em 0;vertical-align:top"


def page(*blocks: str) -> str:
    """Blocks below each other."""
    return "<div>" + "".join(blocks) + "</div>"


def paragraph(text: str, *, bold: bool = False, quiet: bool = False) -> str:
    """A line of words."""
    style = BLOCK + (";font-weight:600" if bold else "") + (";opacity:.75" if quiet else "")
    return f'<p style="{style}">{escape(text)}</p>'


def card(title: str, figures: Iterable[tuple[str, str]], lines: Iterable[str]) -> str:
    """A title, a row of large figures each with its word, and lines below."""
    blocks = (
        f'<div style="{FIGURE}"><div style="font-size:1.6em;font-weight:600">{escape(number)}</div>'
        f'<div style="opacity:.75">{escape(word)}</div></div>'
        for word, number in figures
    )
    below = "".join(paragraph(line) for line in lines)
    frame = "border:1px solid rgba(128,128,128,.4);border-radius:6px;padding:.8em 1.2em;max-width:56em"
    return f'<div style="{frame}">{paragraph(title, bold=True)}<div>{"".join(blocks)}</div>{below}</div>'


def table(headers: Sequence[str], rows: Sequence[Sequence[str]], language: str, *, numbers: Iterable[int] = ()) -> str:
    """A table; columns of numbers stand at the right. Of a long one the first lines, and how many more."""
    aligned = ["right" if column in set(numbers) else "left" for column in range(len(headers))]
    head = "".join(_cell("th", text, side) for text, side in zip(headers, aligned, strict=True))
    body = "".join(
        f"<tr>{''.join(_cell('td', text, side) for text, side in zip(row, aligned, strict=True))}</tr>"
        for row in rows[:MOST_ROWS]
    )
    drawn = f'<table style="border-collapse:collapse"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    more = len(rows) - MOST_ROWS
    return drawn + (paragraph(messages.text("report", "and-more", language, n=more), quiet=True) if more > 0 else "")


def unfolded(title: str, block: str) -> str:
    """A block that opens when its title is clicked."""
    return f'<details style="{BLOCK}"><summary>{escape(title)}</summary>{block}</details>'


def _cell(tag: str, text: str, side: str) -> str:
    whole = ";white-space:nowrap" if len(text) <= LONGEST_WHOLE else ""
    return f'<{tag} style="{CELL};text-align:{side}{whole}">{escape(text)}</{tag}>'
