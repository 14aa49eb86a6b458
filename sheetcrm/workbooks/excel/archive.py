"""The zip that an Excel file is: members copied as they lie there, others unpacked and packed anew.

Nothing that a zip says of itself is believed: sizes, names and places are checked
before anything is unpacked, and unpacking stops where the declared size ends. It
knows no XML.
"""

from __future__ import annotations

import zipfile
import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from io import BytesIO
from itertools import chain
from typing import Any, BinaryIO

from sheetcrm.problems import Unsupported

__all__ = ["Archive", "plain_name"]

MAX_MEMBERS = 10_000
MAX_PART_BYTES = 1 << 30
MAX_TOTAL_BYTES = 3 << 30
MAX_RATIO = 250
"""Spreadsheets of equal rows reach 100; what goes beyond this was made to do harm."""
SMALL_BYTES = 1 << 20
"""Whatever its ratio, a part of this size does no harm."""

BLOCK_BYTES = 1 << 20
WINDOW_BYTES = 1 << 15
LEVEL = 6
_ENCRYPTED = 0x1
_UTF8 = 0x800


class Archive:
    """The members of a zip, by their names in lower case with plain slashes, as Excel matches them."""

    def __init__(self, data: bytes, file_name: str) -> None:
        self.data = data
        self.file_name = file_name
        infos = self._zip.infolist()
        self._check_sizes(infos)
        self.members: dict[str, zipfile.ZipInfo] = {}
        for info in infos:
            name = plain_name(info.filename)
            if not name:
                raise Unsupported("damaged-file", file=file_name)
            if ".." in name.split("/") or ":" in name or name in self.members:
                raise Unsupported("hostile-names", file=file_name)
            if not info.is_dir():
                self.members[name] = info
        self._ends = self._checked_ends(infos)

    @cached_property
    def _zip(self) -> zipfile.ZipFile:
        try:
            return zipfile.ZipFile(BytesIO(self.data))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OSError, OverflowError) as error:
            raise Unsupported("damaged-file", file=self.file_name) from error

    def _check_sizes(self, infos: list[zipfile.ZipInfo]) -> None:
        sizes = [info.file_size for info in infos]
        hostile = any(
            i.file_size > SMALL_BYTES and i.file_size > MAX_RATIO * max(i.compress_size, 1)
            for i in infos
            if i.compress_type != zipfile.ZIP_STORED
        )
        if (
            hostile
            or len(infos) > MAX_MEMBERS
            or max(sizes, default=0) > MAX_PART_BYTES
            or sum(sizes) > MAX_TOTAL_BYTES
        ):
            raise Unsupported("hostile-file", file=self.file_name)

    def _checked_ends(self, infos: list[zipfile.ZipInfo]) -> dict[int, int]:
        """Where each member's bytes end: where the next one begins. They must not lie in one another."""
        starts = sorted({info.header_offset for info in infos})
        if not starts:
            raise Unsupported("damaged-file", file=self.file_name)
        ends = dict(zip(starts, [*starts[1:], self._zip.start_dir], strict=True))
        for info in infos:
            if info.header_offset < 0 or info.header_offset + 30 + info.compress_size > ends[info.header_offset]:
                raise Unsupported("damaged-file", file=self.file_name)
        if len(starts) != len(infos):
            raise Unsupported("hostile-file", file=self.file_name)
        return ends

    def read(self, name: str) -> bytes:
        """One member unpacked; empty where it is not there."""
        info = self.members.get(name.lower())
        if info is None:
            return b""
        data = self._unpacked(info, info.file_size + 1)
        if len(data) != info.file_size or zlib.crc32(data) != info.CRC:
            raise Unsupported("damaged-file", file=self.file_name)
        return data

    def beginning(self, name: str, size: int) -> bytes:
        """The first bytes of one member."""
        return self._unpacked(self.members[name], size)

    def _unpacked(self, info: zipfile.ZipInfo, limit: int) -> bytes:
        """Not more than `limit` bytes of a member, whatever it says of its size."""
        if info.flag_bits & _ENCRYPTED:
            raise Unsupported("encrypted-file", file=self.file_name)
        header = self.data[info.header_offset : info.header_offset + 30]
        start = info.header_offset + 30 + sum(int.from_bytes(header[at : at + 2], "little") for at in (26, 28))
        packed = memoryview(self.data)[start : start + info.compress_size]
        if header[:4] != b"PK\x03\x04" or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Unsupported("damaged-file", file=self.file_name)
        if info.compress_type == zipfile.ZIP_STORED:
            return bytes(packed[:limit])
        try:
            return zlib.decompressobj(-15).decompress(packed, limit)
        except zlib.error as error:
            raise Unsupported("damaged-file", file=self.file_name) from error

    def write(
        self, target: BinaryIO, changed: Mapping[str, Iterable[bytes | memoryview] | None], added: Mapping[str, bytes]
    ) -> None:
        """All members in their order, but those of `changed` as it gives them (None: left out), then those added."""
        with zipfile.ZipFile(target, "w") as out:
            out.comment = self._zip.comment
            for info in self._zip.infolist():
                name = plain_name(info.filename)
                if name not in changed or info.is_dir():
                    if info.filename.isascii() or info.flag_bits & _UTF8:
                        raw = memoryview(self.data)[info.header_offset : self._ends[info.header_offset]]
                        _put(out, info, [raw])
                    else:  # a name in the letters of DOS is written in Unicode now
                        _put(out, *_packed(info, [self.read(name)]))
                elif (content := changed[name]) is not None:
                    _put(out, *_packed(info, content))
            for name, data in added.items():
                _put(out, *_packed(zipfile.ZipInfo(name), [data]))


def plain_name(name: str) -> str:
    """A member's name as Excel matches it: in any letter case, with either slash."""
    return name.replace("\\", "/").lstrip("/").lower()


def _put(out: zipfile.ZipFile, info: zipfile.ZipInfo, pieces: Iterable[bytes | memoryview]) -> None:
    """Write a member that is packed already; the directory at the end is left to zipfile."""
    inner: Any = out
    copy = zipfile.ZipInfo(info.filename, info.date_time)
    for field in zipfile.ZipInfo.__slots__:
        if hasattr(info, field):
            setattr(copy, field, getattr(info, field))
    copy.header_offset = inner.fp.tell()
    for piece in pieces:
        inner.fp.write(piece)
    inner.start_dir = inner.fp.tell()
    inner._didModify = True
    inner.filelist.append(copy)
    inner.NameToInfo[copy.filename] = copy


def _packed(info: zipfile.ZipInfo, content: Iterable[bytes | memoryview]) -> tuple[zipfile.ZipInfo, list[bytes]]:
    """A member packed anew, its local header first."""
    new = zipfile.ZipInfo(info.filename, info.date_time)
    new.create_system, new.external_attr = info.create_system, info.external_attr
    new.compress_type = zipfile.ZIP_DEFLATED
    new.flag_bits = info.flag_bits & _UTF8
    pieces: list[bytes] = []
    for raw, crc_so_far, packed in _deflated(content):
        new.file_size += raw
        new.CRC = crc_so_far
        new.compress_size += len(packed)
        pieces.append(packed)
    return new, [new.FileHeader(), *pieces]


def _deflated(content: Iterable[bytes | memoryview]) -> Iterator[tuple[int, int, bytes]]:
    """Size, checksum so far and packed bytes of each block. Blocks are packed side by side.

    Each begins with the window of the one before as its dictionary, so that the
    pieces make up one stream.
    """
    waiting: deque[tuple[int, int, Future[bytes]]] = deque()
    crc, window = 0, b""
    blocks = _blocks(content)
    first, is_all = next(blocks)
    if is_all:
        yield len(first), zlib.crc32(first), _deflate(first, b"", True)
        return
    with ThreadPoolExecutor(2) as pool:
        for block, is_last in chain([(first, False)], blocks):
            crc = zlib.crc32(block, crc)
            waiting.append((len(block), crc, pool.submit(_deflate, block, window, is_last)))
            window = block[-WINDOW_BYTES:]
            if len(waiting) > 4:
                size, so_far, packed = waiting.popleft()
                yield size, so_far, packed.result()
        for size, so_far, packed in waiting:
            yield size, so_far, packed.result()


def _blocks(content: Iterable[bytes | memoryview]) -> Iterator[tuple[bytes, bool]]:
    """Blocks of about one size, and whether it is the last."""
    gathered: list[bytes | memoryview] = []
    size = 0
    for piece in content:
        for start in range(0, len(piece), BLOCK_BYTES):
            part = piece[start : start + BLOCK_BYTES] if len(piece) > BLOCK_BYTES else piece
            if size >= BLOCK_BYTES:
                yield b"".join(gathered), False
                gathered, size = [], 0
            gathered.append(part)
            size += len(part)
    yield b"".join(gathered), True


def _deflate(block: bytes, window: bytes, is_last: bool) -> bytes:
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, -15, 8, zlib.Z_DEFAULT_STRATEGY, window)
    return packer.compress(block) + packer.flush(zlib.Z_FINISH if is_last else zlib.Z_SYNC_FLUSH)
