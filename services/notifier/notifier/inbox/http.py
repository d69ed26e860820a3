"""Dependencies of the inbox: the reader that a request stands for, and the store behind it.

The session cookie names the signed-in person and the submissions whose secret links this browser has opened. Intake
sets the cookie after it has checked a link, so the notifier never sees the secret.
"""

from typing import Annotated

from fastapi import Depends, Path, Request
from shared.http.auth import CurrentSession, OptionalCaller
from shared.http.problems import unauthorised
from shared.operations.metrics import REFUSALS

from notifier.inbox.model import Reader
from notifier.inbox.store import InboxItems
from notifier.rendering.templates import Messages

LONGEST_CURSOR = 200
ItemId = Annotated[str, Path(max_length=100)]


async def possible_reader(request: Request, caller: OptionalCaller, session: CurrentSession) -> Reader | None:
    """The reader; None for a request with neither a session nor an opened link."""
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


def _messages(request: Request) -> Messages:
    messages: Messages = request.app.state.messages
    return messages


def _inbox(request: Request) -> InboxItems:
    inbox: InboxItems = request.app.state.inbox
    return inbox


InboxStore = Annotated[InboxItems, Depends(_inbox)]
MessagesUsed = Annotated[Messages, Depends(_messages)]
