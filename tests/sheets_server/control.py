"""The emulator's own calls under /_emulator/, for tests in other processes. No token is needed.

Each takes and gives JSON. What they do is what `SheetsServer` does by the same names.
"""

import dataclasses
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from .app import Answer, Request
from .errors import ApiError
from .page import shown
from .quotas import Quota

if TYPE_CHECKING:
    from .server import SheetsServer

__all__ = ["Control"]


class Control:
    """Answers what is asked of the emulator itself; None for all that is asked of Google."""

    def __init__(self, server: "SheetsServer") -> None:
        self.server = server

    def answer(self, request: Request) -> Answer | None:
        """The answer, if the request is one of these."""
        path = urlsplit(request.target).path
        if path.startswith("/_emulator/"):
            return self._own(request, path.removeprefix("/_emulator/").strip("/"))
        if path.startswith("/spreadsheets/d/"):
            return self._look(unquote(path.split("/")[3]))
        return None

    def _look(self, spreadsheet_id: str) -> Answer | None:
        spreadsheet = self.server.sheets.spreadsheets.get(spreadsheet_id)
        if spreadsheet is None:
            return None
        with self.server.sheets.lock:
            return Answer(
                200, shown(self.server.sheets, spreadsheet).encode("utf-8", "replace"), "text/html; charset=UTF-8"
            )

    def _own(self, request: Request, name: str) -> Answer:
        handler: Callable[..., Any] | None = getattr(self, f"{request.http.lower()}_{name}", None)
        if handler is None:
            return _json({"error": f"No such call: {request.http} /_emulator/{name}"}, 404)
        try:
            told = handler(**json.loads(request.body or b"{}"))
        except (TypeError, ValueError, LookupError, ApiError) as error:
            return _json({"error": f"{type(error).__name__}: {error}"}, 400)
        return _json(told if told is not None else {}, 200)

    def get_journal(self) -> Any:
        """Every call so far, in short."""
        return [call.line() for call in self.server.journal]

    def delete_journal(self) -> None:
        """Forget the calls so far."""
        self.server.journal.clear()

    def get_errors(self) -> Any:
        """The emulator's own mistakes."""
        return self.server.errors

    def post_faults(self, kind: str, **rule: Any) -> Any:
        """Add a fault: {"kind": "503-after", "method": "spreadsheets.batchUpdate", "nth": 2}."""
        return dataclasses.asdict(self.server.faults.add(kind, **rule))

    def get_faults(self) -> Any:
        """The rules, and how many calls each has seen and met."""
        return [dataclasses.asdict(fault) for fault in self.server.faults]

    def delete_faults(self) -> None:
        """No faults any more."""
        self.server.faults.clear()

    def post_spreadsheets(self, title: str = "Untitled spreadsheet", owner: str = "", **properties: Any) -> Any:
        """Make a spreadsheet: {"title": …, "locale": "ro_RO", "timeZone": "Europe/Bucharest"}."""
        return {"spreadsheetId": self.server.create(title, owner, **properties).id}

    def post_share(self, spreadsheetId: str, email: str, role: str = "writer") -> None:
        """Let somebody in."""
        self.server.share(spreadsheetId, email, role)

    def post_switches(self, **changes: bool) -> Any:
        """Let Google behave in another way."""
        self.server.switch(**changes)
        return dataclasses.asdict(self.server.sheets.switches)

    def post_quota(self, per_user: int = 60, per_project: int = 300, *, off: bool = False) -> None:
        """Set the quotas, or take them away."""
        self.server.quota = None if off else Quota(per_user, per_project)

    def post_clock(self, seconds: float) -> None:
        """Let time pass for the quotas."""
        if self.server.quota:
            self.server.quota.advance(seconds)

    def post_credentials(self, email: str, project: str = "crm-project") -> Any:
        """The key file of a service account."""
        return self.server.accounts.key_file(email, self.server.address + "/token", project)

    def post_token(self, email: str = "", scopes: list[str] | None = None, seconds: float = 0) -> Any:
        """A token."""
        given = {"scopes": scopes} if scopes else {}
        return {"access_token": self.server.token(email, seconds=seconds, **given)}

    def post_expire(self, email: str = "") -> None:
        """Let tokens be over."""
        self.server.accounts.expire(email)

    def post_disable(self, service: str, *, disabled: bool = True) -> None:
        """Disable an API in the project, or enable it: {"service": "sheets.googleapis.com"}."""
        if disabled:
            self.server.accounts.disabled.add(service)
        else:
            self.server.accounts.disabled.discard(service)

    def post_person(
        self,
        spreadsheetId: str,
        email: str = "",
        action: str = "",
        arguments: list[Any] | None = None,
        times: int = 1,
        seed: int | None = None,
        **settings: Any,
    ) -> Any:
        """Let a person act: by name, or `times` times at random. Gives the records of what was done."""
        server = self.server
        email = email or server.owner
        person = server.people.get(email)
        if person is None or person.spreadsheet_id != spreadsheetId or seed is not None:
            person = server.person(spreadsheetId, email, seed=seed)
        for name, value in settings.items():
            if name not in ("key_header", "hands_off", "tabs", "weights"):
                raise TypeError(f"a person has no {name}")
            setattr(person, name, frozenset(value) if name in ("hands_off", "tabs") else value)
        if action:
            if action not in person.weights and action != "act":
                raise ValueError(f"no such deed: {action}")
            return [dataclasses.asdict(getattr(person, action)(*(arguments or ())))]
        return [dataclasses.asdict(person.act()) for _ in range(times)]


def _json(told: Any, status: int) -> Answer:
    return Answer(status, json.dumps(told, ensure_ascii=False, default=str).encode("utf-8", "replace"))
