"""`make bench`: every benchmark of this folder."""

from tests.benchmarks import reading, serving

reading.main()
serving.main()
