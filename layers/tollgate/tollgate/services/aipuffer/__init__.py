"""AI Puffer's `aipkit/v1`."""
