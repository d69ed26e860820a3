"""The audit trail, bound to one request and its caller."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from fastapi import Request
from shared.http.auth import Caller
from shared.privacy.audit import audit_of


def recorder(request: Request, caller: Caller) -> Callable[[str, str, Sequence[str], str], Awaitable[None]]:
    """Return a function of action, kind, ids and reason, so that commands need no request to record what they do."""
    return partial(audit_of(request).record, request, caller)
