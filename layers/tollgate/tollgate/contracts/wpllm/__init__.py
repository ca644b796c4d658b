"""The contracts of the family `wpllm`."""
