"""Every text that a user reads, in English and Romanian.

Each `.toml` file beside this module is one area; each entry holds both
languages. Nothing here knows when a text is said.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

__all__ = ["LANGUAGES", "area", "text", "texts"]

LANGUAGES = ("en", "ro")


@cache
def area(name: str) -> Mapping[str, Mapping[str, object]]:
    """All entries of one area: key → {"en": …, "ro": …}."""
    return tomllib.loads(files(__name__).joinpath(f"{name}.toml").read_text("utf-8"))


def text(name: str, key: str, language: str, /, **values: object) -> str:
    """One text of an area, filled in. `n` picks the plural form where there are forms."""
    entry = area(name)[key][language]
    if isinstance(entry, Mapping):
        entry = entry[plural_form(language, int(str(values["n"])))]
    return str(entry).format(**values) if values else str(entry)


def texts(name: str, key: str) -> dict[str, str]:
    """One entry in every language."""
    return {language: str(area(name)[key][language]) for language in LANGUAGES}


def plural_form(language: str, n: int) -> str:
    """The CLDR plural form of a whole number: `one`, `few` or `other`."""
    if n == 1:
        return "one"
    if language == "ro" and (n == 0 or 1 <= n % 100 <= 19):
        return "few"
    return "other"
