"""Files of a form that is not submitted yet: staged under the form's key and shown with it. Works without scripts."""

import hashlib
import logging
from base64 import b64encode
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4, uuid5

from fastapi import Request
from shared.http.commands import cause_of_request, parse_key
from shared.reference.working_time import utc_now
from shared.web.catalogues import N_
from shared.web.language import language_of

from intake.attachments.commands import attach_sent, stage_uploads
from intake.attachments.model import name_as_sent
from intake.attachments.store import STORAGE_FAULTS, Attachments, StoredFile
from intake.filing.commands import BY_KEY, Receipt
from intake.http.file_problems import WHY, scanner_away
from intake.http.uploads import uploads_of
from intake.submissions.errors import ScannerAway

logger = logging.getLogger(__name__)

NOT_ALL = N_("Some files were not taken. The reasons stand below.")


@dataclass(frozen=True)
class FilePreview:
    id: str
    name: str
    size: int
    media_type: str
    preview: str
    """`preview` holds the thumbnail as a `data:` address, so that it has no address that others could open."""


@dataclass(frozen=True)
class FormFiles:
    """`refused` pairs the names of files with the reasons why they were not taken, in the reader's language."""

    staged: tuple[StoredFile, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    status: int = 200

    @property
    def errors(self) -> dict[str, str]:
        return {"files": NOT_ALL} if self.refused else {}

    @property
    def shown(self) -> list[FilePreview]:
        return [
            FilePreview(stored.id, stored.name, stored.size, stored.media_type, _preview(stored))
            for stored in self.staged
        ]


NO_FILES = FormFiles()


async def stage_posted_files(request: Request, form: dict[str, str], scope: str, room: int) -> FormFiles:
    """Stage the posted files, up to `room` in all, and remove the file that the `remove` field names.

    `scope` keeps the keys of different forms apart. Raises Problem 422 for an invalid key.
    """
    state = request.app.state
    attachments: Attachments = state.attachments
    key, now = _key(form, scope), utc_now()
    if form.get("remove"):
        await attachments.remove(key, form["remove"][:64])
    uploads = await uploads_of(request)
    if not uploads:
        return FormFiles(tuple(await attachments.staged(key)))
    there = await attachments.staged(key)
    keep_until = now + timedelta(hours=state.service.settings.staged_hours)
    known = await attachments.digests(key)
    reader = 1 if language_of(request) == "ar" else 0
    try:
        _, faults = await stage_uploads(
            uploads, room - len(there), key, attachments, state.cleaner, keep_until, now, known
        )
        refused = tuple((name_as_sent(fault.name), WHY[fault.why][reader]) for fault in faults)
        status = 422 if refused else 200
    except ScannerAway:
        problem = scanner_away()
        refused, status = (
            tuple((name_as_sent(upload.name), (problem.en, problem.ar)[reader]) for upload in uploads),
            503,
        )
    return FormFiles(tuple(await attachments.staged(key)), refused, status)


async def to_another_form(request: Request, form: dict[str, str], other: dict[str, str], scope: str) -> None:
    await request.app.state.attachments.move(_key(form, scope), _key(other, scope))


async def file_with_files(
    request: Request, shelf: FormFiles, key: str, filing: Callable[[], Coroutine[Any, Any, Receipt]]
) -> Receipt:
    """File a submission, whose id `key` determines, and attach its files.

    The files are marked with the submission's id first: if this process dies before it attaches them, the clean-up job
    does so within two minutes.
    """
    if not shelf.staged:
        return await filing()
    state, id = request.app.state, str(uuid5(BY_KEY, key))
    await state.attachments.mean_for([stored.id for stored in shelf.staged], id, utc_now(), sent_with_it=True)
    receipt = await filing()
    try:
        await attach_sent(
            shelf.staged, id, state.submissions, state.attachments, state.limits, utc_now(), cause_of_request()
        )
    except STORAGE_FAULTS as error:
        logger.warning("attaching files failed, the clean-up job will retry", extra={"error": type(error).__name__})
    return receipt


def _key(form: dict[str, str], scope: str) -> str:
    """The storage key of a form; a form without a key gets a new one."""
    key = parse_key(form.get("key") or None)
    form["key"] = str(key or uuid4())
    return hashlib.sha256(f"{scope}\0{form['key']}".encode()).hexdigest()


def _preview(stored: StoredFile) -> str:
    return f"data:image/jpeg;base64,{b64encode(stored.thumbnail).decode()}" if stored.thumbnail else ""
