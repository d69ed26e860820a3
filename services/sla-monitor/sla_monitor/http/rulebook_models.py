"""JSON answers about calendars and policies."""

from datetime import date, timedelta

from pydantic import BaseModel, Field
from shared.events.model import Name

from sla_monitor.calendars.days_in_lieu import proposed
from sla_monitor.calendars.model import Calendar, CalendarVersion, EarlierWeek
from sla_monitor.calendars.policies import Policy, PolicyVersion

PROPOSED_AHEAD = timedelta(days=400)


class Holiday(BaseModel):
    day: date
    name: Name


class ProposedDay(BaseModel):
    holiday: date
    name: Name
    day: date


class CalendarAnswer(Calendar):
    version: int
    public_holidays: list[Holiday] = Field(description="the days that its country's holidays come to")
    earlier: list[EarlierWeek] = Field(description="the weeks that held before `valid_from`")
    proposed_days_in_lieu: list[ProposedDay] = Field(description="they count once an administrator has decided so")

    @classmethod
    def of(cls, calendar: CalendarVersion, today: date) -> "CalendarAnswer":
        return cls(
            **dict(calendar.definition),
            version=calendar.version,
            public_holidays=[Holiday(day=day, name=name) for day, name in calendar.holidays.items()],
            earlier=list(calendar.earlier),
            proposed_days_in_lieu=[
                ProposedDay(holiday=each.holiday, name=each.name, day=each.day)
                for each in proposed(calendar, today, today + PROPOSED_AHEAD)
            ],
        )


class PolicyAnswer(Policy):
    version: int

    @classmethod
    def of(cls, policy: PolicyVersion) -> "PolicyAnswer":
        return cls(**dict(policy.definition), version=policy.version)


class CalendarList(BaseModel):
    version: int
    items: list[CalendarAnswer]
    next_cursor: str | None = None


class PolicyList(BaseModel):
    version: int
    items: list[PolicyAnswer]
    next_cursor: str | None = None
