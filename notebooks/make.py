"""Makes the notebooks of this folder anew: plays the demo, runs them on it, keeps of the output only the charts.

    python notebooks/make.py

They are what `sheetcrm notebook` puts beside a workbook, about the workbook of `make demo`.
A test compares their words and code with what the program would make now.
"""

from __future__ import annotations

import shutil
import tempfile
from base64 import b64decode, b64encode
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from PIL import Image

from sheetcrm import demo
from sheetcrm.messages import LANGUAGES
from sheetcrm.notebook_files import NOTEBOOKS, as_text, file_name, notebook

HERE = Path(__file__).resolve().parent
DEMO = {"en": "../../demo/crm.xlsx", "ro": "../../demo/ro/crm.xlsx"}
"""Where the workbooks are that the notebooks of this folder open."""
PICTURE = "image/png"
COLOURS = 48


def make(language: str, scene: Path) -> None:
    """Run the notebooks of a language in a folder of their own, and bring them here."""
    target = HERE / language
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    for name in NOTEBOOKS:
        made = notebook(name, language, DEMO[language])
        ran = run(made, scene)
        for cell, seen in zip(made["cells"], ran["cells"], strict=True):
            if cell["cell_type"] == "code":
                cell["outputs"] = list(pictures(seen["outputs"]))
        (target / file_name(name, language)).write_text(as_text(made), "utf-8")


def run(made: dict[str, Any], scene: Path) -> Any:
    """A notebook with all that its cells say, run in a folder."""
    node = nbformat.from_dict(made)
    NotebookClient(node, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(scene)}}).execute()
    return node


def pictures(outputs: list[Any]) -> Iterator[dict[str, Any]]:
    """The charts alone: tables change with every day, and stand in the workbook."""
    for output in outputs:
        png = output.get("data", {}).get(PICTURE)
        if png:
            about = {PICTURE: dict(output["metadata"].get(PICTURE, {}))}
            data = {PICTURE: b64encode(packed(b64decode(png))).decode("ascii")}
            yield {"output_type": "display_data", "data": data, "metadata": about}


def packed(png: bytes) -> bytes:
    """The same picture in few colours, which is a quarter of the size."""
    small = BytesIO()
    Image.open(BytesIO(png)).convert("RGB").quantize(COLOURS).save(small, "PNG", optimize=True)
    return small.getvalue()


def main() -> None:
    """All of them, in both languages."""
    with tempfile.TemporaryDirectory() as folder:
        for language in LANGUAGES:
            scene = Path(folder) / "notebooks" / language
            scene.mkdir(parents=True)
            demo.play((scene / DEMO[language]).resolve(), language, lambda _: None)
            make(language, scene)


if __name__ == "__main__":
    main()
