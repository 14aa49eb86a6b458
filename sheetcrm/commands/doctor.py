"""`sheetcrm doctor`: say whether a file can be worked on, and what stands in the way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from sheetcrm import config, messages
from sheetcrm.commands.shared import Session, command, say
from sheetcrm.problems import SheetCrmError
from sheetcrm.workbooks import open_workbook
from sheetcrm.workbooks.excel.files import check_closed, read_bytes
from sheetcrm.workbooks.excel.losses import would_lose
from sheetcrm.workbooks.excel.package import Package

__all__ = ["run"]

EXIT_OBSTACLES = 1


@command("doctor", click.Argument(["file"]))
def run(session: Session, file: str) -> int:
    """Examine FILE, and say all that would stop a sync, not the first thing only."""
    where = config.resolve(file)
    found = list(obstacles(where, session.language))
    say("\n".join(found) or messages.text("cli", "sound", session.language, file=where))
    return EXIT_OBSTACLES if found else 0


def obstacles(where: str, language: str) -> Iterator[str]:
    """What would stop a sync, each as the sentence that sync would say.

    A file that cannot even be read is an error, as in every command.
    """
    open_workbook(where).read()
    path = Path(where)
    try:
        check_closed(path)
    except SheetCrmError as error:
        yield error.text(language)
    if lost := would_lose(Package(read_bytes(path), path.name)):
        things = ", ".join(messages.text("errors", key, language) for key in lost)
        yield messages.text("errors", "would-lose", language, file=path.name, things=things)
