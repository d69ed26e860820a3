"""What the notifier decides with: cases, the table of who is told of what, notifications. Pure."""
