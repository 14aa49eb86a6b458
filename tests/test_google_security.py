"""What must never get out: keys, tokens and people's data; and whom sync speaks with, and whom never."""

from __future__ import annotations

import http.server
import json
import logging
import os
import re
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, Run
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from sheetcrm import config
from sheetcrm.problems import BadSettings, Unavailable
from sheetcrm.workbooks.google import connecting
from sheetcrm.workbooks.google.client import Client, load_credentials
from tests.sheets_server.app import Answer, Request
from tests.sheets_server.server import OWNER, SERVICE_ACCOUNT, SheetsServer
from tests.sheets_server.sheets import Caller

LOUD = ("", "sheetcrm", "urllib3", "requests", "gspread", "google", "google.auth", "google.auth.transport.requests")
"""Loggers that are set to say everything, by name; "" is the root."""

PEOPLE = [
    ["Zorilă & Fiii SRL", "Ana Zorilă", "+40 722 555 013", "ana@zorila.example"],
    ["Quixotic Pumps", "Bo Quix", "+40 733 555 014", "bo@quixotic.example"],
    ["Quixotic Pumps", "Bo Quix", "+40 733 555 014", "not an address at all"],
]
SPREADSHEET = "1AbCdEfGhIjKlMnOpQrStUvWxYz0123456789abcdefg"


class Overheard(logging.Handler):
    """Keeps all of every line, as a log of JSON would: the text, and whatever hangs on it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        self.lines.append(f"{record.getMessage()} {vars(record)!r}")

    @property
    def text(self) -> str:
        """All of it."""
        return "\n".join(self.lines)


@pytest.fixture
def overheard() -> Iterator[Overheard]:
    ear = Overheard()
    loggers = [logging.getLogger(name) for name in LOUD]
    before = [(logger.level, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
        logger.addHandler(ear)
    yield ear
    for logger, (level, propagate) in zip(loggers, before, strict=True):
        logger.setLevel(level)
        logger.propagate = propagate
        logger.removeHandler(ear)


class Google:
    """An emulator, a key for it, and a spreadsheet; remembers what was shown to get tokens."""

    def __init__(self, server: SheetsServer, key: Path) -> None:
        self.server = server
        self.key = server.credentials(key)
        self.key.chmod(0o600)
        self.spreadsheet = server.create("CRM", locale="en_GB", timeZone="Europe/Bucharest").id
        self.address = f"https://docs.google.com/spreadsheets/d/{self.spreadsheet}/edit"
        server.share(self.spreadsheet, SERVICE_ACCOUNT, "writer")
        self.assertions: list[str] = []
        grant = server.accounts.grant

        def granted(form: dict[str, str]) -> tuple[int, dict[str, Any]]:
            self.assertions.append(form["assertion"])
            return grant(form)

        server.accounts.grant = granted  # type: ignore[method-assign]

    def type_leads(self, row: int = 1) -> None:
        """People at work: leads as one types them, from a row on."""
        sheet = next(s.id for s in self.server.sheets.spreadsheets[self.spreadsheet].sheets if s.title == "Leads")
        rows = [{"values": [{"userEnteredValue": {"stringValue": text}} for text in person]} for person in PEOPLE]
        start = {"sheetId": sheet, "rowIndex": row, "columnIndex": 2}
        request = {"updateCells": {"start": start, "rows": rows, "fields": "userEnteredValue"}}
        where = {"spreadsheetId": self.spreadsheet}
        body = {"requests": [request]}
        self.server.sheets.call("sheets.spreadsheets.batchUpdate", where, body, Caller(OWNER))

    @property
    def secrets(self) -> set[str]:
        """What opens the spreadsheet, or could."""
        told = json.loads(self.key.read_text("utf-8"))
        signed = {part for assertion in self.assertions for part in (assertion, assertion.rpartition(".")[2])}
        lines = [line for line in told["private_key"].splitlines() if not line.startswith("-----")]
        return {told["private_key_id"], *lines, *self.server.accounts.tokens, *signed}


@pytest.fixture
def google(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Google]:
    with SheetsServer() as server:
        google = Google(server, tmp_path / "key.json")
        monkeypatch.setenv("SHEETCRM_GOOGLE_URL", server.address)
        monkeypatch.setenv("SHEETCRM_CREDENTIALS", str(google.key))
        monkeypatch.setattr(connecting, "PATIENCE_SECONDS", 0.1)
        yield google


def a_whole_night(run: Run, google: Google) -> tuple[str, str]:
    """Everything a team does in its first night, and what goes wrong meanwhile: what was said, what complained of."""
    said, complained = "", ""

    def ran(*arguments: str) -> int:
        nonlocal said, complained
        exit_code, out, err = run(*arguments)
        said += out
        complained += err
        return exit_code

    assert ran("connect", google.address, "--debug") == 0
    assert ran("init", google.address, "--debug") == 0
    google.type_leads()
    google.server.faults.add("429", "read")
    google.server.faults.add("503-after", "write")
    assert ran("sync", google.address, "--debug") == 0
    google.server.accounts.expire()
    assert ran("check", google.address, "--debug") == 1
    assert ran("connect", google.address) == 0
    google.server.share(google.spreadsheet, SERVICE_ACCOUNT, "reader")
    google.type_leads(1 + len(PEOPLE))
    assert ran("sync", google.address, "--debug", "--force") == 77
    google.server.unshare(google.spreadsheet, SERVICE_ACCOUNT)
    assert ran("sync", google.address, "--debug") == 77
    google.server.accounts.revoked.add(SERVICE_ACCOUNT)
    assert ran("sync", google.address, "--debug") == 77
    return said, complained


def test_logs_hold_no_secrets_and_nothing_of_people(run: Run, google: Google, overheard: Overheard) -> None:
    said, complained = a_whole_night(run, google)
    assert len(google.assertions) >= 5, "tokens were got"
    assert "/token" in overheard.text, "the logs did say everything"
    for secret in google.secrets:
        assert secret not in overheard.text + said + complained
    for person in PEOPLE:
        for text in person:
            assert text not in overheard.text + complained
            assert json.dumps(text)[1:-1] not in overheard.text + complained


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of which every place to write is known."""
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "TMPDIR", "WORK"):
        (tmp_path / "machine" / name).mkdir(parents=True)
        monkeypatch.setenv(name, str(tmp_path / "machine" / name))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "machine" / "TMPDIR"))
    monkeypatch.chdir(tmp_path / "machine" / "WORK")
    return tmp_path / "machine"


def test_nothing_is_kept_on_the_machine(run: Run, google: Google, machine: Path) -> None:
    here, key = set(google.key.parent.iterdir()), google.key.read_bytes()
    a_whole_night(run, google)
    assert [path for path in machine.rglob("*") if not path.is_dir()] == []
    assert set(google.key.parent.iterdir()) == here
    assert google.key.read_bytes() == key


def test_passwords_of_netrc_go_nowhere(run: Run, google: Google, machine: Path, overheard: Overheard) -> None:
    """Requests sends them to whoever is named there, or to everybody."""
    (machine / "HOME" / ".netrc").write_text("default login joe password hunter2\n", "utf-8")
    shown: list[str] = []
    answer = google.server.app.answer

    def answered(request: Request) -> Answer:
        shown.append(request.headers.get("Authorization", ""))
        return answer(request)

    google.server.app.answer = answered  # type: ignore[method-assign]
    assert run("connect", google.address)[0] == 0
    assert run("check", google.address)[0] == 2, "it was never set up, and that could be read"
    assert {text.partition(" ")[0] for text in shown} == {"", "Bearer"}


# ---------------------------------------------------------------- whom it speaks with


class Impostor:
    """An https server on this machine whose certificate nobody vouches for."""

    def __init__(self, folder: Path) -> None:
        self.asked: list[str] = []
        impostor = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                """Whatever comes is too much."""
                impostor.asked.append(self.path)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b'{"access_token": "x", "expires_in": 3599}')

            do_POST = do_GET

            def log_message(self, format: str, *args: Any) -> None:
                """Quietly."""

        self._http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(_self_signed(folder))
        self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
        self._http.handle_error = lambda *_: None  # type: ignore[method-assign]  # callers hang up, as they should
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"https://127.0.0.1:{self._http.server_address[1]}"

    def stop(self) -> None:
        """Listen no more."""
        self._http.shutdown()
        self._http.server_close()


def _self_signed(folder: Path) -> Path:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sheets.googleapis.com")])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + certificate.public_bytes(serialization.Encoding.PEM)
    file = folder / "impostor.pem"
    file.write_bytes(pem)
    return file


@pytest.fixture
def impostor(tmp_path: Path) -> Iterator[Impostor]:
    impostor = Impostor(tmp_path)
    yield impostor
    impostor.stop()


CALLS: dict[str, Callable[[Client], object]] = {
    "signing in": lambda client: client.sign_in(),
    "reading": lambda client: client.get("spreadsheetId"),
    "writing": lambda client: client.write([{"deleteSheet": {"sheetId": 1}}]),
}


IMPOSTORS = [
    pytest.param(who, call, id=f"who {who}, {name}")
    for who in ("gives tokens", "keeps spreadsheets")
    for name, call in CALLS.items()
    if (who, name) != ("keeps spreadsheets", "signing in")  # nothing is signed in there
]


@pytest.mark.parametrize(("who", "call"), IMPOSTORS)
def test_a_certificate_that_nobody_vouches_for_is_refused_at_once(
    google: Google,
    impostor: Impostor,
    monkeypatch: pytest.MonkeyPatch,
    who: str,
    call: Callable[[Client], object],
) -> None:
    told = json.loads(google.key.read_text("utf-8"))
    if who == "gives tokens":
        google.key.write_text(json.dumps({**told, "token_uri": impostor.address + "/token"}), "utf-8")
    monkeypatch.setenv("SHEETCRM_GOOGLE_URL", impostor.address)
    started = time.monotonic()
    with pytest.raises(Unavailable) as refused:
        call(Client(SPREADSHEET, load_credentials(google.key)))
    assert time.monotonic() - started < 5
    assert impostor.asked == []
    for language, words in (("en", "not one that this machine trusts"), ("ro", "nu este unul în care")):
        assert words in refused.value.text(language)
        assert "127.0.0.1" in refused.value.text(language)


def test_connect_says_so_too(run: Run, google: Google, impostor: Impostor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHEETCRM_GOOGLE_URL", impostor.address)
    exit_code, out, _ = run("connect", google.address)
    assert exit_code == 69
    assert "✗ The certificate that 127.0.0.1 shows" in out
    assert impostor.asked == []


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("http://sheets.googleapis.com", id="Google's, in the clear"),
        pytest.param("http://example.com", id="somebody's"),
        pytest.param("http://127.0.0.1@example.com", id="somebody's who looks like us"),
        pytest.param("http://127.0.0.1.example.com", id="somebody's who is named like us"),
        pytest.param("http://10.0.0.1:8080", id="the neighbour's"),
        pytest.param("ftp://127.0.0.1", id="another protocol"),
        pytest.param("file:///etc/passwd", id="a file"),
        pytest.param("http://[::1].example.com", id="somebody's who begins like us"),
        pytest.param("127.0.0.1:8080", id="no protocol"),
        pytest.param("https://", id="nowhere"),
    ],
)
def test_only_https_or_this_machine_may_stand_in_for_google(
    run: Run, google: Google, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("SHEETCRM_GOOGLE_URL", url)
    for command in ("connect", "check", "sync"):
        exit_code, out, err = run(command, google.address)
        assert exit_code == 78
        assert "SHEETCRM_GOOGLE_URL" in out + err
    assert google.assertions == [], "not even signed in"


@pytest.mark.parametrize("url", ["https://proxy.example.com", "http://127.0.0.1:8080", "http://localhost:1", ""])
def test_these_may(url: str) -> None:
    assert config.google_url({"SHEETCRM_GOOGLE_URL": url + "/"}) == url


def test_no_settings_file_says_where_google_is(tmp_path: Path) -> None:
    for section in ("google", "workbooks"):
        (tmp_path / "sheetcrm.toml").write_text(f'[{section}]\nurl = "https://example.com"\n', "utf-8")
        try:
            config.load({}, tmp_path)
        except BadSettings:
            assert section == "google"
        assert config.google_url({}) == ""


def test_one_module_alone_reads_the_environment() -> None:
    reads = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "sheetcrm").rglob("*.py")
        if re.search(r"\bos\.environ\b|getenv|SHEETCRM_GOOGLE_URL", path.read_text("utf-8"))
    ]
    assert reads == ["sheetcrm/config.py"]
    assert os.environ.get("SHEETCRM_GOOGLE_URL", "") == ""


def test_a_cell_says_nothing_about_where_google_is(run: Run, google: Google) -> None:
    run("init", google.address)
    sheet = next(s.id for s in google.server.sheets.spreadsheets[google.spreadsheet].sheets if s.title == "Settings")
    names = ("SHEETCRM_GOOGLE_URL", "url", "Google")
    cells = [[{"userEnteredValue": {"stringValue": t}} for t in (name, "http://127.0.0.1:9")] for name in names]
    request = {
        "updateCells": {
            "start": {"sheetId": sheet, "rowIndex": 25, "columnIndex": 1},
            "rows": [{"values": line} for line in cells],
            "fields": "userEnteredValue",
        }
    }
    where = {"spreadsheetId": google.spreadsheet}
    google.server.sheets.call("sheets.spreadsheets.batchUpdate", where, {"requests": [request]}, Caller(OWNER))
    assert run("sync", google.address)[0] == 0
