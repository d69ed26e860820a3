"""From an upload to what may be kept: its type, nothing infected, whole, and without the place where it was taken."""

import asyncio
import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO

from intake.domain.attachments import HEAD, LARGEST, CannotBeTaken, FileType, Unusable, type_of
from intake.images import redraw
from intake.scanner import Scanner
from intake.videos import check_document, forget_place

AT_ONCE = 1
"""Images redrawn by a process at the same time: each may need two hundred megabytes for a moment."""


@dataclass(frozen=True)
class Clean:
    """`content` is at its beginning; `digest` is that of the upload, `thumbnail` a small JPEG of an image."""

    type: FileType
    content: IO[bytes]
    size: int
    digest: str
    thumbnail: bytes | None = None


class Cleaner:
    def __init__(self, scanner: Scanner, most_pixels: int) -> None:
        self._scanner = scanner
        self._most_pixels = most_pixels
        self._threads = ThreadPoolExecutor(AT_ONCE, "files")

    async def clean(self, file: IO[bytes]) -> Clean:
        """Raises CannotBeTaken with the reason, or ScannerAway."""
        loop = asyncio.get_running_loop()
        type, digest = await loop.run_in_executor(self._threads, _looked_at, file)
        if not await self._scanner.is_clean(file):
            raise CannotBeTaken(Unusable.INFECTED)
        return await loop.run_in_executor(self._threads, self._cleaned, file, type, digest)

    async def close(self) -> None:
        await asyncio.to_thread(self._threads.shutdown)

    def _cleaned(self, file: IO[bytes], type: FileType, digest: str) -> Clean:
        if type.is_image:
            redrawn = redraw(file, type, self._most_pixels)
            return Clean(type, redrawn.content, redrawn.size, digest, redrawn.thumbnail)
        if type.media_type == "video/mp4":
            forget_place(file)
        else:
            check_document(file)
        size = file.seek(0, 2)
        file.seek(0)
        return Clean(type, file, size, digest)


def _looked_at(file: IO[bytes]) -> tuple[FileType, str]:
    """Its type and its digest."""
    size = file.seek(0, 2)
    if size == 0:
        raise CannotBeTaken(Unusable.EMPTY)
    if size > LARGEST:
        raise CannotBeTaken(Unusable.TOO_LARGE)
    file.seek(0)
    type = type_of(file.read(HEAD))
    if type is None:
        raise CannotBeTaken(Unusable.UNKNOWN_TYPE)
    file.seek(0)
    return type, hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
