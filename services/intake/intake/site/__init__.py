"""Pages of the site as a whole: home, privacy, the offline app."""
