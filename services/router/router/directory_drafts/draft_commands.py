"""What all commands of the administration of the directory have in common: who may, once, and on which version."""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar, cast

from fastapi import Depends, Request, Response
from pydantic import ValidationError
from shared.events.model import Role
from shared.http.auth import Caller, require
from shared.http.commands import CommandKey, IfMatch, SeenVersions, cause_of_request, read_command_key
from shared.http.problems import Problem, changed_meanwhile, invalid, not_found, version_differs
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Conflict

from router.directory.commands import AnotherWaits, Faulty, Overtaken
from router.directory.store import Edit
from router.directory_drafts import commands as drafts
from router.directory_drafts.commands import Drafting
from router.directory_drafts.exchange import NoSuchFile
from router.directory_drafts.model import NotThere
from router.directory_files.reading import Unreadable
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
T = TypeVar("T")


class AtDirectory:
    """One request of one administrator."""

    def __init__(self, request: Request, response: Response, caller: Administrator) -> None:
        self.request = request
        self.response = response
        self.caller = caller
        self.seen: SeenVersions = None
        """The version that the caller has seen, of what a command changes."""
        self.now = utc_now()
        self.cause = cause_of_request()
        self.key: CommandKey | None = None
        """Set by a page, whose form carries it; otherwise the header's."""

    @property
    def drafting(self) -> Drafting:
        return cast(Drafting, self.request.app.state.drafting)

    async def command_key(self) -> CommandKey | None:
        return self.key or await read_command_key(self.request, self.caller.subject)

    def edit(self, what: str, name: str | None = None, id: str | None = None) -> Edit:
        return Edit(at=self.now, by=self.caller.subject, what=what, list=name, id=id)

    async def carry_out(self, command: Callable[[], Awaitable[T]]) -> T:
        """Its result. What it raises is said as a problem."""
        try:
            return await command()
        except Exception as error:
            said = _SAID.get(type(error))
            if said is None:
                raise
            raise said(error) from error


_SAID: dict[type[Exception], Callable[..., Problem]] = {
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
"""By what a use case raised."""


AtTheDirectory = Annotated[AtDirectory, Depends()]


def with_seen(at: AtTheDirectory, seen: IfMatch) -> AtDirectory:
    at.seen = seen
    return at


Commanding = Annotated[AtDirectory, Depends(with_seen)]
