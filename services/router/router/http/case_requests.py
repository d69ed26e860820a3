"""Make commands on cases of requests: the endpoints' by their headers, the pages' by the fields of a form."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, TypeVar, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Depends, Request, Response
from pydantic import BaseModel
from shared.http.auth import Caller, SignedIn
from shared.http.commands import (
    CommandKey,
    IfMatch,
    SeenVersions,
    cause_of_request,
    command_key,
    read_command_key,
)
from shared.reference.working_time import utc_now

from router.casework.case_command import CaseCommand, CommandResult
from router.casework.command_models import Done
from router.http.dependencies import etag, in_use, recorder, the_assignments

T = TypeVar("T", bound=BaseModel)


class CaseRequest:
    """A request to an endpoint that takes a command on the case in its path."""

    def __init__(self, id: UUID, request: Request, response: Response, caller: SignedIn, seen_version: IfMatch) -> None:
        self._id = str(id)
        self._request = request
        self._response = response
        self._caller: Caller = caller
        self._seen_version = seen_version

    async def run(self, command: Callable[[CaseCommand, T], Awaitable[CommandResult]], sent: T) -> Done:
        """Run the command once for each Idempotency-Key; the version that it makes goes into `ETag`."""
        key = await read_command_key(self._request, self._caller.subject)
        result = await command(_case_command(self._request, self._caller, self._id, self._seen_version, key), sent)
        self._response.headers.update(etag(result.version))
        return result.done


OnCase = Annotated[CaseRequest, Depends()]


def command_of_form(
    request: Request,
    caller: Caller,
    id: str,
    seen_version: SeenVersions,
    form: Mapping[str, str],
    action: str,
    sent: bytes,
) -> CaseCommand:
    """Make a command of a page's form, whose hidden field `key` lets it run once. Raises Problem 422."""
    key = command_key(form.get("key") or None, f"{caller.subject} {action}", request.url.path, sent)
    return _case_command(request, caller, id, seen_version, key)


def _case_command(
    request: Request, caller: Caller, id: str, seen_version: SeenVersions, key: CommandKey | None
) -> CaseCommand:
    return CaseCommand(
        id=id,
        caller=caller,
        assignments=the_assignments(request),
        current_directory=in_use(request),
        zone=ZoneInfo(cast(str, request.app.state.zone)),
        seen_version=seen_version,
        key=key,
        record=recorder(request, caller),
        cause=cause_of_request(),
        now=utc_now(),
    )
