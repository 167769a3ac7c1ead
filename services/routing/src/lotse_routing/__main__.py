"""`lotse-routing`: serve, warm; import-osm, import-links, import-graphml, export-graphml, compare; learn-profile."""

from lotse_routing.cli import app


def main() -> None:
    """Run the command line."""
    app(prog_name="lotse-routing")


if __name__ == "__main__":
    main()
