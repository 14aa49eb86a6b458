"""The emulator as a server in this process: `with SheetsServer() as server: … server.address`."""

import gzip
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, Self

from .app import Answer, App, Call, Hook, Request, SharedSheets, zipped
from .drive import Drive
from .faults import Faults
from .model import Spreadsheet
from .oauth import ALL_SCOPES, Accounts
from .people import Person
from .quotas import Quota
from .sheets import Caller
from .switches import Switches

__all__ = ["SheetsServer"]

OWNER = "owner@example.com"
SERVICE_ACCOUNT = "sheetcrm@crm-project.iam.gserviceaccount.com"


class SheetsServer:
    """Google's Sheets, Drive and token endpoint at one address, for tests.

    On leaving the `with` block it raises AssertionError if the emulator itself failed or answered
    what Google could not have answered (`errors`).
    """

    def __init__(
        self,
        *,
        switches: Switches | None = None,
        quota: Quota | None = None,
        owner: str = OWNER,
        host: str = "127.0.0.1",
        port: int = 0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.owner = owner
        self.sheets = SharedSheets(switches)
        self.accounts = Accounts(clock)
        self.drive = Drive(self.sheets, clock)
        self.faults = Faults()
        self.app = App(self.sheets, self.accounts, self.drive, quota, self.faults)
        self.people: dict[str, Person] = {}
        self._http = _Http((host, port), self.app)
        self._thread: threading.Thread | None = None
        self.host = host
        from .control import Control

        self.app.extra = Control(self).answer

    @property
    def address(self) -> str:
        """Where it listens, without a slash at the end."""
        return f"http://{self.host}:{self._http.server_address[1]}"

    @property
    def journal(self) -> list[Call]:
        """Every call so far, in the order of the answers."""
        return self.app.journal

    @property
    def errors(self) -> list[str]:
        """The emulator's own mistakes."""
        return self.app.errors

    @property
    def quota(self) -> Quota | None:
        """The quotas in force; None: as many calls as one likes."""
        return self.app.quota

    @quota.setter
    def quota(self, quota: Quota | None) -> None:
        self.app.quota = quota

    @property
    def before_call(self) -> Hook | None:
        """Called right before a call is carried out, while nothing is locked."""
        return self.app.before_call

    @before_call.setter
    def before_call(self, hook: Hook | None) -> None:
        self.app.before_call = hook

    @property
    def after_commit(self) -> Hook | None:
        """Called between the commit of a call and the making of its answer."""
        return self.app.after_commit

    @after_commit.setter
    def after_commit(self, hook: Hook | None) -> None:
        self.app.after_commit = hook

    @property
    def after_call(self) -> Hook | None:
        """Called when an answer is made and not yet sent."""
        return self.app.after_call

    @after_call.setter
    def after_call(self, hook: Hook | None) -> None:
        self.app.after_call = hook

    def start(self) -> Self:
        """Serve in the background."""
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Serve no more; open connections are closed, slow calls are not waited for."""
        self.faults.over.set()
        if self._thread:
            self._http.shutdown()
            self._thread.join()
            self._thread = None
        self._http.server_close()
        self._http.close_connections()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if kind is None:
            self.check()

    def check(self) -> None:
        """AssertionError if the emulator itself went wrong."""
        if self.errors:
            raise AssertionError("The emulator went wrong:\n" + "\n".join(self.errors))

    def credentials(self, path: Path | str, email: str = SERVICE_ACCOUNT, *, project: str = "crm-project") -> Path:
        """Write the key file of a service account, made where it does not exist yet."""
        told = self.accounts.key_file(email, self.address + "/token", project)
        path = Path(path)
        path.write_text(json.dumps(told, indent=2), encoding="utf-8")
        return path

    def token(self, email: str = "", scopes: Iterable[str] = ALL_SCOPES, *, token: str = "", seconds: float = 0) -> str:
        """A token that is good for an hour, or as long as said; the owner's where nobody is named."""
        return self.accounts.give(email or self.owner, scopes, token=token, seconds=seconds or 3599)

    def create(
        self, title: str = "Untitled spreadsheet", owner: str = "", *, id: str = "", **properties: Any
    ) -> Spreadsheet:
        """A new spreadsheet with one tab; properties as Google's: locale="ro_RO", timeZone="Europe/Bucharest"."""
        with self.sheets.lock:
            spreadsheet = self.sheets.create(title, owner or self.owner, **properties)
            if id:
                del self.sheets.spreadsheets[spreadsheet.id]
                spreadsheet.id = id
                self.sheets.spreadsheets[id] = spreadsheet
            self.drive.record(spreadsheet)
            return spreadsheet

    def share(self, spreadsheet_id: str, email: str = SERVICE_ACCOUNT, role: str = "writer") -> None:
        """Let somebody in: a person, a service account, a domain, or "anyone"."""
        with self.sheets.lock:
            self.sheets.spreadsheets[spreadsheet_id].permissions[email] = role

    def unshare(self, spreadsheet_id: str, email: str) -> None:
        """Shut somebody out."""
        with self.sheets.lock:
            self.sheets.spreadsheets[spreadsheet_id].permissions.pop(email, None)

    def person(self, spreadsheet_id: str, email: str = "", *, seed: int | None = None) -> Person:
        """A person with the spreadsheet open in a browser; an editor from now on, the owner where nobody is named."""
        email = email or self.owner
        with self.sheets.lock:
            self.sheets.spreadsheets[spreadsheet_id].permissions.setdefault(email, "writer")
        person = Person(self.sheets, spreadsheet_id, Caller(email), Random(seed))
        self.people[email] = person
        return person

    def switch(self, **changes: bool) -> None:
        """Let Google behave in another way from now on."""
        self.sheets.switches = replace(self.sheets.switches, **changes)


class _Http(ThreadingHTTPServer):
    """One thread for each connection; connections stay open."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], app: App) -> None:
        self.app = app
        self._open: set[socket.socket] = set()
        self._torn: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Bind without asking the network for our own name, which may take seconds."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.server_address[0], self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection."""
        self._open.add(request)
        super().process_request(request, client_address)

    def tear(self, connection: socket.socket) -> None:
        """Let the connection end with a reset: no goodbye, and what was not sent is gone."""
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._torn.add(connection)

    def shutdown_request(self, request: Any) -> None:
        """End a connection."""
        self._open.discard(request)
        if request in self._torn:
            self._torn.discard(request)
            self.close_request(request)
        else:
            super().shutdown_request(request)

    def close_connections(self) -> None:
        """End all connections."""
        for connection in tuple(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Callers may go away at any time."""


class _Handler(BaseHTTPRequestHandler):
    server: _Http
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    rbufsize = 1 << 16

    def _serve(self) -> None:
        body = self._body()
        answer = self.server.app.answer(Request(self.command, self.path, self.headers, body))
        if answer.cut == "reset":
            self.server.tear(self.connection)
            self.close_connection = True
            return
        self._send(zipped(answer, self.headers.get("Accept-Encoding", "")))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            body = b"".join(self._chunks())
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        return gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline().split(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def _send(self, answer: Answer) -> None:
        google = self.path.startswith(("/drive", "/upload"))
        headers = {
            "Content-Type": answer.type,
            "Vary": "Origin, X-Origin" if google else "Origin, X-Origin, Referer",
            "Date": self.date_time_string(),
            "Server": "ESF",
            "Cache-Control": "no-cache, no-store, max-age=0, must-revalidate" if google else "private",
            **answer.headers,
        }
        if answer.status != 204:
            headers["Content-Length"] = str(len(answer.body))
        body = answer.body
        if answer.cut == "half" or self.close_connection:
            self.close_connection = True
            headers["Connection"] = "close"
        if answer.cut == "half":
            body = body[: len(body) // 2]
        head = f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self.connection.sendall(head.encode("latin-1") + b"\r\n" + body)

    def log_message(self, format: str, *args: Any) -> None:
        """The journal is enough."""
