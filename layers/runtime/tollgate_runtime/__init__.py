"""A Lambda runtime loop that streams."""
