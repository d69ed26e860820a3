"""Following by mail: the form on a published submission, and the page behind the link in its mails.

Only those mails contain the code of `/track/{reference}/following/{contact}/{code}`. Opening the page changes nothing,
because mail scanners follow links; its buttons confirm or stop.
"""

from collections.abc import Callable
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path, Request
from pydantic import ValidationError
from shared.http.auth import OptionalCaller
from shared.storage.aggregates import Decision, StoredAggregate
from shared.web.catalogues import N_
from shared.web.forms import posted
from shared.web.language import language_of
from shared.web.pages import PRIVATE, Pages
from starlette.responses import RedirectResponse, Response

from intake.followers import commands as followers
from intake.followers.use_cases import MailFollowing
from intake.http.bodies import BoundedRoute
from intake.http.models import FollowingSent
from intake.http.throttle import throttle_of
from intake.http.words import KINDS
from intake.public_register.dependencies import ThePublications
from intake.public_register.json_view import published_json
from intake.public_register.pages import AT, page_of_one
from intake.public_register.use_cases import find_published
from intake.submissions.contact_confirmation import Confirmation
from intake.submissions.errors import LinkNotUsable, NotFound
from intake.submissions.model import Submission
from intake.submissions.reference import normalised
from intake.submissions.use_cases import change

router = APIRouter(route_class=BoundedRoute, include_in_schema=False)

Form = Annotated[dict[str, str], Depends(posted)]
Part = Annotated[str, Path(max_length=100)]
Decide = Callable[[str, Submission, str], Decision[Submission] | None]

LINK = "/track/{reference}/following/{contact}/{code}"
CHOICES: dict[str, Decide] = {"follow": followers.confirm, "stop": followers.stop}
NO_ADDRESS = N_("This email address does not look right.")


@router.post(AT + "/{reference}/follow-by-mail")
async def ask(
    request: Request, reference: str, caller: OptionalCaller, publications: ThePublications, form: Form
) -> Response:
    """The form for a new submission posts here as well, with the address that was typed there."""
    submission = await find_published(publications, reference)
    try:
        sent = FollowingSent.model_validate({"email": form.get("email", ""), "language": language_of(request)})
    except ValidationError:
        return page_of_one(request, submission, caller, form=form, errors={"email": NO_ADDRESS})
    throttle_of(request).follow(request, sent.email)
    mail_following: MailFollowing = request.app.state.mail_following
    asks = await mail_following.ask(reference, sent.email, sent.language, caller)
    did = urlencode({"did": "asked" if asks else "by-mail"})
    return RedirectResponse(f"{AT}/{submission.reference}?{did}", 303, PRIVATE)


@router.get(LINK)
async def show(request: Request, reference: str, contact: Part, code: Part, publications: ThePublications) -> Response:
    return await _page(request, await _of_link(request, reference, contact, code), contact, publications)


@router.post(LINK)
async def choose(
    request: Request, reference: str, contact: Part, code: Part, form: Form, publications: ThePublications
) -> Response:
    """Pressing a button twice has no further effect."""
    submission = await _of_link(request, reference, contact, code)
    decide = CHOICES.get(form.get("choice", ""))
    if decide is None:
        return await _page(request, submission, contact, publications)

    await change(request.app.state.submissions, submission.id, lambda id, state: decide(id, state, contact))
    return RedirectResponse(request.url.path, 303, PRIVATE)


async def _of_link(request: Request, reference: str, contact: str, code: str) -> StoredAggregate[Submission]:
    """Raises LinkNotUsable, for a wrong code and a wrong number alike."""
    state = request.app.state
    number = normalised(reference)
    throttle = throttle_of(request)
    throttle.guess(request, number or "")
    id = await state.submissions.id_of(number) if number else None
    if id is None or not state.tracking.follows(code, id, contact):
        throttle.missed(request, number or "")
        raise LinkNotUsable
    aggregate: StoredAggregate[Submission] | None = await state.submissions.find(id)
    if aggregate is None or aggregate.state is None:
        raise LinkNotUsable
    return aggregate


async def _page(
    request: Request, submission: StoredAggregate[Submission], contact: str, publications: ThePublications
) -> Response:
    """Shows the state of this address. A submission that is no longer public is not shown."""
    assert submission.state is not None
    follower = followers.by_mail(submission.state, contact)
    is_gone = follower is None or follower.confirmation == Confirmation.REFUSED
    try:
        published = await find_published(publications, submission.state.reference)
        item = published_json(published, request.app.state.directory)
    except NotFound:
        item = None
    context = {
        "standing": "none" if follower is None or is_gone else "follows" if follower.follows else "asked",
        "item": item,
        "reference": submission.state.reference,
        "kind": KINDS[submission.state.kind][0],
        "address": request.url.path,
    }
    pages: Pages = request.app.state.pages
    return pages.render(request, "following.html", context, headers=PRIVATE)
