"""`make bench`: every benchmark of this folder."""

from tests.benchmarks import embedding, keys, numbers, queue, reading, scoring, serving, threads

embedding.main()
keys.main()
numbers.main()
queue.main()
reading.main()
scoring.main()
serving.main()
threads.main()
