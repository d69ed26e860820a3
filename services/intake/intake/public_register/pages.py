"""`/submissions`: the public list, and one published submission."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlencode
from uuid import uuid4

from fastapi import APIRouter, Depends, Query, Request
from shared.http.auth import Caller, OptionalCaller, SignedIn
from shared.http.commands import command_key
from shared.http.cursors import Cursor
from shared.reference.directory import Directory
from shared.reference.working_time import utc_now
from shared.web.catalogues import N_
from shared.web.forms import Fields, posted
from shared.web.language import language_of
from shared.web.pages import FRESH, PRIVATE, Pages
from starlette.responses import RedirectResponse, Response

from intake.filing.form_fields import categories_to_choose
from intake.followers.use_cases import change_followers
from intake.http.bodies import BoundedRoute
from intake.http.words import KINDS, PUBLIC_FACTS, PUBLIC_STATUSES
from intake.public_register.dependencies import Filters, ThePublications
from intake.public_register.json_view import published_json
from intake.public_register.stages import Stage
from intake.public_register.use_cases import find_published, list_published
from intake.submissions.life import UNDER_WAY
from intake.submissions.model import Submission

router = APIRouter(route_class=BoundedRoute, include_in_schema=False)

AT = "/submissions"
Form = Annotated[dict[str, str], Depends(posted)]
DONE = {
    "follow": N_("You follow it: you hear of its answer in your inbox."),
    "unfollow": N_("You do not follow it any more."),
    "asked": N_(
        "If this address was not asked before, we have sent a mail to it. Open the link in it and confirm; until then "
        "nothing more is sent."
    ),
    "by-mail": N_(
        "We write to you when it is answered. Your address is kept encrypted, for this alone, and shown to nobody."
    ),
}
ON_A_PAGE = 20
STAGES = {
    Stage.OPEN: N_("Not answered yet"),
    Stage.ANSWERED: N_("Answered"),
    Stage.REFUSED: N_("Not accepted"),
}


@dataclass(frozen=True)
class Step:
    title: str
    at: datetime
    icon: str
    tone: str
    text: None = None
    by: None = None
    note: None = None


@router.get(AT)
async def published_ones(
    request: Request, filters: Filters, publications: ThePublications, cursor: Cursor = None
) -> Response:
    state, lang = request.app.state, language_of(request)
    directory: Directory = state.directory
    page = await list_published(publications, directory, filters.database_query(directory), cursor, ON_A_PAGE)
    given = filters.address_query()
    context = {
        "items": page.items,
        "unreadable": page.unreadable,
        "asked": filters.given,
        "words": filters.words,
        "is_filtered": bool(given),
        "kinds": KINDS,
        "stages": STAGES,
        "statuses": PUBLIC_STATUSES,
        "groups": categories_to_choose(directory, lang),
        "entities": _named(directory.entities, lang),
        "areas": _named(directory.areas, lang),
        "first_url": f"{AT}?{urlencode(given)}" if cursor else "",
        "older_url": f"{AT}?{urlencode(given | {'cursor': page.next_cursor})}" if page.next_cursor else "",
        "tiles": state.tiles,
        "feed": urlencode(given | {"lang": lang}),
    }
    pages: Pages = state.pages
    return pages.render(request, "public.html", context, headers=FRESH)


@router.get(AT + "/{reference}")
async def published_one(
    request: Request,
    reference: str,
    caller: OptionalCaller,
    publications: ThePublications,
    did: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    return page_of_one(request, await find_published(publications, reference), caller, did)


def page_of_one(
    request: Request,
    submission: Submission,
    caller: Caller | None,
    did: str = "",
    form: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
) -> Response:
    state, lang = request.app.state, language_of(request)
    item = published_json(submission, state.directory)
    at = f"{AT}/{item.reference}"
    context = {
        "path": at,
        "item": item,
        "done": DONE.get(did),
        "form": Fields(form or {}),
        "errors": Fields(errors or {}),
        "follows": caller is not None
        and any(follower.subject == caller.subject for follower in submission.followers or []),
        "key": str(uuid4()),
        "kinds": KINDS,
        "status": PUBLIC_STATUSES[item.status],
        "is_running": submission.status in UNDER_WAY,
        "now": utc_now(),
        "steps": _steps(submission, state.directory, state.pages, lang),
    }
    if request.url.path != at:  # the form was posted to an address that has no page
        context["other_language_url"] = f"{at}?{urlencode({'lang': 'en' if lang == 'ar' else 'ar'})}"
    pages: Pages = state.pages
    return pages.render(request, "public_one.html", context, 422 if errors else 200, headers=FRESH)


@router.post(AT + "/{reference}/{action}")
async def follow(
    request: Request,
    reference: str,
    action: Literal["follow", "unfollow"],
    caller: SignedIn,
    publications: ThePublications,
    form: Form,
) -> Response:
    language = language_of(request) if action == "follow" else None
    key = command_key(form.get("key") or None, caller.subject, request.url.path, b"")
    state = request.app.state
    followed = await change_followers(
        state.submissions, publications, state.directory, reference, caller.subject, language, key
    )
    return RedirectResponse(f"{AT}/{followed['reference']}?{urlencode({'did': action})}", 303, PRIVATE)


def _named(things: dict[str, Any], lang: str) -> list[tuple[str, str]]:
    """Active entries, sorted in the reader's language."""
    named = [(id, getattr(thing.name, lang)) for id, thing in things.items() if thing.active]
    return sorted(named, key=lambda each: each[1])


def _steps(submission: Submission, directory: Directory, pages: Pages, lang: str) -> list[Step]:
    """Public events, newest first, without anybody's words."""
    words = pages.messages(lang).ugettext
    steps = []
    for entry in sorted(submission.timeline, key=lambda entry: entry.at):
        told = PUBLIC_FACTS.get(entry.type)
        if told is None:
            continue
        entity = directory.entities.get(entry.entity or "")
        name = getattr(entity.name, lang) if entity else words(N_("the responsible entity"))
        steps.append(Step(words(told.title) % {"entity": f"\u2068{name}\u2069"}, entry.at, told.icon, told.tone))
    return steps[::-1]
