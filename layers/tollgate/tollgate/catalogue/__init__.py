"""The models that the gateway offers. `models.json` is generated: see `tollgate_cli.catalogue`."""
