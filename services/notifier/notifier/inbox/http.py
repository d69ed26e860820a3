"""Whose inbox a request may read: by who signed in, and by the secret links that this browser has opened.

The session cookie holds both; intake makes it after it has checked a link, so that nothing here knows the secret.
"""

from typing import Annotated

from fastapi import Depends, Request
from shared.http.auth import CurrentSession, OptionalCaller
from shared.http.problems import unauthorised
from shared.operations.metrics import REFUSALS

from notifier.inbox.model import Reader


async def possible_reader(request: Request, caller: OptionalCaller, session: CurrentSession) -> Reader | None:
    """None for somebody who shows neither."""
    scope = session.scope if session else ()
    subject = caller.subject if caller else None
    return Reader(subject, scope) if subject or scope else None


PossibleReader = Annotated[Reader | None, Depends(possible_reader)]


async def reader(known: PossibleReader) -> Reader:
    """Raises Problem 401."""
    if known is None:
        REFUSALS.labels("not_signed_in").inc()
        raise unauthorised()
    return known


InboxReader = Annotated[Reader, Depends(reader)]
