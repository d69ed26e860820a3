"""Puts an import together: everything is checked before the first row is sent."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from tawasul.importing.bearer import Bearer
from tawasul.importing.conversion import Conversion
from tawasul.importing.journal import Journal, Progress, Subject, resumable
from tawasul.importing.mapping import load_mapping
from tawasul.importing.pace import Pace
from tawasul.importing.refusal import CannotImport
from tawasul.importing.rejects import RejectsFile
from tawasul.importing.rows import CsvFile
from tawasul.importing.run import Run
from tawasul.importing.sender import REQUEST_SECONDS, Sender


@dataclass(frozen=True)
class Order:
    """The options of an import: what, where to, and how; `state` is the folder of the journals."""

    file: Path
    mapping: Path
    url: str
    bearer: Bearer
    pace: Pace
    state: Path
    rejects: Path | None = None
    resume: bool = True
    limit: int | None = None
    in_flight: int = 64
    patience: float = 300


@contextlib.asynccontextmanager
async def opened(order: Order) -> AsyncIterator[Run]:
    """Raises CannotImport."""
    mapping = load_mapping(order.mapping)
    if order.pace.needs_times and mapping.time is None:
        raise CannotImport(f"the mapping {order.mapping} names no time column to replay by")
    if order.rejects is not None and order.rejects.resolve() in (order.file.resolve(), order.mapping.resolve()):
        raise CannotImport("--rejects would overwrite what is imported")
    await order.bearer.renew()
    async with contextlib.AsyncExitStack() as opening:
        file = opening.enter_context(contextlib.closing(CsvFile(order.file, mapping.file, mapping.columns())))
        journal = opening.enter_context(contextlib.closing(Journal(order.state, order.file, order.url)))
        subject = Subject.of(order.file, mapping, order.url, order.bearer.account)
        earlier = resumable(journal.read(), subject, order.rejects) if order.resume else None
        http = await opening.enter_async_context(_client(order.in_flight))
        sender = Sender(http, order.url, order.bearer, order.patience)
        progress = earlier or Progress(
            subject=subject,
            began=await sender.time_of_service(),
            rejects=(order.rejects or journal.default_rejects).resolve(),
        )
        rejects = RejectsFile(progress.rejects, mapping.file, file.columns, progress.rejects_length)
        opening.enter_context(contextlib.closing(rejects))
        yield Run(
            file=file,
            conversion=Conversion(mapping, file.columns),
            sender=sender,
            pace=order.pace,
            progress=progress,
            journal=journal,
            rejects=rejects,
            in_flight=order.in_flight,
            limit=order.limit,
        )


def _client(in_flight: int) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=in_flight),
        timeout=aiohttp.ClientTimeout(total=REQUEST_SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),
    )
