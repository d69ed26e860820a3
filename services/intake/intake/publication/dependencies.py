"""The moderator of a request, and the submission to moderate, for endpoints and pages."""

from typing import Annotated

from fastapi import Depends, Request
from shared.events.model import Role
from shared.http.auth import Caller, require
from shared.http.commands import SeenVersions, read_command_key
from shared.privacy.audit import RequestAudit
from shared.storage.aggregates import StoredAggregate

from intake.publication.use_cases import ModerationDesk, Reviewed
from intake.submissions.model import Submission

Moderator = Annotated[Caller, Depends(require(Role.CENTRAL, Role.ADMINISTRATOR))]


async def moderation_desk(request: Request, caller: Moderator) -> ModerationDesk:
    app = request.app.state
    return ModerationDesk(caller, app.submissions, app.publications, app.directory, RequestAudit(request))


Desk = Annotated[ModerationDesk, Depends(moderation_desk)]


async def submission_to_moderate(reference: str, desk: Desk) -> StoredAggregate[Submission]:
    return await desk.find(reference)


ToModerate = Annotated[StoredAggregate[Submission], Depends(submission_to_moderate)]


async def reviewed_version(request: Request, desk: ModerationDesk, seen: SeenVersions) -> Reviewed:
    """The version and the idempotency key that the headers of an API request name."""
    return Reviewed(await read_command_key(request, desk.caller.subject), seen)
