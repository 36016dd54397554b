"""`concurrent.futures.ProcessPoolExecutor`. Its chunks are of one, unless it is told."""

from concurrent.futures import ProcessPoolExecutor


class Side:
    def __init__(self, _, workers):
        self.workers = workers
        self.pool = ProcessPoolExecutor(workers)

    def run(self, function, items, chunk):
        return list(self.pool.map(function, items, chunksize=chunk or 1))

    def close(self):
        self.pool.shutdown()
