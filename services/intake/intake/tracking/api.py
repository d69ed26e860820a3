"""Endpoints for the citizen: read one's submission and act on it, by its secret, by the tracking link, or signed in."""

from fastapi import APIRouter, Request, Response
from shared.http.commands import read_command_key
from shared.http.json_bodies import JsonBody
from shared.http.openapi import NOBODY_TOO, ONCE, WAYS_TO_SIGN_IN, refusals
from shared.reference.working_time import utc_now
from shared.storage.aggregates import StoredAggregate

from intake.confirmation import commands as confirm
from intake.http.bodies import BoundedRoute
from intake.http.headers import PRIVATE
from intake.http.models import (
    AppealSent,
    CommandShown,
    InformationSent,
    PublicationSent,
    RatingSent,
    ReopeningSent,
    SubmissionShown,
    WithdrawalSent,
)
from intake.publication import commands as moderate
from intake.submissions.model import Submission
from intake.submissions.use_cases import Decide, change_once, state_of
from intake.tracking import commands as citizen
from intake.tracking.dependencies import Opened
from intake.tracking.json_view import command_answer, submission_json

router = APIRouter(route_class=BoundedRoute, tags=["submissions"], dependencies=WAYS_TO_SIGN_IN)

READ, ACTED = refusals(401, 404, 422, 503), refusals(401, 403, 404, 409, 413, 422, 503)


@router.get("/submissions/{reference}", summary="Status and timeline", responses=READ, openapi_extra=NOBODY_TOO)
async def read_submission(request: Request, response: Response, submission: Opened) -> SubmissionShown:
    response.headers.update(PRIVATE)
    return submission_json(state_of(submission), request.app.state.directory)


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
    directory = request.app.state.directory
    return await _command(
        request,
        submission,
        lambda id, state: moderate.choose_publication(id, state, sent.publish, directory, utc_now()),
    )


@router.post(
    "/submissions/{reference}/confirmation",
    summary="Send the message again that asks whether the address or number is yours",
    responses=ACTED,
    openapi_extra=NOBODY_TOO | ONCE,
)
async def ask_again(request: Request, submission: Opened) -> CommandShown:
    """Possible twice, a quarter of an hour after the previous message."""
    return await _command(request, submission, lambda id, state: confirm.ask_again(id, state, utc_now()))


async def _command(request: Request, submission: StoredAggregate[Submission], decide: Decide) -> CommandShown:
    """Everybody who may open the submission may act on it, so its id is the scope of the keys."""
    key = await read_command_key(request, submission.id)
    answer = await change_once(request.app.state.submissions, submission.id, decide, command_answer, key)
    return CommandShown.model_validate(answer)
