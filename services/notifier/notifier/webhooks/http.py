"""Dependencies and problems that the API and the pages about webhooks share."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Depends, Request
from shared.http.auth import Caller, refuse
from shared.http.problems import Problem, busy, changed_meanwhile, not_found, version_differs
from shared.http.rate_limits import Limit
from shared.storage.aggregates import Conflict

from notifier.channels import NotTried
from notifier.outbound.safe_http import AddressNotAllowed
from notifier.webhooks.commands import (
    MOST_OF_ONE_OWNER,
    EndpointNotFound,
    InvalidRegistration,
    NotPermitted,
    TooManyEndpoints,
    VersionDiffers,
    WebhookCommands,
)


def _commands(request: Request) -> WebhookCommands:
    commands: WebhookCommands = request.app.state.webhooks
    return commands


Commands = Annotated[WebhookCommands, Depends(_commands)]


def check_test_limit(request: Request, caller: Caller) -> None:
    """Raises Problem 429 if the caller has sent many tests in a short time."""
    limit: Limit = request.app.state.webhook_tests
    if wait := limit.take(caller.subject):
        raise limit.refusal(
            caller.subject,
            wait,
            "You have sent many tests in a short time. Please wait a moment.",
            "أرسلت اختبارات كثيرة في وقت قصير. يرجى الانتظار قليلًا.",
        )


@contextmanager
def as_problems() -> Iterator[None]:
    """Turn the errors of the commands into problems."""
    try:
        yield
    except EndpointNotFound as error:
        raise not_found() from error
    except NotPermitted as error:
        raise refuse("role") from error
    except VersionDiffers as error:
        raise version_differs() from error
    except Conflict as error:
        raise changed_meanwhile() from error
    except TooManyEndpoints as error:
        en = f"There are {MOST_OF_ONE_OWNER} endpoints already. Remove one that is not needed."
        ar = f"توجد {MOST_OF_ONE_OWNER} نقاط استقبال بالفعل. احذف ما لا تحتاج إليه."
        raise Problem(409, "too-many-endpoints", en, ar) from error
    except NotTried as error:
        raise busy() from error
    except AddressNotAllowed as error:
        en = "The address has to begin with https:// and lead to a server on the open internet."
        ar = "يجب أن يبدأ العنوان بـ https:// وأن يقود إلى خادم على الإنترنت."
        raise Problem(422, "not-outside", en, ar, [{"field": "url", "message": en, "message_ar": ar}]) from error
    except InvalidRegistration as error:
        field = str(error)
        en = "There is no such event for this owner." if field == "events" else "Name one entity or one partner."
        ar = "لا يوجد حدث بهذا الاسم لهذا المالك." if field == "events" else "حدد جهة واحدة أو شريكًا واحدًا."
        raise Problem(422, "invalid", en, ar, [{"field": field, "message": en, "message_ar": ar}]) from error
