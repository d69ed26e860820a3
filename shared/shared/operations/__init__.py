"""How a process runs and is watched: server, workers, health, logs, metrics, traces."""
