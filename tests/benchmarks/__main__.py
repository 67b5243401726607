"""`make bench`: every benchmark of this folder."""

from tests.benchmarks import keys, reading, scoring, serving

keys.main()
reading.main()
scoring.main()
serving.main()
