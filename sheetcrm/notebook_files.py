"""The notebooks as files: six of them, in the reader's language, about the reader's own workbook.

Their words stand in the message catalogue, their code calls the Python face and
nothing else. A file that is there already is never touched.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sheetcrm import config, messages
from sheetcrm.problems import UsageError

__all__ = ["LaidOut", "NOTEBOOKS", "can_start", "file_name", "lay_out", "notebook", "start"]

OPEN = "import sheetcrm\n\ncrm = sheetcrm.open({where})"

NOTEBOOKS: Mapping[str, tuple[str, ...]] = {
    "first-look": (
        f"{OPEN}\ncrm",
        "crm.check()",
        "crm.plan()",
        'crm.records[["id", "name", "stage", "owner", "value", "currency", "in_stage_since"]].tail(10)',
        'crm.events[["happened_on", "record", "event", "before", "after", "owner"]].tail(10)',
    ),
    "funnel": (
        OPEN,
        "crm.months()",
        "crm.funnel()",
        'crm.funnel().chart("cohorts")',
        'crm.losses().chart("stage")',
        "crm.durations()",
        'won = crm.rows("won", month=f"{{crm.today:%Y-%m}}")\n'
        'won[["happened_on", "id", "name", "owner", "source", "value", "currency"]]',
    ),
    "losses": (
        OPEN,
        "crm.losses()",
        'crm.losses().chart("stage")',
        'crm.losses().chart("competitor")',
        'crm.losses().chart("source")',
        'crm.losses().chart("month")',
        'lost = crm.rows("lost").sort_values("closed_on", ascending=False)\n'
        'lost[["closed_on", "id", "name", "owner", "reached", "loss_reason", "competitor", "notes"]].head(15)',
    ),
    "team": (
        OPEN,
        "crm.team()",
        'crm.team().chart("open_values")',
        'crm.team().chart("follow_ups")',
        "crm.follow_ups()",
        'crm.team().chart("activities")',
    ),
    "forecast": (
        OPEN,
        "crm.forecast()",
        'crm.forecast().chart("stages")',
        'lines = crm.forecast().frame.sort_values("weighted", ascending=False)\n'
        'lines[["id", "name", "owner", "stage", "value", "currency", "probability", "basis", "weighted"]].head(10)',
        "from datetime import timedelta\n\n"
        'crm.as_of(crm.today - timedelta(days=45)).forecast().chart("against_actual")',
        "crm.backtest()",
    ),
    "clean-up": (
        OPEN,
        "crm.check()",
        'rows = crm.cells("leads")\n'
        'rows.loc[rows["check"] != "", ["company", "stage", "come_back_on", "phone", "check"]]',
        "from datetime import timedelta\n\n"
        'rows.loc[rows["company"] == "{company}", "come_back_on"] = crm.today + timedelta(days=90)',
        "fix = crm.fix(rows)\nfix",
        "fix.write()",
        "crm.plan()",
    ),
}
"""Each notebook: its cells of code. Before each stands the text of its number in the catalogue."""


class LaidOut(NamedTuple):
    """What was put beside the workbook."""

    folder: Path
    made: tuple[Path, ...]
    there: tuple[Path, ...]
    """Files that stood there already, and were left."""


def notebook(name: str, language: str, where: str) -> dict[str, Any]:
    """A notebook without any output, about the workbook at `where`."""
    cells: list[dict[str, Any]] = []
    for number, (text, code) in enumerate(_cells(name, language, where), 1):
        cells.append({"cell_type": "markdown", "id": f"text-{number}", "metadata": {}, "source": text})
        blank: dict[str, Any] = {"execution_count": None, "outputs": []}
        cells.append({"cell_type": "code", "id": f"code-{number}", "metadata": {}, "source": code} | blank)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _cells(name: str, language: str, where: str) -> Iterator[tuple[str, str]]:
    company = messages.text("notebooks", "clean-up-company", language)
    for number, code in enumerate(NOTEBOOKS[name], 1):
        text = messages.text("notebooks", f"{name}-{number}", language).strip()
        yield text, code.format(where=json.dumps(where, ensure_ascii=False), company=company)


def file_name(name: str, language: str) -> str:
    """`02_funnel.ipynb`."""
    number = list(NOTEBOOKS).index(name) + 1
    return f"{number:02}_{messages.text('notebooks', f'{name}-file', language)}.ipynb"


def lay_out(where: str, language: str) -> LaidOut:
    """Put the notebooks beside the workbook, in a folder called after it; of a Google Sheet, into this folder.

    Raises `UsageError` where that folder is something else.
    """
    place = config.resolve(where)
    if config.is_google(place):
        folder = Path("notebooks" if config.is_google(where) else f"{where} notebooks")
        named = place
    else:
        file = Path(place)
        folder = file.parent / f"{file.stem} notebooks"
        named = Path(os.path.relpath(file, folder)).as_posix()
    if folder.exists() and not folder.is_dir():
        raise UsageError("notebook-nowhere", folder=str(folder))
    folder.mkdir(exist_ok=True)
    made, there = [], []
    for name in NOTEBOOKS:
        path = folder / file_name(name, language)
        try:
            with path.open("x", encoding="utf-8") as file_:
                file_.write(as_text(notebook(name, language, named)))
            made.append(path)
        except FileExistsError:
            there.append(path)
    return LaidOut(folder, tuple(made), tuple(there))


def as_text(content: Mapping[str, Any]) -> str:
    """A notebook as its file says it."""
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def can_start() -> bool:
    """Whether JupyterLab is installed."""
    return importlib.util.find_spec("jupyterlab") is not None


def start(notebook_: Path) -> None:
    """Show a notebook in JupyterLab, until somebody ends it."""
    subprocess.run([sys.executable, "-m", "jupyterlab", notebook_.name], cwd=notebook_.parent, check=False)
