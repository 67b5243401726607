"""`make bench`: every benchmark of this folder."""

from tests.benchmarks import reading, scoring, serving

reading.main()
scoring.main()
serving.main()
