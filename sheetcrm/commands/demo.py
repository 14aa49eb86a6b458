"""`sheetcrm demo`: play several nights of a small team's work."""

from __future__ import annotations

import click

from sheetcrm import demo
from sheetcrm.commands.shared import Session, command, say

__all__ = ["run"]


@command("demo", click.Argument(["folder"], default="demo", required=False))
def run(session: Session, folder: str) -> int:
    """Play the demo in FOLDER, or in the workbook that is named."""
    demo.play(folder, session.language, say)
    return 0
