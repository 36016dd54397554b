"""Ray on this machine. It has no chunks: a task is a task."""

import os

os.environ["RAY_DEDUP_LOGS"] = "0"
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
os.environ["PYTHONPATH"] = os.path.dirname(os.path.abspath(__file__))

import ray


class Side:
    def __init__(self, _, workers):
        ray.init(
            num_cpus=workers,
            include_dashboard=False,
            log_to_driver=False,
            object_store_memory=2 << 30,
        )

    def run(self, function, items, chunk):
        remote = ray.remote(function)
        return ray.get([remote.remote(item) for item in items])

    def close(self):
        ray.shutdown()
