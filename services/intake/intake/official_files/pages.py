"""`/submissions/{reference}/files`: an official adds files and returns to the desk.

A half-written answer from the desk travels in the same form and returns with the official. Works without scripts.
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
from intake.official_files.dependencies import AddingOfficial, add_sent_files
from intake.official_files.use_cases import OfficialFiles
from intake.submissions.errors import FilesRefused, NoFile, Refused


def _signed_in(request: Request, caller: OptionalCaller) -> None:
    """Requires a sign-in before anything is said about the submission."""
    of_a_page(request, caller)


router = APIRouter(route_class=UploadRoute, include_in_schema=False, dependencies=[Depends(_signed_in)])

AT = "/submissions/{reference}/files"
CHOOSE = N_("Choose a file first.")
NONE_KEPT = N_("None of the files was kept. The reasons stand below.")

ANSWERING = ("answer", "propose")
"""The desk's forms that lead here; the pressed button names its form in `back`."""

OWN_FIELDS = ("back", "files", "files_key", "step")

Form = Annotated[dict[str, str], Depends(posted)]


@dataclass(frozen=True)
class AnswerDraft:
    """A half-written answer: the desk's form and its fields."""

    action: str
    fields: dict[str, str]


def answer_draft_in(form: dict[str, str]) -> AnswerDraft | None:
    """Returns None where nothing was typed that could be lost."""
    action = form.get("back", "")
    if action not in ANSWERING:
        return None
    fields = {name: value for name, value in form.items() if name not in OWN_FIELDS}
    is_typed = any(value and name.startswith(f"{action}_") for name, value in fields.items())
    return AnswerDraft(action, fields) if is_typed else None


@router.get(AT)
async def form(request: Request, official: AddingOfficial) -> Response:
    return _page(request, official, str(uuid4()))


@router.post(AT)
async def put(request: Request, official: AddingOfficial, form: Form) -> Response:
    """Adds all files or none; a fault shows the form again."""
    begun = answer_draft_in(form)
    key = form.get("files_key" if "back" in form else "key") or str(uuid4())
    try:
        shown = await add_sent_files(request, official, key)
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
    official: OfficialFiles,
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


def _added(request: Request, official: OfficialFiles, file: str, begun: AnswerDraft) -> Response:
    """Leads back to the desk with a button, as only a form can carry a long text. Reloading adds nothing twice."""
    pages: Pages = request.app.state.pages
    context = {"reference": official.submission.reference, "file": file, "begun": begun}
    return pages.render(request, "official_files_added.html", context, 200, PRIVATE)
