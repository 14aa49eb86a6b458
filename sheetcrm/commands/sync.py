"""`sheetcrm sync`: check, move rows home, keep History, write the reports."""

from __future__ import annotations

from datetime import timedelta

import click

import sheetcrm
from sheetcrm import display, messages
from sheetcrm.commands.plan import say_plan
from sheetcrm.commands.shared import AS_JSON, NO_MOVES, Session, command, duration, flag, say, say_json
from sheetcrm.problems import Busy, Stopped
from sheetcrm.progress import progress

__all__ = ["run"]


@command(
    "sync", click.Argument(["workbook"]), AS_JSON, NO_MOVES, flag("--force"), flag("--dry-run"), duration("--wait")
)
def run(
    session: Session, workbook: str, as_json: bool, no_moves: bool, force: bool, dry_run: bool, wait: timedelta
) -> int:
    """Bring WORKBOOK up to date, and say what was done. A tab that was stopped shows in the exit code."""
    crm = sheetcrm.open(workbook)
    if dry_run:
        say_plan(crm.plan(moves=not no_moves, force=force), session, as_json=as_json)
        return 0

    def waiting(busy: Busy) -> None:
        minutes = max(round(wait.total_seconds() / 60), 1)
        text = messages.text("cli", "waiting", session.language, minutes=minutes)
        click.echo(f"{busy.text(session.language)} {text}", err=True)

    with progress(session.language) as tell:
        receipt = crm.sync(moves=not no_moves, force=force, progress=tell, wait=wait, waiting=waiting)
    if as_json:
        say_json(display.receipt_json(receipt))
    else:
        say(display.receipt_text(receipt, session.language_for(receipt.plan.language)))
    return Stopped.exit_code if receipt.plan.stopped else 0
