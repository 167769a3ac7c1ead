"""`lotse-gateway` and `python -m lotse_gateway`."""

from lotse_gateway.cli import commands


def main() -> None:
    """Run the command line."""
    commands()


if __name__ == "__main__":
    main()
