"""Find a submission for a person who may open it."""

from shared.http.auth import Caller
from shared.http.session_cookie import Session
from shared.storage.aggregates import StoredAggregate

from intake.submissions.errors import NotFound
from intake.submissions.model import Submission
from intake.submissions.store import Submissions
from intake.submissions.tracking_secrets import TrackingKeys


async def open_submission(
    submissions: Submissions,
    keys: TrackingKeys,
    reference: str,
    caller: Caller | None,
    session: Session | None,
    secret: str | None = None,
) -> StoredAggregate[Submission]:
    """Open it by its secret, by a session that came through the tracking link, or as its signed-in author.

    Raises NotFound for a wrong secret and for a wrong reference number alike, so that neither can be guessed.
    """
    aggregate = await submissions.by_reference(reference)
    if aggregate is None or aggregate.state is None:
        raise NotFound
    by_secret = secret is not None and keys.opens(secret, aggregate.id)
    by_link = session is not None and aggregate.id in session.scope
    by_author = caller is not None and aggregate.state.author == caller.subject
    if not by_secret and not by_link and not by_author:
        raise NotFound
    return aggregate
