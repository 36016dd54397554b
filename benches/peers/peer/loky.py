"""joblib with its own workers, loky."""

from joblib import Parallel, delayed


class Side:
    def __init__(self, _, workers):
        self.workers = workers
        self.parallel = Parallel(n_jobs=workers)
        self.parallel.__enter__()

    def run(self, function, items, chunk):
        self.parallel.batch_size = chunk or "auto"
        return self.parallel(delayed(function)(item) for item in items)

    def close(self):
        self.parallel.__exit__(None, None, None)
