"""A spreadsheet as a page to look at: its tabs one below the other, formats and notes as people see them."""

from html import escape
from typing import Any

from .a1 import column_letters
from .model import Spreadsheet
from .sheets import Caller, Sheets

__all__ = ["shown"]

FIELDS = (
    "properties.title,sheets(properties,merges,data(rowMetadata.hiddenByUser,rowMetadata.hiddenByFilter,"
    "columnMetadata(pixelSize,hiddenByUser),rowData.values(formattedValue,note,effectiveFormat(backgroundColor,"
    "horizontalAlignment,textFormat(bold,italic,strikethrough,foregroundColor)),dataValidation.condition.type,"
    "effectiveValue)))"
)
STYLE = """
body { font: 13px/1.4 system-ui, sans-serif; margin: 2em; color: #202124; }
h1 { font-size: 1.5em; } h2 { font-size: 1.1em; margin: 2em 0 .5em; } h2 small { color: #80868b; font-weight: normal; }
table { border-collapse: collapse; table-layout: fixed; }
td, th { border: 1px solid #e0e0e0; padding: 2px 6px; vertical-align: bottom; overflow: hidden; white-space: pre-wrap; }
th { background: #f8f9fa; color: #5f6368; font-weight: normal; text-align: center; }
td.note { background-image: linear-gradient(225deg, #f9ab00 6px, transparent 6px); }
tr.hidden, col.hidden { opacity: .35; } tr.frozen td { border-bottom: 2px solid #bdc1c6; }
"""
SPARE_ROWS = 2


def shown(sheets: Sheets, spreadsheet: Spreadsheet) -> str:
    """The page."""
    where = {"spreadsheetId": spreadsheet.id, "includeGridData": True, "fields": FIELDS}
    told = sheets.call("sheets.spreadsheets.get", where, None, Caller(spreadsheet.owner))
    title = escape(told["properties"]["title"])
    tabs = "\n".join(_tab(sheet) for sheet in told["sheets"])
    return (
        f"<!DOCTYPE html>\n<html lang=en>\n<meta charset=utf-8>\n<title>{title}</title>\n<style>{STYLE}</style>\n"
        f"<h1>{title}</h1>\n{tabs}\n</html>\n"
    )


def _tab(sheet: dict[str, Any]) -> str:
    about = sheet["properties"]
    grid = about.get("gridProperties", {})
    data = (sheet.get("data") or [{}])[0]
    rows = [row.get("values", []) for row in data.get("rowData", [])]
    while rows and not any(_text(cell) or cell.get("note") for cell in rows[-1]):
        rows.pop()
    filled = (at + 1 for row in rows for at, cell in enumerate(row) if _text(cell) or cell.get("note"))
    width = max([*filled, 1])
    hidden = " · hidden" if about.get("hidden") else ""
    size = f"{grid.get('rowCount', 0)} rows, {grid.get('columnCount', 0)} columns{hidden}"
    columns = data.get("columnMetadata", [])
    widths = "".join(_column(columns[at] if at < len(columns) else {}) for at in range(width))
    letters = "".join(f"<th>{column_letters(at)}" for at in range(width))
    frozen, states = grid.get("frozenRowCount", 0), data.get("rowMetadata", [])
    lines = [
        _row(at, row, width, states[at] if at < len(states) else {}, last_frozen=at == frozen - 1)
        for at, row in enumerate([*rows, *[[]] * SPARE_ROWS])
    ]
    return (
        f"<h2>{escape(about['title'])} <small>{size}</small></h2>\n<table>\n<col width=40>{widths}\n"
        f"<tr><th>{letters}\n{''.join(lines)}</table>"
    )


def _column(about: dict[str, Any]) -> str:
    hidden = " class=hidden" if about.get("hiddenByUser") else ""
    return f"<col width={about.get('pixelSize', 100)}{hidden}>"


def _row(at: int, cells: list[dict[str, Any]], width: int, about: dict[str, Any], *, last_frozen: bool) -> str:
    names = ["hidden"] * bool(about.get("hiddenByUser") or about.get("hiddenByFilter")) + ["frozen"] * last_frozen
    marked = f' class="{" ".join(names)}"' if names else ""
    told = "".join(_cell(cells[column] if column < len(cells) else {}) for column in range(width))
    return f"<tr{marked}><th>{at + 1}{told}\n"


def _cell(cell: dict[str, Any]) -> str:
    note = cell.get("note", "")
    marked = f' class=note title="{escape(note)}"' if note else ""
    style = _style(cell)
    return f"<td{marked}{f' style={chr(34)}{style}{chr(34)}' if style else ''}>{escape(_text(cell))}"


def _text(cell: dict[str, Any]) -> str:
    if cell.get("dataValidation", {}).get("condition", {}).get("type") == "BOOLEAN":
        return "☑" if cell.get("effectiveValue", {}).get("boolValue") else "☐"
    return str(cell.get("formattedValue", ""))


def _style(cell: dict[str, Any]) -> str:
    format = cell.get("effectiveFormat", {})
    text = format.get("textFormat", {})
    number = "numberValue" in cell.get("effectiveValue", {})
    told = {
        "background-color": _colour(format.get("backgroundColor"), "#ffffff"),
        "color": _colour(text.get("foregroundColor"), "#000000"),
        "font-weight": "bold" if text.get("bold") else "",
        "font-style": "italic" if text.get("italic") else "",
        "text-decoration": "line-through" if text.get("strikethrough") else "",
        "text-align": format.get("horizontalAlignment", "right" if number else "").lower(),
    }
    return "; ".join(f"{name}: {value}" for name, value in told.items() if value)


def _colour(colour: dict[str, float] | None, default: str) -> str:
    if colour is None:
        return ""
    parts = (round(255 * colour.get(part, 0)) for part in ("red", "green", "blue"))
    told = "#" + "".join(f"{part:02x}" for part in parts)
    return "" if told == default else told
