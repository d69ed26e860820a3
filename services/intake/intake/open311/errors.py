"""GeoReport v2 errors: 404 for unknown things, 403 for a missing key, otherwise 400, with a list of reasons."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.http.problems import Problem
from starlette.responses import Response

from intake.catalogue.category_answers import Wrong
from intake.http.problems import ANSWERS
from intake.open311.formats import Format, answer


@dataclass(frozen=True)
class ErrorText:
    """A text for people. `code` is more specific than the HTTP status where the standard allows it."""

    code: int
    en: str
    ar: str


class Refusal(Exception):
    def __init__(self, status: int, said: Sequence[ErrorText], headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{status}")
        self.status = status
        self.said = list(said)
        self.headers = headers or {}


def bad_request(en: str, ar: str) -> Refusal:
    return Refusal(400, [ErrorText(400, en, ar)])


def not_found(en: str, ar: str) -> Refusal:
    return Refusal(404, [ErrorText(404, en, ar)])


def no_key(en: str, ar: str) -> Refusal:
    return Refusal(403, [ErrorText(403, en, ar)])


def too_much() -> Refusal:
    return bad_request(
        "This would take too long. Ask for a shorter time or for fewer services.",
        "يستغرق هذا وقتًا أطول من المسموح. اطلب فترة أقصر أو خدمات أقل.",
    )


def of_answers(wrong: Sequence[Wrong]) -> Refusal:
    said = []
    for each in wrong[:20]:
        en, ar = ANSWERS[each.why]
        said.append(ErrorText(400, f"attribute[{each.code}]: {en}", f"attribute[{each.code}]: {ar}"))
    return Refusal(400, said)


def of_problem(problem: Problem) -> Refusal:
    """Keeps 503 and 429, so that clients try again; the body contains the problem's own code."""
    status = problem.status if problem.status in (403, 404, 429, 503) else 400
    return Refusal(status, [ErrorText(problem.status, problem.en, problem.ar)], problem.headers)


def refused(refusal: Refusal, format: Format, lang: str) -> Response:
    errors = [{"code": said.code, "description": said.ar if lang == "ar" else said.en} for said in refusal.said]
    headers = {"Content-Language": lang, "Cache-Control": "no-store", **refusal.headers}
    return answer(format, "errors", errors, refusal.status, headers)
