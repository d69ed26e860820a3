"""The services' own comparison of what they have of one another, at the end of a run."""

from collections.abc import Iterator, Mapping

import httpx2
from tawasul.reconcile import Operations, Reconciliation, Refused

from tests.faults.checks import Difference

PATIENCE_SECONDS = 180.0


class SignedIn:
    """The same headers for every person."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = headers

    async def headers(self, subject: str) -> Mapping[str, str]:
        return self._headers


async def reconciled(urls: Mapping[str, str], headers: Mapping[str, str]) -> Reconciliation:
    """As operations would ask for it. Raises Refused."""
    async with httpx2.AsyncClient(timeout=30) as http:
        return await Operations(http, SignedIn(headers), urls).reconcile(PATIENCE_SECONDS)


def differences_of(found: Reconciliation | Refused) -> Iterator[Difference]:
    sort = "between the services"
    if isinstance(found, Refused):
        yield Difference(sort, "not compared", str(found))
        return
    for service, of_service in found.differences.items():
        for each in of_service:
            number = "" if each["sequence"] is None else f" {each['sequence']}"
            what = f"{service} lacks {each['kind']}{number} of {each['topic']}: {each.get('cause', 'not known why')}"
            yield Difference(sort, each["submission"], what)
    if not found.is_green:
        yield Difference(sort, "in all" if found.is_whole else "not all compared", found.sums)
