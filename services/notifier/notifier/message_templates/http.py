"""Dependencies and problems that the API and the pages about the wording share."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated

from fastapi import Depends, Path, Request
from shared.http.problems import Problem, changed_meanwhile, not_found, version_differs
from shared.storage.aggregates import Conflict

from notifier.message_templates.checks import Fault, FaultyWording
from notifier.message_templates.commands import (
    DraftOutdated,
    NothingToPublish,
    NotTheNewest,
    VersionDiffers,
    WordingCommands,
    WordingTooLarge,
)
from notifier.message_templates.model import NAME
from notifier.rendering.template_previews import MailNotAccepted, NoWorkAddress, TemplatePreviews

TemplateName = Annotated[str, Path(pattern=NAME)]
Version = Annotated[int, Path(ge=1, le=2**31)]


def _commands(request: Request) -> WordingCommands:
    commands: WordingCommands = request.app.state.wording_commands
    return commands


def _previews(request: Request) -> TemplatePreviews:
    previews: TemplatePreviews = request.app.state.template_previews
    return previews


Commands = Annotated[WordingCommands, Depends(_commands)]
Previews = Annotated[TemplatePreviews, Depends(_previews)]


@contextmanager
def as_problems() -> Iterator[None]:
    """Turn the errors of the commands into problems."""
    try:
        yield
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
    except NoWorkAddress as error:
        raise no_address() from error
    except MailNotAccepted as error:
        raise not_accepted() from error
    except Conflict as error:
        raise changed_meanwhile() from error
    except LookupError as error:
        raise not_found() from error


def faulty(faults: Sequence[Fault]) -> Problem:
    found = [{"field": each.where, "code": each.code, "message": each.what, "message_ar": each.what} for each in faults]
    en, ar = "The check found faults. Correct them first.", "وجد الفحص أخطاء يجب إصلاحها أولًا."
    return Problem(409, "faulty-wording", en, ar, found[:50])


def nothing_to_publish() -> Problem:
    en, ar = "There is no draft that differs from the published version.", "لا توجد مسودة تختلف عن النسخة المنشورة."
    return Problem(409, "nothing-changed", en, ar)


def outdated() -> Problem:
    en = "Another version was published after this draft began. Bring the draft up to date, review and publish it."
    ar = "نُشرت نسخة أخرى منذ أن بدأت هذه المسودة. حدّث المسودة وراجعها ثم انشرها."
    return Problem(409, "outdated-draft", en, ar)


def not_the_newest() -> Problem:
    en = "Only the newest version can be taken back, and the first one cannot."
    return Problem(409, "not-the-newest", en, "يمكن سحب أحدث نسخة فقط، ولا يمكن سحب النسخة الأولى.")


def unfit_table() -> Problem:
    en = "An event cannot have rows and be marked as “nobody is notified” at the same time."
    return Problem(422, "invalid", en, "لا يمكن أن تكون للحدث صفوف وأن يكون محددًا بأنه «لا يُبلغ به أحد» في الوقت نفسه.")


def too_many() -> Problem:
    en = "There are too many templates or rows. Use a template that is there, or one row for several states."
    ar = "عدد القوالب أو الصفوف كبير جدًا. استخدم قالبًا موجودًا، أو صفًا واحدًا لعدة حالات."
    return Problem(409, "too-many", en, ar)


def no_address() -> Problem:
    en = "The directory has no work address for you. Nothing was sent."
    return Problem(409, "no-address", en, "لا يوجد في الدليل عنوان عمل لك، فلم يُرسل شيء.")


def not_accepted() -> Problem:
    en = "The mail server did not accept the mail. Please try again later."
    return Problem(503, "busy", en, "لم يقبل خادم البريد الرسالة. حاول لاحقًا.", headers={"Retry-After": "10"})
