"""Reading one's submission and acting on it: with its secret or tracking link, or signed in as who filed it."""

from collections.abc import Callable, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request, Response
from shared.events.model import Name
from shared.http.auth import CurrentSession, OptionalCaller
from shared.http.commands import answer_once, cause_of_request, read_command_key
from shared.http.json_bodies import JsonBody
from shared.http.openapi import NOBODY_TOO, ONCE, WAYS_TO_SIGN_IN, refusals
from shared.http.problems import changed_meanwhile, not_found
from shared.reference.directory import Directory
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Conflict, Decision, Document, StoredAggregate

from intake.attachments.model import TYPES
from intake.catalogue.category_answers import Answered, beside
from intake.confirmation import commands as confirm
from intake.http.bodies import BoundedRoute
from intake.http.models import (
    AnswerShown,
    AppealSent,
    AttachmentShown,
    CommandShown,
    EntryShown,
    InformationSent,
    PublicationSent,
    QuestionShown,
    RatingSent,
    ReopeningSent,
    SubmissionShown,
    WithdrawalSent,
)
from intake.http.throttle import throttle_of
from intake.publication import commands as moderate
from intake.submissions.current_holder import holder_of
from intake.submissions.errors import NeverPublic
from intake.submissions.model import Attachment, Submission
from intake.submissions.reference import normalised
from intake.tracking import commands as citizen

PRIVATE = {"Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer"}

router = APIRouter(route_class=BoundedRoute, tags=["submissions"], dependencies=WAYS_TO_SIGN_IN)

READ, ACTED = refusals(401, 404, 422, 503), refusals(401, 403, 404, 409, 413, 422, 503)


async def opened(
    request: Request,
    reference: str,
    caller: OptionalCaller,
    session: CurrentSession,
    tawasul_secret: Annotated[str | None, Header(max_length=100)] = None,
) -> StoredAggregate[Submission]:
    """The submission, for who may see it. A wrong secret is answered like a wrong number: nothing is given away."""
    app = request.app.state
    number = normalised(reference)
    if tawasul_secret is not None:
        throttle_of(request).guess(request, number or "")
    aggregate: StoredAggregate[Submission] | None = await app.submissions.by_reference(reference)
    if aggregate is None or aggregate.state is None:
        _missed(request, number, tawasul_secret)
        raise not_found()
    by_secret = tawasul_secret is not None and app.tracking.opens(tawasul_secret, aggregate.id)
    by_link = session is not None and aggregate.id in session.scope
    by_author = caller is not None and aggregate.state.author == caller.subject
    if not by_secret and not by_link and not by_author:
        _missed(request, number, tawasul_secret)
        raise not_found()
    return aggregate


def _missed(request: Request, number: str | None, secret: str | None) -> None:
    if secret is not None:
        throttle_of(request).missed(request, number or "")


Opened = Annotated[StoredAggregate[Submission], Depends(opened)]


@router.get("/submissions/{reference}", summary="Status and timeline", responses=READ, openapi_extra=NOBODY_TOO)
async def read_submission(request: Request, response: Response, submission: Opened) -> SubmissionShown:
    response.headers.update(PRIVATE)
    assert submission.state is not None
    return shown(submission.state, request.app.state.directory)


@router.post(
    "/submissions/{reference}/information",
    summary="Add information, or answer the official's question",
    responses=ACTED,
    openapi_extra=NOBODY_TOO | ONCE,
)
async def add_information(request: Request, submission: Opened, sent: JsonBody[InformationSent]) -> CommandShown:
    limits = request.app.state.limits
    return await _command(
        request,
        submission,
        lambda id, state: citizen.add_information(id, state, sent.text, sent.answers, limits, utc_now()),
    )


@router.post("/submissions/{reference}/withdraw", summary="Withdraw", responses=ACTED, openapi_extra=NOBODY_TOO | ONCE)
async def withdraw(request: Request, submission: Opened, sent: JsonBody[WithdrawalSent]) -> CommandShown:
    return await _command(request, submission, lambda id, state: citizen.withdraw(id, state, sent.reason, utc_now()))


@router.post(
    "/submissions/{reference}/rating",
    summary="Rate the answer, which closes the submission",
    responses=ACTED,
    openapi_extra=NOBODY_TOO | ONCE,
)
async def rate(request: Request, submission: Opened, sent: JsonBody[RatingSent]) -> CommandShown:
    return await _command(
        request,
        submission,
        lambda id, state: citizen.rate(id, state, sent.score, sent.reasons, sent.comment, utc_now()),
    )


@router.post(
    "/submissions/{reference}/reopen",
    summary="Reopen after an answer that did not help",
    responses=ACTED,
    openapi_extra=NOBODY_TOO | ONCE,
)
async def reopen(request: Request, submission: Opened, sent: JsonBody[ReopeningSent]) -> CommandShown:
    limits = request.app.state.limits
    return await _command(
        request, submission, lambda id, state: citizen.reopen(id, state, sent.reason, limits, utc_now())
    )


@router.post(
    "/submissions/{reference}/appeal",
    summary="Appeal to the central office, once, after a reopened submission was answered again",
    responses=ACTED,
    openapi_extra=NOBODY_TOO | ONCE,
)
async def appeal(request: Request, submission: Opened, sent: JsonBody[AppealSent]) -> CommandShown:
    limits = request.app.state.limits
    return await _command(
        request, submission, lambda id, state: citizen.appeal(id, state, sent.reason, limits, utc_now())
    )


@router.post(
    "/submissions/{reference}/publication",
    summary="Agree to publication, or not any more",
    responses=ACTED,
    openapi_extra=NOBODY_TOO | ONCE,
)
async def agree_to_publication(request: Request, submission: Opened, sent: JsonBody[PublicationSent]) -> CommandShown:
    check_may_agree(request.app.state.directory, submission, sent.publish)
    return await _command(request, submission, lambda id, state: moderate.agree(id, state, sent.publish, utc_now()))


def check_may_agree(directory: Directory, submission: StoredAggregate[Submission], publish: bool) -> None:
    """Raises NeverPublic. Who does not agree any more may always say so."""
    if publish and submission.state is not None and not directory.is_for_the_public(submission.state.category):
        raise NeverPublic


@router.post(
    "/submissions/{reference}/confirmation",
    summary="Send the message again that asks whether the address or number is yours",
    responses=ACTED,
    openapi_extra=NOBODY_TOO | ONCE,
)
async def ask_again(request: Request, submission: Opened) -> CommandShown:
    """Twice at most, a quarter of an hour after the mail before."""
    return await _command(request, submission, lambda id, state: confirm.ask_again(id, state, utc_now()))


async def _command(
    request: Request,
    submission: StoredAggregate[Submission],
    decide: Callable[[str, Submission], Decision[Submission] | None],
) -> CommandShown:
    """Whoever opens the submission may act on it, so its id is the scope of the keys."""
    key = await read_command_key(request, submission.id)

    def _decide(aggregate: StoredAggregate[Submission]) -> Decision[Submission] | None:
        if aggregate.state is None:
            raise not_found()
        return decide(aggregate.id, aggregate.state)

    decide_once, remember, answer = answer_once(key, _decide, result)
    try:
        changed = await request.app.state.submissions.change(
            submission.id, decide_once, utc_now(), cause_of_request(), remember
        )
    except Conflict as error:
        raise changed_meanwhile() from error
    return CommandShown.model_validate(answer(changed))


def result(aggregate: StoredAggregate[Submission]) -> Document:
    assert aggregate.state is not None
    newest = aggregate.state.timeline[-1]
    return {"reference": aggregate.state.reference, "status": str(aggregate.state.status), "recorded_at": newest.at}


def shown(submission: Submission, directory: Directory) -> SubmissionShown:
    """The citizen's view, newest last; names of entities as the directory has them now."""
    category = directory.categories.get(submission.category) if submission.category else None
    holder = holder_of(submission, directory)
    entity = directory.entities.get(holder) if holder else None
    entries = [
        EntryShown(
            **entry.model_dump(exclude={"id"}),
            entity_name=directory.entities[entry.entity].name if entry.entity in directory.entities else None,
        )
        for entry in sorted(submission.timeline, key=lambda entry: entry.at)
    ]
    question = submission.question
    return SubmissionShown(
        reference=submission.reference,
        kind=submission.kind,
        text=submission.text,
        language=submission.language,
        status=submission.status,
        received_at=submission.received_at,
        category=submission.category,
        category_name=category.name if category else None,
        answers=[_answer_shown(each) for each in beside(category.questions if category else (), submission.answers)],
        entity=holder,
        entity_name=entity.name if entity else None,
        taking_part=submission.taking_part,
        due_at=submission.due_at,
        due_unknown_since=submission.due_unknown_since,
        question=QuestionShown(**question.model_dump()) if question else None,
        answered_at=submission.answered_at,
        rating=submission.rating.score if submission.rating else None,
        publication=submission.publication.state if submission.publication else None,
        is_held=submission.is_held,
        confirmation=submission.confirmation,
        attachments=shown_attachments(submission.reference, submission.attachments),
        evidence=shown_attachments(submission.reference, submission.evidence),
        erased_at=submission.erasure.at if submission.erasure else None,
        timeline=entries,
    )


def shown_attachments(reference: str, attachments: Sequence[Attachment]) -> list[AttachmentShown]:
    """With the addresses at which they are read."""
    shown = []
    for attachment in attachments:
        url = f"/api/intake/v1/submissions/{reference}/attachments/{attachment.id}"
        shown.append(
            AttachmentShown(
                id=attachment.id,
                name=attachment.name,
                media_type=attachment.media_type,
                size=attachment.size,
                added_at=attachment.at,
                url=url,
                thumbnail_url=f"{url}/thumbnail" if TYPES[attachment.media_type].is_image else None,
            )
        )
    return shown


def _answer_shown(answered: Answered) -> AnswerShown:
    is_list = answered.question is not None and bool(answered.question.options)
    words = Name(ar="، ".join(answered.text("ar")), en=", ".join(answered.text("en"))) if is_list else None
    name = answered.question.name if answered.question else None
    return AnswerShown(code=answered.code, question=name, answer=answered.answer, words=words)
