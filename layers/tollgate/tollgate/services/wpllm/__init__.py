"""What the endpoints of `wpllm` do."""
