//! What can be said on the command line.

use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _, Parser, Subcommand};

/// Runtime images of Lithops by hand, and a Code Engine on this machine.
#[derive(Debug, Parser)]
#[command(
    name = "lithops",
    version,
    arg_required_else_help = true,
    after_help = "Example: lithops runtime build target/release/words"
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Build, push, list and delete runtime images: what workers in containers are made of
    Runtime(Runtime),
    /// Run a local IBM Cloud Code Engine until Ctrl-C, and tell how to point a client at it
    #[cfg(feature = "emulator")]
    Emulator(Emulator),
}

#[cfg(feature = "emulator")]
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lithops emulator --program target/release/words
  lithops emulator --instances container --network host")]
pub(crate) struct Emulator {
    #[command(flatten)]
    pub(crate) options: lithops_codeengine_emulator::command::Options,
}

#[derive(Debug, Args)]
#[command(
    arg_required_else_help = true,
    after_help = "Example: lithops runtime push target/release/words registry.example.com/me/words"
)]
pub(crate) struct Runtime {
    #[command(subcommand)]
    pub(crate) command: RuntimeCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RuntimeCommand {
    /// Make the image of a program and load it into the container engine
    Build(Build),
    /// Send an image to a registry: that of a program, or one that the engine has
    Push(Push),
    /// Show the images of Lithops in the engine, or in a repository of a registry
    List(List),
    /// Remove images of Lithops from the engine, or from a registry
    Delete(Delete),
}

/// What goes into an image beside its program.
#[derive(Debug, Args)]
#[command(next_help_heading = "What the image is made of")]
pub(crate) struct Contents {
    /// Stand on this image of a registry
    #[arg(long, value_name = "IMAGE", conflicts_with_all = ["base_layout", "base_image"])]
    pub(crate) base: Option<String>,
    /// Stand on the image in this folder, an OCI image layout
    #[arg(long, value_name = "FOLDER", conflicts_with = "base_image")]
    pub(crate) base_layout: Option<PathBuf>,
    /// Stand on this image of the engine
    #[arg(long, value_name = "IMAGE")]
    pub(crate) base_image: Option<String>,
    /// Add a file or folder of this machine, at an absolute path of the image; can be said again
    #[arg(long = "file", value_name = "SOURCE:TARGET", value_parser = file)]
    pub(crate) files: Vec<(PathBuf, PathBuf)>,
    /// Set a variable of the environment, which all who have the image can read; can be said again
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = variable)]
    pub(crate) environment: Vec<(String, String)>,
    /// Make an image for all programs: its own is a launcher, which fetches others from storage
    ///
    /// The libraries that programs usually need are put in. The launcher is PROGRAM, or
    /// `lithops-worker` beside this command if none is named.
    #[arg(long)]
    pub(crate) launcher: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lithops runtime build target/release/words
  lithops runtime build target/release/words --base debian:12 --file models:/opt/models
  lithops runtime build --launcher --layout launcher-image")]
pub(crate) struct Build {
    /// The program: the path of an executable for Linux
    #[arg(required_unless_present = "launcher")]
    pub(crate) program: Option<PathBuf>,
    /// Give the image this name too; it always has one that tells its content
    #[arg(long, value_name = "NAME:TAG", value_parser = tagged, conflicts_with = "layout")]
    pub(crate) name: Option<String>,
    /// Write an OCI image layout into this folder, and load nothing; needs no engine
    #[arg(long, value_name = "FOLDER")]
    pub(crate) layout: Option<PathBuf>,
    /// Where the engine is, as DOCKER_HOST would say it
    #[arg(long, value_name = "HOST")]
    pub(crate) engine: Option<String>,
    #[command(flatten)]
    pub(crate) contents: Contents,
}

#[derive(Debug, Args)]
#[command(
    // Two that are needed, but with `--launcher` the second alone. What clap has for this fails when
    // an option stands between them.
    override_usage = "lithops runtime push [OPTIONS] <PROGRAM|IMAGE> <REGISTRY/REPOSITORY[:TAG]>",
    after_help = "\
Examples:
  lithops runtime push target/release/words registry.example.com/me/words
  lithops runtime push lithops/words:0123456789abcdef registry.example.com/me/words:v1
  lithops runtime push --launcher registry.example.com/me/launcher"
)]
pub(crate) struct Push {
    /// A program, whose image is made and sent without an engine; else an image of the engine. With
    /// `--launcher` it can be left out
    #[arg(value_name = "PROGRAM|IMAGE")]
    first: String,
    /// Where to: the tag is that of the content if none is said, and never `latest` by itself
    #[arg(value_name = "REGISTRY/REPOSITORY[:TAG]")]
    second: Option<String>,
    /// Where the engine is, as DOCKER_HOST would say it
    #[arg(long, value_name = "HOST")]
    pub(crate) engine: Option<String>,
    #[command(flatten)]
    pub(crate) contents: Contents,
}

impl Push {
    /// What is pushed, if it was said, and where to.
    pub(crate) fn source_and_target(&self) -> Result<(Option<&str>, &str), clap::Error> {
        let (source, place) = match (&self.second, self.contents.launcher) {
            (Some(second), _) => (Some(self.first.as_str()), second),
            (None, true) => (None, &self.first),
            (None, false) => {
                let told = format!("where to? Say it after `{}`", self.first);
                return Err(misused("push", ErrorKind::MissingRequiredArgument, &told));
            }
        };
        match target(place) {
            Ok(()) => Ok((source, place)),
            Err(why) => {
                let told = format!("nothing is pushed to `{place}`: {why}");
                Err(misused("push", ErrorKind::ValueValidation, &told))
            }
        }
    }
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lithops runtime list
  lithops runtime list --registry registry.example.com/me/words --json")]
pub(crate) struct List {
    /// Where the engine is, as DOCKER_HOST would say it
    #[arg(long, value_name = "HOST")]
    pub(crate) engine: Option<String>,
    /// Show what is in this repository of a registry, and ask no engine
    #[arg(long, value_name = "REGISTRY/REPOSITORY", conflicts_with = "engine")]
    pub(crate) registry: Option<String>,
    /// Print JSON: an array with an object for each image
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lithops runtime delete lithops/words:0123456789abcdef
  lithops runtime delete --registry registry.example.com/me/words:v1
  lithops runtime delete --registry --all registry.example.com/me/words

Images that Lithops has not made are never removed.")]
pub(crate) struct Delete {
    /// The images, by name; with `--registry --all`, repositories
    #[arg(value_name = "IMAGE", required_unless_present = "all")]
    pub(crate) references: Vec<String>,
    /// Remove all images of Lithops: those of the engine, or of the repositories
    #[arg(long)]
    pub(crate) all: bool,
    /// Remove them from their registry, with all tags of the same image, and not from the engine
    #[arg(long, conflicts_with = "engine")]
    pub(crate) registry: bool,
    /// Where the engine is, as DOCKER_HOST would say it
    #[arg(long, value_name = "HOST")]
    pub(crate) engine: Option<String>,
}

/// The error of a command line that makes no sense for a command of `lithops runtime`.
pub(crate) fn misused(command: &str, kind: ErrorKind, told: &str) -> clap::Error {
    let mut arguments = Arguments::command();
    // Without this a command does not know of those above it, which its usage begins with.
    arguments.build();
    let runtime = arguments.find_subcommand_mut("runtime");
    match runtime.and_then(|runtime| runtime.find_subcommand_mut(command)) {
        Some(command) => command.error(kind, told),
        None => Arguments::command().error(kind, told),
    }
}

fn file(text: &str) -> Result<(PathBuf, PathBuf), String> {
    match text.rsplit_once(':') {
        Some((source, target)) if !source.is_empty() && target.starts_with('/') => {
            Ok((source.into(), target.into()))
        }
        _ => Err("it has to be SOURCE:TARGET, and TARGET begins with a slash".to_owned()),
    }
}

fn variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("it has to be NAME=VALUE".to_owned()),
    }
}

fn tagged(text: &str) -> Result<String, String> {
    match text.rsplit_once(':') {
        Some((name, tag)) if !name.is_empty() && !tag.is_empty() && !tag.contains('/') => {
            Ok(text.to_owned())
        }
        _ => Err("it has to be NAME:TAG".to_owned()),
    }
}

fn target(text: &str) -> Result<(), &'static str> {
    let first = text.split_once('/').map(|(first, _)| first);
    // As everywhere: what has neither dot nor port is no host, but a name in Docker Hub.
    let host = first.filter(|host| host.contains(['.', ':']) || *host == "localhost");
    match host {
        _ if text.contains('@') => Err("a digest is what a push comes to; say a tag, or none"),
        Some(_) => Ok(()),
        None => Err("it has to begin with the registry, such as docker.io/me/words"),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use super::*;

    #[test]
    fn the_definitions_contradict_nothing() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_file_is_divided_at_the_last_colon() {
        assert_eq!(file("a:b:/c").unwrap(), ("a:b".into(), "/c".into()));
        for wrong in ["a", ":/c", "a:", "a:c"] {
            file(wrong).unwrap_err();
        }
    }

    #[test]
    fn a_variable_may_be_empty_but_not_its_name() {
        assert_eq!(variable("A=b=c").unwrap(), ("A".to_owned(), "b=c".to_owned()));
        assert_eq!(variable("A=").unwrap(), ("A".to_owned(), String::new()));
        for wrong in ["A", "=b", ""] {
            variable(wrong).unwrap_err();
        }
    }

    #[test]
    fn a_port_is_no_tag() {
        tagged("localhost:5000/words:v1").unwrap();
        for wrong in ["words", "localhost:5000/words", ":v1", "words:"] {
            tagged(wrong).unwrap_err();
        }
    }

    #[test]
    fn nothing_is_pushed_to_a_registry_that_nobody_named() {
        for good in ["docker.io/me/words", "localhost/words:v1", "127.0.0.1:5000/words"] {
            target(good).unwrap();
        }
        for wrong in ["words", "me/words:v1", "quay.io/me/words@sha256:00"] {
            target(wrong).unwrap_err();
        }
    }
}
