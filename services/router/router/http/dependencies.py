"""What endpoints and pages take from the application: its stores, and the directory that a request is judged by."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Annotated, cast
from zoneinfo import ZoneInfo

from fastapi import Depends, Request
from shared.http.auth import Caller
from shared.privacy.audit import audit_of
from shared.reference.working_time import utc_now

from router.access.policy import Office
from router.answer_templates.store import EntityTemplates
from router.cases.store import Assignments
from router.directory.snapshot import Directory, DirectoryInUse


def the_assignments(request: Request) -> Assignments:
    return cast(Assignments, request.app.state.assignments)


TheAssignments = Annotated[Assignments, Depends(the_assignments)]


def the_templates(request: Request) -> EntityTemplates:
    return cast(EntityTemplates, request.app.state.templates)


TheTemplates = Annotated[EntityTemplates, Depends(the_templates)]


def in_use(request: Request) -> Directory | None:
    """Return None before the first publication."""
    return cast(DirectoryInUse, request.app.state.directory).current


InUse = Annotated[Directory | None, Depends(in_use)]


def office(request: Request) -> Office:
    """Return what the directory says today of who may see and do what."""
    return Office(in_use(request), utc_now().astimezone(ZoneInfo(request.app.state.zone)).date())


TheOffice = Annotated[Office, Depends(office)]


def etag(version: int) -> dict[str, str]:
    return {"ETag": f'"{version}"'}


def recorder(request: Request, caller: Caller) -> Callable[[str, str, Sequence[str], str], Awaitable[None]]:
    """Bind the audit trail to a request, so that commands need none to record action, kind, ids and reason."""
    return partial(audit_of(request).record, request, caller)
