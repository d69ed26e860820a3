"""Following by mail: the form on what is published, and the page behind the link in its mails.

`/track/{reference}/following/{contact}/{code}`: the code stands in those mails alone. Opening the page changes nothing,
as programs that look at mail follow its links; a button confirms, and another stops it.
"""

from collections.abc import Callable
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path, Request
from pydantic import ValidationError
from shared.http.auth import OptionalCaller
from shared.http.commands import cause_of_request
from shared.http.problems import Problem, changed_meanwhile, not_found
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Conflict, Decision, StoredAggregate
from shared.web.catalogues import N_
from shared.web.forms import posted
from shared.web.language import language_of
from shared.web.pages import PRIVATE, Pages
from starlette.responses import RedirectResponse, Response

from intake.followers import commands as followers
from intake.followers.api import ask_by_mail
from intake.http.bodies import BoundedRoute
from intake.http.models import FollowingSent
from intake.http.throttle import throttle_of
from intake.http.words import KINDS
from intake.public_register.api import ThePublications, found, published
from intake.public_register.pages import AT, page_of_one
from intake.submissions.contact_confirmation import Confirmation
from intake.submissions.errors import LinkNotUsable
from intake.submissions.model import Submission
from intake.submissions.reference import normalised

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
    """Also out of the form of a new submission, whose address is then taken."""
    submission = await found(reference, publications)
    try:
        sent = FollowingSent.model_validate({"email": form.get("email", ""), "language": language_of(request)})
    except ValidationError:
        return page_of_one(request, submission, caller, form=form, errors={"email": NO_ADDRESS})
    asks = await ask_by_mail(request, reference, publications, sent.email, sent.language, caller)
    did = urlencode({"did": "asked" if asks else "by-mail"})
    return RedirectResponse(f"{AT}/{submission.reference}?{did}", 303, PRIVATE)


@router.get(LINK)
async def show(request: Request, reference: str, contact: Part, code: Part, publications: ThePublications) -> Response:
    return await _page(request, await _of_link(request, reference, contact, code), contact, publications)


@router.post(LINK)
async def choose(
    request: Request, reference: str, contact: Part, code: Part, form: Form, publications: ThePublications
) -> Response:
    """A button that is pressed twice does no more."""
    submission = await _of_link(request, reference, contact, code)
    decide = CHOICES.get(form.get("choice", ""))
    if decide is None:
        return await _page(request, submission, contact, publications)

    def _decide(aggregate: StoredAggregate[Submission]) -> Decision[Submission] | None:
        if aggregate.state is None:
            raise not_found()
        return decide(aggregate.id, aggregate.state, contact)

    try:
        await request.app.state.submissions.change(submission.id, _decide, utc_now(), cause_of_request())
    except Conflict as error:
        raise changed_meanwhile() from error
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
    """Where it stands with this address; what is not followed any more may not be public any more either."""
    assert submission.state is not None
    follower = followers.by_mail(submission.state, contact)
    is_gone = follower is None or follower.confirmation == Confirmation.REFUSED
    try:
        item = published(await found(submission.state.reference, publications), request.app.state.directory)
    except Problem:
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
