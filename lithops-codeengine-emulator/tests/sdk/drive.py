"""IBM's own SDK, unmodified, drives the emulator through the life of a project.

Usage: drive.py, with CODE_ENGINE_URL, CODE_ENGINE_APIKEY, CODE_ENGINE_AUTH_TYPE and
CODE_ENGINE_AUTH_URL set, as the emulator prints them. The emulator must run instances as processes.
Prints a line for each thing that was found to be right; ends with an error at the first that isn't.
"""

import os
import sys
import time

import requests
from ibm_cloud_sdk_core import ApiException
from ibm_code_engine_sdk.code_engine_v2 import (
    BindingsPager,
    CodeEngineV2,
    ConfigMapsPager,
    JobRunsPager,
    JobsPager,
    ProjectsPager,
    SecretsPager,
)

BOUND = 60.0
"""Seconds that anything may take."""

checked = 0


def equal(what, found, expected):
    """Prints what was right, or ends."""
    global checked
    if found != expected:
        sys.exit(f"not ok: {what}: {found!r} instead of {expected!r}")
    checked += 1
    print(f"ok: {what}: {expected!r}")


def refused(what, status, message, call):
    """The call must be refused with this status, and this in the message."""
    try:
        call()
    except ApiException as error:
        equal(f"{what} is refused with", error.status_code, status)
        if message not in error.message:
            sys.exit(f"not ok: {what}: the message is {error.message!r}")
        equal(f"{what} names its transaction", error.global_transaction_id is not None, True)
        return
    sys.exit(f"not ok: {what} is not refused")


def until(what, read, expected):
    """Reads until it is as expected."""
    deadline = time.monotonic() + BOUND
    while (found := read()) != expected:
        if time.monotonic() > deadline:
            sys.exit(f"not ok: {what} is still {found!r}")
        time.sleep(0.05)
    equal(what, found, expected)


def projects(service):
    created = service.create_project(name="sdk", resource_group_id="0" * 32, tags=["a"])
    equal("creating a project", created.get_status_code(), 202)
    project = created.get_result()
    equal("its type", project["resource_type"], "project_v2")
    id = project["id"]
    until("its status", lambda: service.get_project(id=id).get_result()["status"], "active")
    details = service.get_project_status_details(project_id=id).get_result()
    equal("its details", (details["project"], details["domain"]), ("enabled", "ready"))
    ips = service.get_project_egress_ips(project_id=id)
    equal("its addresses", ips.get_status_code(), 200)
    names = [found["name"] for found in ProjectsPager(client=service, limit=1).get_all()]
    equal("projects, one a page", names, ["sdk"])
    refused("the same name", 409, "already exists", lambda: service.create_project(name="sdk"))
    return id


def config_maps(service, project):
    place = {"project_id": project, "name": "input"}
    created = service.create_config_map(**place, data={"payload": "first"})
    equal("creating a config map", created.get_status_code(), 201)
    found = service.get_config_map(**place)
    tag = found.get_headers()["ETag"]
    equal("its tag in body and header", found.get_result()["entity_tag"], tag)
    refused(
        "the same config map", 409, "already exists", lambda: service.create_config_map(**place)
    )
    data = {"payload": "the payload"}
    replaced = service.replace_config_map(**place, if_match=tag, data=data)
    equal("replacing it", (replaced.get_status_code(), replaced.get_result()["data"]), (200, data))
    refused(
        "replacing what has changed",
        412,
        "If-Match",
        lambda: service.replace_config_map(**place, if_match=tag, data=data),
    )
    forced = service.replace_config_map(**place, if_match="*", data=data)
    equal("replacing it whatever it is", forced.get_status_code(), 200)


def secrets(service, project):
    data = {"username": "user", "password": "pass", "server": "registry.example.com"}
    created = service.create_secret(project_id=project, name="login", format="registry", data=data)
    equal("creating a secret", created.get_status_code(), 201)
    secret = created.get_result()
    equal("its type and data", (secret["resource_type"], secret["data"]), ("secret_registry_v2", data))
    data = {"password": "changed"}
    service.create_secret(project_id=project, name="words", format="generic", data={"password": "p"})
    replaced = service.replace_secret(
        project_id=project, name="words", if_match="*", format="generic", data=data
    )
    equal("replacing one", replaced.get_result()["data"], data)
    pager = SecretsPager(client=service, project_id=project, format="generic", limit=1)
    equal("secrets of a format", [found["name"] for found in pager.get_all()], ["words"])
    refused(
        "a secret that lacks a key",
        400,
        "password",
        lambda: service.create_secret(
            project_id=project, name="bad", format="basic_auth", data={"username": "u"}
        ),
    )


def jobs(service, project):
    place = {"project_id": project, "name": "job"}
    script = 'echo "$GREETING $PASSWORD $JOB_INDEX/$JOB_ARRAY_SIZE $(cat $MOUNT/payload)"'
    created = service.create_job(
        **place,
        image_reference="icr.io/codeengine/helloworld",
        image_secret="login",
        run_commands=["/bin/sh"],
        run_arguments=["-c", script],
        run_env_variables=[
            {"type": "literal", "name": "GREETING", "value": "hello"},
            {"type": "literal", "name": "MOUNT", "value": "/mnt/input"},
            {
                "type": "secret_key_reference",
                "name": "PASSWORD",
                "reference": "words",
                "key": "password",
            },
        ],
        run_volume_mounts=[
            {"type": "config_map", "reference": "input", "mount_path": "/mnt/input"}
        ],
        scale_cpu_limit="0.125",
        scale_memory_limit="0.25G",
    )
    equal("creating a job", created.get_status_code(), 201)
    job = created.get_result()
    defaults = [job[name] for name in ("run_mode", "scale_array_spec", "scale_max_execution_time")]
    equal("its defaults", defaults, ["task", "0", 7200])
    tag = created.get_headers()["ETag"]
    patched = service.update_job(**place, if_match=tag, job={"scale_retry_limit": 1})
    equal("updating it", patched.get_result()["scale_retry_limit"], 1)
    equal("the tag has changed", patched.get_result()["entity_tag"] != tag, True)
    refused(
        "updating what has changed",
        412,
        "If-Match",
        lambda: service.update_job(**place, if_match=tag, job={"scale_retry_limit": 2}),
    )
    refused(
        "a combination that is not offered",
        400,
        "scale_memory_limit",
        lambda: service.create_job(
            project_id=project, name="bad", image_reference="a/bcd", scale_memory_limit="3G"
        ),
    )
    for number in range(3):
        service.create_job(project_id=project, name=f"more-{number}", image_reference="icr.io/a/bcd")
    pager = JobsPager(client=service, project_id=project, limit=2)
    pages = []
    while pager.has_next():
        pages.append([found["name"] for found in pager.get_next()])
    equal("jobs, two a page", pages, [["job", "more-0"], ["more-1", "more-2"]])


def job_runs(service, project):
    created = service.create_job_run(
        project_id=project,
        job_name="job",
        name="run",
        scale_array_spec="0-9,20",
        scale_array_size_variable_override=21,
    )
    equal("creating a run", created.get_status_code(), 202)
    read = lambda: service.get_job_run(project_id=project, name="run").get_result()
    until("its status", lambda: read()["status"], "completed")
    details = read()["status_details"]
    counts = [details[name] for name in ("requested", "succeeded", "failed", "pending", "running")]
    equal("its counts", counts, [11, 11, 0, 0, 0])
    equal("its indices", details["succeeded_indices"], "0-9,20")
    equal("one of them", details["indices_details"]["20"]["status"], "succeeded")
    refused(
        "the same run",
        409,
        "already exists",
        lambda: service.create_job_run(project_id=project, job_name="job", name="run"),
    )
    refused(
        "a run of no job",
        404,
        "not found",
        lambda: service.create_job_run(project_id=project, job_name="none", name="other"),
    )
    service.create_job_run(
        project_id=project,
        name="failing",
        image_reference="icr.io/a/bcd",
        run_commands=["/bin/sh", "-c", "exit $((JOB_INDEX * 3))"],
        scale_array_spec="0-1",
        scale_retry_limit=1,
    )
    failing = lambda: service.get_job_run(project_id=project, name="failing").get_result()
    until("a run that fails", lambda: failing()["status"], "failed")
    index = failing()["status_details"]["indices_details"]["1"]
    found = (index["status"], index["last_failure_reason"], index["retries"])
    equal("the index that has failed", found, ("failed", "ContainerExitedCode3", 1))
    pager = JobRunsPager(client=service, project_id=project, job_name="job", limit=1)
    equal("runs of the job", [found["name"] for found in pager.get_all()], ["run"])
    deleted = service.delete_job_run(project_id=project, name="failing")
    equal("deleting a run", (deleted.get_status_code(), deleted.get_result()), (202, None))
    refused(
        "a run that was deleted",
        404,
        "not found",
        lambda: service.get_job_run(project_id=project, name="failing"),
    )


def others(service, project):
    build = service.create_build(
        project_id=project,
        name="build",
        output_image="icr.io/a/b",
        output_secret="login",
        strategy_type="dockerfile",
    )
    equal("creating a build", build.get_status_code(), 201)
    run = service.create_build_run(project_id=project, build_name="build", name="built")
    equal("running it", run.get_status_code(), 202)
    built = service.get_build_run(project_id=project, name="built").get_result()
    equal("its status", built["status"], "succeeded")
    binding = service.create_binding(
        project_id=project,
        component={"name": "job", "resource_type": "job_v2"},
        prefix="PREFIX",
        secret_name="words",
    )
    equal("creating a binding", binding.get_status_code(), 201)
    pager = BindingsPager(client=service, project_id=project)
    equal("bindings", len(pager.get_all()), 1)


def fault(**what):
    """Has the emulator go wrong."""
    base = os.environ["CODE_ENGINE_AUTH_URL"]
    answer = requests.post(f"{base}/_emu/faults", json=what, timeout=BOUND)
    equal(f"the fault {what['kind']} is added", answer.status_code, 201)


def faults(service, project):
    fault(method="GET", path="/jobs$", kind="status", status=429, times=1)
    refused("a request too many", 429, "", lambda: service.list_jobs(project_id=project))
    service.enable_retries(max_retries=3, retry_interval=1)
    again = {"seconds": 0}
    fault(method="GET", path="/jobs$", kind="status", status=503, retry_after=again, times=2)
    found = service.list_jobs(project_id=project)
    equal("asking a third time", found.get_status_code(), 200)
    # What the SDK repeats has been done: that is why names are given by the client.
    fault(method="POST", path="/config_maps$", kind="commit_then_status", status=503, times=1)
    create = lambda: service.create_config_map(project_id=project, name="lost", data={})
    refused("creating again what an answer was lost of", 409, "already exists", create)
    equal(
        "what was created",
        service.get_config_map(project_id=project, name="lost").get_status_code(),
        200,
    )
    service.delete_config_map(project_id=project, name="lost")
    service.disable_retries()
    fault(method="GET", path="/jobs$", kind="unauthorized", times=1)
    refused("a token that was revoked", 401, "revoked", lambda: service.list_jobs(project_id=project))


def removal(service, project):
    equal("deleting a job", service.delete_job(project_id=project, name="job").get_status_code(), 202)
    refused(
        "the run of a deleted job",
        404,
        "not found",
        lambda: service.get_job_run(project_id=project, name="run"),
    )
    service.delete_config_map(project_id=project, name="input")
    service.delete_secret(project_id=project, name="words")
    equal("config maps left", ConfigMapsPager(client=service, project_id=project).get_all(), [])
    equal("deleting the project", service.delete_project(id=project).get_status_code(), 202)
    refused("its name", 409, "soft-deleted", lambda: service.create_project(name="sdk"))
    names = [found["name"] for found in ProjectsPager(client=service).get_all()]
    equal("projects left", names, [])


def main():
    service = CodeEngineV2.new_instance()
    project = projects(service)
    config_maps(service, project)
    secrets(service, project)
    jobs(service, project)
    job_runs(service, project)
    others(service, project)
    faults(service, project)
    # The SDK keeps a token that is refused until its time is over.
    removal(CodeEngineV2.new_instance(), project)
    print(f"{checked} checks passed")


main()
