"""Requests to addresses that somebody typed: where they may go, and sending one."""
