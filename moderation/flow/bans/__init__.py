"""Bans: what a banned email, domain, address range or word sends is held. Every act is logged."""
