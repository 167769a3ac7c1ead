"""The reference sign: what a sign does with what it hears."""
