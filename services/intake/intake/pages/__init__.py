"""What citizens see of intake."""
