"""What a demo tells when it is up: where everything is, in lines to be pasted."""

import shlex
from pathlib import Path

from rich.console import Console

from lotse_standalone.demo.world import World
from lotse_standalone.machine.terminal import say
from lotse_standalone.stack.stack import Stack


def welcome(console: Console, stack: Stack, world: World, folder: Path) -> None:
    """Tell how to reach the stack, whose data lie in `folder` as the user named it: so it works where they are."""
    url = stack.gateway_url
    path = "/v1/system" if world.simulation is None else "/v1/signs/S1/display"
    bearer = f'"Authorization: Bearer {_content(folder / "key")}"'
    for name, what in (
        ("street network", world.place),
        ("console", f"{url}/#key={stack.key}"),
        ("API and its documentation", f"{url}/docs"),
        ("MQTT broker", "mqtt://{}:{}".format(*stack.broker)),
        ("key (admin, publisher)", stack.key),
        ("for example", f"curl -H {bearer} {url}{path}"),
        ("database", f'export LOTSE_DATABASE_DSN="{_content(folder / "dsn")}"'),
    ):
        say(console, f"{name:<28}{what}")
    if world.simulation is not None:
        say(
            console,
            "Its sensors err on purpose now and then, as real ones do: a reading sent twice (told as duplicate),",
        )
        say(console, "a broken message each minute (rejected). Nothing is wrong with Lotse then.")
    say(console, "Times are UTC (Z). Ctrl-C stops everything\n")


def _content(path: Path) -> str:
    """Give the shell's words for what a file holds, short enough for one line of a terminal."""
    return f"$(cat {shlex.quote(str(path))})"
