"""A cell as the API shows it and writes it (`CellData`)."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from .errors import invalid
from .formula_calls import ERROR_TEXTS, Failure
from .formulas import Engine
from .masks import Mask, masked, merged
from .model import EMPTY, Cell, CellError, Formula, Json, Sheet, Value
from .numberformats import default_pattern, shown

CHARACTER_LIMIT = 50_000
EXTRAS = ("textFormatRuns", "chipRuns", "pivotTable", "dataSourceTable")
TWINS = {
    "backgroundColor": "backgroundColorStyle",
    "foregroundColor": "foregroundColorStyle",
    "tabColor": "tabColorStyle",
    "color": "colorStyle",
    "headerColor": "headerColorStyle",
    "footerColor": "footerColorStyle",
    "firstBandColor": "firstBandColorStyle",
    "secondBandColor": "secondBandColorStyle",
}
"""Colours that Google keeps twice, the old way and the new."""

THEME = {
    "TEXT": {},
    "BACKGROUND": {"red": 1, "green": 1, "blue": 1},
    "ACCENT1": {"red": 0.25882354, "green": 0.52156866, "blue": 0.95686275},
    "ACCENT2": {"red": 0.91764706, "green": 0.2627451, "blue": 0.20784314},
    "ACCENT3": {"red": 0.9843137, "green": 0.7372549, "blue": 0.015686275},
    "ACCENT4": {"red": 0.20392157, "green": 0.65882355, "blue": 0.3254902},
    "ACCENT5": {"red": 1, "green": 0.42745098, "blue": 0.003921569},
    "ACCENT6": {"red": 0.27450982, "green": 0.7411765, "blue": 0.7764706},
    "LINK": {"red": 0.06666667, "green": 0.33333334, "blue": 0.8},
}
WHITE = {"red": 1, "green": 1, "blue": 1}
DEFAULT_FORMAT: Json = {
    "backgroundColor": WHITE,
    "padding": {"top": 2, "right": 3, "bottom": 2, "left": 3},
    "verticalAlignment": "BOTTOM",
    "wrapStrategy": "OVERFLOW_CELL",
    "textFormat": {
        "foregroundColor": {},
        "fontFamily": "arial,sans,sans-serif",
        "fontSize": 10,
        "bold": False,
        "italic": False,
        "strikethrough": False,
        "underline": False,
        "foregroundColorStyle": {"rgbColor": {}},
    },
    "backgroundColorStyle": {"rgbColor": WHITE},
}


# --- Colours and formats ---


@lru_cache(maxsize=4096)
def _single(number: float) -> float | int:
    """A colour's part as Google keeps it: a byte, sent as the shortest text of a 32-bit float."""
    value = struct.unpack("f", struct.pack("f", int(number * 255 + 1e-6) / 255))[0]
    for digits in range(1, 10):
        short = float(f"{value:.{digits}g}")
        if struct.unpack("f", struct.pack("f", short))[0] == value:
            return int(short) if short == int(short) else short
    return value


def colour(value: Json) -> Json:
    """A colour without its zeros."""
    parts = {name: _single(float(part)) for name, part in value.items() if part and name != "alpha"}
    return parts | ({"alpha": value["alpha"]} if "alpha" in value else {})


def styled(value: Any) -> Any:
    """A format as Google keeps it: nothing empty, every colour in both ways."""
    if isinstance(value, list):
        return [styled(item) for item in value]
    if not isinstance(value, dict):
        return value
    result: Json = {}
    for name, item in value.items():
        if item is None:
            continue
        if name == "borders":
            result[name] = {side: border(line) for side, line in item.items() if line}
        elif name in TWINS and isinstance(item, dict):
            if not value.get(TWINS[name]):  # the new way wins
                result[name] = colour(item)
                result[TWINS[name]] = {"rgbColor": result[name]}
        elif name.endswith("ColorStyle") or name == "colorStyle":
            result.update(_style(name, item))
        else:
            result[name] = styled(item)
    return result


BORDER_WIDTHS = {"SOLID_MEDIUM": 2, "SOLID_THICK": 3, "DOUBLE": 3}


def border(line: Json) -> Json:
    """A border as Google keeps it: with its width, and black where no colour is given."""
    width = BORDER_WIDTHS.get(line.get("style", ""), 1)
    return {"style": line.get("style", "NONE"), "width": width, **styled({"color": {}, **_coloured(line)})}


def _coloured(line: Json) -> Json:
    return {"colorStyle": line["colorStyle"]} if line.get("colorStyle") else {"color": line.get("color") or {}}


def _style(name: str, item: Json) -> Json:
    old = name.removesuffix("Style")
    if item.get("themeColor"):
        return {name: {"themeColor": item["themeColor"]}, old: THEME.get(item["themeColor"], {})}
    if item.get("rgbColor") is None:
        return {}
    rgb = colour(item["rgbColor"])
    return {name: {"rgbColor": rgb}, old: rgb}


def with_twins(mask: Mask) -> Mask:
    """A mask that names a colour one way names it the other way too."""
    if not mask:
        return mask
    result: Mask = {}
    for name, inner in mask.items():
        result[name] = with_twins(inner)
        if name in TWINS:
            result[TWINS[name]] = {}
        elif name.endswith("Style") and name.removesuffix("Style") in TWINS:
            result[name.removesuffix("Style")] = {}
    return result


# --- Out ---


def number_out(value: float | int) -> float | int:
    """A double as JSON shows it."""
    return int(value) if isinstance(value, float) and abs(value) < 1e18 and value.is_integer() else value


def extended(value: Any) -> Json:
    """An ExtendedValue."""
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int | float):
        return {"numberValue": number_out(value)}
    if type(value) is Formula:
        return {"formulaValue": str(value)}
    if isinstance(value, CellError):
        return {"errorValue": {"type": value.type} | ({"message": value.message} if value.message else {})}
    return {"stringValue": value}


Show = Callable[["Reader", Sheet, int, int, Cell], Any]


class Reader:
    """Shows the cells of one spreadsheet."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.locale = engine.locale

    def effective(self, sheet: Sheet, row: int, column: int, cell: Cell) -> Any:
        """What the cell comes to."""
        if type(cell.value) is not Formula:
            return cell.value
        try:
            return self.engine.value(sheet, row, column)
        except Failure as failed:
            return failed.error

    def number_format(self, sheet: Sheet, cell: Cell) -> Json | None:
        """How its number is shown: as its format says, or as its formula suggests."""
        if cell.format and "numberFormat" in cell.format:
            return cell.format["numberFormat"]
        if type(cell.value) is Formula:
            hint = self.engine.format_hint(cell.value, sheet)
            if hint and "pattern" not in hint:
                hint = {**hint, "pattern": default_pattern(hint["type"], self.locale)}
            return hint
        return None

    def formatted(self, sheet: Sheet, row: int, column: int, cell: Cell) -> str | None:
        """What a person sees."""
        value = self.effective(sheet, row, column, cell)
        if value is None or type(value) is str:
            return value
        if isinstance(value, bool):
            return self.locale.true if value else self.locale.false
        if isinstance(value, CellError):
            return ERROR_TEXTS.get(value.type, "#ERROR!")
        return shown(value, self.number_format(sheet, cell), self.locale)

    def fields(self, mask: Mask) -> list[tuple[str, Show, Mask]]:
        """The fields that a mask asks of every cell, for `cell_data`."""
        return [(name, show, mask.get(name, {})) for name, show in FIELDS.items() if not mask or name in mask]

    def cell_data(self, sheet: Sheet, row: int, column: int, cell: Cell, fields: list[tuple[str, Show, Mask]]) -> Json:
        """The fields of the cell that are asked for."""
        data: Json = {}
        for name, show, inner in fields:
            value = show(self, sheet, row, column, cell)
            if value is not None and value != "":
                data[name] = masked(value, inner) if inner else value
        return data

    def _user_entered(self, _s: Sheet, _r: int, _c: int, cell: Cell) -> Json | None:
        return None if cell.value is None else extended(cell.value)

    def _effective(self, sheet: Sheet, row: int, column: int, cell: Cell) -> Json | None:
        value = self.effective(sheet, row, column, cell)
        return None if value is None else extended(value)

    def _effective_format(self, sheet: Sheet, _r: int, _c: int, cell: Cell) -> Json | None:
        hint = self.number_format(sheet, cell)
        if not cell.format and not hint:
            return None
        found = {**DEFAULT_FORMAT, "hyperlinkDisplayType": "PLAIN_TEXT"}
        if cell.format:
            found = _over(found, cell.format)
        return {**found, "numberFormat": hint} if hint else found

    def _hyperlink(self, sheet: Sheet, _r: int, _c: int, cell: Cell) -> str | None:
        if type(cell.value) is Formula:
            match = re.match(r'=\s*HYPERLINK\(\s*"([^"]*)"', cell.value, re.IGNORECASE)
            return match[1] if match else None
        link = ((cell.format or {}).get("textFormat") or {}).get("link") or {}
        if link.get("uri"):
            return link["uri"]
        if isinstance(cell.value, str) and re.fullmatch(r"https?://\S+", cell.value):
            return cell.value
        return None


def _extra(name: str) -> Callable[..., Any]:
    return lambda _reader, _s, _r, _c, cell: (cell.extra or {}).get(name)


FIELDS: dict[str, Show] = {
    "userEnteredValue": Reader._user_entered,
    "effectiveValue": Reader._effective,
    "formattedValue": Reader.formatted,
    "userEnteredFormat": lambda _reader, _s, _r, _c, cell: cell.format,
    "effectiveFormat": Reader._effective_format,
    "hyperlink": Reader._hyperlink,
    "note": lambda _reader, _s, _r, _c, cell: cell.note,
    "textFormatRuns": _extra("textFormatRuns"),
    "dataValidation": lambda _reader, _s, _r, _c, cell: cell.validation,
    "pivotTable": _extra("pivotTable"),
    "dataSourceTable": _extra("dataSourceTable"),
    "chipRuns": _extra("chipRuns"),
}


def _over(old: Json, new: Json) -> Json:
    result = dict(old)
    for name, item in new.items():
        both = isinstance(item, dict) and isinstance(result.get(name), dict) and not name.startswith(tuple(TWINS))
        result[name] = _over(result[name], item) if both else item
    return result


# --- In ---


def value_in(data: Json | None) -> Value:
    """The value that an ExtendedValue writes."""
    if not data:
        return None
    if "formulaValue" in data:
        formula = data["formulaValue"]
        if not formula.startswith("="):
            raise invalid(f"The formula must start with '=': {formula}")
        return Formula(checked_length(formula))
    if "stringValue" in data:
        return checked_length(data["stringValue"]) or None
    if "numberValue" in data:
        return number_out(data["numberValue"])
    if "boolValue" in data:
        return bool(data["boolValue"])
    if "errorValue" in data:
        raise invalid("Setting an error value is not supported.")
    return None


def checked_length(text: str) -> str:
    """Refuse more than a cell holds."""
    if len(text) > CHARACTER_LIMIT:
        raise invalid(f"Your input contains more than the maximum of {CHARACTER_LIMIT} characters in a single cell.")
    return text


def written(cell: Cell | None, data: Json, mask: Mask) -> Cell:
    """The cell with the masked fields of `data` written over it; a masked field that `data` lacks is cleared."""
    old = cell or EMPTY
    value, note, form, validation, extra = old
    if not mask:
        value, note = value_in(data.get("userEnteredValue")), data.get("note") or None
        form = styled(data.get("userEnteredFormat") or {}) or None
        validation = rule_in(data.get("dataValidation"))
        extra = _extras_in(data, EXTRAS, None)
        return Cell(value, note, form, validation, extra)
    if "userEnteredValue" in mask:
        value = value_in(data.get("userEnteredValue"))
        extra = {k: v for k, v in extra.items() if k not in ("textFormatRuns", "chipRuns")} or None if extra else None
    if "note" in mask:
        note = data.get("note") or None
    if "userEnteredFormat" in mask:
        inner = with_twins(mask["userEnteredFormat"])
        form = merged(form or {}, styled(data.get("userEnteredFormat") or {}), inner) or None
    if "dataValidation" in mask:
        validation = rule_in(data.get("dataValidation"))
    if any(name in mask for name in EXTRAS):
        extra = _extras_in(data, tuple(name for name in EXTRAS if name in mask), extra)
    return Cell(value, note, form, validation, extra)


def _extras_in(data: Json, names: tuple[str, ...], old: Json | None) -> Json | None:
    result = dict(old or {})
    for name in names:
        if data.get(name):
            result[name] = styled(data[name])
        else:
            result.pop(name, None)
    return result or None


def check_condition(condition: Json) -> None:
    """Refuse a condition with too few or too many values."""
    kind, count = condition.get("type", ""), len(condition.get("values") or ())
    if kind == "ONE_OF_LIST":
        least, most = 1, 500
    elif kind == "BOOLEAN":
        least, most = 0, 2
    elif kind in ("BLANK", "NOT_BLANK", "TEXT_IS_EMAIL", "TEXT_IS_URL", "DATE_IS_VALID"):
        least, most = 0, 0
    elif kind.endswith("BETWEEN"):
        least, most = 2, 2
    elif kind.endswith("NOT_EQ"):
        least, most = 1, 500
    else:
        least, most = 1, 1
    if not least <= count <= most:
        raise invalid(f"Condition type '{kind}' cannot have {count} ConditionValues.")


def rule_in(rule: Json | None) -> Json | None:
    """A data validation rule as Google keeps it."""
    if not rule or not (rule.get("condition") or {}).get("type"):
        return None
    check_condition(rule["condition"])
    return {name: item for name, item in rule.items() if item not in (None, False, "")}


def unformatted(value: Any) -> Any:
    """A value as UNFORMATTED_VALUE shows it."""
    if isinstance(value, CellError):
        text = ERROR_TEXTS.get(value.type, "#ERROR!")
        return f"{text} ({value.message})" if value.message else text
    return number_out(value) if isinstance(value, float) else value
