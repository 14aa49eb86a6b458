"""`sheetcrm offers`: which offers there are, and which wait for an answer."""

from __future__ import annotations

import click

import sheetcrm
from sheetcrm import display
from sheetcrm.commands.shared import AS_JSON, Session, command, say, say_json
from sheetcrm.offer_figures import expiring
from sheetcrm.offer_states import STATES

__all__ = ["run"]


@command(
    "offers",
    click.Argument(["workbook"]),
    click.Option(["--status"], type=click.Choice(STATES)),
    click.Option(["--expiring", "expiring_in"], type=click.IntRange(0)),
    AS_JSON,
)
def run(session: Session, workbook: str, status: str | None, expiring_in: int | None, as_json: bool) -> int:
    """List the offers of WORKBOOK."""
    crm = sheetcrm.open(workbook)
    facts = crm.offer_facts
    if expiring_in is not None:
        facts = expiring(facts, crm.today, expiring_in)
    chosen = [fact for fact in facts if status in (None, fact.state)]
    if as_json:
        say_json(display.offers_json(chosen))
    else:
        say(display.offers_text(chosen, session.language_for(crm.language)))
    return 0
