"""The shapes of WordPress's `wp-ai/v1`."""
