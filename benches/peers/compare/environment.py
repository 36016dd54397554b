"""What the comparison needs: an interpreter with the peers, and the Rust program."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from compare.turns import tell

HERE = Path(__file__).resolve().parent.parent
ROOT = HERE.parent.parent
#: How long a package index and a compiler may take, in seconds.
BOUND = 1800


def target():
    return Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target").resolve()


def python_with_peers():
    """Makes the virtual environment, or takes the one that has these very requirements.

    Each package is installed by itself if all together can't be, so that one that is missing costs
    only its own lines. Gives the interpreter and what is missing.
    """
    folder = target() / "peers" / "venv"
    wanted = (HERE / "requirements.txt").read_text()
    noted = folder / "requirements.txt"
    python = folder / "bin" / "python"
    if noted.exists() and noted.read_text() == wanted:
        return python, []
    tell("making a virtual environment with the peers")
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", folder], check=True, timeout=BOUND)
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    whole = [*install, "--no-deps", "-r", HERE / "requirements.txt"]
    if subprocess.run(whole, timeout=BOUND).returncode == 0:
        noted.write_text(wanted)
        return python, []
    pins = [line.split(";")[0].strip() for line in wanted.splitlines()]
    pins = [pin for pin in pins if pin and not pin.startswith("#")]
    missing = [
        pin
        for pin in pins
        if subprocess.run([*install, "--no-deps", pin], timeout=BOUND).returncode != 0
    ]
    return python, missing


def rust_program():
    """Builds the Rust sides as users build: in release, with the library's own defaults and S3."""
    tell("building the Rust sides in release")
    words = ["build", "--release", "--features", "storage-s3", "--bench", "peers"]
    cargo = [os.environ.get("CARGO", "cargo"), *words, "--message-format=json-render-diagnostics"]
    # Those of the xtask that calls this would have crates built anew that look at them.
    others = ("CARGO_PKG_", "CARGO_MANIFEST_")
    own = {name: value for name, value in os.environ.items() if not name.startswith(others)}
    built = subprocess.run(
        cargo, cwd=ROOT, env=own, stdout=subprocess.PIPE, check=True, timeout=BOUND
    )
    messages = map(json.loads, built.stdout.splitlines())
    programs = [
        message["executable"]
        for message in messages
        if message.get("reason") == "compiler-artifact" and message["target"]["name"] == "peers"
    ]
    return programs[-1]


def versions(python):
    """What takes part, with its version."""
    listed = subprocess.run(
        [python, "-m", "pip", "list", "--format=json", "--disable-pip-version-check"],
        stdout=subprocess.PIPE,
        check=True,
        timeout=BOUND,
    )
    there = {package["name"]: package["version"] for package in json.loads(listed.stdout)}
    names = ["lithops", "ray", "distributed", "joblib", "numpy", "boto3", "duckdb", "polars"]
    found = [f"{name} {there[name]}" for name in names if name in there]
    for program in (["parallel", "--version"], ["xargs", "--version"], ["rg", "--version"]):
        if shutil.which(program[0]):
            said = subprocess.run(program, stdout=subprocess.PIPE, text=True, timeout=BOUND)
            found.append(said.stdout.splitlines()[0])
        else:
            found.append(f"{program[0]} is not installed")
    version = ".".join(map(str, sys.version_info[:3]))
    return [f"Python {version}", *found]


def with_storage(run, endpoint):
    """Variables for sides whose storage is the server at `endpoint`."""
    keys = {name: run.s3[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    lines = [
        '[lithops]\nstorage = "minio"\n[minio]',
        f'endpoint = "{endpoint}"',
        f'storage_bucket = "{run.bucket}"',
        f'access_key_id = "{keys["AWS_ACCESS_KEY_ID"]}"',
        f'secret_access_key = "{keys["AWS_SECRET_ACCESS_KEY"]}"',
    ]
    settings = run.folder / "lithops.toml"
    settings.write_text("\n".join(lines) + "\n")
    return {
        **run.s3,
        "AWS_ENDPOINT_URL_S3": endpoint,
        "LITHOPS_CONFIG": str(settings),
        "PEERS_BUCKET": run.bucket,
    }


def surroundings(folder):
    """Variables for all sides: folders of their own, and of the user's settings nothing."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "USER") if name in os.environ}
    # Short: Ray's sockets are below, and a socket's path has 107 bytes.
    short = {"HOME": "h", "TMPDIR": "t", "XDG_STATE_HOME": "s"}
    own = {name: str(folder / path) for name, path in short.items()}
    for path in own.values():
        Path(path).mkdir(exist_ok=True)
    return {**kept, **own}
