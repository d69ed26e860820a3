"""What browsers need to keep these pages as an app: its description, its service worker, its page without a line.

The scripts in `static/` do the rest; every page works without them.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from shared.http.auth import cookie_session
from shared.web.catalogues import LANGUAGES, N_
from shared.web.forms import Fields
from shared.web.language import language_of
from shared.web.pages import PRIVATE, Pages
from starlette.responses import JSONResponse, Response

router = APIRouter(include_in_schema=False)

PACKAGE = Path(__file__).parent.parent
KEPT_PAGES = ("/", "/submissions/new", "/offline", "/app/questions")
NOT_KEPT = ("leaflet.", "uPlot.", "plots.", "app-", "service-worker.", "redact.")
"""Maps and plots come when they are looked at, icons are the system's in an installed app, moderators have a line."""

ICONS = (
    ("app-192.png", "192x192", "any"),
    ("app-512.png", "512x512", "any"),
    ("app-maskable-512.png", "512x512", "maskable"),
)
SHORTCUTS = ((N_("New submission"), "/submissions/new"), (N_("Track"), "/track"), (N_("On this device"), "/offline"))
GROUND = "#ffffff"
THEME = "#c8102e"
"""The ground and the red of the stylesheet; in the dark the pages themselves say another colour."""


@router.get("/app.webmanifest")
async def manifest(request: Request) -> Response:
    """One app with one identity; its words are in the reader's language."""
    pages: Pages = request.app.state.pages
    lang = language_of(request)
    words = pages.messages(lang).ugettext
    icons: list[dict[str, str]] = [
        {"src": pages.assets.url(name), "sizes": sizes, "type": "image/png", "purpose": purpose}
        for name, sizes, purpose in ICONS
    ]
    icons.append({"src": pages.assets.url("icon.svg"), "sizes": "any", "type": "image/svg+xml"})
    described: dict[str, Any] = {
        "id": "/",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "lang": lang,
        "dir": "rtl" if lang == "ar" else "ltr",
        "name": words("Tawasul"),
        "short_name": words("Tawasul"),
        "description": words("The national system for suggestions and complaints"),
        "background_color": GROUND,
        "theme_color": THEME,
        "categories": ["government", "utilities"],
        "icons": icons,
        "shortcuts": [{"name": words(name), "url": url} for name, url in SHORTCUTS],
    }
    headers = {"Cache-Control": "no-cache", "Vary": "Accept-Language, Cookie"}
    return JSONResponse(described, headers=headers, media_type="application/manifest+json")


@router.get("/service-worker.js")
async def service_worker(request: Request) -> Response:
    """Asked for anew each time: a changed file or template makes another worker, which replaces this one."""
    pages: Pages = request.app.state.pages
    script = pages.assets.content("service-worker.js").decode()
    kept = [url for url in pages.assets.urls if not any(f"/{name}" in url for name in NOT_KEPT)]
    known = {
        "version": _version(pages.assets.urls),
        "device": pages.assets.url("device.js"),
        "icon": pages.assets.url("app-192.png"),
        "files": kept,
        "pages": [f"{path}?shell&lang={lang}" for path in KEPT_PAGES for lang in LANGUAGES],
    }
    headers = {"Cache-Control": "no-cache"}
    return Response(f"const APP = {json.dumps(known)};\n{script}", headers=headers, media_type="text/javascript")


@router.get("/offline")
async def offline(request: Request) -> Response:
    """Of nobody: what it lists is on the device."""
    pages: Pages = request.app.state.pages
    return pages.render(request, "offline.html")


@router.get("/app/questions")
async def kept_questions(request: Request) -> Response:
    """Of nobody: what each category asks, or whom to call instead, for a form that is filled in without a line."""
    pages: Pages = request.app.state.pages
    categories = request.app.state.directory.categories.values()
    asking = [each for each in categories if each.active and (each.questions or each.elsewhere)]
    return pages.render(request, "kept_questions.html", {"categories": asking, "nothing": Fields()})


@router.get("/app/session")
async def session(request: Request) -> Response:
    """For our own scripts: who is signed in, as a mark, and the token with which they may change something.

    Other sites cannot read it; 401 where the session has to be renewed first.
    """
    known = cookie_session(request)
    told = {"person": known.person_mark if known else "", "form_token": known.form_token if known else None}
    return JSONResponse(told, headers=PRIVATE)


def _version(urls: list[str]) -> str:
    """Of everything that the pages of the shell are made of."""
    digest = hashlib.sha256("\n".join(urls).encode())
    for file in sorted([*PACKAGE.glob("templates/*.html"), *PACKAGE.glob("locale/*/LC_MESSAGES/*.po")]):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
