"""What goes wrong between a caller and Google, on demand."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

__all__ = ["AFTER", "BEFORE", "Fault", "Faults"]

BEFORE = frozenset("429 401 500 502 503 reset slow".split())
"""The call is not carried out; "slow" carries it out when `seconds` are over, whether somebody still waits or not."""
AFTER = frozenset("500-after 502-after 503-after reset-after slow-after truncated".split())
"""The call is carried out, and its answer is lost, late, or cut in half."""


@dataclass
class Fault:
    """One rule: which calls it meets, and what becomes of them."""

    kind: str
    method: str = ""
    """A method's id or the end of it ("spreadsheets.batchUpdate"), "read", "write", "token", or every call."""
    nth: int = 1
    """The first call of these that it meets, counted from when it was added."""
    times: int | None = 1
    """How many calls it meets from there on; None: all."""
    caller: str = ""
    seconds: float = 0.0
    seen: int = field(default=0, init=False)
    met: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        if self.kind not in BEFORE | AFTER:
            raise ValueError(f"no such fault: {self.kind!r}; there are {', '.join(sorted(BEFORE | AFTER))}")

    @property
    def after(self) -> bool:
        """Whether the call is carried out first."""
        return self.kind in AFTER

    def means(self, method: str, caller: str, reads: bool) -> bool:
        """Whether a call is one of those that this rule counts."""
        if self.caller and self.caller != caller:
            return False
        if self.method in ("read", "write"):
            return method != "token" and reads == (self.method == "read")
        if not self.method:
            return method != "token"
        return method == self.method or method.endswith("." + self.method)


class Faults:
    """The rules in force. The first that meets a call counts; a rule that has met its calls is over."""

    def __init__(self) -> None:
        self._rules: list[Fault] = []
        self._lock = threading.Lock()
        self.over = threading.Event()
        """Set when the server stops: nobody waits for a slow call any longer."""

    def __iter__(self) -> Iterator[Fault]:
        return iter(tuple(self._rules))

    def add(self, kind: str, method: str = "", **rule: Any) -> Fault:
        """Add a rule: `faults.add("503-after", "spreadsheets.batchUpdate", nth=2)`."""
        fault = Fault(kind, method, **rule)
        with self._lock:
            self._rules.append(fault)
        return fault

    def clear(self) -> None:
        """No rules any more."""
        with self._lock:
            self._rules.clear()

    def meet(self, method: str, caller: str, *, reads: bool) -> Fault | None:
        """The fault that this call meets, if any. Counts the call."""
        met: Fault | None = None
        with self._lock:
            for fault in self._rules:
                if not fault.means(method, caller, reads):
                    continue
                fault.seen += 1
                left = fault.times is None or fault.met < fault.times
                if met is None and left and fault.seen >= fault.nth:
                    fault.met += 1
                    met = fault
        return met

    def wait(self, seconds: float) -> None:
        """Let the caller wait."""
        self.over.wait(seconds)
