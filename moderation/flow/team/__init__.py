"""The people who sign in: their accounts, passwords, second factor, sessions and invitations."""
