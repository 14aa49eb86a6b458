"""`sheetcrm notebook`: six notebooks about a workbook, and JupyterLab to read them in."""

from __future__ import annotations

import click

import sheetcrm
from sheetcrm import messages, notebook_files
from sheetcrm.commands.shared import Session, command, flag, say

__all__ = ["run"]


@command("notebook", click.Argument(["workbook"]), flag("--no-start"))
def run(session: Session, workbook: str, no_start: bool) -> int:
    """Lay out the notebooks beside WORKBOOK, and start JupyterLab."""
    language = session.language_for(sheetcrm.open(workbook).language)
    laid = notebook_files.lay_out(workbook, language)

    def said(key: str, **values: object) -> str:
        return messages.text("cli", key, language, **values)

    if laid.made:
        say(said("notebooks-made", folder=laid.folder, n=len(laid.made)))
    if laid.there:
        say(said("notebooks-there", files=", ".join(path.name for path in laid.there)))
    if not notebook_files.can_start():
        say(said("notebooks-no-jupyter"))
    elif not no_start:
        say(said("notebooks-start"))
        notebook_files.start(sorted([*laid.made, *laid.there])[0])
    return 0
