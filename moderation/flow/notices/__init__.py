"""Telling moderators and owners in time: by mail and by webhook."""
