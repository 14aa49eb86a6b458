"""A new workbook as plain values: every tab with its headers, the default pipeline, lists, settings.

`init` dresses it, `takeover` takes from it what a team's own workbook lacks. It
writes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from sheetcrm import messages
from sheetcrm.columns import header, tab_title
from sheetcrm.pipeline import LIST_KINDS, default_choices
from sheetcrm.schema import TABS
from sheetcrm.tables import Cell, Snapshot, Tab

__all__ = ["ORDER", "fresh_tab", "fresh_workbook"]

ORDER = (
    "today",
    "leads",
    "opportunities",
    "deals",
    "accounts",
    "activities",
    "offers",
    "offer_lines",
    "products",
    "report",
    "problems",
    "stages",
    "lists",
    "settings",
    "history",
    "state",
)
"""The tabs from left to right."""


def fresh_workbook(language: str) -> Snapshot:
    """Every tab as `init` makes it, in the team's language."""
    return Snapshot(tuple(fresh_tab(name, language) for name in ORDER))


def fresh_tab(name: str, language: str, title: str = "") -> Tab:
    """One tab as `init` makes it: marked, with headers, and with our own lines where it holds rules."""
    fields = [field.name for field in TABS[name]]
    headers: list[tuple[Cell, ...]] = [tuple(header(field, language) for field in fields)] if fields else []
    lines = {"stages": _stage_lines, "lists": _list_lines, "settings": _setting_lines}.get(name)
    rows = [tuple(line.get(field, "") for field in fields) for line in (lines(language) if lines else [])]
    marks = {field: column for column, field in enumerate(fields)}
    return Tab(title or tab_title(name, language), (*headers, *rows), name, marks, hidden=name == "state")


def _stage_lines(language: str) -> list[Mapping[str, Cell]]:
    lines: list[Mapping[str, Cell]] = []
    names_of = {choice.code: choice.label for choice in default_choices("stage", language)}
    for choice in default_choices("stage", language):
        entry = messages.area("defaults")[f"stage-{choice.code}"]
        home, needs, onward = entry.get("home"), entry.get("needs", []), entry.get("next", [])
        ticks = {f"needs_{need}": "x" for need in needs} if isinstance(needs, list) else {}
        names = [names_of[code] for code in onward] if isinstance(onward, list) else []
        lines.append(
            {
                "stage": choice.label,
                "home": tab_title(str(home), language) if home else "",
                "outcome": messages.text("words", str(entry["outcome"]), language),
                "probability": int(str(entry["probability"])) / 100,
                "rot_days": int(str(entry["rot_days"])) if "rot_days" in entry else "",
                "may_go_on_to": ", ".join(names),
                "stage_code": choice.code,
                **ticks,
            }
        )
    return lines


def _list_lines(language: str) -> list[Mapping[str, Cell]]:
    """The lists stand side by side; each line of the tab holds one word of each."""
    columns = {kind: default_choices(kind, language) for kind in LIST_KINDS}
    lines: list[dict[str, Cell]] = [{} for _ in range(max(map(len, columns.values())))]
    for kind, choices in columns.items():
        for line, choice in zip(lines, choices, strict=False):
            line |= {kind: choice.label, f"{kind}_code": choice.code}
            if kind == "loss_reason":
                line |= _reason_cells(choice.code, language)
    return list(lines)


def _reason_cells(code: str, language: str) -> dict[str, Cell]:
    entry = messages.area("defaults")[f"loss_reason-{code}"]
    asks = entry.get("asks", [])
    ticks: dict[str, Cell] = {f"asks_{ask}": "x" for ask in asks} if isinstance(asks, list) else {}
    word = "yes" if entry.get("counts", True) else "no"
    return {
        "reason_for": messages.text("words", str(entry["for"]), language),
        "counts_in_rates": messages.text("words", word, language),
        **ticks,
    }


def _setting_lines(language: str) -> list[Mapping[str, Cell]]:
    lines = []
    for code, entry in messages.area("settings").items():
        value: Cell = entry["default"]  # type: ignore[assignment]  # text or a number in the catalogue
        if code == "language":
            value = language
        elif code == "currency" and language == "ro":
            value = "RON"
        elif code in ("strict", "write-protected", "turns"):
            value = messages.text("words", "no", language)
        line: Mapping[str, Cell] = {
            "setting": str(entry[language]),
            "setting_value": value,
            "meaning": str(entry[f"about-{language}"]),
            "setting_code": code,
        }
        lines.append(line)
    return lines
