//! What can be wrong on this machine alone.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use crate::patient::{Broken, Patient};

/// A storage on a port that nobody listens on.
const DEAD_S3: &str = "[lithops]\nstorage = \"minio\"\n[minio]\nstorage_bucket = \"jobs\"\n\
                       endpoint = \"http://127.0.0.1:1\"\naccess_key_id = \"a\"\n\
                       secret_access_key = \"s3cr3t\"";

pub(crate) const TABLE: &[Broken] = &[
    Broken {
        name: "a_file_that_is_not_there_is_named",
        patient: || Patient::new("").with("LITHOPS_CONFIG", "/no/such/file.toml"),
        problems: &[(
            "configuration",
            "/no/such/file.toml can't be read: No such file",
            "see that /no/such/file.toml is there",
        )],
    },
    Broken {
        name: "a_file_that_is_no_toml_is_told_by_its_line",
        patient: || Patient::new("[lithops]\nbackend = \"threads"),
        problems: &[("configuration", "lithops.toml: line 2: ", "mend that in lithops.toml")],
    },
    Broken {
        name: "an_unknown_key_is_told_with_those_that_are_known",
        patient: || Patient::new("[lithops]\nbakend = \"threads\""),
        problems: &[(
            "configuration",
            "line 2: unknown field `bakend`, expected one of `backend`",
            "docs/configuration.md has all keys",
        )],
    },
    Broken {
        name: "an_unknown_variable_is_told_with_the_nearest",
        patient: || Patient::new("").with("LITHOPS_CODE_ENGINE_RUNTIME_CPUS", "1"),
        problems: &[(
            "configuration",
            "did you mean `LITHOPS_CODE_ENGINE_RUNTIME_CPU`?",
            "rename LITHOPS_CODE_ENGINE_RUNTIME_CPUS",
        )],
    },
    Broken {
        name: "a_variable_with_a_wrong_value_is_named",
        patient: || Patient::new("").with("LITHOPS_WORKERS", "many"),
        problems: &[(
            "configuration",
            "`LITHOPS_WORKERS` is `many`: it must be a whole number",
            "give `LITHOPS_WORKERS` another value",
        )],
    },
    Broken {
        name: "a_key_of_a_yaml_file_that_no_lithops_knows_is_told",
        patient: || {
            let patient = Patient::new("");
            let file = patient.write("lithops.yaml", "lithops:\n  bakend: x\n");
            patient.with("LITHOPS_CONFIG", &file)
        },
        problems: &[("configuration", "did you mean `backend`?", "mend that in ")],
    },
    Broken {
        name: "secrets_that_others_can_read_are_told",
        patient: || Patient::new("[redis]\npassword = \"s3cr3t\"").with_mode(0o644),
        problems: &[("secrets in the file", "mode 644", "`chmod 600 ")],
    },
    Broken {
        name: "a_backend_that_there_is_not_is_told_with_those_that_there_are",
        patient: || Patient::new("[lithops]\nbackend = \"cloud\""),
        problems: &[(
            "backend and storage",
            "unknown backend `cloud`; known: processes, ",
            "set `backend` in the section `[lithops]`",
        )],
    },
    Broken {
        name: "a_storage_that_there_is_not_is_told_with_those_that_there_are",
        patient: || Patient::new("[lithops]\nstorage = \"tape\""),
        problems: &[(
            "backend and storage",
            "unknown storage `tape`; known: file, ",
            "set `storage` in the section `[lithops]`",
        )],
    },
    Broken {
        name: "a_bucket_that_nobody_has_named_is_missed",
        patient: || Patient::new("[lithops]\nstorage = \"aws_s3\""),
        problems: &[(
            "backend and storage",
            "`storage_bucket` is missing",
            "or the variable LITHOPS_AWS_S3_STORAGE_BUCKET",
        )],
    },
    Broken {
        name: "a_volume_that_is_none_is_told",
        patient: || {
            Patient::new("[lithops]\nbackend = \"containers\"\n[containers]\nvolumes = [\"x\"]")
        },
        problems: &[(
            "backend and storage",
            "`containers.volumes` is `x`",
            "give `containers.volumes` another value",
        )],
    },
    Broken {
        name: "a_folder_for_temporary_files_that_can_t_be_written_is_told",
        patient: || {
            let own = "[lithops]\nstorage = \"memory\"\nbackend = \"threads\"";
            Patient::new(own).with("TMPDIR", "/proc/no/such/folder")
        },
        problems: &[(
            "folder for temporary files",
            "/proc/no/such/folder can't be written",
            "set TMPDIR",
        )],
    },
    Broken {
        name: "an_engine_that_is_not_there_is_told",
        patient: || Patient::new("[lithops]\nbackend = \"containers\""),
        problems: &[(
            "container engine",
            "unix:///no/such/engine.sock (by DOCKER_HOST): no such socket",
            "say by DOCKER_HOST where one is",
        )],
    },
    Broken {
        name: "an_address_of_an_engine_that_is_none_is_told",
        patient: || {
            Patient::new("[lithops]\nbackend = \"containers\"").with("DOCKER_HOST", "ftp://x")
        },
        problems: &[("container engine", "`ftp://x`", "set DOCKER_HOST, or `engine`")],
    },
    Broken {
        name: "a_server_that_does_not_run_is_told",
        patient: || Patient::new(DEAD_S3),
        problems: &[("storage", "the store did not answer", "check that the server runs")],
    },
    Broken {
        name: "a_redis_that_does_not_run_is_told",
        patient: || Patient::new("[lithops]\nstorage = \"redis\"\n[redis]\nport = 1"),
        problems: &[("storage", "the store did not answer", "(`endpoint`, or `host` and `port`)")],
    },
    Broken {
        name: "a_clock_that_is_off_is_told",
        patient: || refusing(403, "RequestTimeTooSkewed"),
        problems: &[("storage", "RequestTimeTooSkewed", "set the clock of this machine")],
    },
    Broken {
        name: "an_access_key_that_nobody_knows_is_told",
        patient: || refusing(403, "InvalidAccessKeyId"),
        problems: &[("storage", "access denied", "the server knows no such key")],
    },
    Broken {
        name: "an_access_key_of_another_name_is_told",
        patient: || refusing(403, "SignatureDoesNotMatch"),
        problems: &[("storage", "access denied", "it does not belong to `access_key_id`")],
    },
    Broken {
        name: "a_key_that_may_not_write_is_told",
        patient: || refusing(403, "AccessDenied"),
        problems: &[("storage", "access denied", "that they may read, write, list and delete")],
    },
    Broken {
        name: "a_bucket_that_is_not_there_is_told",
        patient: || refusing(404, "NoSuchBucket"),
        problems: &[("storage", "there is no such place", "check `storage_bucket`")],
    },
];

/// A configuration with a server that refuses each request so. Real servers do it only when their
/// clocks, keys and rights are as they seldom are.
fn refusing(status: u16, code: &'static str) -> Patient {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    // It ends with the tests.
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            // The bodies that are sent here are shorter.
            let mut request = [0; 16 << 10];
            if stream.read(&mut request).unwrap_or_default() == 0 {
                continue;
            }
            let body = format!("<Error><Code>{code}</Code></Error>");
            let head = format!("HTTP/1.1 {status} No\r\ncontent-length: {}\r\n", body.len());
            // Who has gone wants no answer.
            stream.write_all(format!("{head}connection: close\r\n\r\n{body}").as_bytes()).ok();
        }
    });
    Patient::new(&DEAD_S3.replace("127.0.0.1:1", &address.to_string()))
}
