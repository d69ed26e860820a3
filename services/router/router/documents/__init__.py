"""A directory as files: YAML for all of it or one list, CSV for one list, GeoJSON for the areas.

What is written is read back exactly; what cannot be read is refused whole, with the lines and the reasons.
"""
