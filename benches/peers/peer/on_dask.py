"""dask.distributed with worker processes of one thread each. It has no chunks: a task is a task."""

import dask
from distributed import Client, LocalCluster


class Side:
    def __init__(self, _, workers):
        dask.config.set({"logging.distributed": "critical"})
        self.cluster = LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
        )
        self.client = Client(self.cluster)

    def run(self, function, items, chunk):
        # Else equal arguments are taken for the same task, and done once.
        futures = self.client.map(function, list(items), pure=False)
        return self.client.gather(futures)

    def close(self):
        self.client.close()
        self.cluster.close()
