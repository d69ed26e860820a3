"""One run of an import: rows are read in order, many are under way at once, each ends in the ledger."""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tawasul.importing.conversion import BadRow, Conversion, Request
from tawasul.importing.journal import Journal, Progress
from tawasul.importing.ledger import Ledger, Outcome, Verdict
from tawasul.importing.pace import Pace
from tawasul.importing.rejects import RejectsFile
from tawasul.importing.repeats import Repeats
from tawasul.importing.rows import CsvFile, Damaged, Row
from tawasul.importing.sender import Sender

WINDOW = 2_000
"""How many rows reading may be ahead of the first undecided one: the most that a resumed run sends again."""
SAVED_EVERY_SECONDS = 1.0
GRACE_SECONDS = 5.0
"""For what is under way when the run is told to stop."""
ROWS_BETWEEN_BREATHS = 200
"""Rows read in one go before anything else gets its turn."""


@dataclass
class Run:
    """`run` returns when all rows are decided, `limit` of them, or `stop` is set; what it did is in `progress`."""

    file: CsvFile
    conversion: Conversion
    sender: Sender
    pace: Pace
    progress: Progress
    journal: Journal
    rejects: RejectsFile
    in_flight: int
    limit: int | None = None
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.progress.sums, self.rejects)
        self.began_at = self.progress.sums.rows
        self.rows_read = 0
        self.at_end = False
        self._damage: Damaged | None = None
        self._repeats = Repeats()
        self._turn = asyncio.Lock()
        self._rows: Iterator[Row] = self.file.rows()

    async def run(self) -> None:
        """Raises CannotImport, Damaged or OSError; the journal is saved whatever happens."""
        self._save()
        saving = asyncio.create_task(self._keep_saving())
        try:
            await self._pass_over_decided_rows()
            await self._send_all()
        finally:
            saving.cancel()
            self.progress.finished = self.at_end and self.progress.sums.rows == self.rows_read
            self._save()
            self._repeats.close()
        if self._damage:
            raise self._damage

    async def _pass_over_decided_rows(self) -> None:
        """An earlier run decided these; only their keys are needed, to know repetitions that follow."""
        while self.rows_read < self.began_at and not self.stop.is_set():
            row = await self._read()
            if row is None:
                return
            with contextlib.suppress(BadRow):
                self._repeats.note(self.conversion.request(row))

    async def _send_all(self) -> None:
        senders = [asyncio.create_task(self._send()) for _ in range(self.in_flight)]
        grace = asyncio.create_task(self._grace_after_stop())
        ended = asyncio.gather(*senders)
        either: set[asyncio.Future[Any]] = {ended, grace}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if ended.done():
                ended.result()
        finally:
            for task in (*senders, grace):
                task.cancel()
            await asyncio.gather(*senders, grace, return_exceptions=True)

    async def _grace_after_stop(self) -> None:
        await self.stop.wait()
        await asyncio.sleep(GRACE_SECONDS)

    async def _send(self) -> None:
        while (next_ := await self._next()) is not None:
            request, repeats_line = next_
            verdict = await self.sender.file(request, self.progress.began)
            if repeats_line is not None and verdict.outcome in (Outcome.ACCEPTED, Outcome.REPEATED):
                verdict = Verdict(Outcome.REPEATED, repeats_line=repeats_line)
            self.ledger.settle(request.row, verdict)

    async def _next(self) -> tuple[Request, int | None] | None:
        """The next row to send, when it is due, with the line that it repeats; None when there is no more."""
        async with self._turn:
            while not self.stop.is_set() and not self._has_enough():
                await self._until_within_window()
                row = await self._read()
                if row is None:
                    return None
                try:
                    request = self.conversion.request(row)
                except BadRow as fault:
                    self.ledger.settle(row, Verdict(Outcome.REJECTED, str(fault)))
                    continue
                earlier = self._repeats.note(request)
                if earlier is not None and not earlier.is_same:
                    reason = f"same key, other content: line {earlier.line} has it already"
                    self.ledger.settle(row, Verdict(Outcome.REJECTED, reason))
                    continue
                if await self._until_due(request):
                    return request, earlier.line if earlier else None
        return None

    def _has_enough(self) -> bool:
        return self.limit is not None and self.rows_read >= self.began_at + self.limit

    async def _read(self) -> Row | None:
        if self._damage:
            return None
        try:
            row = next(self._rows, None)
        except Damaged as damage:
            self._damage = damage  # told when the rows before it are decided
            return None
        if row is None:
            self.at_end = True
            return None
        self.rows_read += 1
        if self.rows_read % ROWS_BETWEEN_BREATHS == 0:
            await asyncio.sleep(0)
        return row

    async def _until_within_window(self) -> None:
        while self.rows_read - self.ledger.sums.rows >= WINDOW:
            self.ledger.moved.clear()
            await self.ledger.moved.wait()

    async def _until_due(self, request: Request) -> bool:
        """False when the run is stopped meanwhile: the row stays for the next one."""
        now = asyncio.get_running_loop().time()
        seconds = self.pace.due(request.at, now) - now
        if seconds <= 0:
            return True
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.stop.wait(), seconds)
        return not self.stop.is_set()

    async def _keep_saving(self) -> None:
        while True:
            await asyncio.sleep(SAVED_EVERY_SECONDS)
            self._save()

    def _save(self) -> None:
        """The rejects first: the journal must not count what is not written."""
        self.progress.rejects_length = self.rejects.save()
        self.journal.save(self.progress)
