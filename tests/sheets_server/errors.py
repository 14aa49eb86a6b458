"""How Google says no."""

from typing import Any


class ApiError(Exception):
    """An answer that is not 200: `code` is the HTTP status, `status` Google's word for it."""

    def __init__(self, code: int, status: str, message: str, details: list[dict[str, Any]] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.message = message
        self.details = details or []

    def __str__(self) -> str:
        return f"{self.code} {self.status}: {self.message}"


def invalid(message: str, details: list[dict[str, Any]] | None = None) -> ApiError:
    """400: the request makes no sense."""
    return ApiError(400, "INVALID_ARGUMENT", message, details)


def not_found(message: str = "Requested entity was not found.") -> ApiError:
    """404: no such spreadsheet, or none that the caller may see."""
    return ApiError(404, "NOT_FOUND", message)


def forbidden(message: str = "The caller does not have permission") -> ApiError:
    """403: the caller's role is too small."""
    return ApiError(403, "PERMISSION_DENIED", message)
