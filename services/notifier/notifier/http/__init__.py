"""HTTP that every api and page of the notifier shares."""
