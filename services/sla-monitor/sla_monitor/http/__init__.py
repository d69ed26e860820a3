"""HTTP parts that every api and page of the SLA monitor shares."""
