"""`sheetcrm init`: make a new workbook to work in."""

from __future__ import annotations

import click

from sheetcrm import messages, sync
from sheetcrm.commands.shared import Session, command, say

__all__ = ["run"]


@command("init", click.Argument(["file"]))
def run(session: Session, file: str) -> int:
    """Make FILE, or lay out the Google Sheet at that address."""
    made = sync.init(file, session.language)
    key = "made" if made.tabs else "mended" if made.mended else "nothing-to-mend"
    say(messages.text("cli", key, session.language, file=file, mended=made.mended))
    return 0
