"""Accepts the callbacks of SMS gateways. Each gateway has its own address, secret and format."""

from collections.abc import Mapping

from fastapi import APIRouter, Request
from shared.http.problems import Problem, not_found, unauthorised
from shared.operations.metrics import REFUSALS
from starlette.responses import Response

from notifier.mail_reports.gateway_receipts import NotAReceipt, ReceiptEndpoint
from notifier.mail_reports.receipt_commands import ReceiptHandler
from notifier.mail_reports.receipts import Receipt

router = APIRouter(include_in_schema=False)  # the form is the gateway's, and another one for each

LARGEST_BODY = 256 * 1024


@router.post("/sms/{gateway}/receipts", status_code=204)
async def take_receipts(request: Request, gateway: str) -> Response:
    """204 as soon as they are kept. A gateway that is told anything else sends them again, which does no harm."""
    doors: Mapping[str, ReceiptEndpoint] = request.app.state.receipt_endpoints
    taker: ReceiptHandler = request.app.state.receipt_handler
    door = doors.get(gateway)
    if door is None:
        raise not_found()
    body = await body_of(request, LARGEST_BODY)
    if not door.lets_in(request.headers, body):
        REFUSALS.labels("receipt").inc()
        raise unauthorised("This is not signed as the gateway's receipts are.")
    try:
        said = door.read(body)
    except NotAReceipt as error:
        raise Problem(
            422, "no-receipt", f"This is no receipt: {error}.", "هذا ليس إشعار تسليم كما يصفه إعداد البوابة."
        ) from error
    await taker.take(gateway, "sms", [Receipt(each.id, each.state) for each in said if each.state is not None])
    return Response(status_code=204)


async def body_of(request: Request, largest: int) -> bytes:
    """Raises Problem 413."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > largest:
            raise Problem(413, "too-large", "This is larger than receipts are.", "هذا أكبر من إشعارات التسليم.")
    return body
