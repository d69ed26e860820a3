"""Cross-site request forgery: what a browser must show before its cookie counts for a change.

Two locks. The browser itself says where a request comes from (`Sec-Fetch-Site`, or `Origin` where it is too old for
that): only our own origin will do. And the form carries its session's token, in the field `form_token` or, from a
script, in the header `Tawasul-Form-Token`. Requests with a bearer token need neither: no browser adds one by itself.
"""

import hmac
from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.requests import Request

SAFE = {"GET", "HEAD", "OPTIONS"}
FIELD = "form_token"
HEADER = "tawasul-form-token"
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def origin_of(url: str) -> str:
    """`scheme://host[:port]`, as browsers write it in `Origin`."""
    parts = urlsplit(url.lower())
    default = {"http": 80, "https": 443}.get(parts.scheme)
    port = "" if parts.port in (None, default) else f":{parts.port}"
    return f"{parts.scheme}://{parts.hostname}{port}"


def is_from_own_pages(headers: Mapping[str, str], own_origin: str) -> bool:
    """A request that says nothing of where it comes from is not taken for one of ours.

    `Origin: null` is what a form of a page sends that tells no referrer (`/track`); then only the browser's own word
    counts, which it does not give to a sandboxed frame.
    """
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if origin not in (None, "null") and origin.lower() != own_origin:
        return False
    if site is not None:
        return site == "same-origin"
    return origin not in (None, "null")


async def carries_token(request: Request, expected: str) -> bool:
    sent: object = request.headers.get(HEADER)
    if sent is None and request.headers.get("content-type", "").startswith(FORMS):
        sent = (await request.form()).get(FIELD)
    return isinstance(sent, str) and hmac.compare_digest(sent.encode(), expected.encode())
