"""Caches every published rulebook in this process; renewed about once a second."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence

from sla_monitor.calendars.model import CalendarVersion
from sla_monitor.calendars.policies import PolicyVersion
from sla_monitor.calendars.rulebook import Rulebook, Rules

LOOKED_FOR_EVERY_SECONDS = 1.0

ReadAfter = Callable[[int], Awaitable[Sequence[Rulebook]]]
"""Reads the rulebooks after a version, in order."""


class Rulebooks:
    """Earlier rulebooks are kept, because they apply to runs that ended under them; equal calendars and policies are
    stored once."""

    def __init__(self, read_after: ReadAfter) -> None:
        self._read_after = read_after
        self._by_version: dict[int, Rulebook] = {}
        self._rules: Rules | None = None
        self._calendars: dict[tuple[str, int], CalendarVersion] = {}
        self._policies: dict[tuple[str, int], PolicyVersion] = {}
        self._news = asyncio.Event()

    @property
    def newest(self) -> Rulebook | None:
        return self._by_version[max(self._by_version)] if self._by_version else None

    @property
    def rules(self) -> Rules | None:
        """None until the first rulebook is known."""
        if self._rules is None and self._by_version:
            self._rules = Rules([rulebook for _, rulebook in sorted(self._by_version.items())])
        return self._rules

    def get(self, version: int) -> Rulebook | None:
        return self._by_version.get(version)

    def calendar_versions(self) -> dict[str, CalendarVersion]:
        """Return the newest version of every calendar that was ever published."""
        return {id: calendar for (id, _), calendar in sorted(self._calendars.items(), key=lambda item: item[0])}

    def policy_versions(self) -> dict[str, PolicyVersion]:
        return {id: policy for (id, _), policy in sorted(self._policies.items(), key=lambda item: item[0])}

    async def renew(self) -> None:
        newest = self.newest
        for rulebook in await self._read_after(newest.version if newest else 0):
            self.add(rulebook)

    def add(self, rulebook: Rulebook) -> None:
        calendars = tuple(self._calendars.setdefault((c.id, c.version), c) for c in rulebook.calendars)
        policies = tuple(self._policies.setdefault((p.id, p.version), p) for p in rulebook.policies)
        shared = rulebook.model_copy(update={"calendars": calendars, "policies": policies})
        self._by_version[rulebook.version] = shared
        self._rules = None
        self._news.set()

    async def news(self, seconds: float) -> None:
        """Wait for a new rulebook, at most `seconds`. For one waiting task only."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()
        self._news.clear()

    async def run(self) -> None:
        while True:
            await self.renew()
            await asyncio.sleep(LOOKED_FOR_EVERY_SECONDS)
