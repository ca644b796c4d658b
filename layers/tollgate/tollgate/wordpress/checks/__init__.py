"""What every generated file is held against before it leaves: each check is a small function over a set of files."""
