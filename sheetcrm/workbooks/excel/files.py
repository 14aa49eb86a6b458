"""The disk around an Excel file: who has it open, one sync at a time, dated copies, atomic replacement.

It knows paths and bytes; it knows nothing of what the bytes say.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock, Timeout

from sheetcrm.problems import Busy, NotAllowed, Unavailable, UsageError

__all__ = ["Copies", "check_closed", "create_file", "read_bytes", "replace_file", "sweep", "sync_lock", "write_beside"]


def read_bytes(path: Path) -> bytes:
    """The file's content."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise UsageError("no-file", path=str(path)) from error
    except PermissionError as error:
        raise NotAllowed("no-rights", file=path.name) from error


def check_closed(path: Path) -> None:
    """Raise `Busy` where Excel or LibreOffice says that somebody has the file open."""
    for lock, program, reader in (
        (path.with_name(f"~${path.name}"), "Excel", _excel_user),
        (path.with_name(f".~lock.{path.name}#"), "LibreOffice", _libreoffice_user),
    ):
        if not lock.exists():
            continue
        who = ""
        with suppress(OSError, UnicodeDecodeError, IndexError):
            who = reader(lock.read_bytes())
        key = "file-open-by" if who else "file-open"
        raise Busy(key, file=path.name, program=program, lock=lock.name, who=who)


def _excel_user(data: bytes) -> str:
    """Excel's lock: the length of the name, the name, and from byte 55 the name in UTF-16."""
    length = data[0]
    wide = data[55 : 55 + 2 * length].decode("utf-16-le").strip("\0 ")
    return wide or data[1 : 1 + length].decode("cp1252").strip("\0 ")


def _libreoffice_user(data: bytes) -> str:
    """LibreOffice's lock: name, system user, host, date, profile."""
    fields = [part.strip() for part in data.decode("utf-8").split(",")]
    name, user, host = (*fields, "", "", "")[:3]
    return f"{name or user} ({host})" if host and (name or user) else name or user


@contextmanager
def sync_lock(lock: FileLock, path: Path) -> Iterator[None]:
    """Hold the workbook against other syncs; a second one is `Busy`. May be held within itself."""
    try:
        lock.acquire()
    except Timeout as error:
        raise Busy("other-sync", file=path.name) from error
    except PermissionError as error:
        raise NotAllowed("no-rights", file=path.name) from error
    try:
        yield
    finally:
        lock.release()


def write_beside(path: Path, write: Callable[[BinaryIO], object], *, folder: Path | None = None) -> Path:
    """What `write` writes, safely on the disk, under a passing hidden name in the same folder."""
    try:
        handle, name = tempfile.mkstemp(prefix=_passing(path), suffix=".tmp", dir=folder or path.parent)
    except PermissionError as error:
        raise NotAllowed("no-rights", file=path.name) from error
    try:
        with os.fdopen(handle, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
    except BaseException as error:
        Path(name).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise Unavailable("disk-full", file=path.name) from error
        raise
    return Path(name)


def create_file(path: Path, data: bytes) -> None:
    """A new file, whole or not at all; one that is there already stays as it is."""
    new = write_beside(path, lambda file: file.write(data))
    try:
        new.chmod(0o666 & ~_umask())
        os.link(new, path)
    except FileExistsError as error:
        raise UsageError("file-there", file=path.name) from error
    except OSError:
        # A file system without links: the little window between looking and renaming is taken.
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def replace_file(new: Path, path: Path) -> None:
    """Put `new` in the place of `path` at one stroke, with its rights."""
    with suppress(OSError):
        before = path.stat()
        new.chmod(before.st_mode & 0o7777)
        os.chown(new, before.st_uid, before.st_gid)
    try:
        new.replace(path)
    except PermissionError as error:
        new.unlink(missing_ok=True)
        raise Busy("file-held", file=path.name) from error
    _sync_folder(path.parent)


def sweep(path: Path, folder: Path) -> None:
    """Remove what a killed run left behind. Only while the lock is held."""
    for folder_ in (path.parent, folder):
        if folder_.is_dir():
            for left in folder_.iterdir():
                if left.name.startswith(_passing(path)) and left.name.endswith(".tmp"):
                    left.unlink(missing_ok=True)


def _passing(path: Path) -> str:
    return f".{path.name}.sheetcrm-"


def _sync_folder(folder: Path) -> None:
    # Windows cannot open a folder; there the rename is journalled.
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


class Copies:
    """The dated copies of a workbook, in a folder beside it."""

    def __init__(self, path: Path, keep: int) -> None:
        self.folder = path.with_name(f"{path.stem} backups")
        self._path = path
        self._keep = keep
        self._name = re.compile(
            rf"{re.escape(path.stem)} \d{{4}}-\d\d-\d\d \d\d\.\d\d\.\d\d(?: \(\d+\))?{re.escape(path.suffix)}"
        )

    def make(self, data: bytes, now: datetime) -> Path:
        """Keep `data` as the copy of this moment."""
        try:
            self.folder.mkdir(exist_ok=True)
        except OSError as error:
            raise NotAllowed("no-rights", file=self.folder.name) from error
        stem = f"{self._path.stem} {now:%Y-%m-%d %H.%M.%S}"
        copy, number = self.folder / f"{stem}{self._path.suffix}", 2
        while copy.exists():
            copy, number = self.folder / f"{stem} ({number}){self._path.suffix}", number + 1
        replace_file(write_beside(self._path, lambda file: file.write(data), folder=self.folder), copy)
        with suppress(OSError):
            copy.chmod(self._path.stat().st_mode & 0o7777)
        return copy

    def rotate(self) -> None:
        """Remove the oldest beyond those that are kept; only files named as `make` names them."""
        copies = sorted(file for file in self.folder.iterdir() if self._name.fullmatch(file.name))
        for old in copies[: max(len(copies) - self._keep, 0)]:
            old.unlink(missing_ok=True)
