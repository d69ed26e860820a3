"""Converts the domain's refusals to problem responses in both languages."""

import math
from collections.abc import Callable, Sequence

from fastapi import FastAPI, Request
from shared.http.auth import refuse
from shared.http.commands import key_reused
from shared.http.problems import (
    Problem,
    answer,
    busy,
    changed_meanwhile,
    invalid,
    not_confirmed,
    not_found,
    not_possible_now,
    version_differs,
)
from starlette.responses import Response

from intake.catalogue.category_answers import NotAnswered, Why, Wrong
from intake.http.file_problems import files_refused, scanner_away
from intake.submissions import errors as refusals
from intake.submissions.errors import Refused


def install(app: FastAPI) -> None:
    """Answer a refusal as its problem, wherever it is raised."""

    @app.exception_handler(Refused)
    async def _refused(request: Request, error: Refused) -> Response:
        return answer(request, problem_of(error))


ANSWERS = {
    Why.MISSING: ("This question needs an answer.", "هذا السؤال يحتاج إلى جواب."),
    Why.UNKNOWN: ("The category does not ask this.", "لا تسأل الفئة هذا السؤال."),
    Why.TOO_LONG: ("The answer is too long.", "الجواب أطول من المسموح."),
    Why.NO_NUMBER: ("The answer is no number.", "الجواب ليس رقمًا."),
    Why.NO_DATE: ("The answer is no date.", "الجواب ليس تاريخًا."),
    Why.NO_OPTION: ("The answer is none of the options.", "الجواب ليس من الخيارات."),
}
"""In English and Arabic."""


def invalid_answers(wrong: Sequence[Wrong]) -> Problem:
    problem = invalid(())
    problem.errors = [
        {
            "field": f"answers.{each.code}",
            "code": each.why.value,
            "message": ANSWERS[each.why][0],
            "message_ar": ANSWERS[each.why][1],
        }
        for each in wrong[:20]
    ]
    return problem


PROBLEMS: dict[type[Refused], tuple[int, str, str, str]] = {
    refusals.QuestionNotOpen: (
        409,
        "no-such-question",
        "This question is not open any more.",
        "هذا السؤال لم يعد مفتوحًا.",
    ),
    refusals.EnoughAdded: (
        409,
        "enough-added",
        "Enough was added to this submission. The entity has it all; please wait for its answer.",
        "أُضيف إلى هذا الطلب ما يكفي. كل ما أرسلته لدى الجهة، يرجى انتظار ردّها.",
    ),
    refusals.NeverPublic: (
        409,
        "never-public",
        "Submissions of this category are never published.",
        "لا تُنشر طلبات هذه الفئة أبدًا.",
    ),
    refusals.PhotosNotAgreedTo: (
        409,
        "photos-not-agreed-to",
        "Its author agreed before the agreement spoke of photos; they cannot be shown.",
        "وافق مقدّم الطلب قبل أن تشمل الموافقة الصور، فلا يمكن عرضها.",
    ),
    refusals.NotHeld: (
        409,
        "not-held",
        "This submission is not held, or somebody has decided already.",
        "هذا الطلب غير موقوف، أو سبق أن اتُّخذ قرار بشأنه.",
    ),
    refusals.NothingOfThisKind: (
        422,
        "nothing-of-this-kind",
        "This is no mail address, domain, phone number or phrase as the kind says.",
        "القيمة ليست بريدًا إلكترونيًا أو نطاقًا أو رقم هاتف أو عبارة كما يقتضي النوع.",
    ),
    refusals.ListIsFull: (
        409,
        "list-is-full",
        "The abuse list is full. Remove an entry first.",
        "قائمة الإساءة ممتلئة. احذف منها إدخالًا أولًا.",
    ),
    refusals.EnoughFollowers: (
        409,
        "enough-followers",
        "As many people follow this as can.",
        "بلغ عدد متابعي هذا الطلب الحد الأقصى.",
    ),
    refusals.DecidedTooOften: (
        409,
        "decided-too-often",
        "The publication of this submission was changed so often that it cannot be changed any more.",
        "تغيّر نشر هذا الطلب مرات كثيرة فلم يعد تغييره ممكنًا.",
    ),
    refusals.ReopenedBefore: (
        409,
        "reopened-before",
        "This was reopened and answered again; it cannot be reopened once more.",
        "أُعيد فتح هذا الطلب وأُجيب عنه مجددًا، ولا يمكن إعادة فتحه مرة أخرى.",
    ),
    refusals.ReopenFirst: (
        409,
        "reopen-first",
        "Open it again first: an appeal is heard after the entity has answered a second time.",
        "أعد فتح الطلب أولًا، إذ يُنظر في التظلّم بعد أن تجيب الجهة مرة ثانية.",
    ),
    refusals.AppealedBefore: (
        409,
        "appealed-before",
        "The central office has decided on an appeal for this submission; its decision is final.",
        "سبق أن نظر المكتب المركزي في تظلّم بشأن هذا الطلب، وقراره نهائي.",
    ),
    refusals.NoFile: (
        422,
        "no-file",
        "There is no file in what was sent.",
        "لا يوجد أي ملف فيما أُرسل.",
    ),
    refusals.PersonForgotten: (
        409,
        "person-erased",
        "The personal data of this submission were erased. Nothing can be done with it any more.",
        "مُحيت البيانات الشخصية لهذا الطلب، ولم يعد بالإمكان اتخاذ أي إجراء عليه.",
    ),
    refusals.LinkNotUsable: (
        404,
        "link-not-usable",
        "This link does not work (any more). A part of it may be missing, or the address was taken off the "
        "submission. Nothing was changed.",
        "هذا الرابط لا يعمل أو لم يعد يعمل. قد يكون جزء منه ناقصًا، أو أن العنوان أُزيل من الطلب. لم يتغيّر شيء.",
    ),
    refusals.NothingToConfirm: (
        409,
        "nothing-to-confirm",
        "There is no address of this submission that waits for a confirmation.",
        "لا يوجد لهذا الطلب عنوان بانتظار التأكيد.",
    ),
    refusals.AskedOftenEnough: (
        409,
        "asked-often-enough",
        "The mail was sent as often as it may be. What is new stands on the page of the submission.",
        "أُرسلت الرسالة بالعدد المسموح به. تجد كل جديد في صفحة الطلب.",
    ),
}
"""Status, code, English and Arabic text of refusals that carry no data."""

SHARED_PROBLEMS: dict[type[Refused], Callable[[], Problem]] = {
    refusals.NotFound: not_found,
    refusals.ChangedMeanwhile: changed_meanwhile,
    refusals.VersionDiffers: version_differs,
    refusals.ScannerAway: scanner_away,
    refusals.NotYourChannel: lambda: refuse("channel"),
    refusals.UseAnotherKey: key_reused,
    refusals.TryAgain: busy,
    refusals.SendAgain: not_confirmed,
}


def problem_of(refused: Refused) -> Problem:
    if (said := PROBLEMS.get(type(refused))) is not None:
        return Problem(*said)
    if (say := SHARED_PROBLEMS.get(type(refused))) is not None:
        return say()
    match refused:
        case refusals.NotAllowed(reason=reason):
            return refuse(reason)
        case refusals.NotPossible(status=status, command=command):
            return not_possible_now(status, command)
        case refusals.NotToBePublished(shown=shown, command=command):
            return _not_to_be_published(shown, command)
        case refusals.NotForThisSystem(elsewhere=elsewhere):
            number = f" {elsewhere.phone}" if elsewhere.phone else ""
            return Problem(422, "not-for-this-system", elsewhere.name.en + number, elsewhere.name.ar + number)
        case NotAnswered(wrong=wrong):
            return invalid_answers(wrong)
        case refusals.TooLateToReopen(within=within):
            return Problem(
                409,
                "too-late-to-reopen",
                f"Reopening is possible within {within.days} days of the answer.",
                f"إعادة الفتح ممكنة خلال {within.days} يومًا من تاريخ الرد.",
            )
        case refusals.TooLateToAppeal(within=within):
            return Problem(
                409,
                "too-late-to-appeal",
                f"An appeal is possible within {within.days} days of the answer.",
                f"التظلّم ممكن خلال {within.days} يومًا من تاريخ الرد.",
            )
        case refusals.FilesRefused(faults=faults):
            return files_refused(faults)
        case refusals.TooManyFiles(most=most):
            return Problem(
                409,
                "too-many-files",
                f"A submission takes {most} files, and no more.",
                f"لا يتسع الطلب لأكثر من {most} ملفات.",
            )
        case refusals.AskedJustNow(wait=wait):
            return Problem(
                429,
                "asked-just-now",
                "The mail was sent a short while ago. Please look for it first, also among unwanted mail.",
                "أُرسلت الرسالة قبل قليل. يرجى البحث عنها أولًا، وفي البريد غير المرغوب أيضًا.",
                headers={"Retry-After": str(math.ceil(wait.total_seconds()))},
            )
    raise refused


def _not_to_be_published(shown: str | None, command: str) -> Problem:
    if shown is None:
        said = "Its author did not agree to publication.", "لم يوافق مقدّم الطلب على النشر."
        return Problem(409, "author-did-not-agree", *said)
    return Problem(
        409,
        "not-possible-now",
        f"“{command}” is not possible while the publication is “{shown}”.",
        f"لا يمكن تنفيذ «{command}» والنشر في حالة «{shown}».",
    )
