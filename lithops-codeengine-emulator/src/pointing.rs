//! How clients are pointed at an emulator.

use crate::settings::Settings;

/// What a client must be told.
#[derive(Debug, Clone, PartialEq)]
pub struct Pointing {
    url: String,
    region: String,
    key: String,
    processes: bool,
    /// Whether instances see the loopback of this machine.
    loopback: bool,
}

/// Thirty-two characters, as Code Engine wants of a resource group.
const RESOURCE_GROUP: &str = "00000000000000000000000000000000";

impl Pointing {
    /// For the emulator at `url`, started with `settings`.
    pub fn new(url: &str, settings: &Settings) -> Self {
        Self {
            url: url.to_owned(),
            region: settings.region.clone(),
            key: settings.keys.example().to_owned(),
            processes: settings.instances.are_processes(),
            loopback: settings.instances.see_loopback(),
        }
    }

    /// A `lithops.toml`.
    ///
    /// ```
    /// use lithops_codeengine_emulator::{Pointing, Settings};
    ///
    /// let pointing = Pointing::new("http://127.0.0.1:8900", &Settings::default());
    /// assert!(pointing.lithops_toml().contains("endpoint = \"http://127.0.0.1:8900\"\n"));
    /// ```
    pub fn lithops_toml(&self) -> String {
        let Self { url, region, key, processes, loopback } = self;
        // In containers the image goes to the engine that the emulator runs it on, and to no registry;
        // processes have no image at all, but a name must be given.
        let image =
            if *processes { "runtime = \"process\"" } else { "image_delivery = \"engine\"" };
        let reach = if *loopback {
            ""
        } else {
            "\
# Instances do not reach servers that listen on 127.0.0.1 of this machine, unless the emulator is
# started with `--network host`.
"
        };
        format!(
            "\
[lithops]
backend = \"code_engine\"
# Jobs need a bucket that client and instances reach: a server of yours, such as that of
# `cargo xtask servers seaweedfs`, or any other storage. See docs/code-engine.md.
{reach}# storage = \"minio\"
#
# [minio]
# endpoint = \"http://127.0.0.1:9000\"
# storage_bucket = \"jobs\"
# access_key_id = \"...\"
# secret_access_key = \"...\"

[ibm]
iam_api_key = \"{key}\"
region = \"{region}\"
resource_group_id = \"{RESOURCE_GROUP}\"

[code_engine]
endpoint = \"{url}\"
iam_endpoint = \"{url}\"
{image}
"
        )
    }

    /// The environment variables that IBM's own SDKs read.
    pub fn sdk_environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("CODE_ENGINE_URL", format!("{}/v2", self.url)),
            ("CODE_ENGINE_AUTH_TYPE", "iam".to_owned()),
            ("CODE_ENGINE_AUTH_URL", self.url.clone()),
            ("CODE_ENGINE_APIKEY", self.key.clone()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Keys;

    #[test]
    fn the_key_is_one_that_is_accepted() {
        let keys = Keys::These(vec!["mine".to_owned()]);
        let settings = Settings { keys, ..Settings::default() };
        let pointing = Pointing::new("http://a", &settings);
        assert!(pointing.lithops_toml().contains("iam_api_key = \"mine\""));
        assert!(pointing.lithops_toml().ends_with("runtime = \"process\"\n"));
        let storage = "# storage = \"minio\"\n#\n# [minio]\n# endpoint = ";
        assert!(pointing.lithops_toml().contains(storage));
        assert!(!pointing.lithops_toml().contains("--network host"));
        let sdk = pointing.sdk_environment();
        assert_eq!(sdk[0], ("CODE_ENGINE_URL", "http://a/v2".to_owned()));
        assert_eq!(sdk[3], ("CODE_ENGINE_APIKEY", "mine".to_owned()));
    }

    #[cfg(feature = "containers")]
    #[test]
    fn who_starts_containers_is_told_of_their_network() {
        use crate::instance::ContainerSettings;
        use crate::settings::Instances;

        let toml = |network: &str| {
            let network = network.to_owned();
            let containers = ContainerSettings { network, ..ContainerSettings::default() };
            let instances = Instances::Containers(containers);
            let settings = Settings { instances, ..Settings::default() };
            Pointing::new("http://a", &settings).lithops_toml()
        };
        assert!(toml("bridge").contains("# started with `--network host`.\n# storage = "));
        assert!(!toml("host").contains("--network host"));
    }
}
