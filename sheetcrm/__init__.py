"""A CRM that is the team's spreadsheet.

    >>> import sheetcrm
    >>> crm = sheetcrm.open("crm.xlsx")

This is the public face. It loads what it names when it is asked for it, because
`sheetcrm --help` must not wait for pandas.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sheetcrm.notebook import open as open

__all__ = ["__version__", "open"]

__version__ = "0.1.0"


if not TYPE_CHECKING:  # a misspelt name must not pass for one that is loaded late

    def __getattr__(name: str) -> object:
        """Load `open` when it is first asked for."""
        if name == "open":
            # Not a plain import: the rooms below import `sheetcrm.messages`, and through this
            # package they would seem to depend on the whole house.
            return import_module("sheetcrm.notebook").open
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """What the public face offers."""
    return [*globals(), "open"]
