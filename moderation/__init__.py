"""A self-hosted backend for comment sections; `moderation.app.create_app` wires it."""
