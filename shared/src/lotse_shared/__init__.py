"""The nouns, the wire, the database and the runner that Lotse's services share."""
