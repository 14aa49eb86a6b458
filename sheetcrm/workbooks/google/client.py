"""Speaking with Google: who we are, one call at a time, and patience with what passes.

It knows credentials, time limits and which failures are worth another try; it does
not know what a call is for. A write whose outcome is unknown is never repeated
here: `Unknown` is raised, and who sent it looks whether it landed.
"""

from __future__ import annotations

import json
import logging
import random
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import google.auth
import requests
from google.auth.credentials import Credentials
from google.auth.exceptions import DefaultCredentialsError, RefreshError, TransportError
from google.auth.transport.requests import AuthorizedSession, Request
from google.oauth2 import service_account
from gspread import HTTPClient
from gspread.exceptions import APIError
from gspread.urls import SPREADSHEET_BATCH_UPDATE_URL, SPREADSHEET_URL

from sheetcrm import config, messages
from sheetcrm.problems import NotAllowed, SheetCrmError, Unavailable, UsageError
from sheetcrm.workbooks.google.values import Json

__all__ = [
    "GOOGLE",
    "PACE",
    "PATIENCE_SECONDS",
    "SCOPES",
    "Client",
    "Pace",
    "Refused",
    "Unknown",
    "as_it_is",
    "credentials",
    "load_credentials",
]

SCOPES = ("https://www.googleapis.com/auth/spreadsheets",)
GOOGLE = "https://sheets.googleapis.com"
TIMEOUT_SECONDS = (15.0, 200.0)
"""To connect, and to wait for an answer: Google itself gives up after 180 s."""
PATIENCE_SECONDS = 600.0
LONGEST_PAUSE_SECONDS = 64.0
SAY_AFTER_SECONDS = 5.0
"""A shorter pause is not worth a line."""

_logger = logging.getLogger("sheetcrm")


def _say_less(record: logging.LogRecord) -> bool:
    """Leave out what google-auth hangs on its lines at DEBUG: the signed request for a token, and every answer."""
    for name in ("httpRequest", "httpResponse"):
        if hasattr(record, name):
            setattr(record, name, "left out by sheetcrm")
    return True


logging.getLogger("google.auth.transport.requests").addFilter(_say_less)


class Pace:
    """Keeps calls below what Google lets one account do in a minute, however many workbooks a run has."""

    def __init__(self, calls: int, seconds: float = 60.0) -> None:
        self.calls, self.seconds = calls, seconds
        self._made: dict[bool, deque[float]] = {False: deque(), True: deque()}

    def wait(self, writes: bool, now: float) -> float:
        """Take a place for one call; gives how long to wait until it may be made."""
        made = self._made[writes]
        while made and made[0] <= now - self.seconds:
            made.popleft()
        start = now if len(made) < self.calls else max(now, made[-self.calls] + self.seconds)
        made.append(start)
        return start - now


PACE = Pace(55)
"""Google allows 60 reads and 60 writes a minute; a person's own scripts may use the account too."""


class Unknown(Exception):
    """A write was sent and no answer came: it may have landed or not."""


class Refused(Exception):
    """Google understood a write and refuses it; nothing was written."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


def load_credentials(file: Path) -> Credentials:
    """The service account of a key file. Raises `NotAllowed` where it is none."""
    try:
        return service_account.Credentials.from_service_account_file(str(file), scopes=SCOPES)  # type: ignore[no-untyped-call, no-any-return]
    except OSError as error:
        raise NotAllowed("google-no-key", file=str(file)) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotAllowed("google-bad-key", file=str(file)) from error


def credentials() -> Credentials:
    """The account that sync works with: of `SHEETCRM_CREDENTIALS`, else the machine's own."""
    file = config.google_credentials()
    if file is not None:
        return load_credentials(file)
    try:
        found, _ = google.auth.default(scopes=SCOPES)
    except DefaultCredentialsError as error:
        raise NotAllowed("google-no-credentials") from error
    return found


class _Http(HTTPClient):
    """gspread's way to Google, at the address that the environment names, with a time limit."""

    def __init__(self, auth: Credentials) -> None:
        self.account = auth
        tokens = requests.Session()
        self.ask_for_token = Request(tokens)
        session = AuthorizedSession(auth, auth_request=self.ask_for_token)  # type: ignore[no-untyped-call]  # the same
        # Without this, requests puts a password of ~/.netrc in the place of the token, and sends it to Google.
        tokens.auth = session.auth = as_it_is
        super().__init__(auth, session)
        self.set_timeout(TIMEOUT_SECONDS)
        self._base = config.google_url()

    def request(self, method: str, endpoint: str, *args: Any, **named: Any) -> requests.Response:
        """One call."""
        address = endpoint.replace(GOOGLE, self._base or GOOGLE, 1)
        return super().request(method, address, *args, **named)


class Client:
    """One spreadsheet at Google's."""

    def __init__(
        self,
        spreadsheet: str,
        account: Credentials | None = None,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self.spreadsheet = spreadsheet
        self._account = account
        self._opened: _Http | None = None
        self._sleep, self._clock, self._patience = sleep, clock, patience

    @property
    def email(self) -> str:
        """The address that the spreadsheet must be shared with; "" where it is not known."""
        return str(getattr(self._account, "service_account_email", "") or "")

    def sign_in(self) -> None:
        """Get a token now; every call gets one by itself where there is none."""
        self._patiently(_get_token)

    def get(self, fields: str, ranges: Sequence[str] = ()) -> Json:
        """The spreadsheet, as far as the mask goes."""
        parameters: dict[str, Any] = {"fields": fields}
        if ranges:
            parameters["ranges"] = list(ranges)
        return self._patiently(lambda http: _json(http.request("get", SPREADSHEET_URL % self.spreadsheet, parameters)))

    def write(self, wanted: Sequence[Json], fields: str = "", response_ranges: Sequence[str] = ()) -> Json:
        """Carry out requests, all or none. Raises `Refused`, or `Unknown` when no answer came."""
        body: Json = {"requests": list(wanted)}
        parameters: dict[str, Any] = {}
        if fields:
            body |= {"includeSpreadsheetInResponse": True, "responseRanges": list(response_ranges)}
            parameters["fields"] = fields
        address = SPREADSHEET_BATCH_UPDATE_URL % self.spreadsheet
        return self._patiently(lambda http: _json(http.request("post", address, parameters, json=body)), writes=True)

    def _http(self) -> _Http:
        if self._opened is None:
            self._account = self._account or credentials()
            self._opened = _Http(self._account)
        return self._opened

    def _patiently(self, call: Callable[[_Http], Json], *, writes: bool = False) -> Json:
        """Call until it is answered, with longer and longer pauses, for as long as patience lasts."""
        until = self._clock() + self._patience
        tries = 0
        while True:
            self._keep_pace(writes)
            try:
                return call(self._http())
            except APIError as error:
                self._raise_if_settled(error, writes)
                reason = str(error.response.status_code)
            except RefreshError as error:
                self._raise_if_refused(error)
                reason = "token"
            except TransportError as error:
                _raise_if_nobody_vouches(error)
                reason = type(error).__name__
            except (requests.RequestException, ValueError) as error:
                _raise_if_nobody_vouches(error)
                if writes:
                    raise Unknown from error
                reason = type(error).__name__
            tries += 1
            self._pause(tries, until, reason)

    def _keep_pace(self, writes: bool) -> None:
        pause = PACE.wait(writes, self._clock())
        if pause > 0:
            self._say_pause(pause, f"{PACE.calls}/min")
            self._sleep(pause)

    def pause(self, tries: int, until: float) -> None:
        """Wait before another try. Raises `Unavailable` when patience ends."""
        self._pause(tries, until, "unknown")

    @property
    def deadline(self) -> float:
        """Until when patience lasts from now on."""
        return self._clock() + self._patience

    def _pause(self, tries: int, until: float, reason: str) -> None:
        pause = min(2.0 ** (tries - 1) + random.random(), LONGEST_PAUSE_SECONDS)
        if self._clock() + pause > until:
            raise Unavailable("google-unavailable", reason=reason, minutes=round(self._patience / 60))
        self._say_pause(pause, reason)
        self._sleep(pause)

    def _say_pause(self, pause: float, reason: str) -> None:
        if pause >= SAY_AFTER_SECONDS:
            text = messages.text("cli", "google-waits", config.language(), seconds=round(pause), reason=reason)
            _logger.warning("%s", text)

    def _raise_if_settled(self, error: APIError, writes: bool) -> None:
        """Raise what is no use trying again. What is left was not carried out, and may be tried again."""
        status = error.response.status_code
        if status == 429:
            return
        if status >= 500:
            if writes:
                raise Unknown from error
            return
        message = str(error.error.get("message", ""))
        if status == 403 and "SERVICE_DISABLED" in error.response.text:
            raise NotAllowed("google-api-off", address=_activation(error.error)) from error
        if status == 403 and "RATE_LIMIT_EXCEEDED" in error.response.text:
            return
        if status == 403 and "SCOPE" in error.response.text:
            raise NotAllowed("google-scope") from error
        if status == 403:
            key = "google-no-edit" if writes else "google-not-shared"
            raise NotAllowed(key, email=self.email or "?") from error
        if status == 404:
            raise UsageError("google-not-found", id=self.spreadsheet, email=self.email or "?") from error
        if status == 401:
            raise NotAllowed("google-credentials", reason="401") from error
        if status == 400 and "protected" in message:
            raise NotAllowed("google-protected", email=self.email or "?") from error
        if status == 400 and writes:
            raise Refused(message) from error
        raise SheetCrmError("google-refused", reason=f"{status} {message}"[:300]) from error

    def _raise_if_refused(self, error: RefreshError) -> None:
        """A token that is refused stays refused; a token server that is out of order does not."""
        if getattr(error, "retryable", False):
            return
        said = json.dumps([str(part) for part in error.args])
        if "iat and exp" in said or "reasonable timeframe" in said:
            raise NotAllowed("google-clock") from error
        if any(word in said for word in ("invalid_grant", "invalid_scope", "unauthorized_client", "invalid_client")):
            word = next(
                w for w in ("invalid_grant", "invalid_scope", "unauthorized_client", "invalid_client") if w in said
            )
            raise NotAllowed("google-credentials", reason=word) from error


def _get_token(http: _Http) -> Json:
    http.account.refresh(http.ask_for_token)  # type: ignore[no-untyped-call]  # google-auth says nothing of its types
    return {}


def as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Add nothing to a request."""
    return request


def _json(answer: requests.Response) -> Json:
    found = answer.json()
    if not isinstance(found, dict):
        raise ValueError("no object")
    return found


def _raise_if_nobody_vouches(error: BaseException) -> None:
    """A certificate that nobody vouches for is the same in ten minutes. Nothing was sent."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, requests.exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(cause):
            address = urlsplit(cause.request.url if cause.request is not None else "")
            raise Unavailable("connect/google-certificate", host=address.hostname or GOOGLE) from error
        cause = cause.__cause__


def _activation(error: Mapping[str, Any]) -> str:
    for detail in error.get("details", ()):
        address = detail.get("metadata", {}).get("activationUrl") if isinstance(detail, dict) else None
        if address:
            return str(address)
    return "https://console.cloud.google.com/apis/library/sheets.googleapis.com"
