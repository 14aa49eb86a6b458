"""The offers folder: which files lie there, and the making of new ones beside whatever store holds the tabs.

Files are made before the tabs are written, and never over another; what a write
that did not land had made is taken away again. Which offers are made, and how they
are called, is decided elsewhere.
"""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Sequence
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
OURS = (".xlsx", ".xlsm")
TEMPLATES = (*OURS, ".xltx", ".xltm")
PASSING = ".sheetcrm-"
"""Part of the names under which files are written, before they are whole."""
SECONDS_TO_PRINT = 60
SECONDS_PER_PAGE = 5
PRINTED_AT_ONCE = 20
OTHERS_WRITE_SECONDS = 600
"""A passing file that is younger may be of a sync that is at work on another machine."""


class OffersFolder:
    """Where the files of offers lie."""

    def __init__(
        self, path: Path | None, template: Path | None = None, *, given: bool = False, pdf: bool = True
    ) -> None:
        self.path, self.pdf, self._template, self._given = path, pdf, template, given
        self._refused: dict[str, str] = {}
        """Records whose offers the template could not be filled with, and why."""
        self._unwritable = ""
        """Why a file could not be written."""

    def look(self, snapshot: Snapshot) -> Folder:
        """What lies there, as far as the tabs ask to know it."""
        if self.path is None:
            return Folder(trouble="offers-no-folder")
        language = read_settings(read_layout(snapshot).layouts.get("settings"), "en")[0].language
        files = tuple(self._files(files_wanted(snapshot)))
        folder = Folder(self.path.name, files, self._suffix, refused=dict(self._refused))
        reason = self._unwritable or self._unusable()
        if reason:
            values = {"folder": str(self.path), "reason": reason}
            return replace(folder, trouble="offers-folder-unusable", values=values)
        wrong = self._wrong_template(language)
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
    def making(self, files: Sequence[NewFile], language: str, tell: Tell, *, alone: bool) -> Iterator[None]:
        """Make files, then let the tabs be written; where these were not, the files go away again.

        They stay where no sync is kept out meanwhile (`alone` is false): another one may have taken
        them for its own, or the write may have landed after all. The next run adopts or skips them.
        Raises `Changed` where one cannot be made: the next look at the folder tells why.
        """
        made: list[Path] = []
        self._sweep(0 if alone else OTHERS_WRITE_SECONDS)
        try:
            self._make(files, language, tell, made)
            yield
        except (Busy, Changed):
            for path in made if alone else ():
                path.unlink(missing_ok=True)
            raise

    def _sweep(self, seconds: float) -> None:
        """Remove what a killed run had not finished, if nobody touched it for so long."""
        for folder in [self.path, *self.path.iterdir()] if self.path and self.path.is_dir() else ():
            for path in folder.glob(f".*{PASSING}*.tmp"):
                with suppress(OSError):
                    if time.time() - path.stat().st_mtime >= seconds:
                        path.unlink()

    def forget(self) -> None:
        """Begin anew: what could not be made may be made now."""
        self._refused, self._unwritable = {}, ""
        self.__dict__.pop("_own_template", None)

    def _make(self, files: Sequence[NewFile], language: str, tell: Tell, made: list[Path]) -> None:
        from sheetcrm.workbooks.excel.filling import fill_template, standard_template

        if not files:
            return
        refused: dict[str, str] = {}
        assert self.path is not None  # else no file would be planned
        name: str | Path = self._own_template or ""
        data = self._own_template.read_bytes() if self._own_template else b""
        if not name:
            name, data = standard_template(language)
        for count, file in enumerate(files):
            tell("offers", count, len(files))
            try:
                filled = fill_template(name, file.offer, data=data)
            except SheetCrmError as error:
                refused[file.offer.record_id] = error.text(language)
                continue  # what is wrong with one offer does not stop the others
            if not refused:
                self._write(self.path / file.path, filled, language, made)
            # Nothing is collected while sync runs, and a filled file leaves rings of objects behind.
            gc.collect(0)
        if refused:
            self._refused |= refused
            raise Changed("offer-not-made", file=str(files[0].offer.number), reason=next(iter(refused.values())))

    def _write(self, path: Path, filled: bytes, language: str, made: list[Path]) -> None:
        from sheetcrm.workbooks.excel.files import create_file

        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            create_file(path, filled)
        except (SheetCrmError, OSError) as error:
            reason = error.text(language) if isinstance(error, SheetCrmError) else str(error)
            if not path.exists():  # else another machine was quicker, and the next look at the folder sees its file
                self._unwritable = reason
            raise Changed("offer-not-made", file=path.name, reason=reason) from error
        made.append(path)

    def to_pdf(self, numbers: Collection[str], tell: Tell) -> tuple[str, ...]:
        """A PDF beside the file of each number, where LibreOffice is there; codes of what could not be done."""
        if not numbers or not self.pdf or self.path is None:
            return ()
        program = shutil.which("soffice") or shutil.which("libreoffice")
        if program is None:
            return ("no-pdf",)
        files = [path for path in _files_below(self.path) if path.suffix.lower() in OURS]
        paths = sorted(path for path in files if str(number_in(path.name)) in numbers)
        fine = True
        for at in range(0, len(paths), PRINTED_AT_ONCE):
            tell("pdf", at, len(paths))
            fine = _print(program, paths[at : at + PRINTED_AT_ONCE]) and fine
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


def _print(program: str, paths: Sequence[Path]) -> bool:
    """PDFs beside some files, by LibreOffice; one that is there already stays.

    It works in a profile of its own, for somebody may have it open; and on copies with plain names, for under
    some locales it finds no file that is called otherwise.
    """
    from sheetcrm.workbooks.excel.files import create_file

    with tempfile.TemporaryDirectory(prefix="sheetcrm-") as name:
        folder = Path(name)
        copies = {path: folder / f"{number_in(path.name)}{path.suffix}" for path in paths}
        command = [program, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--norestore"]
        command += ["--convert-to", "pdf", "--outdir", name, *map(str, copies.values())]
        limit = SECONDS_TO_PRINT + SECONDS_PER_PAGE * len(paths)
        fine = True
        try:
            for path, copy in copies.items():
                shutil.copyfile(path, copy)
            subprocess.run(command, capture_output=True, timeout=limit, check=True)
        except (subprocess.SubprocessError, OSError):
            fine = False
        for path, copy in copies.items():
            try:
                create_file(path.with_suffix(".pdf"), copy.with_suffix(".pdf").read_bytes())
            except (SheetCrmError, OSError):
                fine = fine and path.with_suffix(".pdf").is_file()
    return fine


class WithOffers:
    """A workbook, whatever store holds its tabs, with the folder of its offers."""

    def __init__(self, store: Workbook, folder: OffersFolder) -> None:
        self.store, self.folder = store, folder
        self.tell: Tell = lambda *_: None
        self._read: tuple[Snapshot, Snapshot] | None = None

    def held(self) -> AbstractContextManager[Any]:
        """Hold the store against other syncs, where it can be held; a run begins."""
        self.folder.forget()
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
        alone = hasattr(self.store, "held")
        with self.folder.making(plan.files, plan.language, self.tell, alone=alone):
            receipt = self.store.apply(plan, tabs)
        # Files that a killed run left count as well: it may not have come to their PDFs.
        made = {event.note for event in plan.events if event.event == "offer-made"}
        return replace(receipt, notes=(*receipt.notes, *self.folder.to_pdf(made, self.tell)))
