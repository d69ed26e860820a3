"""Template context of a receipt: reference number, secret, and the due date if it is known in time."""

import asyncio
from typing import Any

import segno
from fastapi import Request
from shared.reference.working_time import utc_now
from shared.storage.aggregates import StoredAggregate

from intake.submissions.contact_confirmation import Confirmation
from intake.submissions.model import Submission
from intake.tracking.page_view import view

LOOKS = 6
LOOK_EVERY_SECONDS = 0.25
"""The due date is usually known within a second, so the receipt waits briefly for it."""


async def receipt_of(request: Request, submission: StoredAggregate[Submission], lang: str) -> dict[str, Any]:
    """For templates that include `ticket.html`."""
    state = request.app.state
    known = submission.state
    for _ in range(LOOKS):
        if known is None or known.due_at is not None:
            break
        await asyncio.sleep(LOOK_EVERY_SECONDS)
        newer = await state.submissions.find(submission.id)
        known = newer.state if newer else None
    assert known is not None
    secret = state.tracking.secret(submission.id)
    link = f"{state.service.settings.public_url.rstrip('/')}/track/{known.reference}/{secret}"
    return {
        "view": view(known, state.directory, state.limits, state.pages, lang, utc_now()),
        "secret": secret,
        "link": link,
        "has_contact": known.contact_id is not None,
        "is_to_confirm": known.confirmation == Confirmation.AWAITED,
        "qr": segno.make(link, error="m").svg_inline(scale=4, border=3, dark="#000", light="#fff"),
    }
