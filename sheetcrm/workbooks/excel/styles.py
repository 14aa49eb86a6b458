"""How cells look in Excel: the named styles of tabs that sync lays out, and of headers.

It turns a `Look` into a style; it does not know which cell says what.
"""

from __future__ import annotations

from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side

from sheetcrm.workbooks import looks
from sheetcrm.workbooks.looks import Look

__all__ = ["header_style", "named_style"]


def named_style(style: str, language: str) -> NamedStyle:
    """A style of tabs that sync lays out, under its name in the workbook."""
    look = looks.look_of(style, language)
    made = _made(f"sheetcrm {style}", look)
    made.alignment = Alignment(
        horizontal="right" if look.right else "left",
        vertical="center" if look.middle else "top",
        wrap_text=look.wrap or None,
    )
    return made


def header_style(writer: str) -> NamedStyle:
    """The style of a column's header, by who writes the column, under its name in the workbook."""
    made = _made(f"sheetcrm header {writer}", looks.header_look(writer))
    made.alignment = Alignment(vertical="center", wrap_text=True)
    return made


def _made(name: str, look: Look) -> NamedStyle:
    font = Font(name="Calibri", sz=look.size, b=look.bold, i=look.italic, color=f"FF{look.ink}")
    if look.underline:
        font.u = "single"
    made = NamedStyle(name, font=font)
    made.number_format = look.format or "General"
    if look.paper:
        made.fill = PatternFill("solid", fgColor=f"FF{look.paper}")
    if look.line:
        made.border = Border(bottom=Side(look.line, color=f"FF{look.line_colour}"))
    return made
