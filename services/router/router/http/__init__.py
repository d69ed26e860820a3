"""HTTP that every api and page of the router shares."""
