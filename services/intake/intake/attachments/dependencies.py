"""The files of a request's submission, for endpoints and pages."""

from functools import partial
from typing import Annotated

from fastapi import Depends, Header, Request
from shared.http.auth import CurrentSession, OptionalCaller
from shared.http.commands import command_key
from shared.reference.working_time import utc_now

from intake.attachments.use_cases import FileStores, KeyOfContent, ReadableFiles, is_official, open_for_official
from intake.submissions.errors import NotFound
from intake.tracking.dependencies import opened_submission


async def readable_files(
    request: Request,
    reference: str,
    caller: OptionalCaller,
    session: CurrentSession,
    tawasul_secret: Annotated[str | None, Header(max_length=100)] = None,
) -> ReadableFiles:
    """Opens the submission for its citizen, else for an official who may read it."""
    try:
        return ReadableFiles(await opened_submission(request, reference, caller, session, tawasul_secret), caller, None)
    except NotFound:
        if caller is None or not is_official(caller):
            raise
    app = request.app.state
    return await open_for_official(app.submissions, app.directory, reference, caller, utc_now())


Readable = Annotated[ReadableFiles, Depends(readable_files)]


def file_stores_of(request: Request) -> FileStores:
    app = request.app.state
    return FileStores(app.submissions, app.attachments, app.cleaner)


def key_of_content(request: Request, header: str | None, scope: str) -> KeyOfContent:
    """`scope` keeps the keys of different callers apart."""
    return partial(command_key, header, scope, request.url.path)
