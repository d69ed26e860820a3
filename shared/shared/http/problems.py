"""RFC 9457 problem details in both languages of the country: what a refusal says to a person and to a program."""

from collections.abc import Callable, Iterable, Sequence
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """A refusal. `code` names the kind of problem in its `type` URI; both texts are for people."""

    def __init__(
        self,
        status: int,
        code: str,
        en: str,
        ar: str,
        errors: Sequence[dict[str, str]] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code
        self.en = en
        self.ar = ar
        self.errors = list(errors)
        self.headers = headers or {}


def not_found() -> Problem:
    return Problem(404, "not-found", "There is nothing here under this name.", "لا يوجد شيء بهذا الاسم.")


def forbidden() -> Problem:
    return Problem(403, "forbidden", "You may not see or do this.", "لا يحق لك الاطلاع على هذا أو القيام به.")


def unauthorised(why: str = "Sign in to continue.") -> Problem:
    return Problem(401, "not-signed-in", why, "سجّل الدخول للمتابعة.", headers={"WWW-Authenticate": "Bearer"})


def not_possible_now(state: str, action: str) -> Problem:
    return Problem(
        409,
        "not-possible-now",
        f"“{action}” is not possible while the submission is “{state}”.",
        f"لا يمكن تنفيذ «{action}» والطلب في حالة «{state}».",
    )


def changed_meanwhile() -> Problem:
    return Problem(
        409,
        "changed-meanwhile",
        "Somebody else changed this at the same time. Read it again and decide again.",
        "عدّل شخص آخر هذا في الوقت نفسه. اقرأه من جديد ثم قرّر.",
    )


def version_differs() -> Problem:
    return Problem(
        412,
        "version-differs",
        "This was changed since you read it. Read it again and decide again.",
        "تغيّر هذا منذ أن قرأته. اقرأه من جديد ثم قرّر.",
    )


def not_allowed(methods: Iterable[str]) -> Problem:
    allowed = ", ".join(sorted(methods))
    return Problem(
        405,
        "method-not-allowed",
        f"This method is not possible here; possible: {allowed}.",
        f"هذه العملية غير متاحة على هذا العنوان، والمتاح: {allowed}.",
        headers={"Allow": allowed},
    )


def methods_of(app: FastAPI, path: str) -> set[str]:
    """All methods of all routes that match the path: the framework names only those of the first."""
    return {
        method
        for route in iter_route_contexts(app.routes)
        for method in route.methods or ()
        if route.path_regex.match(path)
    }


def busy(seconds: int = 2) -> Problem:
    return Problem(
        503,
        "busy",
        "The service cannot take this right now. Nothing was stored; please try again in a moment.",
        "لا تستطيع الخدمة قبول هذا الآن. لم يُحفظ شيء، حاول مجددًا بعد لحظات.",
        headers={"Retry-After": str(seconds)},
    )


def not_confirmed(seconds: int = 2) -> Problem:
    return Problem(
        503,
        "not-confirmed",
        "We could not confirm that this was stored. Send it again with the same Idempotency-Key, "
        "and it will not be done twice; without a key it may be.",
        "لم نتمكن من تأكيد الحفظ. أعد الإرسال بمفتاح Idempotency-Key نفسه، "
        "ولن يُنفَّذ الطلب مرتين؛ أما بدون مفتاح فقد يُنفَّذ مرتين.",
        headers={"Retry-After": str(seconds)},
    )


def our_fault() -> Problem:
    return Problem(
        500,
        "our-fault",
        "Something went wrong on our side. It was noted; please try again later.",
        "حدث خطأ من جانبنا وسُجّل. يرجى المحاولة لاحقًا.",
    )


def broken() -> Problem:
    return Problem(
        422,
        "broken-form",
        "What was sent arrived incomplete or damaged. Nothing was kept; please send it again.",
        "وصل ما أُرسل ناقصًا أو تالفًا. لم يُحفظ منه شيء، يرجى إرساله من جديد.",
    )


LONGEST_FIELD = 200


def _field(place: Sequence[Any]) -> str:
    """Where it is. A field that we do not know has the name that was sent, of any length."""
    name = ".".join(str(part) for part in place if part != "body") or "body"
    return name[:LONGEST_FIELD]


def invalid(errors: Sequence[Any]) -> Problem:
    """From pydantic's errors: which fields are wrong, and why, never repeating what was sent in them."""
    return Problem(
        422,
        "invalid",
        "Some of what was sent cannot be accepted.",
        "بعض ما أُرسل غير مقبول.",
        errors=[
            {
                "field": _field(fault["loc"]),
                "code": str(fault["type"]),
                "message": str(fault["msg"]),
                "message_ar": in_arabic(str(fault["type"])),
            }
            for fault in list(errors)[:20]
        ],
    )


def in_arabic(code: str) -> str:
    """The message for pydantic's code of a fault."""
    return _ARABIC.get(code, "القيمة غير صالحة.")


_ARABIC = {
    "missing": "هذا الحقل مطلوب.",
    "string_too_long": "النص أطول من المسموح.",
    "string_too_short": "النص أقصر من المطلوب.",
    "enum": "القيمة ليست من القيم المسموحة.",
    "bool_type": "المطلوب true أو false بلا علامتي اقتباس.",
    "int_type": "المطلوب عدد صحيح بلا علامتي اقتباس.",
    "float_type": "المطلوب عدد بلا علامتي اقتباس.",
    "extra_forbidden": "حقل غير معروف.",
    "json_invalid": "المحتوى ليس JSON صالحًا.",
    "string_pattern_mismatch": "صيغة القيمة غير صحيحة.",
    "greater_than_equal": "القيمة أصغر من المسموح.",
    "less_than_equal": "القيمة أكبر من المسموح.",
}


def render(problem: Problem, instance: str) -> Response:
    body: dict[str, Any] = {
        "type": f"urn:tawasul:problem:{problem.code}",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.en,
        "detail_ar": problem.ar,
        "instance": instance,
    }
    if problem.errors:
        body["errors"] = problem.errors
    return Response(orjson.dumps(body), problem.status, problem.headers, MEDIA_TYPE)


PROGRAMS = ("/api/", "/internal/", "/open311/")
"""Below these only programs ask."""


def answer(request: Request, problem: Problem) -> Response:
    """A page for a person where this service has pages, the problem for a program.

    `app.state.own_refusals` says it otherwise below some paths, for programs that speak a standard of their own.
    """
    own: dict[str, Callable[[Request, Problem], Response]] = getattr(request.app.state, "own_refusals", {})
    for prefix, say in own.items():
        if request.url.path.startswith(prefix):
            return say(request, problem)
    pages: Any = getattr(request.app.state, "pages", None)
    is_for_a_person = "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(PROGRAMS)
    if pages is not None and is_for_a_person:
        page: Response = pages.refusal(request, problem)
        return page
    return render(problem, request.url.path)


def install(app: FastAPI) -> None:
    """Answer every refusal of this application as a problem, or as a page that says the same."""

    @app.exception_handler(Problem)
    async def _problem(request: Request, error: Problem) -> Response:
        return answer(request, error)

    @app.exception_handler(RequestValidationError)
    async def _validation(request: Request, error: RequestValidationError) -> Response:
        return answer(request, invalid(error.errors()))

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> Response:
        if error.status_code == HTTPStatus.NOT_FOUND:
            return answer(request, not_found())
        if error.status_code == HTTPStatus.BAD_REQUEST:  # so the framework says that it cannot read the body
            return answer(request, broken())
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            return answer(request, not_allowed(methods_of(request.app, request.scope["path"])))
        phrase = HTTPStatus(error.status_code).phrase
        problem = Problem(error.status_code, phrase.lower().replace(" ", "-"), phrase, "تعذّر تنفيذ الطلب.")
        problem.headers = dict(error.headers or {})
        return answer(request, problem)
