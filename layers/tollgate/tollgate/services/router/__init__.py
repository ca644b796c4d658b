"""What the endpoints of `router` do."""
