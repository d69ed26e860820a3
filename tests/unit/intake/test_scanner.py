"""ClamAV's INSTREAM, against a daemon written by hand; and what happens when it is not there."""

import io

import pytest
from intake.media.malware_scanner import CHUNK, ClamAV, Unscanned, scanner_at
from intake.submissions.errors import ScannerAway

from tests.support.clamd import INFECTED, clamd
from tests.support.files import EICAR_LIKE


async def test_a_clean_file_is_sent_whole_and_called_clean() -> None:
    content = b"clean" * CHUNK
    async with clamd() as daemon:
        assert await ClamAV(daemon.address).is_clean(io.BytesIO(content))
        assert daemon.scanned == [content]


async def test_an_infected_file_is_not() -> None:
    async with clamd() as daemon:
        assert not await ClamAV(daemon.address).is_clean(io.BytesIO(EICAR_LIKE))
        assert INFECTED in EICAR_LIKE


@pytest.mark.parametrize("reply", [b"INSTREAM size limit exceeded. ERROR\0", b"", b"nonsense\0", b"x" * 10_000])
async def test_any_other_answer_is_none(reply: bytes) -> None:
    async with clamd(reply) as daemon:
        with pytest.raises(ScannerAway):
            await ClamAV(daemon.address).is_clean(io.BytesIO(b"clean"))


async def test_nobody_there_is_no_answer() -> None:
    async with clamd() as daemon:
        address = daemon.address
    with pytest.raises(ScannerAway):
        await ClamAV(address).is_clean(io.BytesIO(b"clean"))


async def test_a_scanner_that_hangs_is_not_waited_for_for_ever() -> None:
    async with clamd(reply=None) as daemon:
        with pytest.raises(ScannerAway):
            await ClamAV(daemon.address, patience=0.1).is_clean(io.BytesIO(b"clean"))


async def test_scanning_is_off_by_default() -> None:
    assert isinstance(scanner_at(""), Unscanned)
    assert isinstance(scanner_at("scanner:3310"), ClamAV)
    assert await scanner_at("").is_clean(io.BytesIO(EICAR_LIKE))
