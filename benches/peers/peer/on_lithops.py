"""Lithops for Python on this machine, as installed and as its documentation tunes it.

`version` 2 (the default of Lithops) starts an interpreter for each call, 1 one for each job, which
forks. Tuned: results are looked for more often, and a worker takes many calls.
"""

import os
import sys

import lithops
import task

#: Seconds between two looks for results: over files, and over S3.
POLL, POLL_S3 = 0.02, 0.5


class Side:
    def __init__(self, settings, workers):
        self.tuned = settings.get("tuned", False)
        self.workers = workers
        storage = "minio" if settings.get("s3") else "localhost"
        config = {
            "lithops": {"backend": "localhost", "storage": storage, "log_level": None},
            "localhost": {
                "version": settings["version"],
                "runtime": sys.executable,
                "worker_processes": workers,
            },
        }
        if settings.get("s3"):
            config["minio"] = {
                "endpoint": os.environ["AWS_ENDPOINT_URL_S3"],
                "access_key_id": os.environ["AWS_ACCESS_KEY_ID"],
                "secret_access_key": os.environ["AWS_SECRET_ACCESS_KEY"],
                "storage_bucket": os.environ["PEERS_BUCKET"],
            }
        if self.tuned:
            poll = POLL_S3 if settings.get("s3") else POLL
            config["lithops"]["monitoring_interval"] = poll
        self.executor = lithops.FunctionExecutor(config=config, log_level=None)

    def chunk(self, items):
        return max(1, len(items) // self.workers) if self.tuned else None

    def run(self, function, items, chunk):
        # A tuple would be taken for several arguments.
        items = [{"item": item} for item in items]
        futures = self.executor.map(
            lambda item: function(item), items, chunksize=chunk or self.chunk(items)
        )
        results = self.executor.get_result(futures, show_progressbar=False)
        if len(results) != len(items):
            raise ValueError(f"{len(results)} results of {len(items)} calls")
        return results

    def run_retrying(self, function, items, chunk):
        retrying = lithops.RetryingFunctionExecutor(self.executor)
        items = [{"item": item} for item in items]
        futures = retrying.map(lambda item: function(item), items, retries=3)
        done, _ = retrying.wait(futures, throw_except=False, show_progressbar=False)
        return [future.result() for future in futures]

    def reduce(self, tasks, size):
        tasks, size = int(tasks), int(size)
        futures = self.executor.map_reduce(
            task.make_bytes, [size] * tasks, lambda results: sum(map(len, results))
        )
        return self.executor.get_result(futures, show_progressbar=False)

    def words(self, path, part):
        """By its own division of objects, which gives each call a stream."""

        def count(obj):
            return len(obj.data_stream.read().split())

        futures = self.executor.map(count, [path], obj_chunk_size=int(part))
        return sum(self.executor.get_result(futures, show_progressbar=False))

    def close(self):
        self.executor.__exit__(None, None, None)
