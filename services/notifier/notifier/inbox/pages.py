"""`/inbox`: what somebody is told, newest first; and the number of unread items that every page's header shows.

For people who signed in and for those who opened the secret link of a submission, which the session cookie knows.
"""

from html import escape
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AwareDatetime, TypeAdapter, ValidationError
from shared.http.auth import SessionExpired, cookie_session
from shared.http.problems import not_found
from shared.reference.working_time import utc_now
from shared.web.catalogues import N_
from shared.web.forms import posted
from shared.web.pages import PRIVATE, Pages
from starlette.responses import RedirectResponse, Response

from notifier.inbox.http import LONGEST_CURSOR, InboxStore, ItemId, MessagesUsed, PossibleReader
from notifier.inbox.model import Reader, place_of
from notifier.inbox.views import read_page

router = APIRouter(include_in_schema=False)

AT = "/inbox"
ON_A_PAGE = 20
MOST_SHOWN = 99
LONGEST_SHOWN = 700
"""Characters of one item; the whole stands where it leads."""

DONE = {"read": N_("Marked as read."), "all": N_("All are marked as read.")}

Cursor = Annotated[str | None, Query(max_length=LONGEST_CURSOR)]
Form = Annotated[dict[str, str], Depends(posted)]
_MOMENT = TypeAdapter(AwareDatetime)


@router.get(AT)
async def show(
    request: Request,
    reader: PossibleReader,
    inbox: InboxStore,
    messages: MessagesUsed,
    cursor: Cursor = None,
    did: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    """Show the inbox; without a session or an opened link, explain how to get access."""
    pages: Pages = request.app.state.pages
    if reader is None:
        return pages.render(request, "inbox.html", {"page": None}, 401, {**PRIVATE, "WWW-Authenticate": "Bearer"})
    page = await read_page(reader, inbox, messages, cursor, ON_A_PAGE)
    context = {
        "page": page,
        "at": f"{AT}?{urlencode({'cursor': cursor})}" if cursor else AT,
        "cursor": cursor or "",
        "older_url": f"{AT}?{urlencode({'cursor': page.next_cursor})}" if page.next_cursor else "",
        "done": DONE.get(did, ""),
        "longest": LONGEST_SHOWN,
        "only_links": reader.subject is None,
        "push_key": request.app.state.push_key,
    }
    return pages.render(request, "inbox.html", context, headers=PRIVATE)


@router.post(f"{AT}/read")
async def read_all(form: Form, reader: PossibleReader, inbox: InboxStore) -> Response:
    """Mark the items that the page showed and older ones as read; newer items stay unread."""
    now = utc_now()
    try:
        until = min(_MOMENT.validate_python(form.get("until", "")), now)
    except ValidationError:
        until = now
    await inbox.mark_all_read(_present(reader), until, now)
    return RedirectResponse(f"{AT}?did=all", 303, PRIVATE)


@router.post(f"{AT}/{{id}}/read")
async def read_one(id: ItemId, form: Form, reader: PossibleReader, inbox: InboxStore) -> Response:
    if await inbox.mark_read(id, _present(reader), utc_now()) is None:
        raise not_found()
    back = {"cursor": form["cursor"][:LONGEST_CURSOR]} if form.get("cursor") else {}
    return RedirectResponse(f"{AT}?{urlencode({**back, 'did': 'read'})}", 303, PRIVATE)


@router.post(f"{AT}/{{id}}/open")
async def open_one(id: ItemId, form: Form, reader: PossibleReader, inbox: InboxStore) -> Response:
    """Read, and on to what it tells about."""
    item = await inbox.mark_read(id, _present(reader), utc_now())
    if item is None:
        raise not_found()
    return RedirectResponse(place_of(item), 303, PRIVATE)


@router.get(f"{AT}/read")
@router.get(f"{AT}/{{id}}/read")
@router.get(f"{AT}/{{id}}/open")
async def back() -> Response:
    """Where a form was sent to there is no page: another language, or a reload, leads to the list."""
    return RedirectResponse(AT, 303, PRIVATE)


@router.get(f"{AT}/unread.svg")
async def badge(request: Request, inbox: InboxStore) -> Response:
    """For the headers of all services' pages, without a script: a picture of the number, of no size where it is 0.

    Whoever has no session, or an old one, has no news: a picture cannot send them to sign in.
    """
    try:
        session = cookie_session(request)
    except SessionExpired:
        session = None
    known = session is not None and (session.subject or session.scope)
    unread = await inbox.unread(Reader(session.subject, session.scope)) if session is not None and known else 0
    headers = {"Cache-Control": "private, no-cache", "ETag": f'"{unread}"', "Vary": "Cookie"}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(_drawn(unread), media_type="image/svg+xml", headers=headers)


def _present(reader: Reader | None) -> Reader:
    """Raises SessionExpired: the form is given back, to be sent again after signing in."""
    if reader is None:
        raise SessionExpired
    return reader


def _drawn(unread: int) -> str:
    if not unread:
        return '<svg xmlns="http://www.w3.org/2000/svg" width="0" height="0"/>'
    said = escape(str(unread) if unread <= MOST_SHOWN else f"{MOST_SHOWN}+")
    width = 12 + 8 * len(said)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" viewBox="0 0 {width} 20">'
        f'<rect width="{width}" height="20" rx="10" fill="#a50d26"/>'
        f'<text x="{width / 2}" y="14.500" fill="#fff" font-family="system-ui, sans-serif" font-size="13" '
        f'font-weight="700" text-anchor="middle">{said}</text></svg>'
    )
