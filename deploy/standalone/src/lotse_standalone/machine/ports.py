"""Free ports on loopback."""

import socket
from collections.abc import Mapping

from lotse_standalone.machine.problems import StandaloneError

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """Give a TCP port on loopback that nobody uses at this moment."""
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        port: int = listener.getsockname()[1]
        return port


def refuse_equal(ports: Mapping[str, int | None]) -> None:
    """Refuse one port for two servers; `ports` are those asked for, by option.

    Raises
    ------
    StandaloneError
        Two are the same; names their options.
    """
    options: dict[int, str] = {}
    for option, port in ports.items():
        if port is not None and options.setdefault(port, option) != option:
            message = f"{options[port]} and {option} are both {port}: give each a port of its own"
            raise StandaloneError(message)


def claim_port(port: int | None, option: str) -> int:
    """Give the port asked for, or a free one when none was.

    Raises
    ------
    StandaloneError
        The port is in use; names the option that changes it.
    """
    if port is None:
        return free_port()
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
        except OSError as error:
            message = f"port {port} on {LOOPBACK} cannot be used ({error.strerror}): choose another with {option}"
            raise StandaloneError(message) from error
    return port
