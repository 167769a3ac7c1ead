"""How answers look, whatever they tell of: kinds of body, ETags and preconditions, pages, fields, language, faults."""
