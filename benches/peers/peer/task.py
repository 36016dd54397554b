"""What single tasks do. The Rust sides do the same, in `task.rs`."""

import os
import signal
import subprocess
import time

MASK = (1 << 64) - 1
NAP, UNTIL_DEATH, SLOW = 0.1, 0.05, 1.0


def add_one(x):
    return x + 1


def spin(nanoseconds):
    """Keeps its thread's processor for so long: time that others have it does not count."""
    end = time.thread_time_ns() + nanoseconds
    while time.thread_time_ns() < end:
        pass
    return 1


def run_program(words):
    return int(subprocess.run(words, stdin=subprocess.DEVNULL).returncode == 0)


def make_bytes(size):
    return b"x" * size


def throw(share):
    """How many random points of a task fall into the circle, by numpy, a block at a time."""
    import numpy

    seed, samples = share
    start = seed * 0xD1342543DE82EF95 & MASK
    golden = 0x9E3779B97F4A7C15
    inside, block = 0, 1 << 15
    steps = numpy.arange(1, block + 1, dtype=numpy.uint64) * numpy.uint64(golden)
    shift = numpy.uint64
    for first in range(0, samples, block):
        count = min(block, samples - first)
        z = steps[:count] + numpy.uint64(start + first * golden & MASK)
        z ^= z >> shift(30)
        z *= numpy.uint64(0xBF58476D1CE4E5B9)
        z ^= z >> shift(27)
        z *= numpy.uint64(0x94D049BB133111EB)
        z ^= z >> shift(31)
        x = z >> shift(33)
        z &= numpy.uint64(0x7FFFFFFF)
        x *= x
        z *= z
        x += z
        inside += int(numpy.count_nonzero(x < numpy.uint64(1 << 62)))
    return inside


def count_words(part):
    """The words of the lines that begin in a range of a file."""
    path, start, end = part
    with open(path, "rb") as file:
        if start:
            file.seek(start - 1)
            file.readline()
        begin = file.tell()
        if begin >= end:
            return 0
        text = file.read(end - begin)
        if not text.endswith(b"\n"):
            text += file.readline()
    return len(text.split())


def faulty(fault):
    """Naps; each execution leaves a file, and the first one of some kills its process."""
    index, folder, killed, slow = fault
    for execution in range(100):
        try:
            os.close(os.open(f"{folder}/{index}-{execution}", os.O_CREAT | os.O_EXCL))
            break
        except FileExistsError:
            continue
    if killed and execution == 0:
        time.sleep(UNTIL_DEATH)
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(SLOW if slow else NAP)
    return index * index


_CLIENT = None


def client():
    """A client of the S3 server that the environment names, one a process."""
    global _CLIENT
    if _CLIENT is None:
        import boto3
        from botocore.config import Config

        settings = Config(s3={"addressing_style": "path"}, retries={"max_attempts": 3})
        _CLIENT = boto3.client("s3", config=settings)
    return _CLIENT


def crc(name):
    """The CRC-32 of an object, as it streams in."""
    import zlib

    bucket, key = name
    body = client().get_object(Bucket=bucket, Key=key)["Body"]
    crc = 0
    for piece in body.iter_chunks(1 << 20):
        crc = zlib.crc32(piece, crc)
    return crc


def keys_below(uri):
    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    found = client().list_objects_v2(Bucket=bucket, Prefix=prefix)
    return [(bucket, entry["Key"]) for entry in found["Contents"]]
