"""Decisions that hold for what says the same: set, met by new comments, shown, forgotten."""
