//! The files of Amazon's command-line tool: one profile of them.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use lithops_core::secret::Secret;

use super::credentials::{CredentialError, Environment, home};

/// What the files say of the chosen profile.
pub(super) struct Profile {
    name: String,
    settings: BTreeMap<String, String>,
}

/// An access key.
pub(super) struct Keys {
    pub(super) id: String,
    pub(super) secret: Secret,
    pub(super) token: Option<Secret>,
}

/// How a profile may get its keys otherwise.
const OTHER_WAYS: [&str; 4] = ["sso_session", "sso_start_url", "credential_process", "role_arn"];

impl Profile {
    pub(super) fn find(environment: Environment<'_>) -> Result<Self, CredentialError> {
        let chosen = environment("AWS_PROFILE").filter(|name| !name.is_empty());
        let name = chosen.clone().unwrap_or_else(|| "default".to_owned());
        let file = |variable, default: &str| {
            let set = environment(variable).map(PathBuf::from);
            set.or_else(|| Some(home(environment)?.join(".aws").join(default)))
        };
        let files = [
            (file("AWS_CONFIG_FILE", "config"), format!("profile {name}")),
            (file("AWS_SHARED_CREDENTIALS_FILE", "credentials"), name.clone()),
        ];
        let mut settings = BTreeMap::new();
        let mut found = false;
        // The file of credentials goes before that of settings, so it is read after it.
        for (path, title) in files {
            let Some(text) = path.map(|path| read(&path)).transpose()?.flatten() else { continue };
            let default = name == "default" && title != name;
            for (section, key, value) in lines(&text) {
                if section == title || (default && section == name) {
                    found = true;
                    settings.insert(key.to_owned(), value.to_owned());
                }
            }
        }
        match chosen {
            Some(name) if !found => Err(CredentialError::NoProfile(name)),
            _ => Ok(Self { name, settings }),
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<String> {
        self.settings.get(key).cloned()
    }

    pub(super) fn keys(&self) -> Result<Option<Keys>, CredentialError> {
        if let (Some(id), Some(secret)) =
            (self.get("aws_access_key_id"), self.get("aws_secret_access_key"))
        {
            let (secret, token) = (secret.into(), self.get("aws_session_token").map(Secret::new));
            return Ok(Some(Keys { id, secret, token }));
        }
        match OTHER_WAYS.into_iter().find(|way| self.settings.contains_key(*way)) {
            Some(way) => Err(CredentialError::UnsupportedProfile(self.name.clone(), way)),
            None => Ok(None),
        }
    }
}

fn read(path: &Path) -> Result<Option<String>, CredentialError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => {
            Err(CredentialError::Unreadable { path: path.display().to_string(), source })
        }
    }
}

/// Section, key and value of each setting. Indented ones belong to a setting above them.
fn lines(text: &str) -> impl Iterator<Item = (&str, &str, &str)> {
    let mut section = "";
    text.lines().filter_map(move |line| {
        if line.starts_with([' ', '\t', '#', ';']) {
            return None;
        }
        let line = line.trim_end();
        if let Some(title) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            section = title.trim();
            return None;
        }
        let (key, value) = line.split_once('=')?;
        Some((section, key.trim(), value.trim()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_told_by_their_section() {
        let text = "[default]\nregion = eu-de\ns3 =\n  max = 1\n# no\n[profile b]\nregion=x=y\n";
        let expected =
            [("default", "region", "eu-de"), ("default", "s3", ""), ("profile b", "region", "x=y")];
        assert_eq!(lines(text).collect::<Vec<_>>(), expected);
    }
}
