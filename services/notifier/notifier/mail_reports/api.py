"""Accepts reports from a mail server, each as one whole message (message/rfc822)."""

import asyncio
import hmac

from fastapi import APIRouter, Request
from shared.http.problems import Problem, not_found, unauthorised
from shared.operations.metrics import REFUSALS
from starlette.responses import Response

from notifier.mail_reports.commands import MailReportHandler
from notifier.mail_reports.receipts_api import body_of
from notifier.mail_reports.report_parser import LARGEST, NotAReport, read_report

router = APIRouter(include_in_schema=False)  # for our own mail server alone, which pipes what it gets


@router.post("/mail/reports", status_code=204)
async def take_mail_report(request: Request) -> Response:
    """204 where it is understood, 422 where it is no report about a mail of ours: a person may want to read it then."""
    secret: str = request.app.state.mail_reports_secret
    if not secret:
        raise not_found()
    sent = request.headers.get("authorization", "")
    if not hmac.compare_digest(sent.encode(), f"Bearer {secret}".encode()):
        REFUSALS.labels("mail_report").inc()
        raise unauthorised("This is not signed as reports of our mail server are.")
    raw = await body_of(request, LARGEST)
    taker: MailReportHandler = request.app.state.mail_report_handler
    try:
        # Anybody can write such a mail, and some of them take long to look through.
        is_ours = await taker.take(await asyncio.to_thread(read_report, raw))
    except NotAReport as error:
        raise _no_report(str(error)) from error
    if not is_ours:
        raise _no_report("about no mail of ours")
    return Response(status_code=204)


def _no_report(why: str) -> Problem:
    return Problem(422, "no-report", f"This is no report: {why}.", "هذا ليس تقريرًا عن رسالة من رسائلنا.")
