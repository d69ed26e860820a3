"""Parameters and callers that endpoints and pages have in common."""

from typing import Annotated

from fastapi import Depends, Path, Query
from shared.events.model import Role
from shared.http.auth import Caller, require

FIRST_YEAR, LAST_YEAR = 2000, 2999
CACHED_BRIEFLY = {"Cache-Control": "public, max-age=2"}
"""A rush of readers costs one reading every two seconds; new events show at most that much later."""

Month = Annotated[int, Query(ge=1, le=12)]
Year = Annotated[int, Query(ge=FIRST_YEAR, le=LAST_YEAR)]
RulebookVersion = Annotated[int, Path(ge=1, le=2**31)]
OnePeriod = Annotated[
    str,
    Path(pattern=r"^2\d{3}(-(0[1-9]|1[0-2]))?$", description="a year or a month", examples=["2026", "2026-04"]),
]
OneMonth = Annotated[str, Path(pattern=r"^2\d{3}-(0[1-9]|1[0-2])$", examples=["2026-04"])]

Administrator = Annotated[Caller, Depends(require(Role.ADMINISTRATOR))]
Central = Annotated[Caller, Depends(require(Role.CENTRAL))]
Head = Annotated[Caller, Depends(require(Role.HEAD))]
Overseer = Annotated[Caller, Depends(require(Role.ADMINISTRATOR, Role.CENTRAL, Role.AUDITOR))]
