//! Image registries: pushing images of ours, and pulling bases.

mod client;
mod delete;
mod error;
mod lookup;
mod name;
mod pull;
mod push;

use std::future::Future;
use std::time::Duration;

use oci_client::errors::OciDistributionError as Answer;
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference, RegistryOperation};

use crate::Credentials;

pub use error::RegistryError;
pub use lookup::RemoteImage;
pub use push::Pushed;

use name::Name;

/// How long a request may take that moves no layer.
const REQUEST: Duration = Duration::from_secs(60);

/// How many bytes a second is slow, but alive.
const SLOW: u64 = 128 << 10;

/// How many layers are on their way at a time.
const AT_A_TIME: usize = 3;

/// A place for images in a registry: `HOST/PATH`, with a tag or digest if one is meant.
///
/// Registries on this machine (`localhost`, `127.0.0.0/8`) are spoken to by plain HTTP, others by
/// TLS, with the certificates that this machine trusts. Clones share connections and tokens.
///
/// ```no_run
/// # async fn push() -> Result<(), Box<dyn std::error::Error>> {
/// use lithops_runtime::registry::Repository;
/// use lithops_runtime::{Program, Recipe};
///
/// let image = Recipe::new(Program::current()?).build()?;
/// let repository = Repository::open("registry.example.com/team/words").await?;
/// let pushed = repository.push(&image).await?;
/// println!("{}", pushed.reference); // registry.example.com/team/words:0123456789abcdef
/// assert_eq!(repository.push(&image).await?.layers_sent, 0);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Repository {
    name: Name,
    auth: RegistryAuth,
    client: Client,
    http: reqwest::Client,
}

impl Repository {
    /// Opens a place as the user that the Docker CLI would be: [`Credentials::find`].
    ///
    /// Nothing is asked of the registry yet. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// [`RegistryError::Reference`] if `reference` names nothing, [`RegistryError::Credentials`] if
    /// who the user is can't be found out.
    pub async fn open(reference: &str) -> Result<Self, RegistryError> {
        let name = Name::parse(reference)?;
        let credentials = Credentials::find(name.registry()).await?;
        Self::with(name, &credentials)
    }

    /// Opens a place as this user.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_as(reference: &str, credentials: &Credentials) -> Result<Self, RegistryError> {
        Self::with(Name::parse(reference)?, credentials)
    }

    fn with(name: Name, credentials: &Credentials) -> Result<Self, RegistryError> {
        let auth = client::auth(&name, credentials)?;
        let http = client::http(&name)?;
        let client = client::client(&name)?;
        Ok(Self { name, auth, client, http })
    }

    /// The host of the registry, with its port if it is an unusual one.
    pub fn registry(&self) -> &str {
        self.name.registry()
    }

    /// What was said of it, as others write it: with `latest` if neither tag nor digest was said.
    pub fn reference(&self) -> String {
        self.name.meant().whole()
    }

    /// Whether a tag or a digest was said, so that one image is meant.
    pub fn is_exact(&self) -> bool {
        self.name.is_exact()
    }

    /// The same repository, with the image under this tag meant; connections are shared.
    pub fn tagged(&self, tag: &str) -> Self {
        Self { name: self.name.with_tag(tag), ..self.clone() }
    }

    /// Whom the registry knows this user as, for messages.
    fn user(&self) -> String {
        match &self.auth {
            RegistryAuth::Basic(name, _) => format!("`{name}`"),
            RegistryAuth::Bearer(_) => "the owner of a token".to_owned(),
            RegistryAuth::Anonymous => "nobody".to_owned(),
        }
    }

    /// Waits for an answer, and says what it was about if there is none.
    async fn ask<T>(
        &self,
        doing: &str,
        bound: Duration,
        answer: impl Future<Output = Result<T, Answer>>,
    ) -> Result<T, RegistryError> {
        match tokio::time::timeout(bound, answer).await {
            Ok(answer) => answer.map_err(|error| self.refused(doing, error)),
            Err(_) => {
                let (doing, registry) = (doing.to_owned(), self.registry().to_owned());
                Err(RegistryError::Silent { doing, registry, bound })
            }
        }
    }

    /// Says who asks. A registry that does not let them in refuses here, and not in the middle.
    async fn greet(&self, operation: RegistryOperation) -> Result<Option<String>, RegistryError> {
        let reference = self.name.any();
        let answer = self.client.auth(&reference, &self.auth, operation);
        self.ask("accept the login", REQUEST, answer).await
    }
}

impl std::fmt::Debug for Repository {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Repository").field("name", &self.name).finish_non_exhaustive()
    }
}

/// How long so many bytes may take.
fn bound(bytes: u64) -> Duration {
    REQUEST + Duration::from_secs(bytes / SLOW)
}

/// The repository's image of this digest.
fn at(reference: &Reference, digest: &str) -> Reference {
    reference.clone_with_digest(digest.to_owned())
}
