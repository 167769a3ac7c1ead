"""Entries of the commands: Ctrl-C is heard, without a word, also while all that they need is still being loaded."""

import os
import signal
import sys

INTERRUPTED = 128 + signal.SIGINT


def demo() -> None:
    """Run `lotse-demo`."""
    _leave_at_ctrl_c()
    from lotse_standalone.demo.demo import main  # noqa: PLC0415 - a good part of a second, to be interruptible

    _hear_ctrl_c()
    main()


def sign() -> None:
    """Run `lotse-sign`."""
    _leave_at_ctrl_c()
    from lotse_standalone.signs.program import main  # noqa: PLC0415 - as above

    _hear_ctrl_c()
    main()


def simulate() -> None:
    """Run `lotse-simulate`."""
    _leave_at_ctrl_c()
    from lotse_standalone.simulation.program import main  # noqa: PLC0415 - as above

    _hear_ctrl_c()
    main()


def replay() -> None:
    """Run `lotse-replay`."""
    _leave_at_ctrl_c()
    from lotse_standalone.replay.period import is_of_a_period, replay_period  # noqa: PLC0415 - as above

    if is_of_a_period(sys.argv[1:]):
        _hear_ctrl_c()
        sys.exit(replay_period(sys.argv[1:]))
    from lotse_standalone.replay.replay import main  # noqa: PLC0415 - as above

    _hear_ctrl_c()
    main()


def _leave_at_ctrl_c() -> None:
    """Nothing was started yet; an exception in the middle of an import might be taken for one of the import."""
    signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))


def _hear_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
