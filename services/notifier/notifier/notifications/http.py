"""Dependencies and problems that the API and the pages about deliveries share."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Depends, Path, Request
from shared.http.problems import Problem, not_found

from notifier.notifications.commands import DeliveryCommands, DeliveryNotFound, NotPossible
from notifier.notifications.monitor_store import Monitor

DeliveryId = Annotated[str, Path(max_length=100)]


def _monitor(request: Request) -> Monitor:
    monitor: Monitor = request.app.state.monitor
    return monitor


def _commands(request: Request) -> DeliveryCommands:
    commands: DeliveryCommands = request.app.state.delivery_commands
    return commands


TheMonitor = Annotated[Monitor, Depends(_monitor)]
Commands = Annotated[DeliveryCommands, Depends(_commands)]


@contextmanager
def as_problems() -> Iterator[None]:
    """Turn the errors of the commands into problems."""
    try:
        yield
    except DeliveryNotFound as error:
        raise not_found() from error
    except NotPossible as error:
        raise Problem(
            409,
            "not-possible-now",
            "This message cannot be resent or cancelled now: it is being sent, was sent, or its content was erased.",
            "لا يمكن إعادة إرسال هذه الرسالة أو إلغاؤها الآن: فهي قيد الإرسال، أو أُرسلت، أو حُذف محتواها.",
        ) from error
