"""`sheetcrm offer`: an offer made at once, for a client who waits; and whether a template can be filled."""

from __future__ import annotations

from pathlib import Path

import click

import sheetcrm
from sheetcrm import display, messages
from sheetcrm.commands.shared import AS_JSON, Session, command, flag, say, say_json
from sheetcrm.notebook import OfferMade
from sheetcrm.problems import UsageError
from sheetcrm.progress import progress
from sheetcrm.workbooks.excel.template import check_template

__all__ = ["run"]

EXIT_PROBLEMS = 1
SIGNS = {True: "✗", False: "·"}


@command(
    "offer",
    click.Argument(["workbook"], required=False),
    click.Argument(["record"], required=False),
    flag("--pdf"),
    flag("--open", "shown"),
    click.Option(["--check-template", "template"]),
    AS_JSON,
)
def run(
    session: Session,
    workbook: str | None,
    record: str | None,
    pdf: bool,
    shown: bool,
    template: str | None,
    as_json: bool,
) -> int:
    """Make the offer of RECORD, or name what is wrong with a template."""
    if template is not None and workbook is None:
        return _check(session, template, as_json=as_json)
    if template is not None or workbook is None or record is None:
        raise UsageError("offer-of-what")
    crm = sheetcrm.open(workbook)
    with progress(session.language) as tell:
        made = crm.offer(record, pdf=pdf, progress=tell)
    language = session.language_for(crm.language)
    if as_json:
        say_json(_as_json(made, language))
    else:
        say(_in_words(made, language))
    if made.path and shown:
        click.launch(str(made.path))
    return 0 if made.number else EXIT_PROBLEMS


def _in_words(made: OfferMade, language: str) -> str:
    if not made.number:
        return "\n".join(display.said("offer-not-made", language, why=why) for why in _reasons(made, language))
    lines = [display.said("offer-made", language, number=made.number, path=made.path or "–")]
    if made.path and (pdf := made.path.with_suffix(".pdf")).is_file():
        lines.append(display.said("offer-pdf", language, path=pdf))
    return "\n".join([*lines, *(display.note_text(note, language) for note in made.receipt.notes)])


def _reasons(made: OfferMade, language: str) -> list[str]:
    return [p.message(language) for p in made.receipt.plan.problems if p.code.startswith("offer")]


def _as_json(made: OfferMade, language: str) -> dict[str, object]:
    path = str(made.path) if made.path else None
    return {
        "number": made.number or None,
        "path": path,
        "problems": _reasons(made, language) if not made.number else [],
    }


def _check(session: Session, template: str, *, as_json: bool) -> int:
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
