"""Results of runs in, docs/evidence.md with its pictures and build/bench/evaluate.json out: `report.write`.

write > page > sections and pictures > findings, targets > figures > runs > words. Only write, and the pictures, do I/O.
"""
