"""Serves the manifest, the service worker and the offline page, which make the pages an installable app.

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
"""Left out of the offline cache: maps, plots, icons of the installed app, and moderators' scripts."""

ICONS = (
    ("app-192.png", "192x192", "any"),
    ("app-512.png", "512x512", "any"),
    ("app-maskable-512.png", "512x512", "maskable"),
)
SHORTCUTS = ((N_("New submission"), "/submissions/new"), (N_("Track"), "/track"), (N_("On this device"), "/offline"))
GROUND = "#ffffff"
THEME = "#c8102e"
"""The stylesheet's background and red; in dark mode the pages set another colour."""


@router.get("/app.webmanifest")
async def manifest(request: Request) -> Response:
    """One app with one identity, in the reader's language."""
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
    """Revalidated every time: a changed file or template changes the worker, which then replaces the installed one."""
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
    """Contains nothing personal; it lists what is stored on the device."""
    pages: Pages = request.app.state.pages
    return pages.render(request, "offline.html")


@router.get("/app/questions")
async def kept_questions(request: Request) -> Response:
    """Contains nothing personal: the questions of each category, or the number to call instead, for forms filled in
    offline."""
    pages: Pages = request.app.state.pages
    categories = request.app.state.directory.categories.values()
    asking = [each for each in categories if each.active and (each.questions or each.elsewhere)]
    return pages.render(request, "kept_questions.html", {"categories": asking, "nothing": Fields()})


@router.get("/app/session")
async def session(request: Request) -> Response:
    """For our own scripts: an opaque mark of the signed-in person, and the CSRF token.

    Other sites cannot read it; 401 where the session must be renewed first.
    """
    known = cookie_session(request)
    told = {"person": known.person_mark if known else "", "form_token": known.form_token if known else None}
    return JSONResponse(told, headers=PRIVATE)


def _version(urls: list[str]) -> str:
    """A digest of everything that the offline pages consist of."""
    digest = hashlib.sha256("\n".join(urls).encode())
    for file in sorted([*PACKAGE.glob("templates/*.html"), *PACKAGE.glob("locale/*/LC_MESSAGES/*.po")]):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
