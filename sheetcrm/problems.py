"""What can be wrong: problems in cells, which are values, and situations, which are errors.

A `Problem` says where, what and how to mend it. An error says that a run could
not go on, whether anything was written, and what to do. Nothing here finds
problems.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from sheetcrm import messages

__all__ = [
    "BadSettings",
    "Busy",
    "Changed",
    "NotAllowed",
    "Problem",
    "SEVERITIES",
    "SheetCrmError",
    "Stopped",
    "Unavailable",
    "Unsupported",
    "UsageError",
    "is_message",
    "severity_of",
]

Severity: TypeAlias = Literal["error", "warning", "hint"]

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "hint")
"""Most serious first. An error stands in the way of something; a hint never colours a row."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in a cell, a row or a tab."""

    code: str
    """A stable kebab-case word of `docs/problems.md`."""
    tab: str
    """The tab's title as it stands in the workbook."""
    row: int | None = None
    """The row as people count it (the first is 1), where it is one row's problem."""
    id: str = ""
    column: str = ""
    """The header as it stands in the workbook."""
    values: Mapping[str, str] = field(default_factory=dict)
    """What the message is filled in with."""
    owner: str = ""

    @property
    def severity(self) -> Severity:
        """How serious it is; settled by the code."""
        return severity_of(self.code)

    def message(self, language: str) -> str:
        """What is wrong and how to mend it, in the team's language."""
        column = self.column or messages.text("words", "this-row", language)
        values = {**self.values, "column": column, "tab": self.tab, "id": self.id}
        what = messages.text("problems", self.code, f"{language}", **values)
        mend = str(messages.area("problems")[self.code][f"mend-{language}"]).format(**values)
        return f"{what} {mend}".strip()

    def as_json(self, language: str) -> dict[str, str | int | None]:
        """The shape of `check --json`."""
        return {
            "tab": self.tab,
            "row": self.row,
            "id": self.id or None,
            "column": self.column or None,
            "code": self.code,
            "severity": self.severity,
            "message": self.message(language),
        }


def severity_of(code: str) -> Severity:
    """The severity that the catalogue gives a code."""
    severity = messages.area("problems")[code]["severity"]
    if severity not in SEVERITIES:
        raise ValueError(f"{code}: no such severity: {severity}")
    return severity


@cache
def _messages() -> re.Pattern[str]:
    """Every message of the catalogue, with anything where it is filled in."""
    sentences = []
    for entry in messages.area("problems").values():
        for language in messages.LANGUAGES:
            text = f"{entry[language]} {entry[f'mend-{language}']}".strip()
            sentences.append(".*".join(re.escape(part) for part in re.split(r"\{\w+\}", text)))
    one = f"(?:{'|'.join(sentences)})"
    return re.compile(rf"(?:\W )?{one}(?: {one})?", re.DOTALL)


def is_message(text: str) -> bool:
    """Whether a text is one or two messages of ours, in either language."""
    return _messages().fullmatch(text) is not None


class SheetCrmError(Exception):
    """A run could not go on. The text says what happened, what was written, what to do."""

    exit_code = 70

    def __init__(self, key: str, /, **values: object) -> None:
        self.key = key
        self.values_ = values
        super().__init__(self.text("en"))

    def text(self, language: str) -> str:
        """The error in the user's language. A key such as `importing/no-file` names its own catalogue."""
        area, _, key = self.key.rpartition("/")
        values = {name: _said(value, area or "errors", language) for name, value in self.values_.items()}
        return messages.text(area or "errors", key, language, **values)


@runtime_checkable
class Sayable(Protocol):
    """Something that knows how it is said."""

    def said(self, language: str) -> str:
        """In that language."""


def _said(value: object, area: str, language: str) -> object:
    """A tuple is a list of keys: each is said in the user's language. What can say itself does so."""
    if isinstance(value, Sayable):
        return value.said(language)
    if isinstance(value, tuple):
        return ", ".join(messages.text(area, str(key), language) for key in value)
    return value


class UsageError(SheetCrmError):
    """What was asked for cannot be done as it was asked."""

    exit_code = 2


class Unavailable(SheetCrmError):
    """A service or file that is needed does not answer."""

    exit_code = 69


class Busy(SheetCrmError):
    """Somebody has the workbook open, or another sync is at it. Nothing was written."""

    exit_code = 75


class Changed(SheetCrmError):
    """The workbook was written by somebody between reading and writing. Nothing was written."""

    exit_code = 75


class Stopped(SheetCrmError):
    """Signs of a disaster: the run stopped a tab (law 6)."""

    exit_code = 75


class NotAllowed(SheetCrmError):
    """No right to read or write there."""

    exit_code = 77


class BadSettings(SheetCrmError):
    """The settings or the pipeline cannot be understood."""

    exit_code = 78


class Unsupported(SheetCrmError):
    """The file is of a kind, or holds something, that could not be kept whole."""

    exit_code = 78
