"""The pages say what the program does: generated ones are fresh, every command is shown, every link leads somewhere."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
from conftest import ROOT

from sheetcrm import cli

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
MOST_BYTES_OF_A_PICTURE = 120 * 1024


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["docs/problems.md", "docs/tabs.md", "docs/python.md", "README.md"])
def test_says_what_the_program_knows(generate: ModuleType, page: str) -> None:
    assert (ROOT / page).read_text("utf-8") == generate.PAGES[page](), "run: python docs/generate.py"


def test_readme_shows_the_help_of_every_command(generate: ModuleType) -> None:
    shown = {found[2] for found in generate.HELP.finditer((ROOT / "README.md").read_text("utf-8"))}
    assert shown == {"sheetcrm --help", *(f"sheetcrm {name} --help" for name in cli.COMMANDS)}


def test_readme_names_every_command_and_only_those() -> None:
    named = set(
        re.findall(r"^\$ (?:\.venv/bin/)?sheetcrm ([a-z]+)", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    )
    assert named == set(cli.COMMANDS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    assert not [link for link in links if not (page.parent / link).exists()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_piece_of_toml_can_be_read(page: Path) -> None:
    for piece in re.findall(r"```toml\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
        tomllib.loads(piece)


def test_pictures_are_small_and_shown() -> None:
    shown = (ROOT / "README.md").read_text("utf-8")
    pictures = list((ROOT / "docs" / "images").glob("*.png"))
    assert pictures
    for picture in pictures:
        assert picture.stat().st_size <= MOST_BYTES_OF_A_PICTURE, picture.name
        assert f"docs/images/{picture.name}" in shown
