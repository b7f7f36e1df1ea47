"""Operating system services: log file, memory, threads."""
