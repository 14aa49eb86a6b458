"""Who calls: service accounts, their keys, and the tokens they get for them."""

import base64
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from zlib import crc32

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from .errors import ApiError

__all__ = ["Accounts", "ServiceAccount", "Token", "service_disabled"]

SCOPE = "https://www.googleapis.com/auth/"
ALL_SCOPES = (SCOPE + "spreadsheets", SCOPE + "drive")
KNOWN_SCOPES = frozenset(
    SCOPE + name
    for name in (
        "spreadsheets spreadsheets.readonly drive drive.file drive.readonly drive.metadata drive.metadata.readonly"
        " drive.appdata drive.scripts drive.photos.readonly drive.meet.readonly userinfo.email userinfo.profile"
        " cloud-platform documents documents.readonly"
    ).split()
) | {"openid", "email", "profile", "https://spreadsheets.google.com/feeds", "https://docs.google.com/feeds"}
FEEDS = {
    "https://spreadsheets.google.com/feeds": SCOPE + "spreadsheets",
    "https://docs.google.com/feeds": SCOPE + "drive",
}
AUDIENCES = frozenset(
    (
        "https://oauth2.googleapis.com/token",
        "https://www.googleapis.com/oauth2/v4/token",
        "https://accounts.google.com/o/oauth2/token",
    )
)
SKEW_SECONDS = 300
LIFETIME_SECONDS = 3599
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SIGN_IN = "See https://developers.google.com/identity/sign-in/web/devconsole-project."
SHORT_LIVED = (
    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
    "Check your iat and exp values in the JWT claim."
)


@cache
def private_key() -> rsa.RSAPrivateKey:
    """The one key of this process; every service account has it."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def private_key_pem() -> str:
    """The key as key files carry it."""
    form = serialization.PrivateFormat.PKCS8
    return private_key().private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


@dataclass(frozen=True)
class ServiceAccount:
    """An account that a program signs in with."""

    email: str
    project_id: str
    project_number: str


@dataclass(frozen=True)
class Token:
    """What a caller shows with every call."""

    email: str
    scopes: frozenset[str]
    expires_at: float
    project_number: str


@dataclass
class Accounts:
    """All accounts and tokens that the server knows. `clock` gives seconds since 1970."""

    clock: Callable[[], float] = time.time
    service_accounts: dict[str, ServiceAccount] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    refresh_tokens: dict[str, str] = field(default_factory=dict)
    disabled: set[str] = field(default_factory=set)
    """Services that the project has not enabled: "sheets.googleapis.com", "drive.googleapis.com"."""
    revoked: set[str] = field(default_factory=set)
    """Accounts whose key was deleted: no new token is given to them."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, email: str, project_id: str = "crm-project") -> ServiceAccount:
        """Make a service account, or find it."""
        account = self.service_accounts.get(email)
        if account is None:
            account = ServiceAccount(email, project_id, str(100_000_000_000 + crc32(project_id.encode())))
            self.service_accounts[email] = account
        return account

    def key_file(self, email: str, token_uri: str, project_id: str = "crm-project") -> dict[str, str]:
        """What Google's console gives for download: a real key, with our address to get tokens from."""
        account = self.add(email, project_id)
        return {
            "type": "service_account",
            "project_id": account.project_id,
            "private_key_id": f"{crc32(email.encode()):08x}" * 5,
            "private_key": private_key_pem(),
            "client_email": email,
            "client_id": str(10**20 + crc32(email.encode())),
            "auth_uri": "https://accounts.google.com/o/oauth2/auth",
            "token_uri": token_uri,
            "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
            "client_x509_cert_url": f"https://www.googleapis.com/robot/v1/metadata/x509/{email.replace('@', '%40')}",
            "universe_domain": "googleapis.com",
        }

    def user_file(self, email: str, token_uri: str) -> dict[str, str]:
        """An authorized user's file, as `gspread.oauth` keeps it."""
        refresh = "1//emulator-" + secrets.token_urlsafe(24)
        self.refresh_tokens[refresh] = email
        return {
            "type": "authorized_user",
            "client_id": "emulator.apps.googleusercontent.com",
            "client_secret": "not-a-secret",
            "refresh_token": refresh,
            "token_uri": token_uri,
            "universe_domain": "googleapis.com",
        }

    def give(
        self,
        email: str,
        scopes: Iterable[str] = ALL_SCOPES,
        *,
        token: str = "",
        seconds: float = LIFETIME_SECONDS,
    ) -> str:
        """A token for an account, made up or as given."""
        token = token or "ya29.c.emulator-" + secrets.token_urlsafe(32)
        account = self.service_accounts.get(email) or ServiceAccount(email, "crm-project", "100000000001")
        wanted = frozenset(FEEDS.get(scope, scope) for scope in scopes)
        with self._lock:
            self.tokens[token] = Token(email, wanted, self.clock() + seconds, account.project_number)
        return token

    def expire(self, email: str = "") -> None:
        """Every token, or every token of one account, is over."""
        with self._lock:
            for token, about in tuple(self.tokens.items()):
                if email in ("", about.email):
                    self.tokens[token] = Token(about.email, about.scopes, 0.0, about.project_number)

    def grant(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """The answer of the token endpoint to a form: (HTTP status, JSON)."""
        kind = form.get("grant_type", "")
        if kind == "refresh_token":
            email = self.refresh_tokens.get(form.get("refresh_token", ""), "")
            if not email or email in self.revoked:
                return _refused("invalid_grant", "Token has been expired or revoked.")
            return self._granted(email, form.get("scope", "").split() or ALL_SCOPES)
        if kind != JWT_GRANT:
            return _refused("unsupported_grant_type", f"Invalid grant_type: {kind}")
        try:
            header, claims, signed, signature = _opened(form.get("assertion", ""))
        except ValueError:
            return _refused("invalid_grant", "Invalid JWT: Failed to parse the assertion.")
        return self._jwt_granted(header, claims, signed, signature)

    def _jwt_granted(
        self, header: dict[str, Any], claims: dict[str, Any], signed: bytes, signature: bytes
    ) -> tuple[int, dict[str, Any]]:
        email = claims.get("iss", "")
        if email not in self.service_accounts:
            return _refused("invalid_grant", "Invalid grant: account not found")
        if header.get("alg") != "RS256" or email in self.revoked:
            return _refused("invalid_grant", "Invalid JWT Signature.")
        try:
            private_key().public_key().verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return _refused("invalid_grant", "Invalid JWT Signature.")
        if claims.get("aud") not in AUDIENCES:
            return _refused("invalid_grant", "Invalid JWT: Failed audience check.")
        now, issued, expires = self.clock(), claims.get("iat"), claims.get("exp")
        if (
            not isinstance(issued, int | float)
            or not isinstance(expires, int | float)
            or issued > now + SKEW_SECONDS
            or expires < now - SKEW_SECONDS
            or not 0 < expires - issued <= 3600 + SKEW_SECONDS
        ):
            return _refused("invalid_grant", SHORT_LIVED)
        if claims.get("sub", email) != email:
            what = "Client is unauthorized to retrieve access tokens using this method, or client not authorized for "
            return _refused("unauthorized_client", what + "any of the scopes requested.", 401)
        scopes = str(claims.get("scope", "")).split()
        if not scopes or not set(scopes) <= KNOWN_SCOPES:
            return _refused("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
        return self._granted(email, scopes)

    def _granted(self, email: str, scopes: Iterable[str]) -> tuple[int, dict[str, Any]]:
        token = self.give(email, scopes)
        return 200, {"access_token": token, "expires_in": LIFETIME_SECONDS, "token_type": "Bearer"}

    def who(self, authorization: str, service: str, method: str) -> Token:
        """Whose call it is, by the header of the call; 401 where the token is none or is over."""
        kind, _, token = authorization.partition(" ")
        if not authorization:
            raise unauthenticated(service, method, "CREDENTIALS_MISSING")
        known = self.tokens.get(token.strip()) if kind.lower() == "bearer" else None
        if known is None:
            raise unauthenticated(service, method, "ACCESS_TOKEN_TYPE_UNSUPPORTED")
        if known.expires_at <= self.clock():
            raise unauthenticated(service, method, "ACCESS_TOKEN_EXPIRED")
        if service in self.disabled:
            raise service_disabled(service, known.project_number)
        return known


def unauthenticated(service: str, method: str, reason: str) -> ApiError:
    """401: nobody knows who calls."""
    missing = reason == "CREDENTIALS_MISSING"
    what = (
        "Request is missing required authentication credential."
        if missing
        else ("Request had invalid authentication credentials.")
    )
    return ApiError(
        401,
        "UNAUTHENTICATED",
        f"{what} Expected OAuth 2 access token, login cookie or other valid authentication credential. {SIGN_IN}",
        [_error_info(reason, {"service": service, "method": method})],
    )


def insufficient_scopes(service: str, method: str) -> ApiError:
    """403: the token does not cover the call."""
    metadata = {"service": service, "method": method}
    return ApiError(
        403,
        "PERMISSION_DENIED",
        "Request had insufficient authentication scopes.",
        [_error_info("ACCESS_TOKEN_SCOPE_INSUFFICIENT", metadata)],
    )


def service_disabled(service: str, project: str) -> ApiError:
    """403: somebody forgot to enable the API in the project."""
    title = "Google Sheets API" if service.startswith("sheets") else "Google Drive API"
    address = f"https://console.developers.google.com/apis/api/{service}/overview?project={project}"
    message = (
        f"{title} has not been used in project {project} before or it is disabled. Enable it by visiting {address} "
        "then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems "
        "and retry."
    )
    metadata = {
        "service": service,
        "consumer": f"projects/{project}",
        "activationUrl": address,
        "serviceTitle": title,
        "containerInfo": project,
    }
    return ApiError(
        403,
        "PERMISSION_DENIED",
        message,
        [
            _error_info("SERVICE_DISABLED", metadata),
            {"@type": "type.googleapis.com/google.rpc.LocalizedMessage", "locale": "en-US", "message": message},
            {
                "@type": "type.googleapis.com/google.rpc.Help",
                "links": [{"description": "Google developers console API activation", "url": address}],
            },
        ],
    )


def _error_info(reason: str, metadata: dict[str, str]) -> dict[str, Any]:
    kind = "type.googleapis.com/google.rpc.ErrorInfo"
    return {"@type": kind, "reason": reason, "domain": "googleapis.com", "metadata": metadata}


def _refused(error: str, description: str, status: int = 400) -> tuple[int, dict[str, Any]]:
    return status, {"error": error, "error_description": description}


def _opened(assertion: str) -> tuple[dict[str, Any], dict[str, Any], bytes, bytes]:
    """Header, claims, the signed bytes and the signature of a JWT; ValueError where it is none."""
    head, claims, signature = assertion.split(".")
    parts = [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in (head, claims, signature)]
    opened = json.loads(parts[0]), json.loads(parts[1])
    if not all(isinstance(part, dict) for part in opened):
        raise ValueError("no record")
    return *opened, f"{head}.{claims}".encode(), parts[2]
