"""Countries by the names that people give them.

Knows the countries of `messages/countries.toml`, in either language, by alias
or ISO code; any other country is simply not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from sheetcrm import messages
from sheetcrm.columns import fold

__all__ = ["country_called"]


def country_called(text: str) -> str | None:
    """The ISO code of a country: RO for “Romania”, “românia”, “RO”."""
    return _called().get(fold(text))


@cache
def _called() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for code, entry in messages.area("countries").items():
        aliases = entry.get("also", [])
        names = [code, *(str(entry[language]) for language in messages.LANGUAGES)]
        names += [str(alias) for alias in aliases] if isinstance(aliases, list) else []
        found.update((fold(name), code) for name in names)
    return found
