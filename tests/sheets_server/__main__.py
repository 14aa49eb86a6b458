"""`python -m tests.sheets_server`: the emulator in a process of its own, until it is interrupted."""

import argparse
import signal
import sys
import threading
from pathlib import Path

from .quotas import Quota
from .server import OWNER, SERVICE_ACCOUNT, SheetsServer

__all__ = ["main"]


def parser() -> argparse.ArgumentParser:
    """What may be asked for."""
    wanted = argparse.ArgumentParser(prog="python -m tests.sheets_server", description=__doc__)
    wanted.add_argument("--host", default="127.0.0.1")
    wanted.add_argument("--port", type=int, default=0, help="0: any that is free")
    wanted.add_argument("--token", default="emu-token", help="a token that is good for ever, of the owner")
    wanted.add_argument("--owner", default=OWNER, metavar="EMAIL")
    wanted.add_argument("--quota", action="store_true", help="60 reads and 60 writes a minute for each user")
    wanted.add_argument("--credentials", type=Path, metavar="FILE", help="write a service account's key file")
    wanted.add_argument("--service-account", default=SERVICE_ACCOUNT, metavar="EMAIL")
    wanted.add_argument("--spreadsheet", metavar="TITLE", help="make a spreadsheet, shared with the service account")
    wanted.add_argument("--private", metavar="ID", help="let there be a spreadsheet that nobody is let into")
    wanted.add_argument("--locale", default="en_US")
    wanted.add_argument("--time-zone", default="Etc/GMT")
    return wanted


def main(arguments: list[str] | None = None) -> int:
    """Serve; print the address, then the key file and the id of the spreadsheet where asked for, one a line.

    A spreadsheet shows as a page at ADDRESS/spreadsheets/d/ID/edit.
    """
    told = parser().parse_args(arguments)
    quota = Quota() if told.quota else None
    server = SheetsServer(quota=quota, owner=told.owner, host=told.host, port=told.port).start()
    server.token(told.owner, token=told.token, seconds=float("inf"))
    print(server.address, flush=True)
    if told.credentials:
        print(server.credentials(told.credentials, told.service_account), flush=True)
    if told.spreadsheet:
        spreadsheet = server.create(told.spreadsheet, locale=told.locale, timeZone=told.time_zone)
        server.share(spreadsheet.id, told.service_account)
        print(spreadsheet.id, flush=True)
    if told.private:
        server.create("Private", "stranger@example.com", id=told.private)
    ended = threading.Event()
    for wish in (signal.SIGINT, signal.SIGTERM):
        signal.signal(wish, lambda *_: ended.set())
    ended.wait()
    server.stop()
    for error in server.errors:
        print(error, file=sys.stderr)
    return 1 if server.errors else 0


if __name__ == "__main__":
    sys.exit(main())
