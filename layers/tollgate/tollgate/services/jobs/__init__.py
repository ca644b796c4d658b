"""Work that a schedule or a queue starts."""
