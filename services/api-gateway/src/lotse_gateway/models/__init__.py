"""Bodies of the public API: what is checked on the way in and described on the way out."""
