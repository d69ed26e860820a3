"""`/submissions/mine`: a signed-in person's own submissions, which need no code here, and those that they follow."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from shared.http.auth import OptionalCaller
from shared.reference.working_time import utc_now
from shared.web.catalogues import N_
from shared.web.pages import PRIVATE, Pages
from starlette.responses import Response

from intake.http.models import OwnSubmissionsPage
from intake.http.words import KINDS, PUBLIC_STATUSES, STATUSES
from intake.own_submissions.use_cases import list_own_submissions
from intake.public_register.dependencies import ThePublications
from intake.public_register.json_view import PublishedPage
from intake.public_register.use_cases import list_published
from intake.publication.store import PublicationQuery
from intake.submissions.life import ANSWERED, FINISHED, UNDER_WAY, WAITING_FOR_CITIZEN, Status

router = APIRouter(include_in_schema=False)

AT = "/submissions/mine"
ON_A_PAGE = 20
FILTERS: dict[str, tuple[str, frozenset[Status] | None]] = {
    "all": (N_("All of them"), None),
    "open": (N_("Under way"), UNDER_WAY),
    "yours": (N_("Waiting for you"), WAITING_FOR_CITIZEN),
    "answered": (N_("Answered"), ANSWERED),
    "ended": (N_("Finished"), FINISHED),
}
"""Filters by the word in the address: name and statuses."""
FOLLOWED = "followed"


@router.get(AT)
async def mine(
    request: Request,
    caller: OptionalCaller,
    publications: ThePublications,
    show: Annotated[str, Query(max_length=20)] = "all",
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """Asks for a sign-in, and explains how to track a submission without an account."""
    state = request.app.state
    pages: Pages = state.pages
    if caller is None:
        return pages.render(request, "mine.html", {"listed": None}, 401, {**PRIVATE, "WWW-Authenticate": "Bearer"})
    shown = show if show in (*FILTERS, FOLLOWED) else "all"
    page: OwnSubmissionsPage | PublishedPage
    if shown == FOLLOWED:
        query = PublicationQuery(follower=caller.subject)
        page = await list_published(publications, state.directory, query, cursor, ON_A_PAGE)
    else:
        page = await list_own_submissions(
            state.submissions, state.directory, caller.subject, FILTERS[shown][1], cursor, ON_A_PAGE
        )
    filter_of = {} if shown == "all" else {"show": shown}
    context = {
        "listed": page.items,
        "unreadable": page.unreadable,
        "statuses": PUBLIC_STATUSES if shown == FOLLOWED else STATUSES,
        "kinds": KINDS,
        "filters": {word: name for word, (name, _) in FILTERS.items()},
        "shown": shown,
        "at": AT,
        "now": utc_now(),
        "running": UNDER_WAY - WAITING_FOR_CITIZEN,
        "first_url": f"{AT}?{urlencode(filter_of)}" if cursor else "",
        "older_url": f"{AT}?{urlencode(filter_of | {'cursor': page.next_cursor})}" if page.next_cursor else "",
    }
    return pages.render(request, "mine.html", context, headers=PRIVATE)
