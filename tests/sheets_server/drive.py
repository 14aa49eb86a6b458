"""What Drive knows of spreadsheets: their files, who may open them, their comments.

Files that are no spreadsheets do not exist here.
"""

import csv
import io
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zlib import crc32

from .errors import ApiError
from .masks import masked, parsed
from .model import Spreadsheet
from .sheets import Caller, Sheets

__all__ = ["EXPORTS", "SPREADSHEET", "Drive", "DriveError", "Media", "permission_id", "time_text"]

SPREADSHEET = "application/vnd.google-apps.spreadsheet"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ROLES = ("reader", "commenter", "writer", "owner")
EXPORTS = {
    "application/x-vnd.oasis.opendocument.spreadsheet": "ods",
    "text/tab-separated-values": "tsv",
    "application/pdf": "pdf",
    XLSX: "xlsx",
    "text/csv": "csv",
    "application/zip": "zip",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
}
DEFAULT_FIELDS = {
    "File": "kind,id,name,mimeType",
    "FileList": "kind,nextPageToken,incompleteSearch,files(kind,id,name,mimeType)",
    "Permission": "kind,id,type,role",
    "PermissionList": "kind,nextPageToken,permissions(kind,id,type,role)",
    "Comment": "*",
    "CommentList": "*",
}


@dataclass
class Media:
    """An answer that is no JSON."""

    content: bytes
    type: str


@dataclass
class FileRecord:
    """What Drive notes beside the spreadsheet itself."""

    created_at: float
    modified_at: float
    modified_by: str
    version: int = 1
    trashed: bool = False
    comments: list[dict[str, Any]] = field(default_factory=list)
    types: dict[str, str] = field(default_factory=dict)
    """Of permissions that are no user's: group, domain, anyone."""
    pending_owner: str = ""


class DriveError(ApiError):
    """Drive's way to say no: with a reason, and with what it is about."""

    def __init__(self, code: int, reason: str, message: str, *, domain: str = "global", about: str = "") -> None:
        super().__init__(code, "", message)
        told = {"message": message, "domain": domain, "reason": reason}
        self.errors = [told | ({"location": about, "locationType": "parameter"} if about else {})]


def permission_id(who: str) -> str:
    """The id of a permission; the same for a person in every file."""
    return "anyoneWithLink" if who == "anyone" else f"{crc32(who.encode()):010d}{crc32(who[::-1].encode()):010d}"


class Drive:
    """Files by their ids. `clock` gives seconds since 1970."""

    def __init__(self, sheets: Sheets, clock: Callable[[], float] = time.time) -> None:
        self.sheets = sheets
        self.clock = clock
        self.service_accounts_may_own = True
        """False: a service account has no storage, as Google holds it for new ones; it can only be shared with."""
        self._files: dict[str, FileRecord] = {}

    def record(self, spreadsheet: Spreadsheet) -> FileRecord:
        """What is noted of a spreadsheet; made when it is first asked for."""
        known = self._files.get(spreadsheet.id)
        if known is None:
            now = self.clock()
            known = self._files[spreadsheet.id] = FileRecord(now, now, spreadsheet.owner)
        return known

    def touch(self, spreadsheet: Spreadsheet, email: str) -> None:
        """Note that somebody changed it now."""
        record = self.record(spreadsheet)
        record.modified_at, record.modified_by = self.clock(), email
        record.version += 1

    def call(
        self, method: str, parameters: dict[str, Any], body: dict[str, Any] | None, caller: Caller
    ) -> dict[str, Any] | Media | None:
        """Carry out a call by its discovery id."""
        handler = getattr(self, "_" + snake(method.removeprefix("drive.")), None)
        if handler is None:
            raise DriveError(501, "notImplemented", f"{method} is not emulated.")
        return handler(parameters, body or {}, caller)

    def about(self, spreadsheet: Spreadsheet, caller: Caller) -> dict[str, Any]:
        """All of a file's record that is emulated."""
        record, role = self.record(spreadsheet), self.role(spreadsheet, caller.email)
        may_edit = role in ("owner", "writer")
        return {
            "kind": "drive#file",
            "id": spreadsheet.id,
            "name": spreadsheet.title,
            "mimeType": SPREADSHEET,
            "createdTime": time_text(record.created_at),
            "modifiedTime": time_text(record.modified_at),
            "version": str(record.version),
            "trashed": record.trashed,
            "explicitlyTrashed": record.trashed,
            "starred": False,
            "parents": ["0AEmulatorUk9PVA"],
            "spaces": ["drive"],
            "size": "1024",
            "quotaBytesUsed": "1024",
            "shared": len(spreadsheet.permissions) > 1,
            "ownedByMe": role == "owner",
            "writersCanShare": True,
            "webViewLink": f"https://docs.google.com/spreadsheets/d/{spreadsheet.id}/edit?usp=drivesdk",
            "owners": [_user(spreadsheet.owner, caller)],
            "lastModifyingUser": _user(record.modified_by, caller),
            "permissionIds": [permission_id(who) for who in spreadsheet.permissions],
            "permissions": [self._permission(spreadsheet, who) for who in spreadsheet.permissions],
            "capabilities": {
                "canEdit": may_edit,
                "canShare": may_edit,
                "canComment": role != "reader",
                "canCopy": True,
                "canDelete": role == "owner",
                "canRename": may_edit,
                "canTrash": role == "owner",
            },
        }

    def role(self, spreadsheet: Spreadsheet, email: str) -> str:
        """The strongest role that somebody has, by name, by domain, or as anyone; "" for none."""
        keys = (email, email.rpartition("@")[2], "anyone")
        roles = [role for key in keys if (role := spreadsheet.permissions.get(key))]
        return max(roles, key=ROLES.index, default="")

    def stands_in(self, spreadsheet: Spreadsheet, email: str) -> str:
        """The permission under which somebody comes: their own, or the domain's or anyone's where that is stronger."""
        best = self.role(spreadsheet, email)
        keys = (email, email.rpartition("@")[2], "anyone")
        return next((key for key in keys if spreadsheet.permissions.get(key) == best), email)

    def file(self, parameters: dict[str, Any], caller: Caller, *, least: str = "reader") -> Spreadsheet:
        """The file that `fileId` names, for somebody who has at least the role `least`."""
        spreadsheet = self.sheets.spreadsheets.get(parameters["fileId"])
        role = self.role(spreadsheet, caller.email) if spreadsheet else ""
        if spreadsheet is None or not role:
            raise DriveError(404, "notFound", f"File not found: {parameters['fileId']}.", about="fileId")
        if ROLES.index(role) < ROLES.index(least):
            raise DriveError(
                403,
                "insufficientFilePermissions",
                f"The user does not have sufficient permissions for file {spreadsheet.id}.",
            )
        return spreadsheet

    def _made(self, title: str, caller: Caller) -> Spreadsheet:
        if not self.service_accounts_may_own and caller.email.endswith(".gserviceaccount.com"):
            raise DriveError(
                403,
                "storageQuotaExceeded",
                "Service Accounts do not have storage quota. Leverage shared drives "
                "(https://developers.google.com/workspace/drive/api/guides/about-shareddrives), or use OAuth "
                "delegation (http://support.google.com/a/answer/7281227) instead.",
                domain="usageLimits",
            )
        spreadsheet = self.sheets.create(title, caller.email)
        self.record(spreadsheet)
        return spreadsheet

    def _files_create(self, parameters: dict[str, Any], body: dict[str, Any], caller: Caller) -> dict[str, Any]:
        if body.get("mimeType") != SPREADSHEET:
            raise DriveError(501, "notImplemented", "Only spreadsheets are emulated.")
        spreadsheet = self._made(body.get("name") or "Untitled", caller)
        return _answer("File", self.about(spreadsheet, caller), parameters)

    def _files_get(self, parameters: dict[str, Any], body: dict[str, Any], caller: Caller) -> dict[str, Any]:
        return _answer("File", self.about(self.file(parameters, caller), caller), parameters)

    def _files_list(self, parameters: dict[str, Any], body: dict[str, Any], caller: Caller) -> dict[str, Any]:
        seen = [
            about
            for spreadsheet in self.sheets.spreadsheets.values()
            if self.role(spreadsheet, caller.email)
            for about in [self.about(spreadsheet, caller)]
            if _asked_for(about, parameters.get("q", ""))
        ]
        seen.sort(key=lambda about: about["modifiedTime"], reverse=True)
        size = min(max(1, parameters.get("pageSize", 100)), 1000)
        start = int(parameters.get("pageToken") or 0)
        answer: dict[str, Any] = {"kind": "drive#fileList", "incompleteSearch": False}
        if start + size < len(seen):
            answer["nextPageToken"] = str(start + size)
        return _answer("FileList", answer | {"files": seen[start : start + size]}, parameters)

    def _files_delete(self, parameters: dict[str, Any], body: dict[str, Any], caller: Caller) -> None:
        spreadsheet = self.file(parameters, caller, least="owner")
        del self.sheets.spreadsheets[spreadsheet.id]
        self._files.pop(spreadsheet.id, None)

    def _files_update(self, parameters: dict[str, Any], body: dict[str, Any], caller: Caller) -> dict[str, Any]:
        spreadsheet = self.file(parameters, caller, least="owner" if "trashed" in body else "writer")
        if "name" in body:
            self._rename(spreadsheet, body["name"])
        if "trashed" in body:
            self.record(spreadsheet).trashed = body["trashed"]
        self.touch(spreadsheet, caller.email)
        return _answer("File", self.about(spreadsheet, caller), parameters)

    def _rename(self, spreadsheet: Spreadsheet, title: str) -> None:
        change = {"updateSpreadsheetProperties": {"properties": {"title": title}, "fields": "title"}}
        self.batch(spreadsheet, [change])

    def batch(self, spreadsheet: Spreadsheet, requests: list[dict[str, Any]]) -> dict[str, Any]:
        """Change the spreadsheet, as its owner."""
        where = {"spreadsheetId": spreadsheet.id}
        owner = Caller(spreadsheet.owner)
        return self.sheets.call("sheets.spreadsheets.batchUpdate", where, {"requests": requests}, owner)

    def _files_copy(self, parameters: dict[str, Any], body: dict[str, Any], caller: Caller) -> dict[str, Any]:
        original = self.file(parameters, caller)
        title = body.get("name") or f"Copy of {original.title}"
        twin = self._made(title, caller)
        twin.take(original.copy())
        twin.properties = {**twin.properties, "title": title}
        return _answer("File", self.about(twin, caller), parameters)

    def _files_export(self, parameters: dict[str, Any], body: dict[str, Any], caller: Caller) -> Media:
        spreadsheet = self.file(parameters, caller)
        kind = parameters.get("mimeType", "")
        if kind not in EXPORTS:
            raise DriveError(400, "badRequest", "The requested conversion is not supported.", about="convertTo")
        if kind in ("text/csv", "text/tab-separated-values"):
            text = io.StringIO()
            delimiter = "," if kind == "text/csv" else "\t"
            csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(self._shown(spreadsheet, 0))
            return Media(text.getvalue().removesuffix("\r\n").encode(), kind)
        if kind == XLSX:
            return Media(self._workbook(spreadsheet), kind)
        return Media(b"%PDF-1.4 emulated" if kind == "application/pdf" else b"PK emulated", kind)

    def _shown(self, spreadsheet: Spreadsheet, at: int, render: str = "FORMATTED_VALUE") -> list[list[Any]]:
        title = "'" + spreadsheet.sheets[at].title.replace("'", "''") + "'"
        where = {"spreadsheetId": spreadsheet.id, "range": title, "valueRenderOption": render}
        owner = Caller(spreadsheet.owner)
        return self.sheets.call("sheets.spreadsheets.values.get", where, None, owner).get("values", [])

    def _workbook(self, spreadsheet: Spreadsheet) -> bytes:
        from openpyxl import Workbook

        book = Workbook(write_only=True)
        for at, sheet in enumerate(spreadsheet.sheets):
            tab = book.create_sheet(re.sub(r"[\\/*?:\[\]]", " ", sheet.title)[:31])
            for row in self._shown(spreadsheet, at, "UNFORMATTED_VALUE"):
                tab.append(row)
        written = io.BytesIO()
        book.save(written)
        return written.getvalue()

    def _permission(self, spreadsheet: Spreadsheet, who: str) -> dict[str, Any]:
        record = self.record(spreadsheet)
        kind = record.types.get(who, "anyone" if who == "anyone" else "user")
        told: dict[str, Any] = {
            "kind": "drive#permission",
            "id": permission_id(who),
            "type": kind,
            "role": spreadsheet.permissions[who],
        }
        if kind in ("user", "group"):
            told |= {"emailAddress": who, "displayName": who.partition("@")[0], "deleted": False}
            told["pendingOwner"] = record.pending_owner == who
        elif kind == "domain":
            told |= {"domain": who, "displayName": who, "allowFileDiscovery": False}
        else:
            told["allowFileDiscovery"] = False
        return told

    def _permissions_list(self, parameters: dict[str, Any], body: dict[str, Any], caller: Caller) -> dict[str, Any]:
        spreadsheet = self.file(parameters, caller, least="writer")
        told = [self._permission(spreadsheet, who) for who in spreadsheet.permissions]
        return _answer("PermissionList", {"kind": "drive#permissionList", "permissions": told}, parameters)

    def _permissions_get(self, parameters: dict[str, Any], body: dict[str, Any], caller: Caller) -> dict[str, Any]:
        spreadsheet = self.file(parameters, caller)
        who = self._whose(spreadsheet, parameters)
        return _answer("Permission", self._permission(spreadsheet, who), parameters)

    def _permissions_create(self, parameters: dict[str, Any], body: dict[str, Any], caller: Caller) -> dict[str, Any]:
        spreadsheet = self.file(parameters, caller, least="writer")
        kind, role = body.get("type"), body.get("role")
        if kind not in ("user", "group", "domain", "anyone"):
            raise DriveError(400, "required", "The permission type field is required.", about="permission.type")
        if role not in ROLES:
            raise DriveError(400, "required", "The permission role field is required.", about="permission.role")
        who = body.get("emailAddress") or body.get("domain") or ""
        if kind in ("user", "group") and "@" not in who:
            what = f"The specified emailAddress is invalid or not applicable for the given permission type. ({who})"
            raise DriveError(400, "invalid", what, about="permission.emailAddress")
        if kind == "anyone":
            who = "anyone"
        if role == "owner":
            return self._hand_over(spreadsheet, who, parameters, caller)
        if spreadsheet.permissions.get(who) != "owner":
            spreadsheet.permissions[who] = role
            if kind != "user":
                self.record(spreadsheet).types[who] = kind
        return _answer("Permission", self._permission(spreadsheet, who), parameters)

    def _hand_over(
        self, spreadsheet: Spreadsheet, who: str, parameters: dict[str, Any], caller: Caller
    ) -> dict[str, Any]:
        if not parameters.get("transferOwnership"):
            what = "The transferOwnership parameter must be enabled when the permission role is 'owner'."
            raise DriveError(403, "forbidden", what, about="transferOwnership")
        pending = self.record(spreadsheet).pending_owner == caller.email == who
        if self.role(spreadsheet, caller.email) != "owner" and not pending:
            what = f"The user does not have sufficient permissions for file {spreadsheet.id}."
            raise DriveError(403, "insufficientFilePermissions", what)
        spreadsheet.permissions[spreadsheet.owner] = "writer"
        spreadsheet.permissions[who] = "owner"
        self.record(spreadsheet).pending_owner = ""
        return _answer("Permission", self._permission(spreadsheet, who), parameters)

    def _permissions_update(self, parameters: dict[str, Any], body: dict[str, Any], caller: Caller) -> dict[str, Any]:
        spreadsheet = self.file(parameters, caller, least="writer")
        who = self._whose(spreadsheet, parameters)
        if body.get("role") == "owner":
            return self._hand_over(spreadsheet, who, parameters, caller)
        if body.get("role") in ROLES and spreadsheet.permissions[who] != "owner":
            spreadsheet.permissions[who] = body["role"]
        if body.get("pendingOwner"):
            self.record(spreadsheet).pending_owner = who
        return _answer("Permission", self._permission(spreadsheet, who), parameters)

    def _permissions_delete(self, parameters: dict[str, Any], body: dict[str, Any], caller: Caller) -> None:
        spreadsheet = self.file(parameters, caller, least="writer")
        who = self._whose(spreadsheet, parameters)
        if spreadsheet.permissions[who] == "owner":
            what = f"The user does not have sufficient permissions for file {spreadsheet.id}."
            raise DriveError(403, "insufficientFilePermissions", what)
        del spreadsheet.permissions[who]
        self.record(spreadsheet).types.pop(who, None)

    def _whose(self, spreadsheet: Spreadsheet, parameters: dict[str, Any]) -> str:
        wanted = parameters["permissionId"]
        for who in spreadsheet.permissions:
            if permission_id(who) == wanted:
                return who
        raise DriveError(404, "notFound", f"Permission not found: {wanted}.", about="permissionId")

    def _comments_list(self, parameters: dict[str, Any], body: dict[str, Any], caller: Caller) -> dict[str, Any]:
        _need_fields(parameters)
        comments = self.record(self.file(parameters, caller)).comments
        return _answer("CommentList", {"kind": "drive#commentList", "comments": comments}, parameters)

    def _comments_create(self, parameters: dict[str, Any], body: dict[str, Any], caller: Caller) -> dict[str, Any]:
        _need_fields(parameters)
        record = self.record(self.file(parameters, caller, least="commenter"))
        now = time_text(self.clock())
        comment = {
            "kind": "drive#comment",
            "id": secrets.token_urlsafe(8),
            "content": body.get("content", ""),
            "author": {"kind": "drive#user", "displayName": caller.email.partition("@")[0], "me": True},
            "createdTime": now,
            "modifiedTime": now,
            "deleted": False,
            "replies": [],
        }
        if "anchor" in body:
            comment["anchor"] = body["anchor"]
        record.comments.append(comment)
        return _answer("Comment", comment, parameters)

    def _about_get(self, parameters: dict[str, Any], body: dict[str, Any], caller: Caller) -> dict[str, Any]:
        _need_fields(parameters)
        return _answer("About", {"kind": "drive#about", "user": _user(caller.email, caller)}, parameters)


def snake(method: str) -> str:
    """files.create → files_create."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", method).replace(".", "_").lower()


def _answer(schema: str, told: dict[str, Any], parameters: dict[str, Any]) -> dict[str, Any]:
    mask = parameters.get("fields") or DEFAULT_FIELDS.get(schema, "*")
    try:
        return masked(told, parsed(mask))
    except ApiError:
        raise DriveError(400, "invalidParameter", f"Invalid field selection {mask}", about="fields") from None


def _need_fields(parameters: dict[str, Any]) -> None:
    if not parameters.get("fields"):
        raise DriveError(400, "required", "The 'fields' parameter is required for this method.", about="fields")


def _user(email: str, caller: Caller) -> dict[str, Any]:
    return {
        "kind": "drive#user",
        "displayName": email.partition("@")[0],
        "me": email == caller.email,
        "permissionId": permission_id(email),
        "emailAddress": email,
    }


def time_text(seconds: float) -> str:
    """A moment as Drive writes it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _asked_for(about: dict[str, Any], question: str) -> bool:
    """Whether a file is one that `q` asks for; only the simple questions are understood."""
    if not question.strip():
        return True
    quoted = r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
    clause = re.compile(
        rf"(?:(\w+)\s*(!=|=|contains|in)\s*(?:{quoted}|(true|false))|{quoted}\s+in\s+(\w+))\s*(and\s+|$)"
    )
    at = 0
    while at < len(question):
        found = clause.match(question, at)
        if found is None:
            raise DriveError(400, "invalid", "Invalid Value", about="q")
        name, operator, text, truth, member, group, _ = found.groups()
        value: Any = re.sub(r"\\(.)", r"\1", (text or member or "''")[1:-1])
        if group or operator == "in":
            value = about["parents"][0] if value == "root" else value
            if value not in (about.get(group or name) or ()):
                return False
        elif truth:
            if (about.get(name, False) == (truth == "true")) != (operator == "="):
                return False
        elif operator == "contains":
            if value.casefold() not in str(about.get(name, "")).casefold():
                return False
        elif (about.get(name) == value) != (operator == "="):
            return False
        at = found.end()
    return True
