//! What a base image has where.
/// The files of an image.
pub(crate) struct Tree {}
