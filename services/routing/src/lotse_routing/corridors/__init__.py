"""Corridors that operators register: resolved to links, checked, and told when a network breaks one."""
