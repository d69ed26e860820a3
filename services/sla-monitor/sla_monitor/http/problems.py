"""Answers every refusal of a command as a problem or a page, whichever endpoint or page it came from."""

from collections.abc import Callable, Mapping

from fastapi import FastAPI, Request
from shared.http.auth import refuse
from shared.http.problems import Problem, answer, busy, changed_meanwhile, not_found, version_differs
from starlette.responses import Response

from sla_monitor.access.errors import ChangedMeanwhile, NotAllowed, NotFound, Refusal, TryAgain, VersionDiffers
from sla_monitor.calendars.checks import RulebookRefused

Problems = Mapping[type[Refusal], Callable[[], Problem]]
"""The problems of refusals that carry no details."""

OF_EVERY_CAPABILITY: Problems = {
    NotFound: not_found,
    TryAgain: busy,
    VersionDiffers: version_differs,
    ChangedMeanwhile: changed_meanwhile,
}


def install(app: FastAPI, *of_capabilities: Problems) -> None:
    problems = dict(OF_EVERY_CAPABILITY)
    for each in of_capabilities:
        problems |= each

    @app.exception_handler(Refusal)
    async def _refused(request: Request, error: Refusal) -> Response:
        return answer(request, _problem_of(error, problems))


def _problem_of(error: Refusal, problems: Problems) -> Problem:
    match error:
        case NotAllowed():
            return refuse(error.reason)
        case RulebookRefused():
            return _rulebook_refused(error)
    return problems[type(error)]()


def _rulebook_refused(error: RulebookRefused) -> Problem:
    return Problem(
        422,
        "rulebook-refused",
        "Nothing was published: the calendars and policies have the faults listed here.",
        "لم يُنشر شيء: في التقاويم والسياسات الأخطاء المذكورة هنا.",
        errors=[
            {"field": fault.field, "code": fault.code, "message": fault.en, "message_ar": fault.ar}
            for fault in error.faults
        ],
    )
