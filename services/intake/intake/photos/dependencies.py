"""The moderator's desk for photos, for endpoints and pages."""

from typing import Annotated

from fastapi import Depends, Path, Request

from intake.photos.use_cases import PhotoDesk
from intake.publication.dependencies import Desk

Id = Annotated[str, Path(max_length=64)]


async def photo_desk(request: Request, desk: Desk) -> PhotoDesk:
    return PhotoDesk(desk, request.app.state.attachments, request.app.state.cleaner)


Photos = Annotated[PhotoDesk, Depends(photo_desk)]
