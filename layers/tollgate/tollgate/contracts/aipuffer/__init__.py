"""The shapes of AI Puffer's `aipkit/v1`."""
