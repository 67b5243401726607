"""What owners set thresholds by: exact figures of the last days, computed from the log."""
