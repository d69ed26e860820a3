"""The moderator's desk for the abuse list, for endpoints and pages."""

from typing import Annotated

from fastapi import Depends, Request
from shared.privacy.audit import RequestAudit
from shared.storage.aggregates import StoredAggregate

from intake.abuse.use_cases import AbuseDesk
from intake.publication.dependencies import Moderator
from intake.submissions.model import Submission


async def abuse_desk(request: Request, caller: Moderator) -> AbuseDesk:
    app = request.app.state
    return AbuseDesk(caller, app.submissions, app.abuse_lists, RequestAudit(request))


Desk = Annotated[AbuseDesk, Depends(abuse_desk)]


async def held_submission(reference: str, desk: Desk) -> StoredAggregate[Submission]:
    return await desk.find_held(reference)


Held = Annotated[StoredAggregate[Submission], Depends(held_submission)]
