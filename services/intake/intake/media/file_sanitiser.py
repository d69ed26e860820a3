"""Turns an upload into a file that may be stored: of a known type, not infected, complete, and without its location."""

import asyncio
import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO

from intake.attachments.model import HEAD, JPEG, LARGEST, CannotBeTaken, FileType, Unusable, type_of
from intake.media.images import LONGEST_PUBLIC_SIDE, redact, redraw
from intake.media.malware_scanner import Scanner
from intake.media.videos import check_document, forget_place
from intake.publication.model import Rectangle

AT_ONCE = 1
"""Images re-encoded at the same time in one process: each may need two hundred megabytes."""


@dataclass(frozen=True)
class CheckedUpload:
    """An upload of a known type, identified by `digest`."""

    file: IO[bytes]
    type: FileType
    digest: str


@dataclass(frozen=True)
class SanitisedFile:
    """`content` is positioned at its start; `digest` is the upload's, `thumbnail` a small JPEG of an image."""

    type: FileType
    content: IO[bytes]
    size: int
    digest: str
    thumbnail: bytes | None = None


@dataclass(frozen=True)
class PublicCopy(SanitisedFile):
    """A photo with painted-over areas, and its size in pixels."""

    width: int = 0
    height: int = 0


class Cleaner:
    def __init__(self, scanner: Scanner, most_pixels: int) -> None:
        self._scanner = scanner
        self._most_pixels = most_pixels
        self._threads = ThreadPoolExecutor(AT_ONCE, "files")

    async def look(self, file: IO[bytes]) -> CheckedUpload:
        """Raises CannotBeTaken with the reason."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, _looked_at, file)

    async def clean(self, looked: CheckedUpload) -> SanitisedFile:
        """Raises CannotBeTaken with the reason, or ScannerAway."""
        if not await self._scanner.is_clean(looked.file):
            raise CannotBeTaken(Unusable.INFECTED)
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._cleaned, looked)

    async def redacted(
        self, file: IO[bytes], type: FileType, rectangles: Sequence[Rectangle], longest: int = LONGEST_PUBLIC_SIDE
    ) -> PublicCopy:
        """Raises CannotBeTaken, which for a stored photo means that it has been damaged since."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._redacted, file, type, rectangles, longest)

    async def close(self) -> None:
        await asyncio.to_thread(self._threads.shutdown)

    def _redacted(self, file: IO[bytes], type: FileType, rectangles: Sequence[Rectangle], longest: int) -> PublicCopy:
        made = redact(file, type, rectangles, self._most_pixels, longest)
        digest = hashlib.file_digest(made.content, "sha256").hexdigest()  # type: ignore[arg-type]
        made.content.seek(0)
        return PublicCopy(JPEG, made.content, made.size, digest, made.thumbnail, made.width, made.height)

    def _cleaned(self, looked: CheckedUpload) -> SanitisedFile:
        file, type, digest = looked.file, looked.type, looked.digest
        if type.is_image:
            redrawn = redraw(file, type, self._most_pixels)
            return SanitisedFile(type, redrawn.content, redrawn.size, digest, redrawn.thumbnail)
        if type.media_type == "video/mp4":
            forget_place(file)
        else:
            check_document(file)
        size = file.seek(0, 2)
        file.seek(0)
        return SanitisedFile(type, file, size, digest)


def _looked_at(file: IO[bytes]) -> CheckedUpload:
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
    return CheckedUpload(file, type, hashlib.file_digest(file, "sha256").hexdigest())  # type: ignore[arg-type]
