"""Photos for the public: a copy is made of the original, painted over, and put in place of the one before."""

import tempfile
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import IO

from shared.aggregates import Aggregate

from intake.attachments import Attachments, Stored
from intake.cleaning import Cleaner, ForPublic
from intake.domain.attachments import TYPES, CannotBeTaken
from intake.domain.publication import PublicPhoto, Rectangle
from intake.domain.submission import Submission
from intake.images import IN_MEMORY, LONGEST_PUBLIC_SIDE
from intake.use_cases.files import hand_over

KEPT_FOR = timedelta(hours=1)
"""Far longer than a decision takes."""

NAME = "photo.jpg"
"""What its citizen called it may say who somebody is."""

Change = Callable[[], Awaitable[Aggregate[Submission]]]


async def painted_over(
    original: Stored,
    rectangles: Sequence[Rectangle],
    attachments: Attachments,
    cleaner: Cleaner,
    longest: int = LONGEST_PUBLIC_SIDE,
) -> ForPublic | None:
    """Always from the original: what was painted over before is there again. None where it is gone or damaged."""
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
    made: ForPublic, original: Stored, rectangles: Sequence[Rectangle], attachments: Attachments, now: datetime
) -> tuple[Stored, PublicPhoto]:
    with made.content:
        stored = await attachments.stage(made, NAME, None, now + KEPT_FOR, now, copy_of=original.id)
    photo = PublicPhoto(id=stored.id, of=original.id, width=made.width, height=made.height, rectangles=list(rectangles))
    return stored, photo


async def put_in_place(
    copies: Sequence[Stored], submission_id: str, attachments: Attachments, now: datetime, change: Change
) -> Aggregate[Submission]:
    """`change` names the copies, or names one no more; those that are not named afterwards are cleared away."""
    await attachments.look_again(submission_id, now)
    return await hand_over(copies, submission_id, attachments, now, change) if copies else await change()
