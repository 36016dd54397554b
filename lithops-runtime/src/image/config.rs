//! The configuration of an image: what runs, as whom, with what around it.

use std::collections::{BTreeMap, HashMap};

use oci_spec::image::{
    Arch, Config, History, HistoryBuilder, ImageConfiguration, MediaType, Os, RootFs,
};

use super::json::canonical;
use super::recipe::Recipe;
use super::{Blob, Kind, Layer, label, system};
use crate::RuntimeFacts;
use crate::digest::hex;

/// Where the program is in an image.
pub(super) const PROGRAM: &str = "/lithops-program";
/// The folders that shells look for programs in.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const LONG_AGO: &str = "1970-01-01T00:00:00Z";

/// The configuration of an image of these layers, upon that of its base.
pub(super) fn config(
    recipe: &Recipe,
    base: Option<&ImageConfiguration>,
    facts: &RuntimeFacts,
    has_certificates: bool,
    layers: &[Layer],
) -> Blob {
    let inherited = base.and_then(|base| base.config().clone()).unwrap_or_default();
    let mut config = Config::default();
    config.set_entrypoint(Some(vec![PROGRAM.to_owned()]));
    let user = inherited.user().clone().filter(|user| !user.is_empty());
    config.set_user(Some(user.unwrap_or_else(|| system::USER.to_owned())));
    config.set_working_dir(inherited.working_dir().clone());
    config.set_env(Some(environment(recipe, inherited.env(), has_certificates)));
    config.set_labels(Some(labels(recipe, inherited.labels(), facts)));

    let mut root = RootFs::default();
    root.set_diff_ids(layers.iter().map(|layer| layer.diff_id().to_string()).collect());
    let mut image = ImageConfiguration::default();
    image.set_created(Some(LONG_AGO.to_owned()));
    image.set_architecture(Arch::from(facts.architecture.to_string().as_str()));
    image.set_os(Os::Linux);
    image.set_variant(base.and_then(|base| base.variant().clone()));
    image.set_config(Some(config));
    image.set_rootfs(root);
    image.set_history(Some(history(base, layers)));
    Blob::new(MediaType::ImageConfig, canonical(&image))
}

fn environment(
    recipe: &Recipe,
    inherited: &Option<Vec<String>>,
    has_certificates: bool,
) -> Vec<String> {
    let mut variables = BTreeMap::from([("PATH", PATH)]);
    if has_certificates {
        variables.insert("SSL_CERT_FILE", system::CERTIFICATES);
    }
    let inherited = inherited.iter().flatten();
    variables.extend(inherited.filter_map(|variable| variable.split_once('=')));
    variables.extend(recipe.environment.iter().map(|(name, value)| (&**name, &**value)));
    variables.iter().map(|(name, value)| format!("{name}={value}")).collect()
}

fn labels(
    recipe: &Recipe,
    inherited: &Option<HashMap<String, String>>,
    facts: &RuntimeFacts,
) -> HashMap<String, String> {
    let mut labels = inherited.clone().unwrap_or_default();
    // Those of a base of ours speak of another program.
    labels.retain(|name, _| !name.starts_with("dev.lithops."));
    labels.extend(recipe.labels.iter().cloned());
    let program = &recipe.program;
    let kind = match recipe.kind {
        Kind::Program => "program",
        Kind::Launcher => label::LAUNCHER,
    };
    let glibc = facts.glibc.map_or(label::NONE.to_owned(), |version| version.to_string());
    let ours = [
        (label::RUNTIME, kind.to_owned()),
        (label::PROGRAM, program.name().to_owned()),
        (label::PROGRAM_DIGEST, program.digest().to_string()),
        (label::BUILD_ID, hex(&program.needs().build_id)),
        (label::GLIBC, glibc),
        (label::LIBRARIES, facts.libraries.join(" ")),
        (label::VERSION, env!("CARGO_PKG_VERSION").to_owned()),
    ];
    labels.extend(ours.map(|(name, value)| (name.to_owned(), value)));
    labels
}

/// How the layers came about: one entry each, which engines insist on.
fn history(base: Option<&ImageConfiguration>, layers: &[Layer]) -> Vec<History> {
    let inherited = base.and_then(|base| base.history().clone());
    let known = inherited.is_some();
    let of_base = |layer: &&Layer| layer.content() == super::Content::Base;
    let ours = layers.iter().filter(|layer| !(known && of_base(layer))).map(|layer| {
        HistoryBuilder::default()
            .created(LONG_AGO)
            .created_by(format!("lithops: {}", layer.content()))
            .build()
            .expect("no part of it has to be set")
    });
    inherited.into_iter().flatten().chain(ours).collect()
}
