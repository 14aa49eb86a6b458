"""What the server answers to a request: Sheets, Drive, tokens; faults, quotas and people on the way.

Nothing here knows what a cell is, and nothing here opens a socket.
"""

import gzip
import json
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from .discovery import Discovery, Method, discovery
from .drive import Drive, DriveError, Media
from .errors import ApiError
from .faults import Fault, Faults
from .model import Spreadsheet
from .oauth import SCOPE, Accounts, Token, insufficient_scopes, unauthenticated
from .quotas import Quota, exceeded
from .sheets import Caller, Sheets
from .switches import Switches
from .uploads import upload_csv

__all__ = ["Answer", "App", "Call", "Request", "SharedSheets"]

READS = frozenset(
    (
        "sheets.spreadsheets.getByDataFilter",
        "sheets.spreadsheets.values.batchGetByDataFilter",
        "sheets.spreadsheets.developerMetadata.search",
    )
)
PRETTY_BYTES = 20_000
"""Google indents its answers. This server does up to this size: indenting a large one takes longer than making it."""
LONGEST_TARGET = 16_384

CHALLENGES = {
    401: 'Bearer realm="https://accounts.google.com/", error="invalid_token"',
    403: 'Bearer realm="https://accounts.google.com/", error="insufficient_scope", scope="{scopes}"',
}


@dataclass(frozen=True)
class Request:
    """What came over the wire."""

    http: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass
class Answer:
    """What goes over the wire. `cut` says how it gets lost: "reset" before its first byte, "half" amid its body."""

    status: int
    body: bytes = b""
    type: str = "application/json; charset=UTF-8"
    headers: dict[str, str] = field(default_factory=dict)
    cut: str = ""


@dataclass
class Call:
    """One call of the API, as the journal keeps it."""

    method: str
    caller: str = ""
    project: str = "100000000001"
    parameters: dict[str, Any] = field(default_factory=dict)
    body: Any = None
    status: int = 0
    answer: Any = None
    fault: str = ""
    committed: bool = False
    """Whether the spreadsheet was changed by it, whatever the caller was told."""
    bytes_in: int = 0
    bytes_out: int = 0
    seconds: float = 0.0

    @property
    def spreadsheet_id(self) -> str:
        """Which spreadsheet or file it is about, "" for none."""
        return self.parameters.get("spreadsheetId") or self.parameters.get("fileId") or ""

    @property
    def reads(self) -> bool:
        """Whether it counts as a read for the quotas."""
        return self.method in READS or self.method.endswith((".get", "Get", ".list", ".export"))

    def line(self) -> dict[str, Any]:
        """The call in short, for JSON."""
        short = ("method", "caller", "parameters", "status", "fault", "committed", "bytes_in", "bytes_out")
        return {name: getattr(self, name) for name in short} | {"seconds": round(self.seconds, 4)}


class SharedSheets(Sheets):
    """Sheets that many threads use: one call after the other, as Google commits them."""

    def __init__(self, switches: Switches | None = None) -> None:
        super().__init__(switches or Switches())
        self.lock = threading.RLock()

    def call(self, method: str, parameters: dict[str, Any], body: Any, caller: Caller) -> dict[str, Any]:
        """Carry out one call while nobody else does."""
        with self.lock:
            return super().call(method, parameters, body, caller)


Hook = Callable[[Call], None]


class App:
    """Everything behind the address."""

    def __init__(
        self, sheets: SharedSheets, accounts: Accounts, drive: Drive, quota: Quota | None, faults: Faults
    ) -> None:
        self.sheets = sheets
        self.accounts = accounts
        self.drive = drive
        self.quota = quota
        self.faults = faults
        self.journal: list[Call] = []
        self.errors: list[str] = []
        """Our own mistakes: answers that Google could not have given, and what broke inside."""
        self.before_call: Hook | None = None
        """Right before a call is carried out, while nothing is locked: a person may act here."""
        self.after_commit: Hook | None = None
        """Between the commit of a call and the making of its answer."""
        self.after_call: Hook | None = None
        """When the answer is made and nothing is sent yet."""
        self.extra: Callable[[Request], Answer | None] | None = None
        self._now = threading.local()
        sheets.after_commit = self._committed

    def answer(self, request: Request) -> Answer:
        """The answer to one request."""
        try:
            return self._answer(request)
        except Exception:
            return self._failed(f"{request.http} {request.target}")

    def _failed(self, what: str) -> Answer:
        """A mistake of ours must not look like Google's."""
        self.errors.append(f"{what}: {traceback.format_exc()}")
        return refusal(ApiError(500, "INTERNAL", "The emulator failed; see its errors."), drive=False)

    def _answer(self, request: Request) -> Answer:
        path = urlsplit(request.target).path
        if len(request.target) > LONGEST_TARGET:
            return page(414, "The requested URL is too large to process.")
        if path == "/token" and request.http == "POST":
            return self._token(request)
        if self.extra and (answer := self.extra(request)):
            return answer
        http = request.headers.get("X-HTTP-Method-Override", request.http).upper()
        if path.startswith("/upload/drive/v2/files/") and http == "PUT":
            return self._upload(request, path.rpartition("/")[2])
        for api in (discovery("sheets.v4"), discovery("drive.v3")):
            if found := api.route(http, path):
                return self._api(api, *found, request)
        return page(404, f"The requested URL <code>{path}</code> was not found on this server.")

    def _token(self, request: Request) -> Answer:
        fault = self.faults.meet("token", "", reads=False)
        if fault and (answer := self._fails(fault, Call("token"))):
            return answer
        form = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
        status, told = self.accounts.grant(form)
        return self._after(fault, _json(told, status), Call("token"))

    def _upload(self, request: Request, file_id: str) -> Answer:
        method = discovery("drive.v3").methods["drive.files.update"]
        call = Call("drive.files.update", parameters={"fileId": file_id}, bytes_in=len(request.body))

        def carry_out(caller: Caller) -> Any:
            with self.sheets.lock:
                return upload_csv(self.drive, file_id, request.body, caller)

        return self._carried_out(discovery("drive.v3"), method, call, request, carry_out, check=False)

    def _api(self, api: Discovery, method: Method, path: dict[str, str], request: Request) -> Answer:
        query = urlsplit(request.target).query
        body = request.body
        if "X-HTTP-Method-Override" in request.headers and method.http == "GET":
            query, body = "&".join(part for part in (query, body.decode()) if part), b""
        call = Call(method.id, bytes_in=len(request.body) + len(request.target))
        pairs = parse_qsl(query, keep_blank_values=True)
        if mask := request.headers.get("X-Goog-FieldMask"):
            pairs.append(("fields", mask))

        def understand() -> None:
            call.parameters = api.parameters(method, path, pairs)
            call.body = api.body(method, body)
            if alt := next((value for name, value in pairs if name in ("alt", "$alt") and value != "json"), ""):
                raise _no_alt(api, alt)

        def carry_out(caller: Caller) -> Any:
            _tell(self.before_call, call)
            if api.name.startswith("drive"):
                with self.sheets.lock:
                    return self.drive.call(method.id, call.parameters, call.body, caller)
            return self._sheets_call(call, caller)

        pretty = not any(name in ("prettyPrint", "$prettyPrint") and value == "false" for name, value in pairs)
        return self._carried_out(api, method, call, request, carry_out, understand, pretty=pretty)

    def _sheets_call(self, call: Call, caller: Caller) -> dict[str, Any]:
        spreadsheet = self.sheets.spreadsheets.get(call.parameters.get("spreadsheetId", ""))
        if spreadsheet is None and call.method.endswith("spreadsheets.create"):
            self._may_own(caller)
        if spreadsheet is not None:
            caller = Caller(self.drive.stands_in(spreadsheet, caller.email))
        self._now.call = call
        try:
            return self.sheets.call(call.method, call.parameters, call.body, caller)
        finally:
            self._now.call = None

    def _may_own(self, caller: Caller) -> None:
        if not self.drive.service_accounts_may_own and caller.email.endswith(".gserviceaccount.com"):
            raise ApiError(403, "PERMISSION_DENIED", "The caller does not have permission")

    def _committed(self, spreadsheet: Spreadsheet, caller: Caller) -> None:
        self.drive.touch(spreadsheet, caller.email)
        call: Call | None = getattr(self._now, "call", None)
        if call is None or call.committed:  # a person's commit, before the call or within its hook
            return
        call.committed = True
        _tell(self.after_commit, call)

    def _carried_out(
        self,
        api: Discovery,
        method: Method,
        call: Call,
        request: Request,
        carry_out: Callable[[Caller], Any],
        understand: Callable[[], None] | None = None,
        *,
        check: bool = True,
        pretty: bool = True,
    ) -> Answer:
        started = time.perf_counter()
        fault: Fault | None = None
        try:
            token = self._caller(method, request, service_of(api))
            call.caller, call.project = token.email, token.project_number
            fault = self.faults.meet(call.method, call.caller, reads=call.reads)
            if fault:
                call.fault = fault.kind
            if self.quota and not method.id.startswith("drive"):
                refused = self.quota.take("read" if call.reads else "write", token.email, token.project_number)
                if refused:
                    raise refused
            if understand:
                understand()
            if fault and (answer := self._fails(fault, call)):
                return self._noted(call, answer, started)
            told = carry_out(Caller(token.email))
            answer = self._told(api, method, call, told, check=check, pretty=pretty)
        except ApiError as error:
            answer = refusal(error, drive=method.id.startswith("drive"), scopes=method.scopes)
        except Exception:
            answer = self._failed(call.method)
        call.status = answer.status
        _tell(self.after_call, call)
        return self._noted(call, self._after(fault, answer, call), started)

    def _noted(self, call: Call, answer: Answer, started: float) -> Answer:
        call.status = answer.status
        call.bytes_out = len(answer.body)
        call.seconds = time.perf_counter() - started
        self.journal.append(call)
        return answer

    def _told(self, api: Discovery, method: Method, call: Call, told: Any, *, check: bool, pretty: bool) -> Answer:
        if told is None:
            return Answer(204, type="text/html")
        if isinstance(told, Media):
            return Answer(200, told.content, told.type, {"Content-Disposition": "attachment"})
        call.answer = told
        if check and (wrong := api.problems(method.response, told)):
            self.errors.append(f"{method.id} answered what Google cannot: " + "; ".join(wrong[:10]))
            return refusal(ApiError(500, "INTERNAL", self.errors[-1]), drive=False)
        return _json(told, 200, pretty=pretty)

    def _caller(self, method: Method, request: Request, service: str) -> Token:
        query = dict(parse_qsl(urlsplit(request.target).query))
        authorization = request.headers.get("Authorization", "")
        if "access_token" in query:
            authorization = authorization or "Bearer " + query["access_token"]
        if not authorization and "key" in query:
            return self._keyed(method, service)
        name = _full_name(method)
        token = self.accounts.who(authorization, service, name)
        if not token.scopes & method.scopes:
            raise insufficient_scopes(service, name)
        return token

    def _keyed(self, method: Method, service: str) -> Token:
        """A caller with an API key and no account: reads what anyone may read."""
        if SCOPE + "spreadsheets.readonly" not in method.scopes and SCOPE + "drive.readonly" not in method.scopes:
            raise unauthenticated(service, _full_name(method), "CREDENTIALS_MISSING")
        return Token("", frozenset(), 0.0, "100000000001")

    def _fails(self, fault: Fault, call: Call) -> Answer | None:
        """The answer of a call that is not carried out, or None."""
        if fault.kind == "slow":
            self.faults.wait(fault.seconds)
        return None if fault.after or fault.kind == "slow" else lost(fault.kind, call)

    def _after(self, fault: Fault | None, answer: Answer, call: Call) -> Answer:
        """The answer as it reaches the caller."""
        if fault is None or not fault.after:
            return answer
        if fault.kind == "slow-after":
            self.faults.wait(fault.seconds)
            return answer
        if fault.kind == "truncated":
            answer.cut = "half"
            return answer
        return lost(fault.kind.removesuffix("-after"), call)


def _tell(hook: Hook | None, call: Call) -> None:
    try:
        if hook:
            hook(call)
    except ApiError as error:  # said to a person; the caller must not hear it
        raise RuntimeError(f"A hook was refused: {error}") from error


def service_of(api: Discovery) -> str:
    """The service's host, as errors name it."""
    return "drive.googleapis.com" if api.name.startswith("drive") else "sheets.googleapis.com"


def lost(kind: str, call: Call) -> Answer:
    """What a caller gets instead of an answer."""
    drive = call.method.startswith("drive")
    if kind == "reset":
        return Answer(0, cut="reset")
    if kind == "502":
        return page(502, "The server encountered a temporary error and could not complete your request.")
    if kind == "429":
        return refusal(exceeded("read" if call.reads else "write", call.project, 60), drive=drive)
    if kind == "401":
        service = "drive.googleapis.com" if drive else "sheets.googleapis.com"
        return refusal(unauthenticated(service, call.method, "ACCESS_TOKEN_EXPIRED"), drive=drive)
    if kind == "503":
        return refusal(ApiError(503, "UNAVAILABLE", "The service is currently unavailable."), drive=drive)
    return refusal(ApiError(500, "INTERNAL", "Internal error encountered."), drive=drive)


def refusal(error: ApiError, *, drive: bool, scopes: frozenset[str] = frozenset()) -> Answer:
    """An error in Google's words. Drive says it with a list of errors beside."""
    told: dict[str, Any] = {"code": error.code, "message": error.message}
    if drive:
        told["errors"] = error.errors if isinstance(error, DriveError) else [_drive_error(error)]
    if error.status:
        told["status"] = error.status
    if error.details:
        told["details"] = error.details
    answer = _json({"error": told}, error.code)
    if error.code == 401 or "scopes" in error.message:
        challenge = CHALLENGES[error.code].format(scopes=" ".join(sorted(scopes)))
        answer.headers["WWW-Authenticate"] = challenge
    return answer


def page(status: int, text: str) -> Answer:
    """One of the pages that Google's front shows when nobody behind it answers."""
    words = {404: "Not Found", 414: "Request-URI Too Large", 502: "Server Error"}[status]
    again = "<p>Please try again in 30 seconds.  " if status == 502 else ""
    html = (
        "<!DOCTYPE html>\n<html lang=en>\n  <meta charset=utf-8>\n"
        '  <meta name=viewport content="initial-scale=1, minimum-scale=1, width=device-width">\n'
        f"  <title>Error {status} ({words})!!1</title>\n"
        "  <a href=//www.google.com/><span id=logo aria-label=Google></span></a>\n"
        f"  <p><b>{status}.</b> <ins>That’s an error.</ins>\n"
        f"  <p>{text}  {again}<ins>That’s all we know.</ins>\n"
    )
    return Answer(status, html.encode(), "text/html; charset=UTF-8")


def zipped(answer: Answer, accepted: str) -> Answer:
    """The answer, compressed where the caller takes that."""
    if "gzip" in accepted and len(answer.body) > 200 and answer.type.startswith("application/json"):
        answer.body = gzip.compress(answer.body, 1, mtime=0)
        answer.headers["Content-Encoding"] = "gzip"
    return answer


def _json(told: Any, status: int, *, pretty: bool = True) -> Answer:
    # Half of a surrogate pair, which a formula may cut off, has no UTF-8.
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    if pretty and len(text) <= PRETTY_BYTES:
        text = json.dumps(told, ensure_ascii=False, indent=2) + "\n"
    return Answer(status, text.encode("utf-8", "replace"))


def _drive_error(error: ApiError) -> dict[str, str]:
    reasons = {401: "authError", 403: "forbidden", 404: "notFound", 429: "rateLimitExceeded", 500: "internalError"}
    reason = reasons.get(error.code, "backendError" if error.code > 500 else "badRequest")
    if error.details and error.details[0].get("reason") == "SERVICE_DISABLED":
        return {"message": error.message, "domain": "usageLimits", "reason": "accessNotConfigured"}
    if "scopes" in error.message:
        return {"message": "Insufficient Permission", "domain": "global", "reason": "insufficientPermissions"}
    if error.code == 401:
        where = {"location": "Authorization", "locationType": "header"}
        return {"message": "Invalid Credentials", "domain": "global", "reason": reason} | where
    domain = "usageLimits" if error.code == 429 else "global"
    return {"message": error.message, "domain": domain, "reason": reason}


def _full_name(method: Method) -> str:
    if method.id.startswith("drive"):
        return f"google.apps.drive.v3.DriveFiles.{method.name}"
    return f"google.apps.sheets.v4.SpreadsheetsService.{method.name}"


def _no_alt(api: Discovery, alt: str) -> ApiError:
    if api.name.startswith("drive"):
        what = "Only files with binary content can be downloaded. Use Export with Docs Editors files."
        return DriveError(403, "fileNotDownloadable", what, about="alt")
    return ApiError(400, "INVALID_ARGUMENT", f"Invalid value for alt: {alt}")
