"""`sheetcrm doctor`: what a file holds, what sync would touch in it, and what it would refuse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from sheetcrm import config, messages
from sheetcrm.commands.shared import AS_JSON, Session, command, say, say_json
from sheetcrm.display.plans import tab_of
from sheetcrm.plan import make_plan
from sheetcrm.problems import NotAllowed, SheetCrmError, UsageError
from sheetcrm.schema import SYNC_TABS
from sheetcrm.tables import Plan, Snapshot
from sheetcrm.workbooks import open_workbook
from sheetcrm.workbooks.excel import ExcelWorkbook
from sheetcrm.workbooks.excel.contents import TabContents, contents_of, tabs_of
from sheetcrm.workbooks.excel.files import check_closed, read_bytes
from sheetcrm.workbooks.excel.package import Package

__all__ = ["run"]

EXIT_OBSTACLES = 1


@command("doctor", click.Argument(["file"]), AS_JSON)
def run(session: Session, file: str, as_json: bool) -> int:
    """Examine FILE: what it holds, what sync would touch, and all that would stop it, not the first thing only."""
    where = config.resolve(file)
    if config.is_google(where):
        raise UsageError("doctor-is-for-files", address=where)
    language, found = examined(where, session)
    if as_json:
        say_json(found)
    else:
        say(_in_words(found, language))
    return EXIT_OBSTACLES if found["obstacles"] else 0


def examined(where: str, session: Session) -> tuple[str, dict[str, Any]]:
    """In which language, and all that is to be said. A file that cannot even be read is an error, as elsewhere."""
    workbook = open_workbook(where)
    base = workbook.read()
    path = Path(where)
    package = Package(read_bytes(path), path.name)
    tabs = tabs_of(package)
    obstacles: list[SheetCrmError] = []
    language = session.language
    would: dict[str, Any] = {"by": "sync", "tabs": [], "parts": [], "new_parts": []}
    try:
        check_closed(path)
    except SheetCrmError as error:
        obstacles.append(error)
    try:
        would["by"], plan = _what_would_be_done(base, language)
        language = session.language_for(plan.language)
        titles = list(dict.fromkeys(tab_of(change) for change in plan.changes))
        locked = _locked(base, tabs, titles) if not plan.write_protected else []
        obstacles += [NotAllowed("protected-tab", file=path.name, tab=title) for title in locked]
        if isinstance(workbook.store, ExcelWorkbook):
            # What is protected was said; the rest is looked at as if it were not.
            parts = workbook.store.rehearse(replace(plan, write_protected=True), base)
            would["parts"] = [part for part in parts if part in package.names]
            would["new_parts"] = [part for part in parts if part not in package.names]
            would["tabs"] = titles
    except SheetCrmError as error:
        obstacles.append(error)
    return language, {
        "file": where,
        "tabs": [tab._asdict() for tab in tabs],
        "parts": len(package.names),
        "holds": contents_of(package),
        "would_write": would,
        "obstacles": [error.text(language) for error in obstacles],
    }


def _locked(base: Snapshot, tabs: Sequence[TabContents], titles: Sequence[str]) -> list[str]:
    """Tabs of people's that would be written, and are protected."""
    marks = {tab.title: tab.mark for tab in base.tabs}
    locked = [tab.title for tab in tabs if tab.is_protected and tab.title in titles]
    return [title for title in locked if marks.get(title, "") not in SYNC_TABS]


def _what_would_be_done(base: Snapshot, language: str) -> tuple[str, Plan]:
    """By which command, and the plan of it."""
    now = datetime.now(UTC)
    try:
        return "sync", make_plan(base, now)
    except UsageError as error:
        if error.key != "not-set-up":
            raise
    plan = make_plan(base, now, takeover=True, language=language)
    if not any(event.event == "taken-over" for event in plan.events):
        raise UsageError("nothing-to-take-over")
    return "takeover", plan


def _in_words(found: dict[str, Any], language: str) -> str:
    def said(key: str, **values: object) -> str:
        return messages.text("doctor", key, language, **values)

    lines = [said("tabs")]
    for tab in found["tabs"]:
        notes = [said(f"kind-{tab['kind']}")] if tab["kind"] != "worksheet" else [said("rows", n=tab["rows"])]
        notes += [said("hidden")] if tab["state"] != "visible" else []
        notes += [said("protected")] if tab["is_protected"] else []
        lines.append(f"  {tab['title']}: {', '.join(notes)}")
    if found["holds"]:
        held = "; ".join(f"{said(what)} {number}" for what, number in found["holds"].items())
        lines += ["", said("holds", things=held)]
    would = found["would_write"]
    if would["tabs"]:
        counts = {"changed": len(would["parts"]), "all": found["parts"], "new": len(would["new_parts"])}
        lines += ["", said("would-write", command=f"sheetcrm {would['by']}", tabs=", ".join(would["tabs"]), **counts)]
    elif not found["obstacles"]:
        lines += ["", said("nothing-to-write")]
    lines += ["", *(found["obstacles"] or [messages.text("cli", "sound", language, file=found["file"])])]
    return "\n".join(lines)
