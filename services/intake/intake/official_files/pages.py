"""`/submissions/{reference}/files`: where an official puts files to a submission, and is led back to the desk.

An answer that was being typed there comes along in the same form, and goes back with the official. No script is needed.
"""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote, urlencode
from uuid import uuid4

from fastapi import APIRouter, Depends, Request
from shared.http.auth import OptionalCaller, of_a_page
from shared.web.catalogues import N_
from shared.web.forms import Fields, posted
from shared.web.language import language_of
from shared.web.pages import PRIVATE, Pages
from starlette.responses import RedirectResponse, Response

from intake.attachments.model import name_as_sent
from intake.http.bodies import UploadRoute
from intake.http.file_problems import WHY
from intake.http.problems import problem_of
from intake.official_files.api import AnOfficial, Official
from intake.submissions.errors import FilesRefused, NoFile, Refused


def _signed_in(request: Request, caller: OptionalCaller) -> None:
    """Asked before it is said what there is."""
    of_a_page(request, caller)


router = APIRouter(route_class=UploadRoute, include_in_schema=False, dependencies=[Depends(_signed_in)])

AT = "/submissions/{reference}/files"
CHOOSE = N_("Choose a file first.")
NONE_KEPT = N_("None of the files was kept. The reasons stand below.")

ANSWERING = ("answer", "propose")
"""The forms of the desk from which files are added; the button that was pressed names its form in `back`."""

OWN_FIELDS = ("back", "files", "files_key", "step")

Form = Annotated[dict[str, str], Depends(posted)]


@dataclass(frozen=True)
class AnswerDraft:
    """An answer that somebody has begun to type: the form of the desk, and what it holds."""

    action: str
    fields: dict[str, str]


def begun_in(form: dict[str, str]) -> AnswerDraft | None:
    """None where nothing was typed that could be lost."""
    action = form.get("back", "")
    if action not in ANSWERING:
        return None
    fields = {name: value for name, value in form.items() if name not in OWN_FIELDS}
    is_typed = any(value and name.startswith(f"{action}_") for name, value in fields.items())
    return AnswerDraft(action, fields) if is_typed else None


@router.get(AT)
async def form(request: Request, official: AnOfficial) -> Response:
    return _page(request, official, str(uuid4()))


@router.post(AT)
async def put(request: Request, official: AnOfficial, form: Form) -> Response:
    """All of them or none; with a fault the form again."""
    begun = begun_in(form)
    key = form.get("files_key" if "back" in form else "key") or str(uuid4())
    try:
        shown = await official.puts(request, key)
    except NoFile:
        return _page(request, official, key, CHOOSE, status=422, begun=begun)
    except FilesRefused as error:
        reader = 1 if language_of(request) == "ar" else 0
        refused = [(name_as_sent(fault.name), WHY[fault.why][reader]) for fault in error.faults]
        return _page(request, official, str(uuid4()), NONE_KEPT, refused, 422, begun)
    except Refused as error:
        problem = problem_of(error)
        said = problem.ar if language_of(request) == "ar" else problem.en
        return _page(request, official, str(uuid4()), said, status=problem.status, begun=begun)
    if begun is not None:
        return _added(request, official, shown.items[-1].id, begun)
    query = urlencode({"did": "files", "file": shown.items[-1].id})
    desk = f"/desk/{quote(official.submission.reference, safe='')}"
    return RedirectResponse(f"{desk}?{query}#files-title", 303, PRIVATE)


def _page(
    request: Request,
    official: Official,
    key: str,
    error: str = "",
    refused: list[tuple[str, str]] | None = None,
    status: int = 200,
    begun: AnswerDraft | None = None,
) -> Response:
    pages: Pages = request.app.state.pages
    context = {
        "reference": official.submission.reference,
        "key": key,
        "errors": Fields({"files": error} if error else {}),
        "refused": refused or [],
        "begun": begun,
    }
    return pages.render(request, "official_files.html", context, status, PRIVATE)


def _added(request: Request, official: Official, file: str, begun: AnswerDraft) -> Response:
    """On to the desk with a button: only a form takes along what was typed. Loaded again it adds nothing twice."""
    pages: Pages = request.app.state.pages
    context = {"reference": official.submission.reference, "file": file, "begun": begun}
    return pages.render(request, "official_files_added.html", context, 200, PRIVATE)
