"""`make bench`: how long things take, as ratios within one run; written to docs/performance.md."""
