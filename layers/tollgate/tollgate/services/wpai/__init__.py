"""WordPress's `wp-ai/v1`."""
