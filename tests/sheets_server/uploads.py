"""Drive v2's upload with conversion, the one call of the old Drive that is still in use."""

import csv
import io
import secrets
from typing import Any

from .drive import EXPORTS, SPREADSHEET, Drive, permission_id, time_text
from .model import Spreadsheet
from .sheets import Caller

__all__ = ["upload_csv"]


def upload_csv(drive: Drive, file_id: str, content: bytes, caller: Caller) -> dict[str, Any]:
    """Drive v2's upload with conversion: one tab, named as the file, takes the place of all others."""
    spreadsheet = drive.file({"fileId": file_id}, caller, least="writer")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    title, tab = spreadsheet.title, secrets.randbelow(2**30)
    made = "csv-" + secrets.token_hex(8)
    width = max(26, max(map(len, rows), default=0))
    grid = {"rowCount": max(1000, len(rows)), "columnCount": width}
    old = [sheet.id for sheet in spreadsheet.sheets]
    requests: list[dict[str, Any]] = [
        {"addSheet": {"properties": {"sheetId": tab, "title": made, "gridProperties": grid}}},
        *({"deleteSheet": {"sheetId": sheet}} for sheet in old),
        {"updateSheetProperties": {"properties": {"sheetId": tab, "title": title}, "fields": "title"}},
        {
            "updateSpreadsheetProperties": {
                "properties": {"timeZone": "America/Los_Angeles"},
                "fields": "timeZone",
            }
        },
    ]
    drive.batch(spreadsheet, requests)
    where = {
        "spreadsheetId": file_id,
        "range": "'" + title.replace("'", "''") + "'!A1",
        "valueInputOption": "USER_ENTERED",
    }
    drive.sheets.call("sheets.spreadsheets.values.update", where, {"values": rows}, Caller(spreadsheet.owner))
    drive.touch(spreadsheet, caller.email)
    return _about(drive, spreadsheet, caller)


def _about(drive: Drive, spreadsheet: Spreadsheet, caller: Caller) -> dict[str, Any]:
    record, file_id = drive.record(spreadsheet), spreadsheet.id
    home = f"https://www.googleapis.com/drive/v2/files/{file_id}"
    docs = "https://docs.google.com/spreadsheets"
    root = "0AEmulatorUk9PVA"
    user = {
        "displayName": spreadsheet.owner.partition("@")[0],
        "kind": "drive#user",
        "isAuthenticatedUser": True,
        "permissionId": permission_id(caller.email),
        "emailAddress": caller.email,
        "picture": {"url": "https://lh3.googleusercontent.com/a/default-user=s64"},
    }
    role = drive.role(spreadsheet, caller.email)
    modified = time_text(record.modified_at)
    return {
        "kind": "drive#file",
        "userPermission": {
            "id": "me",
            "type": "user",
            "role": role,
            "kind": "drive#permission",
            "selfLink": f"{home}/permissions/me",
            "etag": f'"{permission_id(file_id)}"',
            "pendingOwner": False,
        },
        "selfLink": home,
        "ownerNames": [spreadsheet.owner],
        "lastModifyingUserName": caller.email,
        "editable": True,
        "writersCanShare": True,
        "mimeType": SPREADSHEET,
        "exportLinks": {kind: f"{docs}/export?id={file_id}&exportFormat={ending}" for kind, ending in EXPORTS.items()},
        "parents": [
            {
                "selfLink": f"{home}/parents/{root}",
                "id": root,
                "isRoot": True,
                "kind": "drive#parentReference",
                "parentLink": f"https://www.googleapis.com/drive/v2/files/{root}",
            }
        ],
        "thumbnailLink": f"{docs}/d/{file_id}/thumbnail",
        "appDataContents": False,
        "iconLink": f"https://drive-thirdparty.googleusercontent.com/16/type/{SPREADSHEET}",
        "shared": len(spreadsheet.permissions) > 1,
        "lastModifyingUser": user,
        "owners": [user],
        "copyable": True,
        "etag": f'"{int(record.modified_at * 1000)}"',
        "alternateLink": f"{docs}/d/{file_id}/edit?usp=drivesdk",
        "embedLink": f"{docs}/d/{file_id}/htmlembed?ouid={permission_id(caller.email)}",
        "fileSize": "1024",
        "copyRequiresWriterPermission": False,
        "spaces": ["drive"],
        "id": file_id,
        "title": spreadsheet.title,
        "labels": {"viewed": True, "restricted": False, "starred": False, "hidden": False, "trashed": False},
        "explicitlyTrashed": False,
        "createdDate": time_text(record.created_at),
        "modifiedDate": modified,
        "modifiedByMeDate": modified,
        "lastViewedByMeDate": modified,
        "markedViewedByMeDate": "1970-01-01T00:00:00.000Z",
        "quotaBytesUsed": "1024",
        "version": str(record.version),
        "capabilities": {"canEdit": True, "canCopy": True},
    }
