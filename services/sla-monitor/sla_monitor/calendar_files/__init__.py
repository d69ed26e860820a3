"""Calendars and policies as files: YAML for administrators, iCalendar for everybody."""
