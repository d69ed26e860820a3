"""The files of a posted form, as use cases take them."""

from fastapi import Request
from starlette.datastructures import UploadFile

from intake.attachments.commands import Upload

FIELD = "files"


async def uploads_of(request: Request) -> list[Upload]:
    """In the order they came. A file field that was left empty is sent as a part without a name."""
    form = await request.form()
    return [
        Upload(part.filename or "", part.file)
        for part in form.getlist(FIELD)
        if isinstance(part, UploadFile) and (part.filename or part.size)
    ]
