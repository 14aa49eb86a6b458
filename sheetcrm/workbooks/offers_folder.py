"""The offers folder: which files lie there, and the making of new ones beside whatever store holds the tabs.

Files are made before the tabs are written, and never over another; what a write
that did not land had made is taken away again. Which offers are made, and how they
are called, is decided elsewhere.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import replace
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeAlias

from sheetcrm.columns import read_layout
from sheetcrm.gather import FilesWanted, files_wanted
from sheetcrm.offers import number_in
from sheetcrm.problems import Busy, Changed, SheetCrmError
from sheetcrm.settings import read_settings
from sheetcrm.tables import FileSeen, Folder, NewFile, Plan, Receipt, Snapshot, Workbook

__all__ = ["OffersFolder", "WithOffers"]

Tell: TypeAlias = Callable[[str, int, int], None]

TEMPLATE = "offer_template"
"""How a template in the folder itself is called, whatever its ending."""
TEMPLATES = (".xlsx", ".xlsm", ".xltx", ".xltm")
PASSING = ".sheetcrm-"
"""Part of the names under which files are written, before they are whole."""
SECONDS_TO_PRINT = 60
SECONDS_PER_PAGE = 5


class OffersFolder:
    """Where the files of offers lie."""

    def __init__(
        self, path: Path | None, template: Path | None = None, *, given: bool = False, pdf: bool = True
    ) -> None:
        self.path, self.pdf, self._template, self._given = path, pdf, template, given
        self._trouble = ""

    def look(self, snapshot: Snapshot) -> Folder:
        """What lies there, as far as the tabs ask to know it."""
        if self.path is None:
            return Folder(trouble="offers-no-folder")
        language = read_settings(read_layout(snapshot).layouts.get("settings"), "en")[0].language
        folder = Folder(self.path.name, tuple(self._files(files_wanted(snapshot))), self._suffix)
        reason = self._unusable()
        if reason:
            values = {"folder": str(self.path), "reason": reason}
            return replace(folder, trouble="offers-folder-unusable", values=values)
        wrong = self._trouble or self._wrong_template(language)
        return replace(folder, trouble="offers-template-wrong", values={"reason": wrong}) if wrong else folder

    def _files(self, wanted: FilesWanted) -> Iterator[FileSeen]:
        assert self.path is not None
        for path in sorted(_files_below(self.path)):
            number = number_in(path.name)
            if number is None:
                continue
            seen = FileSeen(path.relative_to(self.path).as_posix(), number)
            if seen.is_workbook:
                with suppress(OSError):
                    seen = _looked_into(seen, path, wanted)
            yield seen

    def _unusable(self) -> str:
        """Why nothing can be written there."""
        assert self.path is not None
        there = self.path
        if self._given and not there.is_dir():
            return os.strerror(2)
        while not there.exists() and there != there.parent:
            there = there.parent
        return "" if os.access(there, os.W_OK | os.X_OK) else os.strerror(13)

    # ------------------------------------------------------------ the template

    @cached_property
    def _own_template(self) -> Path | None:
        """The team's own template: the one that the settings file names, else one in the folder."""
        if self._template or self.path is None:
            return self._template
        beside = (self.path / f"{TEMPLATE}{suffix}" for suffix in TEMPLATES)
        return next((path for path in beside if path.is_file()), None)

    @property
    def _suffix(self) -> str:
        from sheetcrm.workbooks.excel.filling import suffix_for

        return suffix_for(self._own_template) if self._own_template else ".xlsx"

    def _wrong_template(self, language: str) -> str:
        """The first mistake of the team's own template, in words; "" where it can be filled."""
        if self._own_template is None:
            return ""
        from sheetcrm.workbooks.excel.template import check_template

        try:
            findings = check_template(self._own_template)
        except (SheetCrmError, OSError) as error:
            return error.text(language) if isinstance(error, SheetCrmError) else str(error)
        return next((finding.said(language) for finding in findings if finding.is_error), "")

    # ------------------------------------------------------------ making

    @contextmanager
    def making(self, files: Sequence[NewFile], language: str, tell: Tell) -> Iterator[None]:
        """Make files, then let the tabs be written; where these were not, the files go away again.

        Raises `Changed` where one cannot be made: the next look at the folder tells why.
        """
        made: list[Path] = []
        try:
            self._make(files, language, tell, made)
            yield
        except (Busy, Changed):
            for path in made:
                path.unlink(missing_ok=True)
            raise

    def _make(self, files: Sequence[NewFile], language: str, tell: Tell, made: list[Path]) -> None:
        from sheetcrm.workbooks.excel.files import create_file
        from sheetcrm.workbooks.excel.filling import fill_template, standard_template

        if not files:
            return
        assert self.path is not None  # else no file would be planned
        name: str | Path = self._own_template or ""
        data = self._own_template.read_bytes() if self._own_template else b""
        if not name:
            name, data = standard_template(language)
        for count, file in enumerate(files):
            tell("offers", count, len(files))
            path = self.path / file.path
            try:
                filled = fill_template(name, file.offer, data=data)
                path.parent.mkdir(parents=True, exist_ok=True)
                _sweep(path.parent)
                create_file(path, filled)
            except (SheetCrmError, OSError) as error:
                self._trouble = error.text(language) if isinstance(error, SheetCrmError) else str(error)
                raise Changed("offer-not-made", file=path.name, reason=self._trouble) from error
            made.append(path)

    def to_pdf(self, files: Sequence[NewFile], tell: Tell) -> tuple[str, ...]:
        """A PDF beside each file, where LibreOffice is there to make it; codes of what could not be done."""
        if not files or not self.pdf or self.path is None:
            return ()
        program = shutil.which("soffice") or shutil.which("libreoffice")
        if program is None:
            return ("no-pdf",)
        by_folder: dict[Path, list[Path]] = defaultdict(list)
        for file in files:
            path = self.path / file.path
            by_folder[path.parent].append(path)
        done, fine = 0, True
        for folder, paths in by_folder.items():
            for at in range(0, len(paths), 20):
                tell("pdf", done, len(files))
                fine = _print(program, folder, paths[at : at + 20]) and fine
                done += len(paths[at : at + 20])
        return () if fine else ("pdf-failed",)


def _files_below(folder: Path) -> Iterator[Path]:
    """The files in it, and in its folders of years; what programs keep there for themselves is left out."""
    with suppress(OSError):
        for entry in folder.iterdir():
            if entry.name.startswith((".", "~$")):
                continue
            if entry.is_dir():
                yield from (path for path in entry.iterdir() if path.is_file() and path.name[0] not in ".~")
            else:
                yield entry


def _looked_into(seen: FileSeen, path: Path, wanted: FilesWanted) -> FileSeen:
    from sheetcrm.workbooks.excel.record import cells_digest, read_record

    number = str(seen.number)
    try:
        if number not in wanted.known:
            return seen._replace(record=read_record(path.read_bytes(), path.name))
        if number not in wanted.prints:
            return seen
        data = path.read_bytes()
        whole, known = blake2b(data, digest_size=8).hexdigest(), wanted.prints[number].split(" ")
        cells = known[1] if known[0] == whole else cells_digest(data, path.name)
        return seen._replace(whole=whole, cells=cells)
    except SheetCrmError:
        return seen  # damaged, or half copied


def _sweep(folder: Path) -> None:
    """Remove what a killed run had not finished."""
    for path in folder.glob(f".*{PASSING}*.tmp"):
        path.unlink(missing_ok=True)


def _print(program: str, folder: Path, paths: Sequence[Path]) -> bool:
    """PDFs of some files by LibreOffice, in a profile of its own: somebody may have it open."""
    with tempfile.TemporaryDirectory(prefix="sheetcrm-") as profile:
        command = [program, f"-env:UserInstallation={Path(profile).as_uri()}", "--headless", "--norestore"]
        command += ["--convert-to", "pdf", "--outdir", str(folder), *map(str, paths)]
        try:
            limit = SECONDS_TO_PRINT + SECONDS_PER_PAGE * len(paths)
            subprocess.run(command, capture_output=True, timeout=limit, check=True)
        except (subprocess.SubprocessError, OSError):
            return False
    return all(path.with_suffix(".pdf").is_file() for path in paths)


class WithOffers:
    """A workbook, whatever store holds its tabs, with the folder of its offers."""

    def __init__(self, store: Workbook, folder: OffersFolder) -> None:
        self.store, self.folder = store, folder
        self.tell: Tell = lambda *_: None
        self._read: tuple[Snapshot, Snapshot] | None = None

    def held(self) -> AbstractContextManager[Any]:
        """Hold the store against other syncs, where it can be held."""
        hold: Callable[[], AbstractContextManager[Any]] = getattr(self.store, "held", nullcontext)
        return hold()

    def read(self) -> Snapshot:
        """Every tab and what the folder holds, as they stand now."""
        tabs = self.store.read()
        whole = replace(tabs, folder=self.folder.look(tabs))
        self._read = whole, tabs
        return whole

    def apply(self, plan: Plan, base: Snapshot) -> Receipt:
        """Make the files of `plan`, then make it true."""
        tabs = self._read[1] if self._read and self._read[0] is base else base
        with self.folder.making(plan.files, plan.language, self.tell):
            receipt = self.store.apply(plan, tabs)
        return replace(receipt, notes=(*receipt.notes, *self.folder.to_pdf(plan.files, self.tell)))
