"""`sheetcrm offer`: so far, whether a template of offers can be filled."""

from __future__ import annotations

from pathlib import Path

import click

from sheetcrm import messages
from sheetcrm.commands.shared import AS_JSON, Session, command, say, say_json
from sheetcrm.problems import UsageError
from sheetcrm.workbooks.excel.template import check_template

__all__ = ["run"]

EXIT_PROBLEMS = 1
SIGNS = {True: "✗", False: "·"}


@command("offer", click.Option(["--check-template", "template"], required=True), AS_JSON)
def run(session: Session, template: str, as_json: bool) -> int:
    """Name what is wrong with a template of offers, cell by cell."""
    path = Path(template).expanduser()
    if not path.is_file():
        raise UsageError("offers/no-template", path=template)
    findings = check_template(path)
    if as_json:
        say_json([{"error": f.is_error, "text": f.said(session.language)} for f in findings])
    elif findings:
        say("\n".join(f"{SIGNS[f.is_error]} {f.said(session.language)}" for f in findings))
    if not as_json and not any(f.is_error for f in findings):
        say(messages.text("offers", "template-sound", session.language, file=path.name))
    return EXIT_PROBLEMS if any(f.is_error for f in findings) else 0
