"""What the gateway says about itself: generated, see `tollgate_cli.generate`."""
