"""Writes the pages that repeat what the program knows: problems, tabs, columns in Python, and the help in the README.

    python docs/generate.py

A test compares them with what stands in the repository, so that they cannot lie.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from sheetcrm import messages
from sheetcrm.columns import header, tab_title
from sheetcrm.problems import SEVERITIES
from sheetcrm.schema import FILLED_IN_TURN, PIPELINE_TABS, SYNC_TABS, TABS, Field
from sheetcrm.setup import ORDER

ROOT = Path(__file__).resolve().parents[1]

HEAD = "<!-- Made by docs/generate.py; change the catalogues instead. -->\n"

SEVERITY_MEANS = {
    "error": "An error stands in the way of something: a move waits, a value does not count.",
    "warning": "A warning is probably wrong. Nothing waits for it.",
    "hint": "A hint was understood and could be tidier. It never colours a row.",
}

WRITERS = {
    "people": "people",
    "sync": "sync",
    "fill": "people; sync where blank",
    "command": "people type a word, sync answers",
    "in turn": "people; in new rows sync where blank, if Settings say that owners take turns",
}


def problems_page() -> str:
    """docs/problems.md."""
    lines = [
        HEAD,
        "# Problems",
        "",
        "Everything that `sheetcrm check` can find, by its code. The codes are stable: `check --json` gives them, and",
        "programs may rely on them. Words in braces are filled in with what stands in the workbook.",
    ]
    catalogue = messages.area("problems")
    for severity in SEVERITIES:
        own = {code: entry for code, entry in catalogue.items() if entry["severity"] == severity}
        lines += ["", f"## {severity.capitalize()}s", "", SEVERITY_MEANS[severity], ""]
        lines += table(("code", "English", "română"), ((f"`{code}`", *_said(entry)) for code, entry in own.items()))
    return "\n".join(lines) + "\n"


def _said(entry: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(f"{entry[language]} *{entry[f'mend-{language}']}*" for language in messages.LANGUAGES)


def tabs_page() -> str:
    """docs/tabs.md."""
    lines = [
        HEAD,
        "# Tabs and columns",
        "",
        "Every tab and column that `sheetcrm init` makes, and who writes it. Headers are recognised in both",
        "languages, in any order, in any letter case, with or without diacritics, and by the other names given here;",
        "a column that you rename later is still known. Any column that is not in these tables is your own: sync",
        "never writes it, and it travels along when its row moves.",
    ]
    for name in ORDER:
        lines += ["", f"## {tab_title(name, 'en')} · {tab_title(name, 'ro')}", ""]
        if also := others("tabs", name):
            lines += [f"Also recognised: {', '.join(also)}.", ""]
        if not TABS[name]:
            lines.append("Laid out by sync, the whole tab.")
        else:
            lines += table(
                ("English", "română", "written by", "also recognised"), (_column(name, f) for f in TABS[name])
            )
        if name in SYNC_TABS and TABS[name]:
            lines += ["", "Sync's own tab: nothing typed here counts." + (" It is hidden." if name == "state" else "")]
    return "\n".join(lines) + "\n"


def _column(tab: str, field: Field) -> tuple[str, ...]:
    also = ", ".join(others("headers", field.name)) if field.writer != "sync" else ""
    folded = " (folded away under *Details*)" if field.details else ""
    in_turn = tab in PIPELINE_TABS and field.name == FILLED_IN_TURN
    writer = WRITERS["in turn"] if in_turn else WRITERS[field.writer]
    return header(field.name, "en") + folded, header(field.name, "ro"), writer, also


def others(area: str, name: str) -> list[str]:
    """What else people write for the same thing."""
    also = messages.area(area)[name].get("also", [])
    return [str(word) for word in also] if isinstance(also, list) else []


def table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table of Markdown."""
    lines = [headers, ["---"] * len(headers), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |" for line in lines]


HELP = re.compile(r"(```console\n\$ (sheetcrm[^\n]*--help)\n).*?(```)", re.DOTALL)
"""A block of the README that shows what a `--help` says."""


def readme_page() -> str:
    """README.md, with every help as the program gives it now."""
    text = (ROOT / "README.md").read_text("utf-8")
    return HELP.sub(lambda found: found[1] + help_of(found[2]) + found[3], text)


def help_of(command: str) -> str:
    """What that command line prints, eighty signs wide."""
    environ = {**os.environ, "COLUMNS": "80", "LC_ALL": "en_US.UTF-8", "PYTHONIOENCODING": "utf-8"}
    arguments = [sys.executable, "-m", "sheetcrm", *shlex.split(command)[1:]]
    done = subprocess.run(arguments, cwd=ROOT, env=environ, capture_output=True, check=True)
    return done.stdout.decode("utf-8").replace("\r\n", "\n")


COLUMNS = re.compile(r"(<!-- columns: (\w+) -->\n)(?:\n\|[^\n]*(?:\n\|[^\n]*)*\n)?")
"""Where docs/python.md shows the columns of a tab."""

TYPES = {"date": "date", "moment": "date", "amount": "amount", "percent": "amount", "count": "count"}
STANDING = "id stage probability weighted_value in_stage_since created_on closed_on".split()
"""Columns of records that the page describes itself."""


def python_page() -> str:
    """docs/python.md, with the columns that the tables take over from their tabs."""
    text = (ROOT / "docs" / "python.md").read_text("utf-8")
    return COLUMNS.sub(lambda found: f"{found[1]}\n{columns_of(found[2])}\n", text)


def columns_of(tab: str) -> str:
    """The columns of a tab as pandas has them, and their headers in the workbook."""
    hidden = {"check", *(STANDING if tab == "deals" else [])}
    shown = (field for field in TABS[tab] if field.name not in hidden)
    rows = (
        (f"`{f.name}`", TYPES.get(f.kind, "text"), header(f.name, "en"), header(f.name, "ro"), WRITERS[f.writer])
        for f in shown
    )
    return "\n".join(table(("column", "type", "English", "română", "written by"), rows))


PAGES: Mapping[str, Callable[[], str]] = {
    "docs/problems.md": problems_page,
    "docs/tabs.md": tabs_page,
    "docs/python.md": python_page,
    "README.md": readme_page,
}
"""Each page, and what it should say."""


if __name__ == "__main__":
    for page, make in PAGES.items():
        (ROOT / page).write_text(make(), "utf-8")
