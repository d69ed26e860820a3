"""A directory as files: YAML, CSV and GeoJSON."""
