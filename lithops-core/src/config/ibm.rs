//! What is said of IBM Cloud as a whole.

use serde::Deserialize;

use crate::secret::Secret;

/// `[ibm]`: an account of IBM Cloud, for all of its services that are used.
///
/// What a section of a service says for itself, such as `[ibm_cos]`, goes before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IbmSection {
    /// An API key, which is exchanged for tokens.
    pub iam_api_key: Option<Secret>,
    /// The region, such as `eu-de`.
    pub region: Option<String>,
    /// The resource group (its id) that new things belong to.
    pub resource_group_id: Option<String>,
    /// Where API keys are exchanged for tokens; IBM Cloud's own service by default.
    pub iam_endpoint: Option<String>,
}
