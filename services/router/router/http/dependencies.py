"""The directory that a request is judged by; None before the first publication."""

from typing import Annotated, cast
from zoneinfo import ZoneInfo

from fastapi import Depends, Request
from shared.reference.working_time import utc_now

from router.access.policy import Office
from router.directory.snapshot import Directory, DirectoryInUse


def in_use(request: Request) -> Directory | None:
    return cast(DirectoryInUse, request.app.state.directory).current


InUse = Annotated[Directory | None, Depends(in_use)]


def office(request: Request) -> Office:
    """What the directory says today of who may see and do what."""
    return Office(in_use(request), utc_now().astimezone(ZoneInfo(request.app.state.zone)).date())


TheOffice = Annotated[Office, Depends(office)]
