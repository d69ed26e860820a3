"""The most mails a second that an SMTP server takes over kept connections. `mails PORT COUNT`."""

import asyncio
import json
import sys
import time

import uvloop
from aiosmtplib import SMTP

CONNECTIONS = 8
MAIL = (
    b"Subject: a mail\r\nFrom: no-reply@tawasul.example\r\n\r\n" + b"about as long as ours are, with two parts\r\n" * 90
)


async def main() -> None:
    port, count = (int(argument) for argument in sys.argv[1:])
    left = count

    async def send() -> None:
        nonlocal left
        async with SMTP(hostname="127.0.0.1", port=port) as client:
            while left > 0:
                left -= 1
                await client.sendmail("no-reply@tawasul.example", ["citizen@citizens.example"], MAIL)

    began = time.perf_counter()
    await asyncio.gather(*(send() for _ in range(CONNECTIONS)))
    print(json.dumps({"per_second": count / (time.perf_counter() - began)}))


if __name__ == "__main__":
    uvloop.run(main())
