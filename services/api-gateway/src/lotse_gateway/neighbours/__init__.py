"""The other two services, asked over their internal HTTP."""
