"""Recorded traffic of the real Google, answered again."""

import re
import subprocess
import sys
from pathlib import Path

from tests.sheets_server.server import SheetsServer

LEAST = 0.98


def test_recorded_traffic_is_answered_as_google_did(shared: Path) -> None:
    with SheetsServer(owner="user1@example.com") as server:
        server.token(token="emu-token")
        command = [sys.executable, shared / "tools" / "replay_cassettes.py", shared / "google" / "cassettes_dev.jsonl"]
        done = subprocess.run([*command, server.address], capture_output=True, text=True, timeout=300, check=False)
    found = re.search(r"interactions same (\d+), different (\d+)", done.stdout)
    assert found, done.stdout + done.stderr
    same, different = map(int, found.groups())
    assert same + different > 1000
    assert same >= LEAST * (same + different), done.stdout
