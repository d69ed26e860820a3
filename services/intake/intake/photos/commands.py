"""Makes redacted copies of photos, and replaces earlier copies."""

import tempfile
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import IO

from shared.storage.aggregates import StoredAggregate

from intake.attachments.commands import attach_staged
from intake.attachments.model import TYPES, CannotBeTaken
from intake.attachments.store import Attachments, StoredFile
from intake.media.file_sanitiser import Cleaner, PublicCopy
from intake.media.images import IN_MEMORY, LONGEST_PUBLIC_SIDE
from intake.publication.model import PublicPhoto, Rectangle
from intake.submissions.model import Submission

KEPT_FOR = timedelta(hours=1)
"""Far longer than a decision takes."""

NAME = "photo.jpg"
"""A neutral name, because the citizen's file name may identify a person."""

Change = Callable[[], Awaitable[StoredAggregate[Submission]]]


async def painted_over(
    original: StoredFile,
    rectangles: Sequence[Rectangle],
    attachments: Attachments,
    cleaner: Cleaner,
    longest: int = LONGEST_PUBLIC_SIDE,
) -> PublicCopy | None:
    """Redact the original, so that earlier rectangles are undone. None where the file is gone or damaged."""
    pieces = await attachments.content(original.id)
    if pieces is None:
        return None
    file: IO[bytes]
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as file:
        async for piece in pieces:
            file.write(piece)
        try:
            return await cleaner.redacted(file, TYPES[original.media_type], rectangles, longest)
        except CannotBeTaken:
            return None


async def stage_copy(
    made: PublicCopy, original: StoredFile, rectangles: Sequence[Rectangle], attachments: Attachments, now: datetime
) -> tuple[StoredFile, PublicPhoto]:
    with made.content:
        stored = await attachments.stage(made, NAME, None, now + KEPT_FOR, now, copy_of=original.id)
    photo = PublicPhoto(id=stored.id, of=original.id, width=made.width, height=made.height, rectangles=list(rectangles))
    return stored, photo


async def put_in_place(
    copies: Sequence[StoredFile], submission_id: str, attachments: Attachments, now: datetime, change: Change
) -> StoredAggregate[Submission]:
    """Run `change`, which sets the copies of the publication; copies that it no longer names are deleted later."""
    await attachments.look_again(submission_id, now)
    return await attach_staged(copies, submission_id, attachments, now, change) if copies else await change()
