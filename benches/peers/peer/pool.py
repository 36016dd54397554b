"""`multiprocessing.Pool` and its twin of threads."""

import multiprocessing
from multiprocessing.pool import ThreadPool


class Side:
    def __init__(self, kind, workers):
        if kind == "threads":
            self.pool = ThreadPool(workers)
        else:
            # A process for each task: the pool starts another one after each.
            limit = 1 if kind == "fresh" else None
            self.pool = multiprocessing.Pool(workers, maxtasksperchild=limit)
        self.chunk = 1 if kind == "fresh" else None

    def run(self, function, items, chunk):
        return self.pool.map(function, items, chunksize=chunk or self.chunk)

    def close(self):
        self.pool.terminate()
        self.pool.join()
