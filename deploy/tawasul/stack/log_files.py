"""The components' log files: kept short, and shown with the name of who wrote each line."""

import asyncio
import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

LONGEST = 20_000_000
"""Bytes; then the file becomes `<name>.log.1` and starts anew."""


async def keep_short(folder: Path, every: float = 5.0) -> None:
    while True:
        await asyncio.sleep(every)
        await asyncio.to_thread(rotate_long, folder)


def rotate_long(folder: Path, longest: int = LONGEST) -> None:
    for log in folder.glob("*.log"):
        if log.stat().st_size > longest:
            rotate(log)


def rotate(log: Path) -> None:
    # Copied and emptied, not renamed: its writer holds it open for appending and goes on at the new end.
    shutil.copyfile(log, log.with_suffix(".log.1"))
    log.write_bytes(b"")


def lines(logs: Sequence[Path], last: int, follow: bool) -> Iterator[str]:
    """The last lines of each file, then (to follow) every new one, each with the name of its component."""
    places: dict[Path, int] = {}
    width = max((len(log.stem) for log in logs), default=0)
    for log in logs:
        written = log.read_text(errors="replace") if log.exists() else ""
        places[log] = len(written.encode())
        yield from (f"{log.stem:{width}} | {line}" for line in written.splitlines()[-last:])
    while follow:
        time.sleep(0.3)
        for log in logs:
            new, places[log] = _news(log, places[log])
            yield from (f"{log.stem:{width}} | {line}" for line in new)


def _news(log: Path, place: int) -> tuple[list[str], int]:
    if not log.exists():
        return [], 0
    if log.stat().st_size < place:
        place = 0  # rotated meanwhile
    with log.open("rb") as opened:
        opened.seek(place)
        written = opened.read()
    whole = written[: written.rfind(b"\n") + 1]
    return whole.decode(errors="replace").splitlines(), place + len(whole)
