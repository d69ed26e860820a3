"""Calendars and policies as they are sent to be published, and what came of it."""

from pydantic import BaseModel, ConfigDict, Field

from sla_monitor.calendars.model import Calendar, Definition
from sla_monitor.calendars.policies import Policy
from sla_monitor.http.examples import PUBLISHED, RULEBOOK


class CalendarsAndPolicies(Definition):
    """The whole rulebook: what is not in it holds no longer for new submissions."""

    model_config = ConfigDict(json_schema_extra={"examples": [RULEBOOK]})

    calendars: tuple[Calendar, ...] = Field(max_length=200)
    policies: tuple[Policy, ...] = Field(max_length=500)
    reason: str = Field(
        min_length=3, max_length=500, pattern=r"\S", description="why: it stays in the history of rulebooks"
    )


class Published(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [PUBLISHED]})

    version: int
    changed: bool = Field(description="false: this is what held already")
    calendars: dict[str, int] = Field(description="the version of each")
    policies: dict[str, int]
    unknown_entities: list[str] = Field(default=[], description="named by a policy, not (yet) in the directory")
