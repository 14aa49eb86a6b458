"""`sheetcrm import`: take in a list, or an old system's export."""

from __future__ import annotations

import click

from sheetcrm import display, importing
from sheetcrm.commands.shared import AS_JSON, Session, command, flag, say, say_json

__all__ = ["run"]

ARGUMENTS = (click.Argument(["workbook"]), click.Argument(["tab"]), click.Argument(["file"]))
OPTIONS = (click.Option(["--map", "map_file"]), flag("--add-to-lists"), flag("--dry-run"))


@command("import", *ARGUMENTS, AS_JSON, *OPTIONS)
def run(
    session: Session,
    workbook: str,
    tab: str,
    file: str,
    map_file: str | None,
    as_json: bool,
    add_to_lists: bool,
    dry_run: bool,
) -> int:
    """Take the rows of FILE into TAB of WORKBOOK, and say which could not be read."""
    report = importing.import_file(workbook, tab, file, map_file=map_file, add_to_lists=add_to_lists, dry_run=dry_run)
    if as_json:
        say_json(report.as_json())
    else:
        say(display.import_text(report, session.language_for(report.plan.language)))
    return 0
