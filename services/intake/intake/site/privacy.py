"""`/privacy`: which personal data is kept, who sees it, for how long, and how to erase it."""

from fastapi import APIRouter, Request
from shared.events.topics import SUBMISSIONS
from shared.web.pages import Pages
from starlette.responses import Response

router = APIRouter(include_in_schema=False)

DAYS_OF_A_YEAR = 365


@router.get("/privacy")
async def privacy(request: Request) -> Response:
    """Open to everybody. The periods are this installation's settings."""
    state = request.app.state
    settings = state.service.settings
    assert SUBMISSIONS.retention is not None
    years, rest = divmod(settings.erase_after_days, DAYS_OF_A_YEAR)
    context = {
        "erased_after": (0, settings.erase_after_days) if rest else (years, 0),
        "messages_kept": settings.kept_days,
        "withheld_for": settings.withheld_days if settings.confirm_contacts == "on" else 0,
        "log_kept": SUBMISSIONS.retention.days,
        "session_hours": settings.session_hours,
        "staged_hours": settings.staged_hours,
    }
    pages: Pages = state.pages
    return pages.render(request, "privacy.html", context)
