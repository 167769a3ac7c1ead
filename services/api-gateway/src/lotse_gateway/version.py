"""What this is, and which version of it."""

from importlib.metadata import version

NAME = "lotse"
VERSION = version("lotse-gateway")
