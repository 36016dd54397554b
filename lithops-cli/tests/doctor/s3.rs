//! What can be wrong with a bucket of a real server.

use crate::patient::Patient;

/// A server, and who may ask it.
pub(crate) struct Server {
    endpoint: String,
    access_key: String,
    secret_key: String,
}

impl Server {
    /// The one that the environment names, or what to do to have one.
    pub(crate) fn named() -> Result<Self, &'static str> {
        let variable = |name: &str| {
            std::env::var(name).map_err(|_| "needs an S3 server: run `cargo xtask suite`")
        };
        Ok(Self {
            endpoint: variable("AWS_ENDPOINT_URL_S3")?,
            access_key: variable("AWS_ACCESS_KEY_ID")?,
            secret_key: variable("AWS_SECRET_ACCESS_KEY")?,
        })
    }

    fn client(&self, access_key: &str, secret_key: &str) -> Patient {
        let endpoint = &self.endpoint;
        Patient::new(&format!(
            "[lithops]\nstorage = \"minio\"\n[minio]\nstorage_bucket = \"doctor\"\n\
             endpoint = \"{endpoint}\"\nregion = \"us-east-1\"\naccess_key_id = \"{access_key}\"\n\
             secret_access_key = \"{secret_key}\""
        ))
    }
}

type Broken = (&'static str, fn(&Server));

pub(crate) const TABLE: &[Broken] = &[
    ("a_bucket_of_a_real_server_is_good", a_bucket_of_a_real_server_is_good),
    ("a_real_server_knows_no_such_key", a_real_server_knows_no_such_key),
    ("a_real_server_refuses_another_secret", a_real_server_refuses_another_secret),
];

/// The server makes a bucket with its first object.
fn a_bucket_of_a_real_server_is_good(server: &Server) {
    let found = server.client(&server.access_key, &server.secret_key).findings();
    assert!(found.iter().all(|finding| finding.ok), "{found:#?}");
    assert_eq!(found[1].found, "only their owner reads them");
    assert_eq!(found[6].found, "s3: writes, reads, lists and deletes objects");
}

fn a_real_server_knows_no_such_key(server: &Server) {
    let problems = server.client("nobody", &server.secret_key).problems();
    assert_eq!((problems.len(), problems[0].subject.as_str()), (1, "storage"), "{problems:#?}");
    assert!(problems[0].mend.starts_with("check `access_key_id`"), "{problems:#?}");
}

fn a_real_server_refuses_another_secret(server: &Server) {
    let problems = server.client(&server.access_key, "another").problems();
    assert_eq!((problems.len(), problems[0].subject.as_str()), (1, "storage"), "{problems:#?}");
    assert!(problems[0].mend.starts_with("check `secret_access_key`"), "{problems:#?}");
}
