"""What MAP.toml says: which of their columns is which of ours, and their words for ours.

Checks the form of the file alone. Whether a header stands in the export, or a
target in the tab, is asked where both are known.
"""

from __future__ import annotations

import codecs
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from sheetcrm.problems import BadSettings, UsageError
from sheetcrm.tables import Cell

__all__ = ["LEFT_OUT", "ImportMap", "read_map"]

LEFT_OUT = frozenset({"", "-"})
"""Targets that leave a column out."""

SECTIONS = ("columns", "values", "fill")
WORDS = ("key", "system", "sheet", "encoding", "delimiter", "dates", "decimal")


@dataclass(frozen=True, slots=True)
class ImportMap:
    """How one kind of export is read."""

    file: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Their header → ours, in either language; "" or "-" leaves the column out."""
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Our header → their word → ours."""
    fill: Mapping[str, Cell] = field(default_factory=dict)
    """Our header → what a line gets where the file says nothing."""
    key: str = ""
    """Their column with their own number; "" makes the whole line the key."""
    system: str = ""
    """Tells the numbers of one system from the same numbers of another."""
    sheet: str = ""
    encoding: str = ""
    delimiter: str = ""
    dates: str = ""
    """Which comes first in dates such as 03/04/2026: "dmy" or "mdy"."""
    decimal: str = ""
    """The decimal sign of amounts such as 1.234."""


def read_map(file: Path) -> ImportMap:
    """Read a map, or say what is wrong with its form."""
    try:
        said = tomllib.loads(file.read_text("utf-8-sig"))
    except FileNotFoundError as error:
        raise UsageError("importing/no-map", map=file) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadSettings("importing/map-unreadable", map=file, reason=str(error)) from error
    unknown = [key for key in said if key not in (*SECTIONS, *WORDS)]
    if unknown:
        raise BadSettings("importing/map-unknown", map=file, keys=", ".join(unknown))
    for name in SECTIONS:
        if not isinstance(said.get(name, {}), dict):
            raise BadSettings("importing/map-not-section", map=file, key=name)
    words = {name: _text(file, name, said[name]) for name in WORDS if name in said}
    _refuse_bad_words(file, words)
    return ImportMap(
        str(file),
        {theirs: _text(file, f"columns.{theirs}", ours) for theirs, ours in said.get("columns", {}).items()},
        {ours: _words(file, ours, section) for ours, section in said.get("values", {}).items()},
        {ours: _cell(file, f"fill.{ours}", value) for ours, value in said.get("fill", {}).items()},
        **words,
    )


def _refuse_bad_words(file: Path, words: Mapping[str, str]) -> None:
    allowed = {"dates": ("dmy", "mdy"), "decimal": (",", ".")}
    for name, choices in allowed.items():
        if words.get(name) and words[name] not in choices:
            values = {"key": name, "value": words[name], "known": ", ".join(f"“{c}”" for c in choices)}
            raise BadSettings("importing/map-bad-word", map=file, **values)
    if len(words.get("delimiter", ",")) > 1:
        raise BadSettings("importing/map-bad-delimiter", map=file, value=words["delimiter"])
    if words.get("encoding"):
        try:
            codecs.lookup(words["encoding"])
        except LookupError as error:
            raise BadSettings("importing/map-bad-encoding", map=file, value=words["encoding"]) from error


def _words(file: Path, ours: str, section: object) -> dict[str, str]:
    if not isinstance(section, dict):
        raise BadSettings("importing/map-not-section", map=file, key=f"values.{ours}")
    return {theirs: _text(file, f"values.{ours}.{theirs}", word) for theirs, word in section.items()}


def _text(file: Path, key: str, value: object) -> str:
    if not isinstance(value, str):
        raise BadSettings("importing/map-not-text", map=file, key=key)
    return value.strip() if key != "delimiter" else value


def _cell(file: Path, key: str, value: object) -> Cell:
    if isinstance(value, str | bool | int | float | date):
        return value
    raise BadSettings("importing/map-not-text", map=file, key=key)
