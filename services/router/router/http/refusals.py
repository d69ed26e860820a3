"""Say each refusal of the domain as a problem: to programs, and on pages to people."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fastapi import FastAPI, Request
from shared.http import problems as shared_problems
from shared.http.auth import refuse
from shared.http.problems import Problem, busy, changed_meanwhile, not_found, not_possible_now, version_differs
from starlette.responses import Response

from router.access.policy import AccessDenied, NotVisible
from router.answer_templates.commands import TooManyTemplates, UnknownPlaceholder
from router.cases.model import Refusal
from router.casework import errors
from router.duplicates.decisions import NotToBeMerged
from router.http import problems
from router.model_administration.commands import ModelChangedMeanwhile, ModelMissing, TrainingRunning

_PROBLEMS: dict[type[Refusal], Callable[..., Problem]] = {
    NotVisible: lambda error: not_found(),
    AccessDenied: lambda error: refuse(error.reason),
    errors.DirectoryMissing: lambda error: busy(),
    errors.VersionDiffers: lambda error: version_differs(),
    errors.ChangedMeanwhile: lambda error: changed_meanwhile(),
    errors.MoveNotPossible: lambda error: not_possible_now(error.state, error.move),
    errors.UnknownEntity: lambda error: problems.unknown_entity(error.entity),
    errors.UnknownCategory: lambda error: problems.unknown_category(error.category),
    errors.SameEntity: lambda error: problems.same_entity(),
    errors.SameCategory: lambda error: problems.same_category(),
    errors.AskingEntity: lambda error: problems.asked_by_it(),
    errors.CannotReadCase: lambda error: problems.cannot_read_it(error.official),
    errors.CannotBeConfidedTo: lambda error: problems.cannot_be_named(error.official),
    errors.NotAColleague: lambda error: problems.not_of_the_entity(error.official),
    errors.EvidenceMissing: lambda error: problems.evidence_needed(),
    errors.FileNotUsable: lambda error: problems.file_not_usable(error.field),
    errors.TooManySubCases: lambda error: problems.enough_sub_cases(error.most),
    errors.TooManyInterimReplies: lambda error: problems.enough_interim_replies(error.most),
    errors.DateTooLate: lambda error: problems.not_that_late(error.days),
    errors.SubCasesOpen: lambda error: problems.sub_cases_open(error.references),
    errors.UnknownReference: lambda error: problems.no_such_reference(),
    NotToBeMerged: lambda error: problems.not_to_be_merged(error.why),
    UnknownPlaceholder: lambda error: problems.unknown_placeholder(error.name),
    TooManyTemplates: lambda error: problems.enough_templates(error.most),
    TrainingRunning: lambda error: problems.one_is_made(),
    ModelMissing: lambda error: not_found(),
    ModelChangedMeanwhile: lambda error: changed_meanwhile(),
}


def problem_of(refusal: Refusal) -> Problem:
    """A denied access is counted here, once for each answer that says it."""
    return _PROBLEMS[type(refusal)](refusal)


@contextmanager
def as_problems() -> Iterator[None]:
    """Raise a refusal as a problem, for pages that show it beside what was typed."""
    try:
        yield
    except Refusal as refusal:
        raise problem_of(refusal) from refusal


def install(app: FastAPI) -> None:
    """Answer each refusal that an endpoint or page raises."""

    @app.exception_handler(Refusal)
    async def _refused(request: Request, refusal: Refusal) -> Response:
        return shared_problems.answer(request, problem_of(refusal))
