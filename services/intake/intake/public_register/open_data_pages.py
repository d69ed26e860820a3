"""`/open-data`: describes the exports for press, researchers and programs, with a form to download them."""

from fastapi import APIRouter, Request
from shared.web.language import language_of
from shared.web.pages import Pages
from starlette.responses import Response

from intake.filing.form_fields import categories_to_choose

router = APIRouter(include_in_schema=False)


@router.get("/open-data")
async def open_data(request: Request) -> Response:
    pages: Pages = request.app.state.pages
    directory, lang = request.app.state.directory, language_of(request)
    entities = sorted(
        (getattr(entity.name, lang), entity.entity) for entity in directory.entities.values() if entity.active
    )
    context = {
        "groups": categories_to_choose(directory, lang),
        "entities": [(None, [(id, name) for name, id in entities])],
        "open311": f"{request.app.state.service.settings.public_url.rstrip('/')}/open311/v2/discovery.xml",
    }
    return pages.render(request, "open-data.html", context)
