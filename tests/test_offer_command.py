"""`sheetcrm offer --check-template`: what is wrong with a template, by cell."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest
from conftest import ROOT, Run


@pytest.mark.parametrize("name", ["offer_template.xlsx", "offer_template_ro.xlsx"])
def test_our_own_templates_are_sound(run: Run, name: str) -> None:
    exit_code, said, _ = run("offer", "--check-template", str(ROOT / "templates" / name))
    assert exit_code == 0
    assert "can be filled" in said


@pytest.mark.parametrize(("language", "words"), [("en", "client.nmae"), ("ro", "client.nmae")])
def test_a_mistake_is_named_by_its_cell(run: Run, tmp_path: Path, language: str, words: str) -> None:
    book = openpyxl.load_workbook(ROOT / "templates" / "offer_template.xlsx")
    book.worksheets[0]["A60"] = "{{client.nmae}}"
    book.save(tmp_path / "ours.xlsx")
    exit_code, said, _ = run("offer", "--check-template", str(tmp_path / "ours.xlsx"), "--lang", language)
    assert exit_code == 1
    assert "A60" in said
    assert words in said
    exit_code, said, _ = run("offer", "--check-template", str(tmp_path / "ours.xlsx"), "--json")
    assert [finding["error"] for finding in json.loads(said)].count(True) == 1


def test_a_file_that_is_not_there(run: Run) -> None:
    exit_code, _, complaint = run("offer", "--check-template", "none.xlsx")
    assert exit_code == 2
    assert "There is no file" in complaint
