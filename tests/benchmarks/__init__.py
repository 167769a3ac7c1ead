"""Benchmarks: programs that print figures and write them to build/bench/; no test waits for a clock."""
