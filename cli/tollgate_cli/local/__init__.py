"""The whole gateway in one process, wired by template.yaml."""
