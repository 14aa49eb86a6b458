"""`sheetcrm init`: make a new workbook to work in."""

from __future__ import annotations

import click

from sheetcrm import messages, sync
from sheetcrm.commands.shared import Session, command, say

__all__ = ["run"]


@command("init", click.Argument(["file"]))
def run(session: Session, file: str) -> int:
    """Make FILE."""
    sync.init(file, session.language)
    say(messages.text("cli", "made", session.language, file=file))
    return 0
