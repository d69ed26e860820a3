"""Shared by the forms of the directory's pages: the command that a form makes, its refusal, and the page."""

import json
from collections.abc import Awaitable, Mapping
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from fastapi import Request, Response
from shared.http.auth import Caller
from shared.http.commands import command_key
from shared.http.problems import Problem, not_found
from shared.web.catalogues import N_
from shared.web.forms import Fields
from shared.web.pages import PRIVATE
from starlette.responses import RedirectResponse

from router.desk.view import Reader, desk_page
from router.directory.model import MODELS, Country
from router.directory.store import Draft, Publication
from router.directory_admin.words import DONE, LISTS
from router.directory_drafts.draft_commands import DirectoryCommand
from router.http.draft_requests import directory_command, draft_problems

LINE = N_("Line %(line)s")


class Drafted:
    """The draft that a page shows, or the published directory where none is begun."""

    def __init__(self, at: DirectoryCommand, version: int, draft: Draft, latest: Publication | None) -> None:
        self.at = at
        self.version = version
        self.draft = draft
        self.latest = latest
        self.written = draft.read()

    @classmethod
    async def of(cls, request: Request, caller: Caller) -> "Drafted":
        at = directory_command(request, caller)
        current = await at.drafting.current()
        return cls(at, current.version, current.state or Draft(), await at.drafting.latest())

    @property
    def country(self) -> Country | None:
        return self.written or (self.latest.country if self.latest else None)

    @property
    def is_outdated(self) -> bool:
        return self.written is not None and self.draft.based_on != (self.latest.version if self.latest else 0)


def sent_by(request: Request, caller: Caller, form: Mapping[str, str], what: bytes) -> DirectoryCommand:
    """Make the command of a form: on the version that the form shows, and once for its key. Raises Problem 422."""
    version = form.get("version", "")
    seen = int(version) if version.isdecimal() and len(version) < 10 else 0
    key = command_key(form.get("key") or None, f"{caller.subject} directory", request.url.path, what)
    return directory_command(request, caller, seen, key)


async def refusal_of(command: Awaitable[object]) -> Problem | None:
    """Run the command; return None where it was done."""
    try:
        with draft_problems():
            await command
    except Problem as problem:
        return problem
    return None


def check_list(name: str) -> str:
    if name not in MODELS:
        raise not_found()
    return name


def to(path: str, did: str = "") -> RedirectResponse:
    return RedirectResponse(f"/desk/directory{path}" + (f"?did={quote(did)}" if did else ""), 303, PRIVATE)


def page(request: Request, template: str, drafted: Drafted, status: int = 200, did: str = "", **more: Any) -> Response:
    reader = Reader.of(request)
    return desk_page(
        request,
        reader,
        template,
        status,
        draft=drafted,
        lists=LISTS,
        done=DONE.get(did),
        key=str(uuid4()),
        written=written,
        **({"errors": Fields({}), "form": Fields({})} | more),
    )


def written(value: Any) -> str:
    """A value of a field, as far as somebody may read it."""
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return " | ".join(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def said(problem: Problem, reader: Reader) -> list[str]:
    """A refusal and each of its faults, in the reader's language."""
    arabic = reader.lang == "ar"
    lines = [problem.ar if arabic else problem.en]
    for fault in problem.errors:
        line = reader.words.ugettext(LINE) % {"line": fault["line"]} if "line" in fault else ""
        where = " · ".join(part for part in (line, fault["field"]) if part)
        lines.append(f"{where}: {fault['message_ar' if arabic else 'message']}")
    return lines
