"""`python -m tests.sheets_server.demo [en|ro]`: the demo of sheetcrm in a Google Sheet, without an account.

It starts the emulator, makes a blank spreadsheet as a person would, shares it with
a service account, and runs `sheetcrm demo` on it as a command of its own. What the
sheet says afterwards is written to demo/google.html, to be looked at.
"""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import requests

from .server import SheetsServer

PAGE = Path("demo/google.html")


def main(language: str = "en") -> int:
    """Play the demo; gives the exit code of the command."""
    with SheetsServer() as server, TemporaryDirectory() as folder:
        spreadsheet = server.create("sheetcrm demo", locale="ro_RO" if language == "ro" else "en_GB")
        server.share(spreadsheet.id)
        key = server.credentials(Path(folder) / "key.json")
        key.chmod(0o600)
        address = f"https://docs.google.com/spreadsheets/d/{spreadsheet.id}/edit"
        environment = {**os.environ, "SHEETCRM_GOOGLE_URL": server.address, "SHEETCRM_CREDENTIALS": str(key)}
        command = [sys.executable, "-m", "sheetcrm", "demo", address, "--lang", language]
        done = subprocess.run(command, env=environment, check=False)
        if done.returncode == 0:
            PAGE.parent.mkdir(exist_ok=True)
            PAGE.write_text(requests.get(f"{server.address}/spreadsheets/d/{spreadsheet.id}/edit", timeout=60).text)
            calls = [call.method.rpartition(".")[2] for call in server.journal]
            print(f"\n{calls.count('get')} reads, {calls.count('batchUpdate')} writes.")
            print(f"The sheet was on the emulator, which is gone; what it says now is kept in {PAGE}")
        return done.returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
