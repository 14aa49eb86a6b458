"""The Problems tab: every problem there is, the most serious first.

It names rows by ID and by what people call them, never by number: numbers
change as soon as somebody sorts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sheetcrm.problems import SEVERITIES, Problem
from sheetcrm.report.grid import Grid, Sheet, Words
from sheetcrm.settings import Settings

__all__ = ["in_order", "problem_rows"]

COLUMNS = ("problem-tab", "problem-id", "problem-name", "problem-column", "problem-severity", "problem-what")


def problem_rows(problems: Iterable[Problem], settings: Settings, names: Mapping[str, str] | None = None) -> Sheet:
    """What the tab says. `names` is what people call a record, by its ID."""
    words = Words(settings.language)
    ordered = in_order(problems, settings.language)
    grid = Grid(words)
    grid.title(words("problems-title"))
    counts = [words(f"n-{severity}", n=sum(p.severity == severity for p in ordered)) for severity in SEVERITIES]
    grid.note(", ".join(counts))
    grid.rows.append(())
    lines = [
        (
            problem.tab,
            problem.id,
            (names or {}).get(problem.id, ""),
            problem.column,
            words(f"severity-{problem.severity}"),
            problem.message(settings.language),
            problem.code,
        )
        for problem in ordered
    ]
    headers = [*map(words, COLUMNS), words("problem-code")]
    styles = ("text", "text", "text", "text", "text", "text", "note")
    grid.table(headers, styles, lines)
    return Sheet(tuple(grid.rows), (18, 12, 28, 22, 14, 90, 24))


def in_order(problems: Iterable[Problem], language: str) -> list[Problem]:
    """Errors first, hints last; then in an order that sorting the rows does not change."""

    def key(problem: Problem) -> tuple[object, ...]:
        place = (problem.tab, problem.id == "", len(problem.id), problem.id)
        return SEVERITIES.index(problem.severity), *place, problem.code, problem.column, problem.message(language)

    return sorted(problems, key=key)
