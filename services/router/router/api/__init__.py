"""The router's JSON endpoints: what officials see and do, and the directory."""
