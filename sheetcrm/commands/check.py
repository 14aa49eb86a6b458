"""`sheetcrm check`: say what is wrong; change nothing."""

from __future__ import annotations

from collections.abc import Sequence

import click

import sheetcrm
from sheetcrm import display
from sheetcrm.commands.shared import AS_JSON, Session, command, say, say_json
from sheetcrm.problems import Problem

__all__ = ["run"]

EXIT_PROBLEMS = 1


@command("check", click.Argument(["workbook"]), AS_JSON)
def run(session: Session, workbook: str, as_json: bool) -> int:
    """Say what is wrong in WORKBOOK. Hints alone are nothing wrong."""
    crm = sheetcrm.open(workbook)
    problems = crm.check()
    language = session.language_for(crm.language)
    if as_json:
        say_json(problems_json(problems, language))
    else:
        say(display.problems_text(problems, language))
    return EXIT_PROBLEMS if any(problem.severity != "hint" for problem in problems) else 0


def problems_json(problems: Sequence[Problem], language: str) -> dict[str, object]:
    """The shape of `check --json`."""
    severities = [problem.severity for problem in problems]
    return {
        "problems": [problem.as_json(language) for problem in problems],
        "errors": severities.count("error"),
        "warnings": severities.count("warning"),
    }
