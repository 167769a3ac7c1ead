"""What explanations are made of, one module a language, all of one structure: `form` tells which phrases there are."""
