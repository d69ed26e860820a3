"""HTTP that every api and page of intake shares."""
