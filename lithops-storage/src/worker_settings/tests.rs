//! What is written is what the client goes by, and opens the same storages.

use lithops_core::config::{
    AzureSection, Config, ConfigError, CosSection, RedisSection, S3Section, StorageSections,
};
use lithops_core::secret::Secret;
use proptest::prelude::*;

use super::{Telling, WorkerAccess};
use crate::{AzureConfig, GcsConfig, RedisConfig, S3Config};

fn text_with(
    config: &Config,
    access: &WorkerAccess,
    variables: &[(&str, &str)],
) -> Result<Option<Secret>, ConfigError> {
    let environment = &|name: &str| {
        let found = variables.iter().find(|(variable, _)| *variable == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    Telling { config, access, environment }.text()
}

/// What a worker reads, given the client's file and the client's environment.
fn read_by_worker(
    text: &str,
    access: &WorkerAccess,
    variables: &[(&str, &str)],
) -> Result<Config, ConfigError> {
    let config = Config::resolve("lithops.toml", text, |_| None)?;
    let written = text_with(&config, access, variables)?.unwrap();
    Config::resolve("worker.toml", written.expose(), |_| None)
}

fn s3(config: &Config, name: &str) -> S3Config {
    S3Config::from_settings(config, name).unwrap()
}

fn here() -> WorkerAccess {
    WorkerAccess::default()
}

#[test]
fn what_only_this_machine_has_is_not_told() {
    for text in ["", "[lithops]\nstorage = \"memory\"", "[file]\nroot = \"/tmp\""] {
        let config = Config::resolve("lithops.toml", text, |_| None).unwrap();
        assert_eq!(text_with(&config, &here(), &[]), Ok(None));
    }
}

#[test]
fn a_private_endpoint_takes_the_place_of_the_client_s() {
    for name in ["aws_s3", "minio", "ceph", "ibm_cos"] {
        let text = format!(
            "[{name}]\nstorage_bucket = \"jobs\"\nendpoint = \"http://here:1\"\n\
             private_endpoint = \"http://there:2\"\naccess_key_id = \"k\"\nsecret_access_key = \"s\""
        );
        let client = Config::resolve("lithops.toml", &text, |_| None).unwrap();
        assert_eq!(s3(&client, name).endpoint.as_deref(), Some("http://here:1"), "{name}");
        let worker = read_by_worker(&text, &here(), &[]).unwrap();
        let mut expected = s3(&client, name);
        expected.endpoint = Some("http://there:2".to_owned());
        assert_eq!(s3(&worker, name), expected);
    }
}

#[test]
fn workers_inside_ibm_cloud_use_the_direct_endpoint_unless_another_is_said() {
    let host = |kind| Some(format!("https://s3.{kind}eu-de.cloud-object-storage.appdomain.cloud"));
    let said = |endpoint: &str| Some(endpoint.to_owned());
    let cases = [
        ("", false, host("")),
        ("", true, host("direct.")),
        ("endpoint = \"http://e\"", true, said("http://e")),
        ("private_endpoint = \"http://p\"", true, said("http://p")),
        ("endpoint = \"http://e\"\nprivate_endpoint = \"http://p\"", false, said("http://p")),
    ];
    for (endpoints, inside_ibm_cloud, expected) in cases {
        let text = format!(
            "[ibm]\nregion = \"eu-de\"\niam_api_key = \"k\"\n[ibm_cos]\nstorage_bucket = \"b\"\n{endpoints}"
        );
        let access = WorkerAccess { inside_ibm_cloud, ..here() };
        let worker = read_by_worker(&text, &access, &[]).unwrap();
        assert_eq!(s3(&worker, "ibm_cos").endpoint, expected, "{endpoints}");
    }
}

#[test]
fn one_account_of_ibm_cloud_serves_its_storage_unless_that_has_a_key() {
    let account = "[ibm]\niam_api_key = \"account\"\nregion = \"eu-de\"\n\
                   iam_endpoint = \"http://iam\"\n[ibm_cos]\nstorage_bucket = \"b\"\n";
    let worker = s3(&read_by_worker(account, &here(), &[]).unwrap(), "ibm_cos");
    assert_eq!(worker.iam_api_key, Some(Secret::new("account")));
    assert_eq!(worker.iam_endpoint.as_deref(), Some("http://iam"));
    assert_eq!(worker.region.as_deref(), Some("eu-de"));

    let own = format!("{account}access_key_id = \"k\"\nsecret_access_key = \"s\"");
    let worker = s3(&read_by_worker(&own, &here(), &[]).unwrap(), "ibm_cos");
    assert_eq!(worker.iam_api_key, None);
    assert_eq!(worker.access_key_id.as_deref(), Some("k"));
}

#[test]
fn a_trusted_profile_stands_in_for_every_key_of_ibm_cloud() {
    for key in ["iam_api_key = \"s3cr3t\"", "access_key_id = \"k\"\nsecret_access_key = \"s3cr3t\""]
    {
        let text = format!(
            "[ibm]\niam_api_key = \"s3cr3t\"\nregion = \"eu-de\"\n[lithops]\nstorage = \"ibm_cos\"\n\
             [ibm_cos]\nstorage_bucket = \"b\"\n{key}"
        );
        let config = Config::resolve("lithops.toml", &text, |_| None).unwrap();
        let access = WorkerAccess { trusted_profile: Some("workers".to_owned()), ..here() };
        let surroundings = [("AWS_ACCESS_KEY_ID", "e"), ("AWS_SECRET_ACCESS_KEY", "s3cr3t")];
        let written = text_with(&config, &access, &surroundings).unwrap().unwrap();
        assert!(!written.expose().contains("s3cr3t"), "{}", written.expose());
        let worker = Config::resolve("worker.toml", written.expose(), |_| None).unwrap();
        let mut expected = s3(&config, "ibm_cos");
        expected.trusted_profile = Some("workers".to_owned());
        expected.iam_api_key = None;
        expected.access_key_id = None;
        expected.secret_access_key = None;
        assert_eq!(s3(&worker, "ibm_cos"), expected);
    }
}

#[test]
fn a_trusted_profile_beside_a_key_is_refused() {
    let text = "[ibm_cos]\nregion = \"eu-de\"\napi_key = \"k\"\ntrusted_profile = \"p\"";
    let error = read_by_worker(text, &here(), &[]).unwrap_err();
    assert!(matches!(&error, ConfigError::Invalid { key, .. } if key == "trusted_profile"));
}

#[test]
fn keys_of_amazon_s_tools_are_written_for_a_section_without() {
    let text = "[lithops]\nstorage = \"s3\"";
    let variables = [
        ("AWS_ACCESS_KEY_ID", "env"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_SESSION_TOKEN", "token"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ENDPOINT_URL", "http://here:1"),
    ];
    let worker = read_by_worker(text, &here(), &variables).unwrap();
    assert_eq!(worker.storage.as_deref(), Some("aws_s3"));
    let expected = S3Section {
        endpoint: Some("http://here:1".to_owned()),
        region: Some("eu-west-1".to_owned()),
        access_key_id: Some("env".to_owned()),
        secret_access_key: Some(Secret::new("secret")),
        session_token: Some(Secret::new("token")),
        ..S3Section::default()
    };
    assert_eq!(worker.storages.aws_s3, Some(expected));

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("credentials");
    std::fs::write(&file, "[work]\naws_access_key_id = file\naws_secret_access_key = f\n").unwrap();
    let file = file.to_str().unwrap();
    let variables = [("AWS_SHARED_CREDENTIALS_FILE", file), ("AWS_PROFILE", "work")];
    let section = read_by_worker(text, &here(), &variables).unwrap().storages.aws_s3.unwrap();
    assert_eq!(section.access_key_id.as_deref(), Some("file"));

    let error = read_by_worker(text, &here(), &[("AWS_PROFILE", "none")]).unwrap_err();
    let said = "the credentials of `[aws_s3]` can't be used: AWS_PROFILE names the profile `none`";
    assert!(error.to_string().starts_with(said), "{error}");
}

#[test]
fn a_private_endpoint_that_no_worker_could_use_is_refused_unseen() {
    for endpoint in ["http://user:s3cr3t@there", "there", "ftp://there"] {
        let text = format!(
            "[minio]\nendpoint = \"http://here\"\nprivate_endpoint = \"{endpoint}\"\n\
             access_key_id = \"k\"\nsecret_access_key = \"s\""
        );
        let error = read_by_worker(&text, &here(), &[]).unwrap_err();
        assert!(matches!(&error, ConfigError::Invalid { key, .. } if key == "private_endpoint"));
        assert!(!error.to_string().contains("s3cr3t"), "{error}");
    }
}

#[test]
fn a_temporary_key_of_amazon_s_is_not_written_for_ibm_cloud() {
    let variables = [
        ("AWS_ACCESS_KEY_ID", "env"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_SESSION_TOKEN", "token"),
    ];
    let text = "[ibm_cos]\nregion = \"eu-de\"\nstorage_bucket = \"b\"";
    let error = read_by_worker(text, &here(), &variables).unwrap_err();
    assert!(matches!(error, ConfigError::Credentials { .. }), "{error}");
}

#[test]
fn credentials_that_are_the_machine_s_own_can_not_hold_jobs() {
    let cases = [
        ("aws_s3", "", "access_key_id"),
        ("minio", "endpoint = \"http://e\"", "access_key_id"),
        ("gcp_storage", "", "credentials_path"),
        ("azure_storage", "", "storage_account_key"),
    ];
    for (name, said, missing) in cases {
        let section = format!("[{name}]\nstorage_bucket = \"b\"\n{said}");
        read_by_worker(&section, &here(), &[]).unwrap();
        let text = format!("[lithops]\nstorage = \"{name}\"\n{section}");
        let error = read_by_worker(&text, &here(), &[]).unwrap_err();
        assert_eq!(error, ConfigError::Missing { section: name.to_owned(), key: missing });
    }
}

#[test]
fn google_s_key_is_written_in_place_of_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.json");
    let shown = path.to_str().unwrap();
    let section = format!("[gcp_storage]\nstorage_bucket = \"b\"\ncredentials_path = \"{shown}\"");
    let key = "{\n  \"private_key\": \"s3cr3t \\\"\\n\",\n  \"client_email\": \"e\"\n}\n";
    std::fs::write(&path, key).unwrap();
    let by_environment = [("GOOGLE_APPLICATION_CREDENTIALS", shown)];
    let cases: [(&str, &[_]); 2] =
        [(&section, &[]), ("[gcp_storage]\nstorage_bucket = \"b\"", &by_environment)];
    for (text, variables) in cases {
        let worker = read_by_worker(text, &here(), variables).unwrap();
        let found = GcsConfig::from_settings(&worker).unwrap();
        let found = (found.bucket.as_str(), found.service_account_key, found.credentials_path);
        assert_eq!(found, ("b", Some(Secret::new(key)), None));
    }

    for (contents, reason) in [
        ("{\"refresh_token\": \"s3cr3t\"}", "only the key of a service account can be handed on"),
        ("s3cr3t", "it is no JSON"),
    ] {
        std::fs::write(&path, contents).unwrap();
        let error = read_by_worker(&section, &here(), &[]).unwrap_err();
        let reason = format!("{shown}: {reason}");
        assert_eq!(error, ConfigError::Credentials { section: "gcp_storage".to_owned(), reason });
    }
    std::fs::remove_file(&path).unwrap();
    let error = read_by_worker(&section, &here(), &[]).unwrap_err();
    assert!(matches!(error, ConfigError::Credentials { .. }), "{error}");
}

#[test]
fn azure_and_redis_take_from_the_environment_what_their_sections_lack() {
    let text = "[azure_storage]\nstorage_bucket = \"box\"\n[redis]\nhost = \"r\"\nport = 7\ndb = 2\n\
                username = \"u\"\nssl = false\nstorage_bucket = \"p\"";
    let variables = [
        ("AZURE_STORAGE_ACCOUNT_NAME", "library"),
        ("AZURE_STORAGE_ACCOUNT_KEY", "a"),
        ("REDIS_PASSWORD", "r"),
    ];
    let worker = read_by_worker(text, &here(), &variables).unwrap();
    let azure = AzureConfig::from_settings(&worker).unwrap();
    assert_eq!(azure.account.as_deref(), Some("library"));
    assert_eq!(azure.access_key, Some(Secret::new("a")));
    let redis = RedisConfig::from_settings(&worker);
    assert_eq!((redis.url.as_str(), redis.prefix.as_str()), ("redis://u@r:7/2", "p"));
    assert_eq!(redis.password, Some(Secret::new("r")));
}

proptest! {
    #[test]
    fn what_a_worker_reads_opens_the_same_storages(
        values in proptest::collection::vec("\\PC{1,40}|[\"'\\\\\n\t#=\\[\\]]{1,9}", 8),
        path_style: Option<bool>,
        storage in prop_oneof![Just(None), Just(Some("minio".to_owned()))],
    ) {
        let value = |index: usize| Some(values[index].clone());
        let secret = |index: usize| value(index).map(Secret::new);
        let minio = S3Section {
            storage_bucket: value(0),
            endpoint: value(1),
            region: value(2),
            path_style,
            access_key_id: value(3),
            secret_access_key: secret(4),
            session_token: secret(5),
            private_endpoint: None,
        };
        let ibm_cos = CosSection {
            storage_bucket: value(0),
            endpoint: value(1),
            region: value(2),
            api_key: secret(6),
            service_instance_id: value(7),
            ..CosSection::default()
        };
        let azure_storage = AzureSection {
            storage_bucket: value(0),
            storage_account_name: value(1),
            storage_account_key: secret(2),
        };
        let redis = RedisSection { host: value(3), password: secret(4), ..RedisSection::default() };
        let storages = StorageSections {
            minio: Some(minio),
            ibm_cos: Some(ibm_cos),
            azure_storage: Some(azure_storage),
            redis: Some(redis),
            ..StorageSections::default()
        };
        let config = Config { storage, storages, ..Config::default() };
        let text = text_with(&config, &here(), &[]).unwrap().unwrap();
        let worker = Config::resolve("worker.toml", text.expose(), |_| None).unwrap();
        prop_assert_eq!(worker, config);
    }
}
