"""What this machine gives: processes, threads, ports, signals, accounts."""
