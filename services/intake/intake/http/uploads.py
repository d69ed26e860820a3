"""Reads the files of a posted form."""

from fastapi import Request
from starlette.datastructures import UploadFile

from intake.attachments.commands import Upload

FIELD = "files"


async def uploads_of(request: Request) -> list[Upload]:
    """The files in upload order. Browsers send an empty file field as a part without a name."""
    form = await request.form()
    return [
        Upload(part.filename or "", part.file)
        for part in form.getlist(FIELD)
        if isinstance(part, UploadFile) and (part.filename or part.size)
    ]
