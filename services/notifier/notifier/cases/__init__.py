"""The notifier's read model of a submission."""
