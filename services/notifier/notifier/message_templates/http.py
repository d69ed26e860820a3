"""What the use cases about the wording raise, said as problems."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from shared.http.problems import Problem, changed_meanwhile, not_found, version_differs
from shared.storage.aggregates import Conflict

from notifier.message_templates.checks import Fault
from notifier.message_templates.commands import (
    DraftOutdated,
    FaultyWording,
    NothingToPublish,
    NotTheNewest,
    VersionDiffers,
    WordingTooLarge,
)

T = TypeVar("T")


async def carry_out(command: Callable[[], Awaitable[T]]) -> T:
    """Its result. What it raises is said as a problem."""
    try:
        return await command()
    except FaultyWording as error:
        raise faulty(error.faults) from error
    except NothingToPublish as error:
        raise nothing_to_publish() from error
    except VersionDiffers as error:
        raise version_differs() from error
    except DraftOutdated as error:
        raise outdated() from error
    except WordingTooLarge as error:
        raise too_many() from error
    except NotTheNewest as error:
        raise not_the_newest() from error
    except Conflict as error:
        raise changed_meanwhile() from error
    except LookupError as error:
        raise not_found() from error


def faulty(faults: Sequence[Fault]) -> Problem:
    said = [{"field": each.where, "code": each.code, "message": each.what, "message_ar": each.what} for each in faults]
    en, ar = "The check found faults. They must be put right first.", "وجد الفحص أخطاء يجب إصلاحها أولًا."
    return Problem(409, "faulty-wording", en, ar, said[:50])


def nothing_to_publish() -> Problem:
    en, ar = "There is no draft that differs from what is published.", "لا توجد مسودة تختلف عما هو منشور."
    return Problem(409, "nothing-changed", en, ar)


def outdated() -> Problem:
    en = "Another version was published since this draft was begun. Bring it up to date, look at it, then publish it."
    ar = "نُشرت نسخة أخرى منذ أن بدأت هذه المسودة. حدّث المسودة وراجعها ثم انشرها."
    return Problem(409, "outdated-draft", en, ar)


def not_the_newest() -> Problem:
    en = "Only the newest version can be taken back, and the first one cannot."
    return Problem(409, "not-the-newest", en, "يمكن سحب أحدث نسخة فقط، ولا يمكن سحب النسخة الأولى.")


def unfit_table() -> Problem:
    en = "An event has rows and is told to nobody at the same time."
    return Problem(422, "invalid", en, "لا يصح أن يكون للحدث صفوف وأن يكون مما لا يُبلغ به أحد في الوقت نفسه.")


def too_many() -> Problem:
    en = "There are too many templates or rows. Use a template that is there, or one row for several states."
    ar = "عدد القوالب أو الصفوف كبير جدًا. استخدم قالبًا موجودًا، أو صفًا واحدًا لعدة حالات."
    return Problem(409, "too-many", en, ar)


def no_address() -> Problem:
    en = "The directory knows no work address of yours. Nothing was sent."
    return Problem(409, "no-address", en, "لا يعرف الدليل عنوان عمل لك، فلم يُرسل شيء.")


def not_handed_over() -> Problem:
    en = "The mail server did not take the mail. Please try again later."
    return Problem(503, "busy", en, "لم يقبل خادم البريد الرسالة. حاول لاحقًا.", headers={"Retry-After": "10"})
