"""`/`: what this is, and where to go."""

from fastapi import APIRouter, Request
from shared.web.pages import Pages
from starlette.responses import Response

from intake.pages.words import KINDS

router = APIRouter(include_in_schema=False)


@router.get("/")
async def home(request: Request) -> Response:
    pages: Pages = request.app.state.pages
    return pages.render(request, "home.html", {"kinds": KINDS})
