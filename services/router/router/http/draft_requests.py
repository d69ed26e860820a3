"""Make commands on the directory of requests, and say what they raise as problems."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, cast

from fastapi import Depends, Request, Response
from pydantic import ValidationError
from shared.events.model import Role
from shared.http.auth import Caller, require
from shared.http.commands import CommandKey, IfMatch, SeenVersions, cause_of_request, read_command_key
from shared.http.problems import Problem, changed_meanwhile, invalid, not_found, version_differs
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Conflict

from router.directory.commands import AnotherWaits, Faulty, Overtaken
from router.directory.model import Country
from router.directory.snapshot import DirectoryInUse
from router.directory_drafts import commands as drafts
from router.directory_drafts.commands import Drafting
from router.directory_drafts.draft_commands import DirectoryCommand
from router.directory_drafts.exchange import MEDIA_TYPES, NoSuchFile, write_file
from router.directory_drafts.model import NotThere
from router.directory_files.reading import Unreadable
from router.http.dependencies import recorder, the_assignments
from router.http.problems import (
    another_waits,
    draft_outdated,
    faulty_directory,
    holds_already,
    no_directory,
    no_draft,
    no_such_file,
    not_in_list,
    nothing_changed,
    too_large,
    unfit_file,
)

Administrator = Annotated[Caller, Depends(require(Role.ADMINISTRATOR))]

_PROBLEMS: dict[type[Exception], Callable[..., Problem]] = {
    Unreadable: lambda error: unfit_file(error.faults),
    ValidationError: lambda error: invalid(error.errors(include_context=False)),
    Faulty: lambda error: faulty_directory(list(error.faults)),
    AnotherWaits: lambda error: another_waits(error.version),
    NotThere: lambda error: not_in_list(str(error)),
    NoSuchFile: lambda error: no_such_file(),
    Overtaken: lambda error: version_differs(),
    Conflict: lambda error: changed_meanwhile(),
    LookupError: lambda error: not_found(),
    drafts.NoDirectory: lambda error: no_directory(),
    drafts.NoDraft: lambda error: no_draft(),
    drafts.NothingChanged: lambda error: nothing_changed(),
    drafts.Outdated: lambda error: draft_outdated(),
    drafts.HoldsAlready: lambda error: holds_already(),
    drafts.TooLarge: lambda error: too_large(),
}


@contextmanager
def draft_problems() -> Iterator[None]:
    """Raise what a command on the directory raises as a problem. All else passes through."""
    try:
        yield
    except Exception as error:
        problem = _PROBLEMS.get(type(error))
        if problem is None:
            raise
        raise problem(error) from error


def directory_command(
    request: Request, caller: Caller, seen: SeenVersions = None, key: CommandKey | None = None
) -> DirectoryCommand:
    state = request.app.state
    return DirectoryCommand(
        drafting=cast(Drafting, state.drafting),
        directory=cast(DirectoryInUse, state.directory),
        assignments=the_assignments(request),
        caller=caller,
        seen=seen,
        key=key,
        record=recorder(request, caller),
        cause=cause_of_request(),
        now=utc_now(),
    )


def reading(request: Request, caller: Administrator) -> DirectoryCommand:
    return directory_command(request, caller)


async def commanding(request: Request, caller: Administrator, seen: IfMatch) -> DirectoryCommand:
    return directory_command(request, caller, seen, await read_command_key(request, caller.subject))


Reading = Annotated[DirectoryCommand, Depends(reading)]
Commanding = Annotated[DirectoryCommand, Depends(commanding)]


FILES: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file", "content": {media_type: {} for media_type in MEDIA_TYPES.values()}}
}
"""The answer of `directory_file`, as an OpenAPI document describes it."""


async def directory_file(country: Country, format: str, name: str | None, of: str) -> Response:
    """Answer with the directory, or one list of it, as a file to keep. `of` says in its name which one it is."""
    with draft_problems():
        text = await asyncio.to_thread(write_file, country, format, name)
    filename = f"{name or 'directory'}-{of}.{format}"
    headers = {"Content-Disposition": f'attachment; filename="{filename}"', "Cache-Control": "private, no-store"}
    return Response(text, media_type=MEDIA_TYPES[format], headers=headers)
