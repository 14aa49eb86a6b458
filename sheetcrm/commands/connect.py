"""`sheetcrm connect`: what is missing to work with a Google Sheet, step by step."""

from __future__ import annotations

import click

from sheetcrm import config
from sheetcrm.commands.shared import AS_JSON, Session, command, flag, say, say_json
from sheetcrm.problems import UsageError
from sheetcrm.workbooks.google.connecting import Findings, connect

__all__ = ["run"]

SIGNS = {"ok": "✓", "warning": "!", "error": "✗"}


@command("connect", click.Argument(["workbook"]), AS_JSON, flag("--no-probe"))
def run(session: Session, workbook: str, as_json: bool, no_probe: bool) -> int:
    """Try what a run on WORKBOOK would need, and say what is missing and how to get it."""
    where = config.resolve(workbook)
    if not config.is_google(where):
        raise UsageError("connect/a-file", file=where)
    found = connect(where, probing=not no_probe)
    language = session.language_for(found.language or session.language)
    if as_json:
        say_json(_as_json(found, language))
    else:
        say("\n".join(f"{SIGNS[step.state]} {step.text(language)}" for step in found.steps))
    return found.exit_code


def _as_json(found: Findings, language: str) -> dict[str, object]:
    """The shape of `connect --json`."""
    return {
        "steps": [{"step": step.name, "state": step.state, "text": step.text(language)} for step in found.steps],
        "ok": found.exit_code == 0,
        "email": found.email or None,
    }
