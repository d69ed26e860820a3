"""Checks calendars and policies before they are published, and reports all faults at once."""

from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations, pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shared.events.model import Kind

from sla_monitor.access.errors import Refusal
from sla_monitor.calendars.model import Calendar, DaysInLieu, SpecialHours, Week, seconds_of
from sla_monitor.calendars.policies import BESIDE, OFFICES, Policy, Step, Target, parse_duration

LONGEST_CLOSURE_DAYS = 366
BEGINNING_OF_TIME = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Fault:
    field: str
    code: str
    en: str
    ar: str


class RulebookRefused(Refusal):
    """Nothing was published; `faults` lists every reason."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(", ".join(f"{fault.field}: {fault.code}" for fault in faults))
        self.faults = list(faults)


def faults(
    calendars: Sequence[Calendar],
    policies: Sequence[Policy],
    countries: Container[str],
    worked_by: Mapping[str, str],
    earlier: Sequence[Policy] = (),
) -> list[Fault]:
    """Return all faults. `countries`: those whose holidays are known; `worked_by`: the calendar of each entity of the
    directory; `earlier`: earlier versions of these policies that stay in force for older cases, each with its end."""
    found = [*_doubles("calendars", [c.id for c in calendars]), *_doubles("policies", [p.id for p in policies])]
    for calendar in calendars:
        found += _calendar_faults(calendar, countries)
    if sum(calendar.default for calendar in calendars) != 1:
        found.append(
            Fault("calendars", "default", "Exactly one calendar is the default.", "تقويم واحد فقط هو الافتراضي.")
        )
    known = {calendar.id for calendar in calendars}
    for policy in policies:
        found += _policy_faults(policy, known)
    for entity, id in worked_by.items():
        if id not in known:
            en = f"The calendar {id} is missing, by which {entity} works."
            found.append(Fault("calendars", "unknown", en, f"ينقص التقويم {id} الذي تعمل به {entity}."))
    ever = [*earlier, *policies]
    return [*found, *_coverage_faults(ever), *_triage_faults(policies, ever), *_ambiguities(ever)]


def _doubles(field: str, ids: Sequence[str]) -> Iterator[Fault]:
    for id, count in Counter(ids).items():
        if count > 1:
            yield Fault(f"{field}.{id}", "double", "This id is there twice.", "هذا المعرّف مكرر.")


def _calendar_faults(calendar: Calendar, countries: Container[str]) -> Iterator[Fault]:
    field = f"calendars.{calendar.id}"
    try:
        ZoneInfo(calendar.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield Fault(f"{field}.zone", "zone", "There is no such time zone.", "لا توجد منطقة زمنية بهذا الاسم.")
    if calendar.holidays is not None and calendar.holidays not in countries:
        yield Fault(
            f"{field}.holidays", "country", "The holidays of this country are not known.", "عطل هذا البلد غير معروفة."
        )
    if not any(calendar.week.days):
        yield Fault(f"{field}.week", "never_open", "The week has no opening at all.", "لا يوجد أي دوام في الأسبوع.")
    yield from _shift_faults(f"{field}.week", calendar.week)
    for number, special in enumerate(calendar.special):
        yield from _special_faults(f"{field}.special.{number}", special)
    if calendar.in_lieu is not None:
        yield from _lieu_faults(f"{field}.in_lieu", calendar.in_lieu, calendar.holidays)


def _lieu_faults(field: str, rule: DaysInLieu, holidays: str | None) -> Iterator[Fault]:
    if holidays is None:
        yield Fault(field, "missing", "There are no holidays to make up for.", "لا توجد عطل ليُعوَّض عنها.")
    if any(count > 1 for count in Counter(rule.weekdays).values()):
        yield Fault(f"{field}.weekdays", "double", "A weekday is there twice.", "أحد أيام الأسبوع مكرر.")
    if any(count > 1 for count in Counter(each.holiday for each in rule.decided).values()):
        yield Fault(f"{field}.decided", "double", "A holiday is decided twice.", "تقرّر أمر إحدى العطل مرتين.")
    given = Counter(each.day for each in rule.decided if each.day is not None)
    if any(count > 1 for count in given.values()):
        yield Fault(f"{field}.decided", "same_day", "A day makes up for two holidays.", "يوم واحد يعوّض عن عطلتين.")


def _shift_faults(field: str, week: Week) -> Iterator[Fault]:
    for name, shifts in zip(Week.model_fields, seconds_of(week), strict=True):
        if any(closes <= opens for opens, closes in shifts):
            yield Fault(
                f"{field}.{name}", "backwards", "A shift ends before it begins.", "تنتهي إحدى الفترات قبل أن تبدأ."
            )
        elif any(earlier[1] > later[0] for earlier, later in pairwise(shifts)):
            yield Fault(f"{field}.{name}", "overlap", "Shifts of one day overlap.", "تتداخل فترات اليوم الواحد.")


def _special_faults(field: str, special: SpecialHours) -> Iterator[Fault]:
    if special.last < special.first:
        yield Fault(field, "backwards", "The range ends before it begins.", "تنتهي المدة قبل أن تبدأ.")
    is_closure = special.week is None or not any(special.week.days)
    if is_closure and (special.last - special.first).days > LONGEST_CLOSURE_DAYS:
        yield Fault(field, "never_open", "A closure of more than a year.", "إغلاق لأكثر من سنة.")
    if special.week is not None:
        yield from _shift_faults(f"{field}.week", special.week)


def _policy_faults(policy: Policy, calendars: Container[str]) -> Iterator[Fault]:
    field = f"policies.{policy.id}"
    if policy.calendar is not None and policy.calendar not in calendars:
        yield Fault(f"{field}.calendar", "unknown", "There is no such calendar.", "لا يوجد تقويم بهذا المعرّف.")
    if policy.waiting_limit is not None and not parse_duration(policy.waiting_limit):
        yield Fault(f"{field}.waiting_limit", "zero", "Waiting ends at once.", "ينتهي الانتظار فورًا.")
    if policy.remind_after is not None:
        yield from _reminder_faults(f"{field}.remind_after", policy)
    if policy.interim_extension is not None and not parse_duration(policy.interim_extension):
        yield Fault(f"{field}.interim_extension", "zero", "It extends by nothing.", "التمديد صفر.")
    if isinstance(policy.after_reopening, Target):
        yield from _target_faults(f"{field}.after_reopening", policy.after_reopening)
    if policy.valid_from and policy.valid_until and policy.valid_until <= policy.valid_from:
        yield Fault(f"{field}.valid_until", "backwards", "It ends before it begins.", "تنتهي الصلاحية قبل أن تبدأ.")
    if "triage" in policy.targets and policy.entity is None:
        yield Fault(f"{field}.entity", "missing", "Triage belongs to one entity.", "الفرز يخص جهة واحدة.")
    if "answer" not in policy.targets and not policy.targets.keys().isdisjoint(BESIDE):
        en = "Acknowledging, news and resolving are targets beside an answer."
        yield Fault(f"{field}.targets", "alone", en, "مهل الاستلام والمستجدات والحل تكون إلى جانب مهلة الرد.")
    yield from _ladder_faults(f"{field}.ladder", policy.ladder or ())
    for name, target in policy.targets.items():
        yield from _target_faults(f"{field}.targets.{name}", target)


def _reminder_faults(field: str, policy: Policy) -> Iterator[Fault]:
    after, limit = parse_duration(policy.remind_after or "0s"), parse_duration(policy.waiting_limit or "0s")
    if not timedelta() < after < limit:
        en = "A reminder comes after the question and before the waiting ends."
        yield Fault(field, "outside", en, "يأتي التذكير بعد السؤال وقبل انتهاء الانتظار.")


def _ladder_faults(field: str, ladder: Sequence[Step]) -> Iterator[Fault]:
    heights = [(OFFICES.index(step.to), parse_duration(step.after)) for step in ladder]
    if any(later[0] <= earlier[0] or later[1] < earlier[1] for earlier, later in pairwise(heights)):
        yield Fault(
            field,
            "down",
            "The ladder goes down: each rung is higher than the one before, and not sooner.",
            "السلّم ينزل: كل درجة أعلى من سابقتها ولا تسبقها.",
        )


def _target_faults(field: str, target: Target) -> Iterator[Fault]:
    if (target.working is None) == (target.days is None):
        yield Fault(
            field, "either", "Give working time or calendar days, one of the two.", "حدّد وقت العمل أو الأيام، أحدهما."
        )
    elif target.span.total_seconds() <= 0:
        yield Fault(field, "zero", "The target is zero.", "المهلة صفر.")
    if any(not 0 < share < 1 for share in target.warn_at):
        yield Fault(f"{field}.warn_at", "share", "A warning is at a share between 0 and 1.", "نسبة التنبيه بين ٠ و١.")
    if any(later <= earlier for earlier, later in pairwise(target.warn_at)):
        yield Fault(f"{field}.warn_at", "order", "Warnings go up.", "نسب التنبيه تصاعدية.")


def _coverage_faults(policies: Sequence[Policy]) -> Iterator[Fault]:
    """Check that every case finds a policy, whatever its entity, category and priority, and whenever it began."""
    general = [policy for policy in policies if "answer" in policy.targets and not any(policy.conditions[:3])]
    for kind in Kind:
        if not _hold_always([policy for policy in general if policy.kind in (None, kind)]):
            yield Fault(
                "policies", "coverage", f"No policy for every {kind.value}.", "لا توجد سياسة عامة لأحد أنواع الطلبات."
            )


def _triage_faults(policies: Sequence[Policy], ever: Sequence[Policy]) -> Iterator[Fault]:
    if len({policy.entity for policy in policies if "triage" in policy.targets}) > 1:
        yield Fault("policies", "triage", "Triage belongs to one entity.", "الفرز يخص جهة واحدة.")
    if not _hold_always([each for each in ever if "triage" in each.targets and not any(each.conditions[1:])]):
        yield Fault("policies", "triage", "No triage policy for every case.", "لا توجد سياسة فرز عامة.")


def _hold_always(policies: Sequence[Policy]) -> bool:
    """The set of policies in force changes only at a moment where one of them begins or ends."""
    edges = {edge for policy in policies for edge in (policy.valid_from, policy.valid_until) if edge is not None}
    return all(any(policy.is_valid(moment) for policy in policies) for moment in (BEGINNING_OF_TIME, *edges))


def _ambiguities(policies: Sequence[Policy]) -> Iterator[Fault]:
    for one, other in combinations(policies, 2):
        if one.conditions != other.conditions or not one.targets.keys() & other.targets.keys():
            continue
        apart = (one.valid_until and other.valid_from and one.valid_until <= other.valid_from) or (
            other.valid_until and one.valid_from and other.valid_until <= one.valid_from
        )
        if one.id != other.id and not apart:
            yield Fault(
                f"policies.{other.id}",
                "ambiguous",
                f"It has the same conditions as {one.id} at the same time.",
                "لها شروط سياسة أخرى نفسها في الوقت نفسه.",
            )
