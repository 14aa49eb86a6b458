"""`sheetcrm sync`: check, move rows home, keep History, write the reports."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import click

import sheetcrm
from sheetcrm import config, display, messages
from sheetcrm.commands.plan import say_plan
from sheetcrm.commands.shared import AS_JSON, NO_MOVES, Session, command, duration, flag, say, say_json
from sheetcrm.problems import Busy, SheetCrmError, Stopped, UsageError
from sheetcrm.progress import progress

__all__ = ["run"]

EXIT_BUG = SheetCrmError.exit_code


@dataclass(frozen=True, slots=True)
class _How:
    """What was asked for."""

    as_json: bool
    no_moves: bool
    force: bool
    wait: timedelta


@command(
    "sync",
    click.Argument(["workbook"], required=False),
    AS_JSON,
    NO_MOVES,
    flag("--force"),
    flag("--dry-run"),
    duration("--wait"),
    flag("--all", "every"),
)
def run(session: Session, workbook: str | None, dry_run: bool, every: bool, **asked: Any) -> int:
    """Bring WORKBOOK up to date, and say what was done. A tab that was stopped shows in the exit code."""
    how = _How(**asked)
    if every == bool(workbook) or (every and dry_run):
        raise UsageError("one-or-all")
    if every:
        return _sync_all(session, how)
    assert workbook is not None
    if dry_run:
        say_plan(sheetcrm.open(workbook).plan(moves=not how.no_moves, force=how.force), session, as_json=how.as_json)
        return 0
    answer, exit_code = _sync(session, workbook, how)
    if how.as_json:
        say_json(answer)
    return exit_code


def _sync(session: Session, workbook: str, how: _How) -> tuple[Any, int]:
    """Sync one workbook: what a program reads of it, and the exit code. A person is told here."""

    def waiting(busy: Busy) -> None:
        minutes = max(round(how.wait.total_seconds() / 60), 1)
        text = messages.text("cli", "waiting", session.language, minutes=minutes)
        click.echo(f"{busy.text(session.language)} {text}", err=True)

    crm = sheetcrm.open(workbook)
    with progress(session.language) as tell:
        receipt = crm.sync(moves=not how.no_moves, force=how.force, progress=tell, wait=how.wait, waiting=waiting)
    if not how.as_json:
        say(display.receipt_text(receipt, session.language_for(receipt.plan.language)))
    return display.receipt_json(receipt), Stopped.exit_code if receipt.plan.stopped else 0


def _sync_all(session: Session, how: _How) -> int:
    """Sync every workbook of the settings file. One that fails does not keep the others; its exit code stays."""
    known = config.load().workbooks
    if not known:
        raise UsageError("none-named", file=config.FILE_NAME)
    answers, first = [], 0
    for name in known:
        if not how.as_json:
            say(f"\n━━ {name}")
        try:
            answer, exit_code = _sync(session, name, how)
        except Exception as error:  # the night of the other workbooks goes on
            text = _said(error, session.language, name)
            answer, exit_code = {"error": text}, getattr(error, "exit_code", EXIT_BUG)
            click.echo(text, err=True)
        answers.append({"workbook": name, **answer, "exit_code": exit_code})
        first = first or exit_code
    if how.as_json:
        say_json(answers)
    return first


def _said(error: Exception, language: str, workbook: str) -> str:
    if isinstance(error, SheetCrmError):
        return error.text(language)
    what = " ".join(f"{type(error).__name__}: {error}".split())
    return messages.text("cli", "bug", language, error=what, arguments=f"sync {workbook}")
