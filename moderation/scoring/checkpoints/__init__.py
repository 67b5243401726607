"""Detoxify checkpoints: which there are, where they lie, how one is opened safely."""
