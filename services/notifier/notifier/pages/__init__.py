"""What people see of the notifier."""
