"""How good Lotse's figures are: each module is run by hand and prints what it measured."""
