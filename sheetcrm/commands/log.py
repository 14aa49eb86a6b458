"""`sheetcrm log`: tell what happened, to one record or to all."""

from __future__ import annotations

import click

import sheetcrm
from sheetcrm import display
from sheetcrm.commands.shared import AS_JSON, Session, command, say, say_json
from sheetcrm.problems import UsageError

__all__ = ["run"]


@command("log", click.Argument(["workbook"]), click.Argument(["record"], required=False), AS_JSON)
def run(session: Session, workbook: str, record: str | None, as_json: bool) -> int:
    """Tell the History of WORKBOOK, or that of RECORD."""
    crm = sheetcrm.open(workbook)
    events = [event for event in crm.history if not record or event.record == record.strip().upper()]
    if record and not events:
        raise UsageError("unknown-record", record=record)
    if as_json:
        say_json(display.events_json(events))
    else:
        say(display.events_text(events, session.language_for(crm.language), crm.pipeline))
    return 0
