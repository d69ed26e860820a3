"""POST /submissions, the endpoint with the highest load."""

import hashlib
from collections.abc import Callable, Coroutine
from typing import Any

import orjson
from fastapi import APIRouter, Request
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from shared.http.auth import optional_caller
from shared.http.commands import cause_of_request, command_key
from shared.http.openapi import NOBODY_TOO, ONCE, WAYS_TO_SIGN_IN, refusals
from shared.http.problems import Problem, invalid
from shared.reference.working_time import utc_now
from shared.serving.fast_routes import Application
from starlette.responses import Response

from intake.filing.commands import Receipt, filed_of, submit
from intake.http.models import ReceiptShown, SubmissionSent
from intake.http.throttle import throttle_of

PATH = "/submissions"
LARGEST_BODY = 64 * 1024


class DirectRoute(APIRoute):
    """A documented route that is called without FastAPI's per-request work."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        endpoint: Callable[[Request], Coroutine[Any, Any, Response]] = self.endpoint
        return endpoint


def add_to(app: Application, prefix: str) -> None:
    """Register the endpoint for the API description, and in front of the framework for speed."""
    app.include_router(router, prefix=prefix)
    app.put_in_front("POST", prefix + PATH, file_submission)


def _inlined(model: type[BaseModel]) -> dict[str, Any]:
    """The model's JSON Schema with references resolved, as FastAPI collects only models that it parses itself."""
    schema = model.model_json_schema()
    parts = schema.pop("$defs", {})

    def _resolved(node: Any) -> Any:
        if isinstance(node, dict):
            name = node.get("$ref", "").removeprefix("#/$defs/")
            return _resolved(parts[name]) if name else {key: _resolved(value) for key, value in node.items()}
        return [_resolved(value) for value in node] if isinstance(node, list) else node

    inlined: dict[str, Any] = _resolved(schema)
    return inlined


router = APIRouter(route_class=DirectRoute, tags=["submissions"])


@router.post(
    PATH,
    status_code=201,
    summary="File a submission",
    response_model=ReceiptShown,
    responses=refusals(401, 403, 409, 413, 422, 503),
    dependencies=WAYS_TO_SIGN_IN,  # for the API description only; the caller is read below
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _inlined(SubmissionSent)}},
        },
        **ONCE,
        **NOBODY_TOO,
    },
)
async def file_submission(request: Request) -> Response:
    """Answers once the submission is durable. Anyone may file, signed in or not."""
    app = request.app.state
    caller = await optional_caller(request)
    throttle = throttle_of(request)
    throttle.file(request, caller)
    body = await _bounded_body(request)
    sent = read_submission(body)
    scope = caller.subject if caller else "anonymous"
    key = command_key(request.headers.get("idempotency-key"), scope, request.scope["path"], body)
    fingerprint = key.fingerprint if key else hashlib.sha256(body).hexdigest()
    filed = filed_of(sent, caller, key.key if key else None, fingerprint, app.directory, app.places)
    contacts = throttle.contacts(caller, sent.contact.email, sent.contact.phone) if sent.contact else []
    filing = submit(filed, app.submissions, app.key_ring, app.secrets, utc_now(), cause_of_request())
    receipt = await throttle.counted(contacts, filing) if contacts else await filing
    headers = {"Idempotency-Replayed": "true"} if receipt.is_repeated else None
    return Response(
        orjson.dumps(_shown(receipt, app.service.settings.public_url)),
        201,
        headers,
        "application/json",
    )


def read_submission(body: bytes) -> SubmissionSent:
    """Parses strictly, like `JsonBody`. Raises Problem 422."""
    try:
        return SubmissionSent.model_validate_json(body, strict=True)
    except ValidationError as error:
        raise invalid(error.errors()) from error


def _shown(receipt: Receipt, public_url: str) -> dict[str, Any]:
    return {
        "id": receipt.id,
        "reference": receipt.reference,
        "secret": receipt.secret,
        "tracking_url": f"{public_url.rstrip('/')}/track/{receipt.reference}/{receipt.secret}",
        "received_at": receipt.received_at,
    }


async def _bounded_body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise Problem(413, "too-large", "This is more than can be sent at once.", "حجم المحتوى أكبر من المسموح.")
    return body
