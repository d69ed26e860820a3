"""Moderators choose photos for the public, as copies in which they painted over what must not be seen."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.reference.working_time import utc_now
from shared.storage.aggregates import Decision, Document, StoredAggregate

from intake.attachments.model import TYPES
from intake.attachments.store import Attachments, StoredFile
from intake.media.file_sanitiser import Cleaner
from intake.photos.commands import painted_over, put_in_place, stage_copy
from intake.publication import commands as moderate
from intake.publication.model import Rectangle
from intake.publication.use_cases import RIGHT, ModerationDesk, Reviewed
from intake.submissions.errors import NotFound
from intake.submissions.model import Submission
from intake.submissions.use_cases import Change


@dataclass(frozen=True)
class PhotoDesk:
    """One moderator's work on the photos of a submission."""

    desk: ModerationDesk
    attachments: Attachments
    cleaner: Cleaner

    async def original(self, submission: StoredAggregate[Submission], id: str) -> StoredFile:
        """Find a photo as it was sent, recorded as read. Raises NotFound for a file that is no photo of it."""
        state = submission.state
        sent = next((each for each in state.attachments if each.id == id), None) if state else None
        if sent is None or not TYPES[sent.media_type].is_image:
            raise NotFound
        stored = await self.attachments.find(submission.id, id)
        if stored is None:
            raise NotFound
        await self.desk.audit.record(self.desk.caller, "read", "attachment", [id], RIGHT)
        return stored

    async def publish(
        self,
        submission: StoredAggregate[Submission],
        id: str,
        rectangles: Sequence[Rectangle],
        reason: str,
        reviewed: Reviewed,
    ) -> Document:
        """Make a copy of the original, paint over it, and show it in place of the copy that was shown before."""
        original, now = await self.original(submission, id), utc_now()
        made = await painted_over(original, rectangles, self.attachments, self.cleaner)
        if made is None:
            raise NotFound
        stored, photo = await stage_copy(made, original, rectangles, self.attachments, now)

        def _decide(_: str, state: Submission) -> Decision[Submission]:
            return moderate.publish_photo(state, self.desk.caller.subject, photo, reason, utc_now())

        async def _replacing(change: Change) -> StoredAggregate[Submission]:
            return await put_in_place([stored], submission.id, self.attachments, now, change)

        return await self.desk.decide(submission, "publish_photo", _decide, reviewed, _replacing)

    async def hide(self, submission: StoredAggregate[Submission], id: str, reason: str, reviewed: Reviewed) -> Document:
        def _decide(_: str, state: Submission) -> Decision[Submission] | None:
            return moderate.hide_photo(state, self.desk.caller.subject, id, reason, utc_now())

        async def _replacing(change: Change) -> StoredAggregate[Submission]:
            return await put_in_place([], submission.id, self.attachments, utc_now(), change)

        return await self.desk.decide(submission, "hide_photo", _decide, reviewed, _replacing)


async def find_published_copy(attachments: Attachments, submission: Submission, id: str) -> StoredFile:
    """Find a copy that the public may see. Raises NotFound.

    It must be named by the publication and be made for it: either check alone keeps originals from the public.
    """
    publication = submission.publication
    if publication is None or not any(photo.id == id for photo in publication.photos):
        raise NotFound
    stored = await attachments.find_copy(id)
    if stored is None:
        raise NotFound
    return stored
