"""`make audit`: known vulnerabilities of what we depend on, and secrets that do not belong into a repository."""
