"""B7: objects read from an S3 server, with a checksum of each."""

import subprocess

from compare.case import Case, row_of
from compare.environment import HERE, with_storage
from compare.roster import opened
from compare.turns import in_turn, tell

SIDES = ["processes", "pool", "lithops-s3", "lithops-s3-tuned"]
WORKERS = 2


def measure(run):
    if not run.s3:
        run.note("B7 was left out: no S3 server is named (`cargo xtask peers` starts one)")
        return
    objects, mebibytes = run.some((64, 16), (16, 4))
    tell(f"B7: {objects} objects of {mebibytes} MiB")
    environment = {**run.environment, **run.s3}
    fill = [run.python, HERE / "peer" / "fill.py", run.bucket, str(objects), str(mebibytes)]
    filled = subprocess.run(
        fill, env=environment, stdout=subprocess.PIPE, check=True, timeout=300, text=True
    )
    settings = with_storage(run, run.s3["AWS_ENDPOINT_URL_S3"])
    size = objects * mebibytes << 20
    with opened(run, SIDES, WORKERS, settings) as sides:
        results = in_turn(run, sides, f"crc s3://{run.bucket}/read/", int(filled.stdout), 240)
    same = run.data / "same-size"
    with open(same, "wb") as file:
        file.truncate(size)
    with opened(run, ["copy"], WORKERS) as sides:
        results |= in_turn(run, sides, f"words {same} {1 << 20}", size, 60)
    same.unlink()
    rows = [row_of(name, results[name], 1) for name in results]
    for row in rows[1:-1]:
        row.label += " with boto3"
    title = f"{objects} objects of {mebibytes} MiB from one local S3 server, CRC-32 of each"
    run.cases.append(Case("B7", title, size, rows, headline=True))
    run.note("B7: the server itself shares the two processors, and its time is in no CPU column")
    run.note("B7: DuckDB and Polars read tables, not bytes; they stand in B8")
