"""`make bench-routing`: all weights new, then 200 detours; Lotse's core beside the routers that others use."""
