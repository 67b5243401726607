"""`make bench`: every benchmark of this folder."""

from tests.benchmarks import scoring, serving

scoring.main()
serving.main()
