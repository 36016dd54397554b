"""Makes a bucket, fills it with objects of pseudo-random bytes, and prints the sum of their CRC-32.

`python fill.py BUCKET OBJECTS MEBIBYTES`; no objects only makes the bucket.
"""

import random
import sys
import zlib

import task


def main():
    bucket, objects, mebibytes = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    client = task.client()
    names = [entry["Name"] for entry in client.list_buckets()["Buckets"]]
    if bucket not in names:
        client.create_bucket(Bucket=bucket)
    block = random.Random(7).randbytes(1 << 20)
    total = 0
    for number in range(objects):
        body = number.to_bytes(8, "little") + (block * mebibytes)[8:]
        client.put_object(Bucket=bucket, Key=f"read/{number:04}", Body=body)
        total += zlib.crc32(body)
    print(total)


if __name__ == "__main__":
    main()
