"""Which language a person reads: what the address says, what was chosen before, what the browser asks for."""

from typing import Literal

from starlette.requests import Request
from starlette.responses import Response

Language = Literal["ar", "en"]
COOKIE = "tawasul_lang"
KEPT_SECONDS = 365 * 24 * 3600


def chosen(request: Request) -> Language | None:
    """The language that the address names (`?lang=`)."""
    return _known(request.query_params.get("lang"))


def language_of(request: Request) -> Language:
    """Arabic where nothing says otherwise: it is the official language."""
    return chosen(request) or _known(request.cookies.get(COOKIE)) or _asked_for(request) or "ar"


def remember(request: Request, response: Response) -> None:
    language = chosen(request)
    if language and request.cookies.get(COOKIE) != language:
        response.set_cookie(COOKIE, language, max_age=KEPT_SECONDS, httponly=True, samesite="lax")


def _known(word: str | None) -> Language | None:
    match word:
        case "ar":
            return "ar"
        case "en":
            return "en"
    return None


def _asked_for(request: Request) -> Language | None:
    """The first of ours in `Accept-Language`, by its weights."""
    weighted = []
    for place, part in enumerate(request.headers.get("accept-language", "")[:200].split(",")):
        tag, _, weight = part.strip().partition(";q=")
        try:
            weighted.append((-float(weight or 1), place, tag[:2].lower()))
        except ValueError:
            continue
    return next((known for _, _, tag in sorted(weighted) if (known := _known(tag))), None)
