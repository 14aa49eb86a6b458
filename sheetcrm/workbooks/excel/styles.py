"""How cells look: the named styles of tabs that sync lays out, headers, number formats.

It knows colours and formats; it does not know which cell says what.
"""

from __future__ import annotations

from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side

__all__ = ["date_format", "header_look", "moment_format", "named_look"]

INK = "FF1F2937"
QUIET = "FF6B7280"
BRAND = "FF1D4E89"
PEOPLE = "FF1D4E89"
COMMAND = "FF0F766E"
SYNC = "FFE5E7EB"
RULE = "FFD1D5DB"

NUMBERS = ("count", "amount", "percent", "days")
"""Styles of numbers, which stand at the right; so does the header above them."""

AMOUNT = "#,##0.00"
PERCENT = "0%"

_HEADERS = {
    "people": (PEOPLE, "FFFFFFFF"),
    "fill": (PEOPLE, "FFFFFFFF"),
    "command": (COMMAND, "FFFFFFFF"),
    "sync": (SYNC, "FF4B5563"),
}


def date_format(language: str) -> str:
    """How a date is shown."""
    return "dd.mm.yyyy" if language == "ro" else "yyyy-mm-dd"


def moment_format(language: str) -> str:
    """How a date with its time is shown."""
    return f"{date_format(language)} hh:mm"


def named_look(style: str, language: str) -> NamedStyle:
    """A style of tabs that sync lays out, under its name in the workbook."""
    return _named_style(f"sheetcrm {style}", style, language)


def header_look(writer: str) -> NamedStyle:
    """The style of a column's header, by who writes the column, under its name in the workbook."""
    fill, ink = _HEADERS[writer]
    return NamedStyle(
        f"sheetcrm header {writer}",
        font=Font(name="Calibri", sz=11, b=True, color=ink),
        fill=PatternFill("solid", fgColor=fill),
        alignment=Alignment(vertical="center", wrap_text=True),
        border=Border(bottom=Side("medium", color=BRAND)),
    )


def _named_style(name: str, style: str, language: str) -> NamedStyle:
    look = NamedStyle(name, font=_font(style), alignment=_alignment(style))
    formats = {
        "count": "#,##0",
        "amount": AMOUNT,
        "percent": "0.0%",
        "days": "0",
        "date": date_format(language),
        "moment": moment_format(language),
    }
    look.number_format = formats.get(style, "General")
    if style.startswith("header"):
        look.fill = PatternFill("solid", fgColor="FFEFF3F8")
        look.border = Border(bottom=Side("thin", color=BRAND))
    elif style == "heading":
        look.border = Border(bottom=Side("medium", color=BRAND))
    elif style in ("good", "bad"):
        look.fill = PatternFill("solid", fgColor="FFDCFCE7" if style == "good" else "FFFEE2E2")
    elif style not in ("title", "note"):
        look.border = Border(bottom=Side("hair", color=RULE))
    return look


def _font(style: str) -> Font:
    match style:
        case "title":
            return Font(name="Calibri", sz=20, b=True, color=BRAND)
        case "heading":
            return Font(name="Calibri", sz=14, b=True, color=BRAND)
        case "header" | "header right":
            return Font(name="Calibri", sz=11, b=True, color=INK)
        case "note":
            return Font(name="Calibri", sz=10, i=True, color=QUIET)
        case "good":
            return Font(name="Calibri", sz=11, b=True, color="FF166534")
        case "bad" | "alert":  # an alert has no paper of its own: most days it is blank
            return Font(name="Calibri", sz=11, b=True, color="FF991B1B")
        case "link":
            return Font(name="Calibri", sz=11, u="single", color="FF2563EB")
        case _:
            return Font(name="Calibri", sz=11, color=INK)


def _alignment(style: str) -> Alignment:
    right = style in NUMBERS or style == "header right"
    return Alignment(
        horizontal="right" if right else "left",
        vertical="center" if style in ("title", "heading") or style.startswith("header") else "top",
        wrap_text=style.startswith("header") or None,
    )
