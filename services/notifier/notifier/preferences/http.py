"""Dependencies and problems that the API and the pages about preferences share."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Depends, Path, Request
from shared.http.problems import Problem
from shared.privacy.contacts import Unreadable

from notifier.preferences.commands import PreferenceCommands
from notifier.rendering.links import LONGEST_TOKEN, NotOurToken

Token = Annotated[str, Path(max_length=LONGEST_TOKEN)]


def _commands(request: Request) -> PreferenceCommands:
    commands: PreferenceCommands = request.app.state.preference_commands
    return commands


Commands = Annotated[PreferenceCommands, Depends(_commands)]


class LinkNotUsable(Problem):
    def __init__(self) -> None:
        super().__init__(
            404,
            "link-not-usable",
            "This link is incomplete or no longer valid. Please open it from the mail again.",
            "هذا الرابط ناقص أو لم يعد صالحًا. افتحه من الرسالة مرة أخرى.",
        )


@contextmanager
def as_problems() -> Iterator[None]:
    """Turn an unreadable token, or one for an erased key, into a problem."""
    try:
        yield
    except (NotOurToken, Unreadable) as error:
        raise LinkNotUsable from error
