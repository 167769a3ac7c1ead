"""`lotse-ingest` and `python -m lotse_ingest`."""

from lotse_ingest.cli import commands


def main() -> None:
    """Run the command line."""
    commands()


if __name__ == "__main__":
    main()
