"""The shapes that callers send and receive, one package a family, and the few that the rooms pass to each other."""
