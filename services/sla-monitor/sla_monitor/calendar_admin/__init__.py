"""Changes calendars and policies: forms, previews, publication and their pages."""
