//! Reading an image layout from disk.
