"""What all tests share: what they need from outside, and a machine without settings of its own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from sheetcrm import cli
from sheetcrm.workbooks.google import client
from tests.sheets_server.server import SheetsServer

ROOT = Path(__file__).resolve().parents[1]

Run = Callable[..., tuple[int, str, str]]
"""Runs a command: exit code, what it said, what it complained of."""

# Other programs on the machine make a slow example, not a wrong one. The same tests try the same
# examples, so that a change is judged by what it changed; benchmarks/edits.py tries new ones.
settings.register_profile("house", deadline=None, derandomize=True)
settings.load_profile("house")


def require(condition: object, reason: str) -> None:
    """Skip where something is absent; fail where SHEETCRM_REQUIRE=1 says that it must be there."""
    if condition:
        return
    if os.environ.get("SHEETCRM_REQUIRE") == "1":
        pytest.fail(f"SHEETCRM_REQUIRE=1, and yet: {reason}", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The shared test data: `SHEETCRM_SHARED`, else `shared` beside the checkout."""
    folder = Path(os.environ.get("SHEETCRM_SHARED") or ROOT.parent / "shared")
    require(folder.is_dir(), f"no shared test data in {folder}; say where they are in SHEETCRM_SHARED")
    return folder


@pytest.fixture(scope="session")
def libreoffice() -> str:
    """The program that opens workbooks as people do."""
    program = shutil.which("soffice")
    require(program, "LibreOffice is not installed (libreoffice-calc-nogui)")
    return str(program)


@pytest.fixture(scope="module")
def sheets_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SheetsServer]:
    """Google Sheets on this machine, and the key of a service account that works with it."""
    with pytest.MonkeyPatch.context() as patch, SheetsServer() as server:
        patch.setenv("SHEETCRM_GOOGLE_URL", server.address)
        key = server.credentials(tmp_path_factory.mktemp("key") / "key.json")
        key.chmod(0o600)
        patch.setenv("SHEETCRM_CREDENTIALS", str(key))
        yield server


@pytest.fixture(scope="session", autouse=True)
def _machine_without_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("SHEETCRM_CONFIG", "SHEETCRM_CREDENTIALS", "SHEETCRM_GOOGLE_URL", "LC_ALL", "LC_MESSAGES"):
            patch.delenv(name, raising=False)
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        patch.setenv("LANG", "en_US.UTF-8")
        patch.setattr(client.PACE, "calls", 1 << 30)  # the emulator has a quota only where a test asks for one
        yield


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the program in this process: exit code, what it said, what it complained of."""

    def run(*arguments: str) -> tuple[int, str, str]:
        exit_code = cli.main(arguments)
        return exit_code, *capsys.readouterr()

    return run
