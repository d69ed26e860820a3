"""Each refusal as it is said over HTTP, and which one a failed write leads to."""

from datetime import timedelta
from typing import Any

import pytest
from intake.attachments.model import Unusable
from intake.catalogue.category_answers import NotAnswered, Why, Wrong
from intake.http.file_problems import WHY
from intake.http.problems import problem_of
from intake.submissions import errors as refusals
from intake.submissions.errors import FileFault, Refused
from intake.submissions.group_commit_store import NotStored, QueueFull, Rejected
from intake.submissions.life import Status
from intake.submissions.store import NumberTaken, Submissions
from pymongo import AsyncMongoClient
from shared.events.directory import Elsewhere
from shared.events.model import Name
from shared.storage.aggregates import StoredAggregate

from tests.support.intake import a_submission

COURT = Elsewhere(name=Name(ar="اتصل بالمحكمة.", en="Call the court."), phone="999")

REFUSALS: list[tuple[Refused, int, str]] = [
    (refusals.NotFound(), 404, "not-found"),
    (refusals.NotAllowed("entity"), 403, "forbidden"),
    (refusals.ChangedMeanwhile(), 409, "changed-meanwhile"),
    (refusals.VersionDiffers(), 412, "version-differs"),
    (refusals.NotPossible(Status.CLOSED, "withdraw"), 409, "not-possible-now"),
    (refusals.QuestionNotOpen(), 409, "no-such-question"),
    (refusals.EnoughAdded(), 409, "enough-added"),
    (refusals.NotToBePublished(None, "publish"), 409, "author-did-not-agree"),
    (refusals.NotToBePublished("hidden", "edit"), 409, "not-possible-now"),
    (refusals.NeverPublic(), 409, "never-public"),
    (refusals.PhotosNotAgreedTo(), 409, "photos-not-agreed-to"),
    (refusals.NotHeld(), 409, "not-held"),
    (refusals.NothingOfThisKind(), 422, "nothing-of-this-kind"),
    (refusals.ListIsFull(), 409, "list-is-full"),
    (refusals.EnoughFollowers(), 409, "enough-followers"),
    (refusals.DecidedTooOften(), 409, "decided-too-often"),
    (NotAnswered([Wrong("pole", Why.MISSING)]), 422, "invalid"),
    (refusals.NotForThisSystem(COURT), 422, "not-for-this-system"),
    (refusals.ReopenedBefore(), 409, "reopened-before"),
    (refusals.TooLateToReopen(timedelta(days=30)), 409, "too-late-to-reopen"),
    (refusals.ReopenFirst(), 409, "reopen-first"),
    (refusals.AppealedBefore(), 409, "appealed-before"),
    (refusals.TooLateToAppeal(timedelta(days=30)), 409, "too-late-to-appeal"),
    (refusals.FilesRefused([FileFault(0, "a.exe", Unusable.UNKNOWN_TYPE)]), 422, "files-refused"),
    (refusals.NoFile(), 422, "no-file"),
    (refusals.TooManyFiles(5), 409, "too-many-files"),
    (refusals.ScannerAway(), 503, "scanner-away"),
    (refusals.PersonForgotten(), 409, "person-erased"),
    (refusals.NothingToConfirm(), 409, "nothing-to-confirm"),
    (refusals.AskedJustNow(timedelta(minutes=5)), 429, "asked-just-now"),
    (refusals.AskedOftenEnough(), 409, "asked-often-enough"),
    (refusals.NotYourChannel(), 403, "forbidden"),
    (refusals.UseAnotherKey(), 409, "idempotency-key-reused"),
    (refusals.TryAgain(), 503, "busy"),
    (refusals.LinkNotUsable(), 404, "link-not-usable"),
    (refusals.SendAgain(), 503, "not-confirmed"),
]


@pytest.mark.parametrize(("refused", "status", "code"), REFUSALS)
def test_a_refusal_is_said_in_both_languages(refused: Refused, status: int, code: str) -> None:
    problem = problem_of(refused)
    assert (problem.status, problem.code) == (status, code)
    assert problem.en.isascii() or "“" in problem.en
    assert any("\u0621" <= letter <= "\u064a" for letter in problem.ar)
    assert ("Retry-After" in problem.headers) == (status in (429, 503))


def test_every_reason_not_to_take_a_file_is_said_in_both_languages() -> None:
    assert WHY.keys() == set(Unusable)
    for en, ar in WHY.values():
        assert en.isascii()
        assert any("\u0621" <= letter <= "\u064a" for letter in ar)


def test_every_refusal_is_tried_here() -> None:
    assert {type(refused) for refused, _, _ in REFUSALS} == set(Refused.__subclasses__())


def test_each_wrong_answer_is_named_with_its_question() -> None:
    problem = problem_of(NotAnswered([Wrong("pole", why) for why in Why]))
    assert {error["field"] for error in problem.errors} == {"answers.pole"}
    assert [error["code"] for error in problem.errors] == [why.value for why in Why]
    assert all(error["message"] and error["message_ar"] for error in problem.errors)


def test_only_where_nothing_can_be_stored_is_it_said() -> None:
    assert "Nothing was stored" in problem_of(refusals.TryAgain()).en
    unconfirmed = problem_of(refusals.SendAgain())
    assert "Nothing was stored" not in unconfirmed.en
    assert "same Idempotency-Key" in unconfirmed.en
    assert "Idempotency-Key" in unconfirmed.ar


class FailingWriter:
    def __init__(self, error: Exception) -> None:
        self.error = error

    async def add(self, document: dict[str, Any]) -> None:
        raise self.error


@pytest.mark.parametrize(
    ("error", "refusal"),
    [
        (QueueFull(), refusals.TryAgain),
        (Rejected({"code": 121}), refusals.TryAgain),
        (Rejected({"code": 11000, "keyPattern": {"state.reference": 1}}), NumberTaken),
        (NotStored("AutoReconnect"), refusals.SendAgain),
    ],
)
async def test_a_failed_write_says_whether_it_may_be_stored(error: Exception, refusal: type[Exception]) -> None:
    async with AsyncMongoClient[dict[str, Any]]("mongodb://127.0.0.1:9", connect=False) as client:
        submissions = Submissions(client["unused"], FailingWriter(error))
        with pytest.raises(refusal):
            await submissions.add(StoredAggregate("1", state=a_submission()))
