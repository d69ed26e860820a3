"""Sends a stored file, whole or as a thumbnail."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from fastapi import Request, Response
from shared.http.problems import not_found
from starlette.responses import StreamingResponse

from intake.attachments.store import Attachments, StoredFile
from intake.http.headers import PRIVATE

INLINE = frozenset({"image/jpeg", "image/png", "image/webp"})
"""Types that intake has re-encoded itself and may show under its own address; all others are downloads."""

HARMLESS = PRIVATE | {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
}
FOR_EVERYBODY = HARMLESS | {"Cache-Control": "public, no-cache", "Cross-Origin-Resource-Policy": "cross-origin"}
"""Revalidated every time, so that hiding works at once. Other sites may embed it, as Open311 publishes its address."""


def content_of(what: str, *media_types: str) -> dict[int | str, dict[str, Any]]:
    """An OpenAPI response that is not JSON."""
    content = {media_type: {"schema": {"type": "string", "format": "binary"}} for media_type in media_types}
    return {200: {"description": what, "content": content}}


def the_attachments(request: Request) -> Attachments:
    attachments: Attachments = request.app.state.attachments
    return attachments


async def file_response(
    request: Request, stored: StoredFile, headers: Mapping[str, str], name: str | None = None
) -> Response:
    """Streams the file, under `name` if given. Raises Problem 404 where its content is gone."""
    content = await the_attachments(request).content(stored.id)
    if content is None:
        raise not_found()
    kind = "inline" if stored.media_type in INLINE else "attachment"
    named = f"; filename*=UTF-8''{quote(name, safe='')}" if name else ""
    about = {"Content-Length": str(stored.size), "Content-Disposition": kind + named}
    return StreamingResponse(content, headers={**headers, **about}, media_type=stored.media_type)


def thumbnail_response(stored: StoredFile, headers: Mapping[str, str]) -> Response:
    """Raises Problem 404 for a file that is no image."""
    if stored.thumbnail is None:
        raise not_found()
    return Response(stored.thumbnail, headers=dict(headers), media_type="image/jpeg")
