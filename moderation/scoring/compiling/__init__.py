"""From a checkpoint to a compiled folder, once for each machine; the one place that needs torch."""
