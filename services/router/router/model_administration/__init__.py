"""The classifier's models as administrators see and change them."""
