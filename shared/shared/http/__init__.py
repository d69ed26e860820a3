"""HTTP that every service shares: sign-in, refusals, commands, limits."""
