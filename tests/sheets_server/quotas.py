"""Google's quotas: so many reads and so many writes a minute."""

import threading
import time
from collections import Counter
from collections.abc import Callable

from .errors import ApiError

__all__ = ["Quota"]


class Quota:
    """Calls a minute, reads and writes apart: 60 for each user and 300 for the project, whole again each minute.

    A call that is refused costs nothing. `clock` gives seconds; `advance` moves it for tests that must not wait.
    """

    def __init__(
        self, per_user: int = 60, per_project: int = 300, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.per_user = per_user
        self.per_project = per_project
        self._clock = clock
        self._ahead = 0.0
        self._minute = -1
        self._spent: Counter[tuple[str, str, str]] = Counter()
        self._lock = threading.Lock()

    def advance(self, seconds: float) -> None:
        """Let time pass for the quotas."""
        self._ahead += seconds

    def exhaust(self, email: str, project: str, *, reads: bool = True, writes: bool = True) -> None:
        """Use up a user's calls of this minute."""
        with self._lock:
            self._turn()
            for kind in ["read"] * reads + ["write"] * writes:
                self._spent[kind, project, email] = self.per_user

    def left(self, kind: str, email: str, project: str) -> int:
        """How many reads or writes the user still has in this minute."""
        with self._lock:
            self._turn()
            return min(
                self.per_user - self._spent[kind, project, email], self.per_project - self._spent[kind, project, ""]
            )

    def take(self, kind: str, email: str, project: str) -> ApiError | None:
        """Spend one "read" or "write"; the 429 where none is left."""
        with self._lock:
            self._turn()
            if self._spent[kind, project, email] >= self.per_user:
                return exceeded(kind, project, self.per_user, per_user=True)
            if self._spent[kind, project, ""] >= self.per_project:
                return exceeded(kind, project, self.per_project, per_user=False)
            self._spent[kind, project, email] += 1
            self._spent[kind, project, ""] += 1
            return None

    def _turn(self) -> None:
        minute = int((self._clock() + self._ahead) // 60)
        if minute != self._minute:
            self._minute = minute
            self._spent.clear()


def exceeded(kind: str, project: str, limit: int, *, per_user: bool = True) -> ApiError:
    """Google's 429. It says nothing about when to come back."""
    word = kind.capitalize()
    whose = " per user" if per_user else ""
    metadata = {
        "service": "sheets.googleapis.com",
        "consumer": f"projects/{project}",
        "quota_metric": f"sheets.googleapis.com/{kind}_requests",
        "quota_limit": f"{word}RequestsPerMinutePer{'User' if per_user else 'Project'}",
        "quota_limit_value": str(limit),
        "quota_location": "global",
        "quota_unit": "1/min/{project}/{user}" if per_user else "1/min/{project}",
    }
    return ApiError(
        429,
        "RESOURCE_EXHAUSTED",
        f"Quota exceeded for quota metric '{word} requests' and limit '{word} requests per minute{whose}' of service "
        f"'sheets.googleapis.com' for consumer 'project_number:{project}'.",
        [
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "RATE_LIMIT_EXCEEDED",
                "domain": "googleapis.com",
                "metadata": metadata,
            },
            {
                "@type": "type.googleapis.com/google.rpc.Help",
                "links": [
                    {
                        "description": "Request a higher quota limit.",
                        "url": "https://cloud.google.com/docs/quotas/help/request_increase",
                    }
                ],
            },
        ],
    )
