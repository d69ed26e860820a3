"""The submission of a request that its caller may open, for endpoints and pages."""

from typing import Annotated

from fastapi import Depends, Header, Request
from shared.http.auth import CurrentSession, OptionalCaller
from shared.storage.aggregates import StoredAggregate

from intake.http.throttle import throttle_of
from intake.submissions.errors import NotFound
from intake.submissions.model import Submission
from intake.submissions.reference import normalised
from intake.tracking.use_cases import open_submission


async def opened_submission(
    request: Request,
    reference: str,
    caller: OptionalCaller,
    session: CurrentSession,
    tawasul_secret: Annotated[str | None, Header(max_length=100)] = None,
) -> StoredAggregate[Submission]:
    """Counts wrong secrets. Raises NotFound where the caller may not open it, Problem 429 after many wrong secrets."""
    app, number = request.app.state, normalised(reference) or ""
    if tawasul_secret is not None:
        throttle_of(request).guess(request, number)
    try:
        return await open_submission(app.submissions, app.tracking, reference, caller, session, tawasul_secret)
    except NotFound:
        if tawasul_secret is not None:
            throttle_of(request).missed(request, number)
        raise


Opened = Annotated[StoredAggregate[Submission], Depends(opened_submission)]
