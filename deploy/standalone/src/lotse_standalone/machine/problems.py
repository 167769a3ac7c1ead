"""What can go wrong on somebody's machine, each with one line that says what to do next."""


class StandaloneError(RuntimeError):
    """A start-up problem whose message is one clear line: what is wrong, and what to do."""
