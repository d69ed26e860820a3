"""Common parts of the forms about the wording: a form sent twice runs once, and a refused form shows the reason."""

import json
from collections.abc import Awaitable, Mapping
from typing import Annotated, Any
from uuid import uuid4

from fastapi import Depends, Request
from pydantic import ValidationError
from shared.http.auth import Caller
from shared.http.commands import CommandKey, command_key
from shared.http.problems import Problem
from shared.web.forms import posted
from shared.web.language import language_of
from shared.web.pages import PRIVATE, Pages
from starlette.responses import RedirectResponse, Response

from notifier.http.words import AUDIENCES, FAULTS, LANES
from notifier.message_templates.http import as_problems, unfit_table

AT = "/inbox/wording"

Form = Annotated[dict[str, str], Depends(posted)]


def key_of(request: Request, form: Mapping[str, str], caller: Caller) -> CommandKey | None:
    """The command key in the form, so that a form sent twice runs once."""
    typed = json.dumps({name: value for name, value in sorted(form.items()) if name != "key"})
    return command_key(form.get("key") or None, f"{caller.subject} wording", request.url.path, typed.encode())


def seen_by(form: Mapping[str, str]) -> int:
    """The version that the form was made from, so that nobody overwrites a change they have not seen."""
    version = form.get("version", "")
    return int(version) if version.isdecimal() and len(version) < 10 else -1


async def refusal_of(request: Request, command: Awaitable[object]) -> str:
    """Run the command; the reason if it is refused, or an empty text."""
    try:
        with as_problems():
            await command
    except Problem as problem:
        return text_of(request, problem)
    except (ValidationError, ValueError):
        return text_of(request, unfit_table())
    return ""


def text_of(request: Request, problem: Problem) -> str:
    return problem.ar if language_of(request) == "ar" else problem.en


def to(rest: str) -> RedirectResponse:
    return RedirectResponse(f"{AT}{rest}", 303, PRIVATE)


def page(request: Request, template: str, context: Mapping[str, Any], status: int = 200) -> Response:
    pages: Pages = request.app.state.pages
    common = {
        "fault_words": FAULTS,
        "audiences": AUDIENCES,
        "lanes": LANES,
        "key": str(uuid4()),
        "wording_at": AT,
    }
    return pages.render(request, template, {**common, **context}, status, PRIVATE)
