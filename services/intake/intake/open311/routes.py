"""`/open311/v2/…`: a table of resources. Every answer, also an error, has the requested format."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from shared.http.problems import Problem, busy, our_fault
from shared.reference.directory import Directory
from shared.reference.working_time import utc_now
from shared.storage.mongo import is_transient
from shared.web.language import language_of
from starlette.requests import Request
from starlette.responses import Response

from intake.catalogue.category_answers import NotAnswered
from intake.http.problems import problem_of
from intake.open311 import catalogue, errors, filing, parameters
from intake.open311 import records as shown
from intake.open311.formats import Format, answer, format_of
from intake.open311.keys import ApiKeys
from intake.open311.status_notes import UPDATES
from intake.public_register.store import Register, TooMuch
from intake.submissions.errors import Refused
from intake.submissions.reference import normalised

logger = logging.getLogger(__name__)

PREFIX = "/open311/v2"
SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
BEFORE_THE_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
SEEN_BY_ALL = {"Access-Control-Allow-Origin": "*", "Vary": "Accept, Accept-Language, Cookie"}
KEPT_FOR_A_MINUTE = {"Cache-Control": "public, max-age=60"}


@dataclass(frozen=True)
class Open311Request:
    request: Request
    format: Format
    lang: str
    id: str

    @property
    def directory(self) -> Directory:
        directory: Directory = self.request.app.state.directory
        return directory

    @property
    def public_url(self) -> str:
        url: str = self.request.app.state.service.settings.public_url
        return url.rstrip("/")

    @property
    def register(self) -> Register:
        register: Register = self.request.app.state.register
        return register

    def answer(self, name: str, content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
        told = {"Content-Language": self.lang, **SEEN_BY_ALL, **(headers or KEPT_FOR_A_MINUTE)}
        return answer(self.format, name, content, status, told)


def add_to(app: FastAPI, keys: str) -> None:
    app.state.open311_keys = ApiKeys(keys)
    app.state.own_refusals = {PREFIX: _told}
    app.add_route(PREFIX + "/{resource}", _serve, METHODS, include_in_schema=False)
    app.add_route(PREFIX + "/{resource}/{id}", _serve, METHODS, include_in_schema=False)
    app.add_route(PREFIX + "/{anything:path}", _serve, METHODS, include_in_schema=False)


async def _serve(request: Request) -> Response:
    lang = language_of(request)
    *above, last = request.scope["path"].removeprefix(PREFIX + "/").split("/")
    stem, dot, ending = last.rpartition(".")
    format = format_of(request, ending if dot else "")
    place = (*above, stem if dot else last)
    try:
        if not request.app.state.service.is_started:
            raise busy()
        handlers = TABLE.get((place[0], len(place) - 1))
        if handlers is None or format is None:
            raise errors.not_found("There is nothing at this address.", "لا يوجد شيء في هذا العنوان.")
        handler = handlers.get("GET" if request.method == "HEAD" else request.method)
        if handler is None:
            raise errors.bad_request("This method is not possible here.", "هذه العملية غير متاحة هنا.")
        return await handler(Open311Request(request, format, lang, place[-1]))
    except Exception as error:
        return errors.refused(_refusal(error), format or Format.XML, lang)


def _told(request: Request, problem: Problem) -> Response:
    """Formats errors that are raised in front of the handlers: too many requests, or no database yet."""
    ending = request.url.path.rpartition("/")[2].rpartition(".")[2]
    format = Format.JSON if ending == Format.JSON else format_of(request, "") or Format.XML
    return errors.refused(errors.of_problem(problem), format, language_of(request))


def _refusal(error: Exception) -> errors.Refusal:
    match error:
        case errors.Refusal():
            return error
        case Problem():
            return errors.of_problem(error)
        case NotAnswered(wrong=wrong):
            return errors.of_answers(wrong)
        case Refused():
            return errors.of_problem(problem_of(error))
        case TooMuch():
            return errors.too_much()
    if is_transient(error):
        return errors.of_problem(busy())
    logger.error("request failed", exc_info=error)
    problem = our_fault()
    return errors.Refusal(500, [errors.ErrorText(500, problem.en, problem.ar)])


def _jurisdiction(asked: Open311Request, given: str | None) -> None:
    settings = asked.request.app.state.service.settings
    ours = settings.open311_jurisdiction
    if not ours:
        return
    if not given:
        if settings.open311_jurisdiction_required:
            raise errors.bad_request("The jurisdiction_id is missing.", "\u200fjurisdiction_id مطلوب.")
    elif given != ours:
        raise errors.not_found("There is no such jurisdiction_id.", "لا يوجد jurisdiction_id بهذا الاسم.")


def _of_query(asked: Open311Request) -> None:
    _jurisdiction(asked, asked.request.query_params.get("jurisdiction_id"))


async def discovery(asked: Open311Request) -> Response:
    settings, url = asked.request.app.state.service.settings, asked.public_url
    changed = shown.moment(asked.directory.changed_at or BEFORE_THE_FIRST)
    content = {
        "changeset": changed,
        "contact": settings.open311_contact or url,
        "key_service": settings.open311_key_service or url,
        "endpoints": [
            {
                "specification": SPECIFICATION,
                "url": url + PREFIX,
                "changeset": changed,
                "type": settings.open311_type,
                "formats": ["text/xml", "application/json"],
            }
        ],
    }
    return asked.answer("discovery", content)


async def services(asked: Open311Request) -> Response:
    _of_query(asked)
    listed = [catalogue.service(each, asked.directory, asked.lang) for each in catalogue.services(asked.directory)]
    return asked.answer("services", listed)


async def definition(asked: Open311Request) -> Response:
    _of_query(asked)
    category = catalogue.service_of(asked.directory, asked.id)
    if category is None:
        raise errors.not_found("There is no service with this service_code.", "لا توجد خدمة بهذا الرمز service_code.")
    return asked.answer("service_definition", catalogue.definition(category, asked.lang))


async def create(asked: Open311Request) -> Response:
    form = await filing.form_of(asked.request)
    _jurisdiction(asked, next(iter(form.get("jurisdiction_id", ())), None))
    receipt = await filing.file(asked.request, form, asked.lang)
    return asked.answer("service_requests", [receipt], 201, {"Cache-Control": "no-store"})


async def requests(asked: Open311Request) -> Response:
    _of_query(asked)
    references = parameters.references(asked.request)
    paging = parameters.paging(asked.request)
    if references is not None:
        records = await asked.register.of_references(references)
    else:
        wanted = parameters.register_query(asked.request, utc_now())
        records = await asked.register.page(wanted, paging.page, paging.size)
    listed = [shown.request(record, asked.directory, asked.lang, asked.public_url) for record in records]
    return asked.answer("service_requests", listed)


async def one_request(asked: Open311Request) -> Response:
    _of_query(asked)
    reference = normalised(asked.id[:40])
    records = await asked.register.of_references([reference]) if reference else []
    if not records:
        raise errors.not_found("There is no such service_request_id.", "لا يوجد طلب بهذا الرقم service_request_id.")
    return asked.answer("service_requests", [shown.request(records[0], asked.directory, asked.lang, asked.public_url)])


async def token(asked: Open311Request) -> Response:
    _of_query(asked)
    try:
        id = str(UUID(asked.id))
    except ValueError:
        id = ""
    reference = await asked.register.reference_of(id) if id else None
    if reference is None:
        raise errors.not_found("There is no such token.", "لا يوجد رمز token بهذا الاسم.")
    content = [{"service_request_id": reference, "token": id}]
    return asked.answer("service_requests", content, headers={"Cache-Control": "no-store"})


async def updates(asked: Open311Request) -> Response:
    _of_query(asked)
    references = parameters.references(asked.request)
    paging = parameters.paging(asked.request)
    now = utc_now()
    start, end = parameters.period(asked.request, now) if references is None else (BEFORE_THE_FIRST, now)
    found = await asked.register.updates(UPDATES, start, end, references, paging.page, paging.size)
    listed = [shown.update(entry, asked.directory, asked.lang) for entry in found]
    return asked.answer("service_request_updates", listed)


Handler = Callable[[Open311Request], Awaitable[Response]]

TABLE: dict[tuple[str, int], dict[str, Handler]] = {
    ("discovery", 0): {"GET": discovery},
    ("services", 0): {"GET": services},
    ("services", 1): {"GET": definition},
    ("requests", 0): {"GET": requests, "POST": create},
    ("requests", 1): {"GET": one_request},
    ("tokens", 1): {"GET": token},
    ("servicerequestupdates", 0): {"GET": updates},
}
"""Handlers by resource name and number of ids."""
