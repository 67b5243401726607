"""`make bench`: every benchmark of this folder."""

from tests.benchmarks import serving

serving.main()
