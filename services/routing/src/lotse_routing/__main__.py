"""`lotse-routing`: serve, warm; import-…, export-graphml, compare; learn-profile; replay; roadworks."""

from lotse_routing.cli import app


def main() -> None:
    """Run the command line."""
    app(prog_name="lotse-routing")


if __name__ == "__main__":
    main()
