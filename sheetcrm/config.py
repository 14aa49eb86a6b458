"""What stands outside the workbook: `sheetcrm.toml` and the environment.

The only module that reads the environment. It knows where the settings of the
machine are looked for and what they may say; it opens no workbook, and never
takes a path from a cell.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from sheetcrm.messages import LANGUAGES
from sheetcrm.problems import BadSettings, UsageError

__all__ = [
    "Config",
    "FILE_NAME",
    "google_credentials",
    "google_url",
    "is_address",
    "is_google",
    "language",
    "OffersPlace",
    "load",
    "offers_place",
    "resolve",
]

FILE_NAME = "sheetcrm.toml"
OFFERS = "offers"
"""The folder of offers beside an Excel file."""

KEYS: Mapping[str, frozenset[str] | None] = {"workbooks": None, "offers": frozenset({"folder", "template", "pdf"})}
"""The sections of the file and the keys of each; `None` where people choose the names."""


@dataclass(frozen=True, slots=True)
class Config:
    """What `sheetcrm.toml` says. Without a file: nothing."""

    file: Path | None = None
    workbooks: Mapping[str, str] = field(default_factory=dict)
    """Short name → path or address; paths already lead from the file's folder."""
    offers_folder: Path | None = None
    """Where offers are made and looked for, and nowhere else."""
    offer_template: Path | None = None
    """The team's own template."""
    pdf: bool = True
    """Whether a PDF is made beside each offer."""


class OffersPlace(NamedTuple):
    """Where the offers of a workbook lie, and what they are made from."""

    folder: Path | None
    template: Path | None
    given: bool
    """Whether the settings file names the folder: then it must be there."""
    pdf: bool


def language(environ: Mapping[str, str] | None = None) -> str:
    """The language of the person at the keyboard, English where we do not speak theirs."""
    environ = os.environ if environ is None else environ
    said = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "")
    code = said[:2].casefold()
    return code if code in LANGUAGES else "en"


def load(environ: Mapping[str, str] | None = None, cwd: Path | None = None) -> Config:
    """Read the settings file: `SHEETCRM_CONFIG`, else the current folder's, else the person's own."""
    file = _find(os.environ if environ is None else environ, cwd or Path())
    if file is None:
        return Config()
    said = _read(file)
    _refuse_unknown(said, file)
    offers = said.get("offers", {})
    pdf = offers.get("pdf", "yes").strip().casefold()
    if pdf not in ("yes", "no"):
        raise BadSettings("config-yes-no", file=str(file), key="offers.pdf")
    return Config(
        file,
        {name: _place(where, file) for name, where in said.get("workbooks", {}).items()},
        Path(_place(offers["folder"], file)) if "folder" in offers else None,
        Path(_place(offers["template"], file)) if "template" in offers else None,
        pdf == "yes",
    )


def offers_place(where: str | Path, environ: Mapping[str, str] | None = None, cwd: Path | None = None) -> OffersPlace:
    """Where the offers of a workbook lie: as the settings file says, else beside an Excel file.

    Of several workbooks each has a folder of its own there, called as it is: numbers would meet.
    """
    known = load(environ, cwd)
    folder = known.offers_folder
    if folder and len(known.workbooks) > 1:
        names = (name for name, place in known.workbooks.items() if _same_place(place, where))
        folder = folder / next(names, Path(str(where)).stem)
    elif folder is None and not is_google(str(where)):
        return OffersPlace(Path(where).absolute().parent / OFFERS, known.offer_template, False, known.pdf)
    return OffersPlace(folder, known.offer_template, folder is not None and folder == known.offers_folder, known.pdf)


def _same_place(one: str, other: str | Path) -> bool:
    if is_google(one) or is_google(str(other)):
        return one == str(other)
    return Path(one).absolute() == Path(other).absolute()


def resolve(where: str | Path, environ: Mapping[str, str] | None = None, cwd: Path | None = None) -> str:
    """The path or address of a workbook that a person named, by path, address or short name.

    Whether there is such a file is not asked here.
    """
    where = str(where)
    if is_google(where):
        return where
    known = load(environ, cwd)
    if where in known.workbooks:
        return known.workbooks[where]
    path = (cwd or Path()) / Path(where).expanduser()
    # A bare word without an ending is a name that nobody wrote down, not a file to look for.
    if Path(where).name == where and not path.suffix and not path.exists():
        key = "unknown-name" if known.workbooks else "no-names"
        raise UsageError(key, name=where, file=FILE_NAME, known=", ".join(sorted(known.workbooks)))
    return str(path)


def is_address(where: str) -> bool:
    """Whether it leads to the web rather than to a file."""
    return where.startswith(("https://", "http://"))


def google_credentials(environ: Mapping[str, str] | None = None) -> Path | None:
    """The key file of the account that works with Google Sheets; None where the machine's own account does."""
    named = (os.environ if environ is None else environ).get("SHEETCRM_CREDENTIALS")
    return Path(named).expanduser() if named else None


def google_url(environ: Mapping[str, str] | None = None) -> str:
    """Where Google Sheets answers, when it is not at Google's: https, or this machine. "" for Google's own."""
    url = (os.environ if environ is None else environ).get("SHEETCRM_GOOGLE_URL", "").rstrip("/")
    if url and not _SAFE_URL.fullmatch(url):
        raise BadSettings("google-url", url=url)
    return url


_SAFE_URL = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]+)?|http://(127\.0\.0\.1|localhost|\[::1\])(:[0-9]+)?")


def is_google(where: str) -> bool:
    """Whether it is the address of a Google Sheet, or such an address's ID alone."""
    return is_address(where) or re.fullmatch(r"[A-Za-z0-9_-]{40,}", where) is not None


def _find(environ: Mapping[str, str], cwd: Path) -> Path | None:
    if named := environ.get("SHEETCRM_CONFIG"):
        if not (file := cwd / Path(named).expanduser()).is_file():
            raise BadSettings("no-config", file=str(file))
        return file
    home = Path(environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser()
    return next((file for folder in (cwd, home / "sheetcrm") if (file := folder / FILE_NAME).is_file()), None)


def _read(file: Path) -> dict[str, dict[str, str]]:
    try:
        said = tomllib.loads(file.read_text("utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadSettings("config-unreadable", file=str(file), reason=str(error)) from error
    for section, entries in said.items():
        if not isinstance(entries, dict):
            raise BadSettings("config-unknown", file=str(file), keys=section)
        for key, value in entries.items():
            if not isinstance(value, str) or not value.strip():
                raise BadSettings("config-not-text", file=str(file), key=f"{section}.{key}")
    return said


def _refuse_unknown(said: Mapping[str, Mapping[str, str]], file: Path) -> None:
    unknown = [section for section in said if section not in KEYS]
    for section, allowed in KEYS.items():
        if allowed is not None:
            unknown += [f"{section}.{key}" for key in said.get(section, {}) if key not in allowed]
    if unknown:
        raise BadSettings("config-unknown", file=str(file), keys=", ".join(unknown))


def _place(where: str, file: Path) -> str:
    return where if is_google(where) else str(file.parent / Path(where).expanduser())
