//! What can be wrong between here and Code Engine, of which an emulator stands in.

use std::sync::LazyLock;

use lithops_codeengine_emulator::{Emulator, Settings};
use tokio::runtime::Runtime;

use crate::patient::{Broken, Patient, Problem};

/// Where the emulator runs; it ends with the tests.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());
static EMULATOR: LazyLock<Emulator> =
    LazyLock::new(|| RUNTIME.block_on(Emulator::start(Settings::default())).unwrap());

/// All of them have it: a folder of this machine needs no server, and no instance sees it.
const FOLDER: Problem = (
    "storage from workers",
    "workers of `code_engine` don't reach a storage of this machine",
    "such as `ibm_cos` or `aws_s3`",
);

pub(crate) const TABLE: &[Broken] = &[
    Broken {
        name: "a_storage_of_this_machine_is_no_place_for_jobs_of_a_cloud",
        patient: || client("k", "runtime = \"a/b\""),
        problems: &[FOLDER],
    },
    Broken {
        name: "an_api_key_that_is_refused_is_told",
        patient: || client("invalid", "runtime = \"a/b\""),
        problems: &[
            FOLDER,
            ("API key", "no token was given", "check `iam_api_key` in the section `[ibm]`"),
        ],
    },
    Broken {
        name: "a_code_engine_that_does_not_answer_is_told",
        patient: || {
            let dead = "http://127.0.0.1:1";
            let patient = client("k", "runtime = \"a/b\"\nretry_bound = 1");
            let patient = patient.with("LITHOPS_CODE_ENGINE_ENDPOINT", dead);
            patient.with("LITHOPS_CODE_ENGINE_IAM_ENDPOINT", dead)
        },
        problems: &[
            FOLDER,
            ("address of Code Engine", "127.0.0.1 can't be reached", "check `endpoint`"),
        ],
    },
    Broken {
        name: "a_project_that_is_not_there_is_told",
        patient: || {
            client("k", "runtime = \"a/b\"\nproject_id = \"00000000-0000-0000-0000-000000000000\"")
        },
        problems: &[FOLDER, ("project", "there is no project 00000000-", "check `project_id`")],
    },
    Broken {
        name: "images_that_have_no_place_are_told",
        patient: || client("k", ""),
        problems: &[
            FOLDER,
            ("place for images", "nobody knows where", "set `docker_user` and `docker_password`"),
        ],
    },
    Broken {
        name: "a_registry_that_does_not_answer_is_told",
        patient: || {
            let registry = "docker_server = \"127.0.0.1:1\"\ndocker_user = \"me\"\n\
                            docker_password = \"s3cr3t\"";
            client("k", registry)
        },
        problems: &[
            FOLDER,
            ("place for images", "127.0.0.1:1 can't be reached", "check `docker_server`"),
        ],
    },
    Broken {
        name: "an_engine_that_is_to_have_the_images_and_is_not_there_is_told",
        patient: || client("k", "image_delivery = \"engine\""),
        problems: &[FOLDER, ("place for images", "/no/such/engine.sock", "start the engine")],
    },
    Broken {
        name: "a_size_that_no_instance_has_is_told",
        patient: || client("k", "runtime_cpu = 1\nruntime_memory = 1024"),
        problems: &[(
            "backend and storage",
            "no instance has 1 vCPU and 1 GB of memory",
            "give `code_engine.runtime_memory` another value",
        )],
    },
    Broken {
        name: "a_region_that_there_is_not_is_told",
        patient: || {
            Patient::new(
                "[lithops]\nbackend = \"code_engine\"\n[ibm]\niam_api_key = \"k\"\n\
                 region = \"eu-xy\"",
            )
        },
        problems: &[(
            "backend and storage",
            "`code_engine.region` is `eu-xy`: Code Engine is in au-syd, ",
            "give `code_engine.region` another value",
        )],
    },
    Broken {
        name: "an_api_key_that_nobody_has_said_is_missed",
        patient: || Patient::new("[lithops]\nbackend = \"code_engine\"\n[ibm]\nregion = \"eu-de\""),
        problems: &[(
            "backend and storage",
            "`iam_api_key` is missing",
            "or the variable LITHOPS_IBM_IAM_API_KEY",
        )],
    },
];

/// A client of the emulator with this key, and these further lines in `[code_engine]`.
fn client(key: &str, section: &str) -> Patient {
    let url = EMULATOR.url();
    Patient::new(&format!(
        "[lithops]\nbackend = \"code_engine\"\nstorage = \"file\"\n[ibm]\niam_api_key = \"{key}\"\n\
         region = \"us-south\"\n[code_engine]\nendpoint = \"{url}\"\niam_endpoint = \"{url}\"\n{section}\n"
    ))
}
