"""What is derived is current."""

from tollgate_cli.generate import outdated


def test_generated_files_are_what_they_would_be_now() -> None:
    assert outdated() == [], "run `make generate`, and commit what it writes"
