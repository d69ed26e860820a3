"""A service's pages: its templates and messages on top of the shared ones, rendered in the reader's language."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from babel.support import Translations
from fastapi import FastAPI
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from shared.events.model import Role
from shared.http.auth import OFFICIALS, SessionExpired, cookie_session
from shared.http.problems import Problem
from shared.http.session_cookie import Session
from shared.operations.settings import ServiceSettings
from shared.web import assets, catalogues, language
from shared.web.catalogues import N_
from shared.web.formats import Formats

HERE = Path(__file__).parent
PRIVATE = {"Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer"}
"""For pages of one person."""
FRESH = {"Cache-Control": "private, no-cache"}
"""Asked for anew, but kept for the way back: what was typed into a form must still be there."""

AT_THE_DESK = frozenset({*OFFICIALS, Role.CENTRAL, Role.AUDITOR})
"""Every page leads them to the desk."""

TITLES = {
    401: N_("Please sign in"),
    403: N_("This is not open to you"),
    404: N_("There is nothing here"),
    409: N_("This is not possible now"),
    413: N_("This is too large"),
    422: N_("Something is not right yet"),
    429: N_("Too many attempts"),
    500: N_("Something went wrong"),
    503: N_("Out of service for a moment"),
}
"""By status; another one has the title of its class."""


class Pages:
    """`package` is the service's package folder, with `templates/`, `locale/` and, if it has any, `static/`."""

    def __init__(self, settings: ServiceSettings, package: Path) -> None:
        self.zone = ZoneInfo(settings.zone)
        self.assets = assets.Assets(settings.node_modules, [package / "static"])
        self._catalogues = catalogues.load([HERE / "locale", package / "locale"])
        self._environments = {lang: self._environment(lang, package) for lang in catalogues.LANGUAGES}

    def install(self, app: FastAPI) -> None:
        """From now on refusals are pages for people and stay problems for programs."""
        app.state.pages = self
        app.add_route(f"{assets.PATH}/{{name}}", self.assets.serve, include_in_schema=False)

    def formats(self, lang: str) -> Formats:
        return Formats(lang, self.zone, self._catalogues[lang])

    def messages(self, lang: str) -> Translations:
        return self._catalogues[lang]

    def render(
        self,
        request: Request,
        template: str,
        context: Mapping[str, Any] | None = None,
        status: int = 200,
        headers: Mapping[str, str] = FRESH,
        lang: str | None = None,
    ) -> Response:
        lang = lang or language.language_of(request)
        session = _session(request)
        known = {
            "path": request.url.path,
            "other_language_url": _other_language(request, lang),
            "session": session,
            "is_shell": "shell" in request.query_params,
            "has_desk": session is not None and not session.roles.isdisjoint(AT_THE_DESK),
            "signs_in": getattr(request.app.state, "session_keys", None) is not None,
        }
        html = self._environments[lang].get_template(template).render(known | dict(context or {}))
        response = HTMLResponse(html, status, {"Content-Language": lang, "Vary": "Accept-Language, Cookie", **headers})
        language.remember(request, response)
        return response

    def refusal(self, request: Request, problem: Problem) -> Response:
        title = TITLES.get(problem.status) or TITLES[500 if problem.status >= 500 else 409]
        context = {"problem": problem, "problem_title": title}
        return self.render(request, "problem.html", context, problem.status, {**PRIVATE, **problem.headers})

    def _environment(self, lang: str, package: Path) -> Environment:
        loader = ChoiceLoader([FileSystemLoader(package / "templates"), FileSystemLoader(HERE / "templates")])
        environment = Environment(
            loader=loader,
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            extensions=["jinja2.ext.i18n"],
        )
        environment.install_gettext_translations(self._catalogues[lang], newstyle=True)  # type: ignore[attr-defined]
        environment.globals |= {
            "lang": lang,
            "dir": "rtl" if lang == "ar" else "ltr",
            "asset": self.assets.url,
            "has_asset": self.assets.has,
            "preloaded_font": self.assets.preloaded.get(lang),
            "formats": self.formats(lang),
        }
        environment.filters["paragraphs"] = _paragraphs
        return environment


def _session(request: Request) -> Session | None:
    """For the form token and the name on top; whether it may do something is decided elsewhere."""
    try:
        return cookie_session(request)
    except SessionExpired:
        return None


def _other_language(request: Request, lang: str) -> str:
    """This page in the other language; a page that was posted is left for the one of its form."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in ("lang", "shell")]
    return "?" + urlencode([*kept, ("lang", "en" if lang == "ar" else "ar")])


def _paragraphs(text: str) -> list[str]:
    return [part for part in re.split(r"\n\s*\n", text) if part.strip()]
