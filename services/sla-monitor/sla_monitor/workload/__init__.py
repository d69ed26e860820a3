"""Shows an entity's open cases and a forecast."""
