"""The notifier's JSON endpoints: the inbox, what was told, and what providers call back with."""
