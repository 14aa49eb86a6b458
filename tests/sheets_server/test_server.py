"""The emulator over HTTP, called by the real gspread and google-auth."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import gspread
import pytest
import requests
from google.auth import crypt, jwt
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import Request as GoogleRequest
from google.oauth2.credentials import Credentials as UserCredentials
from google.oauth2.service_account import Credentials
from googleapiclient.discovery import build
from gspread.exceptions import APIError, SpreadsheetNotFound
from gspread.http_client import HTTPClient

from tests.sheets_server.desk import LEADS, NOTE, Plain, leads, shown
from tests.sheets_server.quotas import Quota
from tests.sheets_server.server import SERVICE_ACCOUNT, SheetsServer

SCOPES = ["https://www.googleapis.com/auth/spreadsheets", "https://www.googleapis.com/auth/drive"]


@pytest.fixture
def server() -> Iterator[SheetsServer]:
    with SheetsServer() as running:
        yield running


def client_of(server: SheetsServer, credentials: Any) -> gspread.Client:
    class Here(HTTPClient):
        def request(self, method: str, endpoint: str, *args: Any, **kwargs: Any) -> requests.Response:
            for host in ("https://sheets.googleapis.com", "https://www.googleapis.com"):
                endpoint = endpoint.replace(host, server.address)
            return super().request(method, endpoint, *args, **kwargs)

    return gspread.Client(credentials, http_client=Here)


def signed_in(server: SheetsServer, tmp_path: Path, scopes: list[str] = SCOPES) -> gspread.Client:
    key_file = server.credentials(tmp_path / "key.json")
    return client_of(server, Credentials.from_service_account_file(str(key_file), scopes=scopes))


class TestGspread:
    """What gspread and its kind ask for."""

    def test_key_file_to_cells(self, server: SheetsServer, tmp_path: Path) -> None:
        sheet = signed_in(server, tmp_path).open_by_key(leads(server)).sheet1
        assert sheet.get_all_values() == LEADS
        sheet.update([["R-0005", "Epsilon"]], "A6")
        sheet.append_row(["R-0006", "Zeta", "New"])
        assert [row[:2] for row in sheet.get_all_values()[5:]] == [["R-0005", "Epsilon"], ["R-0006", "Zeta"]]
        assert {call.caller for call in server.journal} == {SERVICE_ACCOUNT}
        assert [call.method.removeprefix("sheets.spreadsheets.") for call in server.journal] == [
            *("get", "get", "values.get", "values.update", "values.append", "values.get")
        ]

    @pytest.mark.parametrize("title", ["Q1 / Q2", "Ștefan's", "100%", "A1", "a:b", "x!y", "?q=1&r#s", "values:append"])
    def test_titles_need_percent_encoding(self, server: SheetsServer, title: str) -> None:
        spreadsheet_id = leads(server)
        call = Plain(server)
        call.batch(spreadsheet_id, {"addSheet": {"properties": {"title": title}}}).raise_for_status()
        place = requests.utils.quote("'" + title.replace("'", "''") + "'!B2", safe="")
        path = f"/v4/spreadsheets/{spreadsheet_id}/values/{place}"
        call("PUT", path, params={"valueInputOption": "RAW"}, json={"values": [["x"]]}).raise_for_status()
        assert call("GET", path).json()["values"] == [["x"]]
        call("POST", path + ":clear").raise_for_status()
        assert "values" not in call("GET", path).json()

    def test_a_bare_slash_in_a_path_is_no_title(self, server: SheetsServer) -> None:
        answer = Plain(server)("GET", f"/v4/spreadsheets/{leads(server)}/values/Q1/Q2")
        assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/html; charset=UTF-8")

    def test_a_users_refresh_token(self, server: SheetsServer) -> None:
        told = server.accounts.user_file(server.owner, server.address + "/token")
        del told["type"], told["universe_domain"]  # google-auth reads no token_uri from a user's file
        client = client_of(server, UserCredentials(None, scopes=SCOPES, **told))
        assert client.open_by_key(leads(server)).sheet1.acell("B2").value == "Acme"
        assert server.journal[-1].caller == server.owner

    def test_drive(self, server: SheetsServer, tmp_path: Path) -> None:
        client = signed_in(server, tmp_path)
        book = client.create("Mine")
        assert [file["name"] for file in client.list_spreadsheet_files()] == ["Mine"]
        assert client.open("Mine").id == book.id
        book.share("ada@example.com", perm_type="user", role="reader")
        assert [(each["emailAddress"], each["role"]) for each in book.list_permissions()] == [
            (SERVICE_ACCOUNT, "owner"),
            ("ada@example.com", "reader"),
        ]
        book.sheet1.update([["a1", "B2"]], "A1")
        assert book.export(gspread.utils.ExportFormat.CSV) == b"a1,B2"
        twin = client.copy(book.id, title="Twin")
        assert twin.sheet1.get_all_values() == [["a1", "B2"]]
        assert len(twin.list_permissions()) == 1
        book.remove_permissions("ada@example.com")
        assert len(book.list_permissions()) == 1
        client.import_csv(book.id, "x,y\n1,2")
        assert client.open_by_key(book.id).worksheet("Mine").get_all_values() == [["x", "y"], ["1", "2"]]
        before = book.get_lastUpdateTime()
        client.open_by_key(book.id).sheet1.update([["later"]], "A1")
        assert book.get_lastUpdateTime() > before
        client.del_spreadsheet(book.id)
        with pytest.raises(SpreadsheetNotFound):
            client.open_by_key(book.id)

    def test_a_service_account_without_storage(self, server: SheetsServer, tmp_path: Path) -> None:
        server.drive.service_accounts_may_own = False
        with pytest.raises(APIError, match="do not have storage quota"):
            signed_in(server, tmp_path).create("Mine")

    def test_connections_stay_open(self, server: SheetsServer) -> None:
        call, spreadsheet_id = Plain(server), leads(server)
        call("GET", f"/v4/spreadsheets/{spreadsheet_id}")
        assert len(server._http._open) == 1
        call("GET", f"/v4/spreadsheets/{spreadsheet_id}")
        assert len(server._http._open) == 1

    def test_googles_own_client(self, server: SheetsServer, tmp_path: Path) -> None:
        key_file = server.credentials(tmp_path / "key.json")
        credentials = Credentials.from_service_account_file(str(key_file), scopes=SCOPES[:1])
        sheets = build("sheets", "v4", credentials=credentials, client_options={"api_endpoint": server.address})
        ranges = [f"Sheet1!A{row}:D{row}" for row in range(1, 300)]
        told = sheets.spreadsheets().values().batchGet(spreadsheetId=leads(server), ranges=ranges).execute()
        assert told["valueRanges"][1]["values"] == [LEADS[1]]

    def test_a_large_query_may_come_as_a_post(self, server: SheetsServer) -> None:
        spreadsheet_id = leads(server)
        path = f"/v4/spreadsheets/{spreadsheet_id}/values:batchGet"
        body = "&".join(f"ranges=Sheet1!A{row}" for row in range(1, 300))
        answer = Plain(server)("POST", path, data=body, headers={"X-HTTP-Method-Override": "GET"})
        assert answer.json()["valueRanges"][0]["values"] == [["ID"]]


class TestTokens:
    """How a key becomes a token, and how it does not."""

    def claims(self, server: SheetsServer, **changes: Any) -> dict[str, Any]:
        now = int(time.time())
        about = {"iss": SERVICE_ACCOUNT, "aud": "https://oauth2.googleapis.com/token", "scope": SCOPES[0]}
        return about | {"iat": now, "exp": now + 3600} | changes

    @pytest.mark.parametrize(
        ("changes", "error", "description"),
        [
            pytest.param({"iss": "who@x.iam"}, "invalid_grant", "account not found", id="a stranger"),
            pytest.param({"aud": "https://example.com"}, "invalid_grant", "audience", id="meant for others"),
            pytest.param({"iat": 1, "exp": 3601}, "invalid_grant", "short-lived token", id="a clock long behind"),
            pytest.param({"exp": 2**40}, "invalid_grant", "short-lived token", id="good for ever"),
            pytest.param({"scope": ""}, "invalid_scope", "Invalid OAuth scope", id="no scope"),
            pytest.param({"scope": "https://x/y"}, "invalid_scope", "Invalid OAuth scope", id="an unknown scope"),
            pytest.param({"sub": "boss@example.com"}, "unauthorized_client", "unauthorized", id="on behalf of others"),
        ],
    )
    def test_refused(
        self, server: SheetsServer, tmp_path: Path, changes: dict[str, Any], error: str, description: str
    ) -> None:
        signer = crypt.RSASigner.from_service_account_file(str(server.credentials(tmp_path / "key.json")))
        assertion = jwt.encode(signer, self.claims(server, **changes))
        form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion.decode()}
        answer = requests.post(server.address + "/token", data=form, timeout=10)
        assert answer.json()["error"] == error
        assert description in answer.json()["error_description"]

    def test_another_signature(self, server: SheetsServer, tmp_path: Path) -> None:
        server.accounts.add(SERVICE_ACCOUNT)
        form = {
            "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "assertion": "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiAiJXMifQ.AAAA",
        }
        assert requests.post(server.address + "/token", data=form, timeout=10).json()["error"] == "invalid_grant"

    def test_a_deleted_key(self, server: SheetsServer, tmp_path: Path) -> None:
        client = signed_in(server, tmp_path)
        server.accounts.revoked.add(SERVICE_ACCOUNT)
        with pytest.raises(RefreshError, match="Invalid JWT Signature"):
            client.open_by_key(leads(server))

    def test_an_expired_token_is_fetched_anew(self, server: SheetsServer, tmp_path: Path) -> None:
        client, spreadsheet_id = signed_in(server, tmp_path), leads(server)
        client.open_by_key(spreadsheet_id)
        server.accounts.expire()
        client.open_by_key(spreadsheet_id)
        assert [call.status for call in server.journal] == [200, 401, 200]


class TestErrors:
    """Google's words, by what was done wrong."""

    def test_nobody_calls(self, server: SheetsServer) -> None:
        answer = requests.get(server.address + "/v4/spreadsheets/x", timeout=10)
        assert answer.status_code == 401
        assert answer.json()["error"]["details"][0]["reason"] == "CREDENTIALS_MISSING"

    @pytest.mark.parametrize(
        ("token", "reason"), [("no", "ACCESS_TOKEN_TYPE_UNSUPPORTED"), ("", "ACCESS_TOKEN_EXPIRED")]
    )
    def test_a_bad_token(self, server: SheetsServer, token: str, reason: str) -> None:
        answer = Plain(server, token or server.token(seconds=-1))("GET", "/v4/spreadsheets/x")
        error = answer.json()["error"]
        assert (answer.status_code, error["status"], error["details"][0]["reason"]) == (401, "UNAUTHENTICATED", reason)
        assert error["message"].startswith("Request had invalid authentication credentials. Expected OAuth 2 access")
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]

    def test_a_scope_too_small(self, server: SheetsServer) -> None:
        token = server.token(scopes=["https://www.googleapis.com/auth/spreadsheets.readonly"])
        spreadsheet_id = leads(server)
        assert Plain(server, token)("GET", f"/v4/spreadsheets/{spreadsheet_id}").status_code == 200
        answer = Plain(server, token).batch(spreadsheet_id, NOTE)
        error = answer.json()["error"]
        assert (answer.status_code, error["message"]) == (403, "Request had insufficient authentication scopes.")
        assert error["details"][0]["reason"] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"

    def test_an_api_that_nobody_enabled(self, server: SheetsServer) -> None:
        server.accounts.disabled.add("sheets.googleapis.com")
        error = Plain(server)("GET", "/v4/spreadsheets/x").json()["error"]
        assert error["message"].startswith("Google Sheets API has not been used in project ")
        assert error["details"][0]["metadata"]["activationUrl"].startswith("https://console.developers.google.com/apis")

    def test_no_such_spreadsheet(self, server: SheetsServer, tmp_path: Path) -> None:
        with pytest.raises(SpreadsheetNotFound):
            signed_in(server, tmp_path).open_by_key("nothing")
        assert Plain(server)("GET", "/v4/spreadsheets/x").json() == {
            "error": {"code": 404, "message": "Requested entity was not found.", "status": "NOT_FOUND"}
        }

    def test_not_shared(self, server: SheetsServer, tmp_path: Path) -> None:
        with pytest.raises(PermissionError):
            signed_in(server, tmp_path).open_by_key(server.create().id)

    def test_shared_to_read(self, server: SheetsServer) -> None:
        spreadsheet_id = leads(server)
        server.share(spreadsheet_id, "anyone", "reader")
        call = Plain(server, server.token("stranger@example.com"))
        assert call("GET", f"/v4/spreadsheets/{spreadsheet_id}").status_code == 200
        assert call.batch(spreadsheet_id, NOTE).json()["error"]["message"] == "The caller does not have permission"

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            pytest.param(
                {"addTabl": {}},
                "Invalid JSON payload received. Unknown name \"addTabl\" at 'requests[0]': Cannot find field.",
                id="an unknown request",
            ),
            pytest.param(
                {"updateSheetProperties": {"properties": {"headerValues": []}}},
                'Invalid JSON payload received. Unknown name "headerValues" at '
                "'requests[0].update_sheet_properties.properties': Cannot find field.",
                id="an unknown field",
            ),
            pytest.param(
                {"addSheet": {"properties": {"title": 5}}},
                "Invalid value at 'requests[0].add_sheet.properties.title' (TYPE_STRING), 5",
                id="a number for a text",
            ),
            pytest.param(
                {"deleteSheet": {"sheetId": "x"}},
                "Invalid value at 'requests[0].delete_sheet.sheet_id' (TYPE_INT32), \"x\"",
                id="a text for a number",
            ),
            pytest.param(
                {"deleteDimension": {"range": {"dimension": "LINES"}}},
                "Invalid value at 'requests[0].delete_dimension.range.dimension' "
                '(type.googleapis.com/google.apps.sheets.v4.Dimension), "LINES"',
                id="an unknown word",
            ),
            pytest.param(
                {"addSheet": {}, "deleteSheet": {"sheetId": 1}},
                "Invalid value at 'requests[0]' (oneof), oneof field 'kind' is already set. Cannot set 'deleteSheet'",
                id="two in one",
            ),
        ],
    )
    def test_a_body_that_does_not_fit(self, server: SheetsServer, change: dict[str, Any], message: str) -> None:
        answer = Plain(server).batch(leads(server), change)
        error = answer.json()["error"]
        assert (answer.status_code, error["status"], error["message"]) == (400, "INVALID_ARGUMENT", message)
        assert error["details"][0]["fieldViolations"][0]["description"] == message

    def test_half_of_a_surrogate_pair_is_no_text(self, server: SheetsServer) -> None:
        path = f"/v4/spreadsheets/{leads(server)}/values/B2"
        body = b'{"values": [["a \\ud83d b"]]}'
        Plain(server)("PUT", path, params={"valueInputOption": "RAW"}, data=body).raise_for_status()
        assert Plain(server)("GET", path).json()["values"] == [["a \ufffd b"]]

    def test_no_json(self, server: SheetsServer) -> None:
        answer = Plain(server)("POST", "/v4/spreadsheets/x:batchUpdate", data=b'{"requests": [}')
        assert answer.json()["error"]["message"].startswith("Invalid JSON payload received. Unexpected token.")

    def test_an_unknown_parameter(self, server: SheetsServer) -> None:
        answer = Plain(server)("GET", "/v4/spreadsheets/x", params={"colour": "red"})
        assert 'Unknown name "colour": Cannot bind query parameter.' in answer.json()["error"]["message"]

    def test_all_or_nothing(self, server: SheetsServer) -> None:
        spreadsheet_id = leads(server)
        answer = Plain(server).batch(spreadsheet_id, NOTE, {"deleteSheet": {"sheetId": 99}})
        assert answer.status_code == 400
        assert answer.json()["error"]["message"].startswith("Invalid requests[1].deleteSheet: ")
        assert shown(server, spreadsheet_id) == LEADS
        assert not server.journal[-1].committed

    @pytest.mark.parametrize(
        "body",
        [
            pytest.param({"requests": {"add_sheet": {"properties": {"sheet_id": "7"}}}}, id="one object, snake_case"),
            pytest.param({"requests": [[{"addSheet": {"properties": {"sheetId": 7.0}}}]]}, id="a list in a list"),
            pytest.param({"requests": [{"addSheet": {"properties": {"sheetId": 7, "title": None}}}]}, id="null"),
        ],
    )
    def test_what_proto3_json_lets_pass(self, server: SheetsServer, body: dict[str, Any]) -> None:
        answer = Plain(server)("POST", f"/v4/spreadsheets/{leads(server)}:batchUpdate", json=body)
        assert answer.json()["replies"][0]["addSheet"]["properties"]["sheetId"] == 7

    def test_drive_says_it_with_a_reason(self, server: SheetsServer) -> None:
        error = Plain(server)("GET", "/drive/v3/files/x").json()["error"]
        assert error["message"] == "File not found: x."
        assert error["errors"][0]["reason"] == "notFound"


class TestFaults:
    """What goes wrong on demand."""

    @pytest.mark.parametrize(
        ("kind", "status", "committed"),
        [
            ("429", 429, False),
            ("500", 500, False),
            ("502", 502, False),
            ("503", 503, False),
            ("401", 401, False),
            ("500-after", 500, True),
            ("502-after", 502, True),
            ("503-after", 503, True),
        ],
    )
    def test_answers(self, server: SheetsServer, kind: str, status: int, committed: bool) -> None:
        spreadsheet_id = leads(server)
        server.faults.add(kind)
        answer = Plain(server).batch(spreadsheet_id, NOTE)
        assert answer.status_code == status
        assert "Retry-After" not in answer.headers
        assert answer.text.startswith("<!DOCTYPE html>") == kind.startswith("502")
        assert (shown(server, spreadsheet_id)[1][3] == "written") == server.journal[-1].committed == committed

    @pytest.mark.parametrize(("kind", "committed"), [("reset", False), ("reset-after", True), ("truncated", True)])
    def test_lost_connections(self, server: SheetsServer, kind: str, committed: bool) -> None:
        spreadsheet_id = leads(server)
        server.faults.add(kind)
        lost = requests.exceptions.ChunkedEncodingError if kind == "truncated" else requests.ConnectionError
        with pytest.raises(lost):
            Plain(server).batch(spreadsheet_id, NOTE)
        assert (shown(server, spreadsheet_id)[1][3] == "written") == committed

    @pytest.mark.parametrize("kind", ["slow", "slow-after"])
    def test_a_caller_that_gives_up(self, server: SheetsServer, kind: str) -> None:
        spreadsheet_id = leads(server)
        server.faults.add(kind, seconds=0.5)
        with pytest.raises(requests.ReadTimeout):
            Plain(server).session.post(
                f"{server.address}/v4/spreadsheets/{spreadsheet_id}:batchUpdate", json={"requests": [NOTE]}, timeout=0.2
            )
        assert (shown(server, spreadsheet_id)[1][3] == "written") == (kind == "slow-after")
        time.sleep(0.5)
        assert shown(server, spreadsheet_id)[1][3] == "written"

    def test_which_calls(self, server: SheetsServer) -> None:
        spreadsheet_id, call = leads(server), Plain(server)
        server.faults.add("503", "spreadsheets.batchUpdate", nth=2, times=2)
        statuses = []
        for _ in range(4):
            assert call("GET", f"/v4/spreadsheets/{spreadsheet_id}").status_code == 200
            statuses.append(call.batch(spreadsheet_id, NOTE).status_code)
        assert statuses == [200, 503, 503, 200]

    def test_the_token_endpoint_fails(self, server: SheetsServer, tmp_path: Path) -> None:
        server.faults.add("502", "token", times=None)
        key_file = server.credentials(tmp_path / "key.json")
        with pytest.raises(RefreshError):
            Credentials.from_service_account_file(str(key_file), scopes=SCOPES).refresh(GoogleRequest())

    def test_no_such_fault(self, server: SheetsServer) -> None:
        with pytest.raises(ValueError, match="no such fault"):
            server.faults.add("flood")


class TestQuotas:
    """So many calls a minute."""

    def test_sixty_reads_a_minute(self, server: SheetsServer) -> None:
        now = [0.0]
        server.quota = Quota(clock=lambda: now[0])
        call, path = Plain(server), f"/v4/spreadsheets/{leads(server)}"
        assert {call("GET", path).status_code for _ in range(60)} == {200}
        answer = call("GET", path)
        error = answer.json()["error"]
        assert (answer.status_code, error["status"]) == (429, "RESOURCE_EXHAUSTED")
        assert error["details"][0]["reason"] == "RATE_LIMIT_EXCEEDED"
        assert error["details"][0]["metadata"]["quota_limit"] == "ReadRequestsPerMinutePerUser"
        assert "Retry-After" not in answer.headers
        assert call.batch(path.rpartition("/")[2], NOTE).status_code == 200
        now[0] = 59.9
        assert call("GET", path).status_code == 429
        server.quota.advance(0.2)
        assert call("GET", path).status_code == 200

    def test_three_hundred_a_minute_for_the_project(self) -> None:
        quota = Quota(clock=lambda: 0.0)
        for user in range(5):
            assert all(quota.take("write", f"{user}@x", "1") is None for _ in range(60))
        refused = quota.take("write", "6@x", "1")
        assert refused is not None
        assert refused.details[0]["metadata"]["quota_limit"] == "WriteRequestsPerMinutePerProject"
        assert quota.take("write", "6@x", "2") is None


class TestServer:
    """The server itself."""

    def test_our_own_mistakes_fail_the_test(self) -> None:
        server = SheetsServer().start()
        spreadsheet_id = leads(server)
        told = {"spreadsheetId": spreadsheet_id, "colour": "red"}
        server.sheets.call = lambda *_: told  # type: ignore[method-assign]
        assert Plain(server)("GET", f"/v4/spreadsheets/{spreadsheet_id}").status_code == 500
        server.stop()
        with pytest.raises(AssertionError, match="Spreadsheet has no such field"):
            server.check()

    def test_starts_and_stops_at_once(self) -> None:
        SheetsServer().start().stop()
        started = time.perf_counter()
        with SheetsServer() as server:
            assert time.perf_counter() - started < 0.1
            call = Plain(server)
            spreadsheet_id = leads(server)
            server.faults.add("slow", seconds=60)

            def waits() -> None:
                with suppress(requests.RequestException):
                    call("GET", f"/v4/spreadsheets/{spreadsheet_id}")

            waiting = threading.Thread(target=waits)
            waiting.start()
            time.sleep(0.1)
            stopped = time.perf_counter()
        assert time.perf_counter() - stopped < 0.5
        waiting.join(5)

    def test_the_page(self, server: SheetsServer) -> None:
        page = requests.get(f"{server.address}/spreadsheets/d/{leads(server)}/edit", timeout=10).text
        assert "met at the fair" in page

    def test_in_a_process_of_its_own(self, tmp_path: Path) -> None:
        key_file = tmp_path / "key.json"
        wanted = [sys.executable, "-m", "tests.sheets_server", "--credentials", str(key_file), "--spreadsheet", "Demo"]
        with subprocess.Popen([*wanted, "--locale", "ro_RO"], stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                address, key, spreadsheet_id = (process.stdout.readline().strip() for _ in range(3))
                assert key == str(key_file)
                self.drive_from_outside(address, spreadsheet_id, json.loads(key_file.read_text()))
            finally:
                process.terminate()

    def drive_from_outside(self, address: str, spreadsheet_id: str, key: dict[str, str]) -> None:
        assert key["token_uri"] == address + "/token"

        def ask(http: str, name: str, **body: Any) -> Any:
            return requests.request(http, f"{address}/_emulator/{name}", json=body, timeout=10).json()

        call = requests.Session()
        call.headers["Authorization"] = "Bearer emu-token"
        path = f"{address}/v4/spreadsheets/{spreadsheet_id}"
        assert call.get(path, timeout=10).json()["properties"]["locale"] == "ro_RO"
        ask("POST", "faults", kind="503", method="spreadsheets.get")
        assert call.get(path, timeout=10).status_code == 503
        ask("POST", "quota", per_user=1)
        assert [call.get(path, timeout=10).status_code for _ in range(2)] == [200, 429]
        ask("POST", "clock", seconds=60)
        assert call.get(path, timeout=10).status_code == 200
        ask("POST", "quota", off=True)
        assert ask("POST", "switches", metadata_follows_sort=True)["metadata_follows_sort"] is True
        deeds = ask("POST", "person", spreadsheetId=spreadsheet_id, action="add_row", arguments=[0, ["a", "b"]])
        assert deeds[0]["kind"] == "add_row"
        assert ask("POST", "person", spreadsheetId=spreadsheet_id, times=3)[2]["kind"]
        other = ask("POST", "spreadsheets", title="Other", timeZone="Europe/Bucharest")["spreadsheetId"]
        token = ask("POST", "token", email="ada@example.com")["access_token"]
        ask("POST", "share", spreadsheetId=other, email="ada@example.com", role="reader")
        seen = requests.get(
            f"{address}/v4/spreadsheets/{other}", headers={"Authorization": "Bearer " + token}, timeout=10
        )
        assert seen.json()["properties"]["timeZone"] == "Europe/Bucharest"
        assert len(ask("GET", "journal")) == 6
        assert ask("GET", "errors") == []
        assert "error" in ask("POST", "nothing")
