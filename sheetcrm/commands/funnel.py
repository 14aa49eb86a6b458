"""`sheetcrm funnel`: how many came, how far they got, what was won and lost."""

from __future__ import annotations

from datetime import date
from typing import Literal

import click

import sheetcrm
from sheetcrm import display
from sheetcrm.commands.shared import AS_JSON, Session, command, day, say, say_json

__all__ = ["run"]

OPTIONS = (
    click.Option(["--by"], type=click.Choice(["owner", "source", "industry", "channel"])),
    day("--since"),
    day("--until"),
    click.Option(["--dated"], type=click.Choice(["created", "closed"]), default="created"),
)


@command("funnel", click.Argument(["workbook"]), AS_JSON, *OPTIONS)
def run(
    session: Session,
    workbook: str,
    as_json: bool,
    by: Literal["owner", "source", "industry", "channel"] | None,
    since: date | None,
    until: date | None,
    dated: Literal["created", "closed"],
) -> int:
    """Tell the funnel of WORKBOOK."""
    crm = sheetcrm.open(workbook)
    funnel = crm.funnel(by=by, since=since, until=until, dated=dated)
    if as_json:
        say_json(funnel.as_json())
    else:
        say(display.funnel_text(funnel.figures, session.language_for(crm.language)))
    return 0
