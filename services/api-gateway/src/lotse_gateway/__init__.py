"""The only public HTTP: what the control centre, the signs and the operators talk to."""
