"""What the notifier does: one function per event or command."""
