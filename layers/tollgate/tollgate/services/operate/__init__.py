"""What the endpoints of `operate` do."""
