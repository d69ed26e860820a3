"""The official of a request who may add files, for the endpoint and the page."""

from typing import Annotated

from fastapi import Depends, Request
from shared.privacy.audit import RequestAudit

from intake.attachments.dependencies import Readable, file_stores_of, key_of_content
from intake.http.models import AttachmentsShown
from intake.http.uploads import uploads_of
from intake.official_files.use_cases import OfficialFiles


async def official_files(readable: Readable) -> OfficialFiles:
    return OfficialFiles(readable)


AddingOfficial = Annotated[OfficialFiles, Depends(official_files)]


async def add_sent_files(request: Request, official: OfficialFiles, key: str | None) -> AttachmentsShown:
    """Add the files of the request's body."""
    answer = await official.add(
        file_stores_of(request),
        await uploads_of(request),
        request.app.state.limits,
        key_of_content(request, key, official.caller.subject),
        RequestAudit(request),
    )
    return AttachmentsShown.model_validate(answer)
