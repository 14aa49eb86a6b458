"""`sheetcrm takeover`: take over a workbook that the team has already."""

from __future__ import annotations

import click

from sheetcrm import display, sync
from sheetcrm.commands.shared import Session, command, say

__all__ = ["run"]


@command("takeover", click.Argument(["file"]))
def run(session: Session, file: str) -> int:
    """Take over FILE, and say what was done."""
    receipt = sync.takeover(file, session.language)
    say(display.receipt_text(receipt, session.language_for(receipt.plan.language)))
    return 0
