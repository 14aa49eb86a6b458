"""`sheetcrm plan`: show exactly what sync would do; change nothing."""

from __future__ import annotations

import click

import sheetcrm
from sheetcrm import display
from sheetcrm.commands.shared import AS_JSON, NO_MOVES, Session, command, say, say_json
from sheetcrm.views import PlanView

__all__ = ["run", "say_plan"]


@command("plan", click.Argument(["workbook"]), AS_JSON, NO_MOVES)
def run(session: Session, workbook: str, as_json: bool, no_moves: bool) -> int:
    """Show the changes that WORKBOOK waits for."""
    say_plan(sheetcrm.open(workbook).plan(moves=not no_moves), session, as_json=as_json)
    return 0


def say_plan(plan: PlanView, session: Session, *, as_json: bool) -> None:
    """Show a plan, to a person or to a program."""
    if as_json:
        say_json(display.plan_json(plan, plan.snapshot))
    else:
        say(display.plan_text(plan, session.language_for(plan.language), plan.snapshot))
