"""Reading a text before any model does: its language, its words, what its disguises hide."""
