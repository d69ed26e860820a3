"""Adding files to a submission: stage uploads, attach them, and mark them as settled."""

from collections.abc import Awaitable, Callable, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import IO

from shared.events.envelope import Cause
from shared.storage.aggregates import Decision, StoredAggregate

from intake.attachments.model import CannotBeTaken, Unusable, display_name
from intake.attachments.store import Attachments, StoredFile
from intake.media.file_sanitiser import Cleaner
from intake.metrics import FILES
from intake.submissions.errors import FileFault, PersonForgotten, Refused, ScannerAway, TooManyFiles
from intake.submissions.model import Submission
from intake.submissions.store import Submissions
from intake.submissions.time_limits import Limits
from intake.tracking.commands import attach

GIVEN_UP_AFTER = timedelta(minutes=15)
"""Longer than any command takes; a file that no submission has taken by then is discarded."""

AT_ONCE = 100


@dataclass(frozen=True)
class Upload:
    """An uploaded file and the name it was uploaded under."""

    name: str
    content: IO[bytes]


async def stage_uploads(
    uploads: Sequence[Upload],
    room: int,
    key: str | None,
    attachments: Attachments,
    cleaner: Cleaner,
    keep_until: datetime,
    now: datetime,
    known: Set[str] = frozenset(),
    official: str | None = None,
) -> tuple[list[StoredFile], list[FileFault]]:
    """Stage up to `room` files and report why the others cannot be taken. Raises ScannerAway.

    Files whose digests are in `known` are skipped, as a form that is sent again brings its files again. `official` is
    the subject of the official who sends them.
    """
    taken: list[StoredFile] = []
    faults: list[FileFault] = []
    for number, upload in enumerate(uploads):
        try:
            looked = await cleaner.look(upload.content)
            if looked.digest in known:
                continue
            if len(taken) >= room:
                raise CannotBeTaken(Unusable.ONE_TOO_MANY)
            clean = await cleaner.clean(looked)
        except ScannerAway:
            FILES.labels("scanner-away").inc()
            raise
        except CannotBeTaken as error:
            FILES.labels(error.why).inc()
            faults.append(FileFault(number, upload.name, error.why))
            continue
        with clean.content:
            name = display_name(upload.name, clean.type)
            taken.append(await attachments.stage(clean, name, key, keep_until, now, official=official))
        FILES.labels("taken").inc()
    return taken, faults


async def attach_staged(
    staged: Sequence[StoredFile],
    submission_id: str,
    attachments: Attachments,
    now: datetime,
    change: Callable[[], Awaitable[StoredAggregate[Submission]]],
    sent_with_it: bool = False,
) -> StoredAggregate[Submission]:
    """Run `change`, which attaches the files to the submission, and discard the files that it did not accept."""
    ids = [stored.id for stored in staged]
    await attachments.mean_for(ids, submission_id, now, sent_with_it)
    try:
        changed = await change()
    except Refused:
        await attachments.discard(ids)
        raise
    assert changed.state is not None
    belong = changed.state.file_ids
    await attachments.settle([id for id in ids if id in belong])
    await attachments.discard([id for id in ids if id not in belong])
    return changed


async def attach_sent(
    staged: Sequence[StoredFile],
    submission_id: str,
    submissions: Submissions,
    attachments: Attachments,
    limits: Limits,
    now: datetime,
    cause: Cause,
) -> None:
    """Attach files that were sent together with a submission, after the submission was stored."""
    files = [stored.attachment() for stored in staged]

    def _decide(aggregate: StoredAggregate[Submission]) -> Decision[Submission] | None:
        assert aggregate.state is not None
        return attach(submission_id, aggregate.state, files, limits, now, sent_with_it=True)

    async def _change() -> StoredAggregate[Submission]:
        return await submissions.change(submission_id, _decide, now, cause)

    await attach_staged(staged, submission_id, attachments, now, _change, sent_with_it=True)


async def clean_up_uploads(attachments: Attachments, submissions: Submissions, limits: Limits, now: datetime) -> int:
    """Finish what crashed processes left half-done, and discard expired files; returns how many files there were."""
    unsettled = await attachments.unsettled(now, AT_ONCE)
    for id, group in groupby(sorted(unsettled, key=lambda stored: stored.meant_for or ""), lambda s: s.meant_for):
        aggregate = await submissions.find(id) if id else None
        if id and aggregate is not None and aggregate.state is not None:
            await _finish(id, aggregate.state, list(group), attachments, submissions, limits, now)
    expired = await attachments.expired(now, AT_ONCE)
    await attachments.discard(expired)
    return len(unsettled) + len(expired)


async def _finish(
    id: str,
    submission: Submission,
    sent: Sequence[StoredFile],
    attachments: Attachments,
    submissions: Submissions,
    limits: Limits,
    now: datetime,
) -> None:
    belong = submission.file_ids
    await attachments.settle([stored.id for stored in sent if stored.id in belong])
    waiting = [stored for stored in sent if stored.id not in belong and stored.sent_with_it]
    if waiting:
        try:
            await attach_sent(waiting, id, submissions, attachments, limits, now, Cause(correlation_id=id))
        except (PersonForgotten, TooManyFiles):
            await attachments.discard([stored.id for stored in waiting])
    refused = [stored for stored in sent if stored.id not in belong and not stored.sent_with_it]
    await attachments.discard(
        [stored.id for stored in refused if stored.meant_at is None or stored.meant_at < now - GIVEN_UP_AFTER]
    )
