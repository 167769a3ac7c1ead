"""Audit the locks and the tracked files. 0: nothing found; 1: something; 3: nothing found, but not all was audited."""

import sys

from audit.checks import Verdict, audit_console, audit_python, find_secrets, tell

CODES = {Verdict.CLEAN: 0, Verdict.FOUND: 1, Verdict.NOT_AUDITED: 3}


def main() -> int:
    """Run all checks, tell each, and give the worst verdict as an exit code."""
    results = []
    for check in (audit_python, audit_console, find_secrets):
        results.append(check())
        sys.stdout.write(tell(results[-1]))
        sys.stdout.flush()
    worst = next(verdict for verdict in (Verdict.FOUND, *Verdict) if any(each.verdict is verdict for each in results))
    return CODES[worst]


if __name__ == "__main__":
    sys.exit(main())
