//! Objects as inputs: named, found, and divided into parts.

use std::future::IntoFuture;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::future::BoxFuture;
use futures::{StreamExt, TryStreamExt, stream};

use super::verbs::ExecutorExt;
use crate::data::{DataError, find_objects, index_blocks, scan_states};
use crate::error::{Error, Result};
use crate::plan::{Automaton, Cut, Split, Transition, partition};
use crate::ports::{Executor, Isolation, ObjectMeta, StorageErrorKind, open_storage};
use crate::wire::{Blocks, CloudObject, Extent, ObjectPart, Packing, Records, StoredObject};

/// How many inputs are looked for at once.
const AT_ONCE: usize = 32;

/// Objects named as inputs, to be found and divided: set how, then `.await` the parts.
///
/// Without further word each object is one part. Finding asks the stores (one listing for a thousand
/// keys of a prefix, one request for a single key or URL) and nothing is read, with two exceptions:
/// CSV and delimiters that overlap themselves are read once by a job of their own, and BGZF is read,
/// not unpacked, by one call an object.
///
/// Parts come in the order of the inputs, and of the keys below a prefix.
///
/// ```no_run
/// # use lithops_core::api::ExecutorExt;
/// # use lithops_core::wire::ObjectPart;
/// # async fn example(exec: impl lithops_core::ports::Executor) -> lithops_core::error::Result<()> {
/// fn count(part: ObjectPart) -> Result<usize, lithops_core::data::DataError> {
///     Ok(part.lines()?.count())
/// }
/// let parts = exec.objects("s3://books/english/").lines().chunk_size(64 << 20).await?;
/// let lines: Vec<usize> = exec.map(count, parts).await?;
/// # Ok(()) }
/// ```
#[must_use = "objects are found when this is awaited"]
pub struct Objects {
    executor: Arc<dyn Executor>,
    inputs: Vec<ObjectInput>,
    split: Split,
    records: Records,
    packing: Packing,
}

/// What can name objects as inputs.
#[derive(Clone, Debug, PartialEq)]
pub enum ObjectInput {
    /// A URI, a path, a prefix that ends in `/`, or a pattern.
    Uri(String),
    /// One object that was found already.
    Found(StoredObject),
}

impl From<&str> for ObjectInput {
    fn from(uri: &str) -> Self {
        Self::Uri(uri.to_owned())
    }
}

impl From<String> for ObjectInput {
    fn from(uri: String) -> Self {
        Self::Uri(uri)
    }
}

impl From<&String> for ObjectInput {
    fn from(uri: &String) -> Self {
        Self::Uri(uri.clone())
    }
}

impl From<&Path> for ObjectInput {
    fn from(path: &Path) -> Self {
        Self::Uri(path.to_string_lossy().into_owned())
    }
}

impl From<PathBuf> for ObjectInput {
    fn from(path: PathBuf) -> Self {
        Self::from(path.as_path())
    }
}

impl From<StoredObject> for ObjectInput {
    fn from(object: StoredObject) -> Self {
        Self::Found(object)
    }
}

impl<T> From<CloudObject<T>> for ObjectInput {
    fn from(object: CloudObject<T>) -> Self {
        Self::Found(object.object)
    }
}

/// One input or several.
pub trait ObjectInputs {
    /// All of them, in order.
    fn into_inputs(self) -> Vec<ObjectInput>;
}

impl<I: Into<ObjectInput>> ObjectInputs for I {
    fn into_inputs(self) -> Vec<ObjectInput> {
        vec![self.into()]
    }
}

impl<I: Into<ObjectInput>> ObjectInputs for Vec<I> {
    fn into_inputs(self) -> Vec<ObjectInput> {
        self.into_iter().map(Into::into).collect()
    }
}

impl<I: Into<ObjectInput>, const N: usize> ObjectInputs for [I; N] {
    fn into_inputs(self) -> Vec<ObjectInput> {
        self.into_iter().map(Into::into).collect()
    }
}

impl<I: Clone + Into<ObjectInput>> ObjectInputs for &[I] {
    fn into_inputs(self) -> Vec<ObjectInput> {
        self.iter().cloned().map(Into::into).collect()
    }
}

impl std::fmt::Debug for Objects {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Objects").field("inputs", &self.inputs).finish_non_exhaustive()
    }
}

impl Objects {
    pub(super) fn new(executor: Arc<dyn Executor>, inputs: Vec<ObjectInput>) -> Self {
        let (split, records, packing) = (Split::Whole, Records::Bytes, Packing::Plain);
        Self { executor, inputs, split, records, packing }
    }

    /// Divides objects into parts of at most `bytes`, and of even size within an object.
    pub fn chunk_size(mut self, bytes: u64) -> Self {
        self.split = Split::Size(bytes);
        self
    }

    /// Divides each object into `count` parts.
    pub fn chunk_count(mut self, count: u32) -> Self {
        self.split = Split::Count(count);
        self
    }

    /// Divides all objects into about `calls` parts, as even in size as uneven objects allow; each
    /// object gives at least one.
    pub fn calls(mut self, calls: u32) -> Self {
        self.split = Split::Total(calls);
        self
    }

    /// Divides where lines end: at `\n`, which may follow `\r`.
    pub fn lines(self) -> Self {
        self.records(Records::Lines)
    }

    /// Divides JSON lines: one value a line.
    pub fn json_lines(self) -> Self {
        self.records(Records::Lines)
    }

    /// Divides where rows of comma-separated values end; a quoted field may hold line breaks.
    pub fn csv(self) -> Self {
        self.records(Records::Csv { separator: b',', quote: b'"' })
    }

    /// Divides where `delimiter` ends.
    pub fn delimited_by(self, delimiter: impl Into<Vec<u8>>) -> Self {
        self.records(Records::Delimited(delimiter.into()))
    }

    /// Divides between records of `bytes` each.
    pub fn records_of(self, bytes: u64) -> Self {
        self.records(Records::Fixed(bytes))
    }

    /// Divides where `records` begin.
    pub fn records(mut self, records: Records) -> Self {
        self.records = records;
        self
    }

    /// Takes the objects as gzip: calls read them unpacked, and sizes and places are those of the
    /// unpacked bytes. One made of independent blocks (BGZF, as `bgzip` writes it) is divided like
    /// any other; one that is not is one part.
    pub fn gzip(mut self) -> Self {
        self.packing = Packing::Gzip;
        self
    }

    async fn find(&self) -> Result<Vec<StoredObject>> {
        let own = self.executor.storage();
        let found = stream::iter(self.inputs.iter().cloned())
            .map(|input| {
                let own = Arc::clone(&own);
                async move {
                    match input {
                        ObjectInput::Found(object) => Ok(vec![object]),
                        ObjectInput::Uri(uri) => find_objects(&uri, &own).await,
                    }
                }
            })
            .buffered(AT_ONCE)
            .try_concat()
            .await?;
        for object in &found {
            self.check_reach(object)?;
        }
        Ok(found)
    }

    /// Refuses what workers could never read.
    fn check_reach(&self, object: &StoredObject) -> Result<(), DataError> {
        if self.executor.lend(object) {
            return Ok(());
        }
        let capability = self.executor.capability();
        let local = object.storage.scheme == "file" && capability.isolation >= Isolation::Container;
        let inside = object.storage.is_in_process() && capability.isolation > Isolation::Thread;
        if local || inside {
            let backend = capability.backend;
            return Err(DataError::OutOfReach { uri: object.key.clone(), backend });
        }
        Ok(())
    }

    fn check_format(&self, objects: &[StoredObject]) -> Result<(), DataError> {
        match &self.records {
            Records::Delimited(delimiter) if delimiter.is_empty() => {
                Err(DataError::Format("a delimiter of no bytes divides nothing: give at least one"))
            }
            Records::Delimited(delimiter) if delimiter.len() > Automaton::LONGEST => {
                Err(DataError::Format("a delimiter has at most 250 bytes"))
            }
            Records::Csv { separator, quote }
                if separator == quote || [separator, quote].contains(&&b'\n') =>
            {
                Err(DataError::Format("a separator, a quote and a line break must be different"))
            }
            Records::Fixed(0) => Err(DataError::Format("records have at least one byte")),
            Records::Fixed(record) if self.packing == Packing::Plain => objects
                .iter()
                .find(|object| object.size != ObjectMeta::UNKNOWN_SIZE && object.size % record != 0)
                .map_or(Ok(()), |object| {
                    let (key, size) = (object.key.clone(), object.size);
                    Err(DataError::UnevenRecords { key, size, record: *record })
                }),
            _ => Ok(()),
        }
    }

    /// For each object its blocks, where it is packed and can be read from any of them.
    async fn blocks(&self, objects: &[StoredObject]) -> Result<Vec<Option<Blocks>>> {
        if self.packing == Packing::Plain || self.split == Split::Whole {
            return Ok(vec![None; objects.len()]);
        }
        let indexed = self.executor.map(index_blocks, objects.to_vec());
        indexed.name("blocks of gzip").await
    }

    async fn plan(self) -> Result<Vec<ObjectPart>> {
        let objects = self.find().await?;
        self.check_format(&objects)?;
        let blocks = self.blocks(&objects).await?;
        let mut layouts = Vec::with_capacity(objects.len());
        for (object, blocks) in objects.into_iter().zip(blocks) {
            let size = match &blocks {
                Some(blocks) => Some(blocks.unpacked),
                None if self.packing == Packing::Gzip => None,
                None => Some(object.size).filter(|size| *size != ObjectMeta::UNKNOWN_SIZE),
            };
            layouts.push(Layout { object, blocks, size });
        }
        if self.split != Split::Whole {
            only_what_has_ranges(&mut layouts).await?;
        }
        let sizes: Vec<u64> = layouts.iter().map(|layout| layout.size.unwrap_or(0)).collect();
        let mut parts = Vec::new();
        for (layout, ranges) in layouts.into_iter().zip(partition(&sizes, self.split)) {
            let count = ranges.len() as u32;
            for (index, range) in (0..).zip(ranges) {
                let extent = match layout.size {
                    // One that is said to be empty is read whole, which shows whether it is.
                    Some(size) if self.split != Split::Whole && size > 0 => {
                        let (start, end) = (range.start, range.end);
                        Extent::Range { start, end, size, entry: 0, exit: 0, block: None }
                    }
                    _ => Extent::Whole,
                };
                let object = layout.object.clone();
                let (records, packing) = (Records::Bytes, self.packing);
                let mut part = ObjectPart { object, index, parts: count, records, packing, extent };
                part.begin_at_block(layout.blocks.as_ref());
                parts.push(part);
            }
        }
        self.set_records(&mut parts).await?;
        for part in &mut parts {
            part.records = self.records.clone();
        }
        Ok(parts)
    }

    /// Computes the states at the borders of parts, for formats that depend on all before.
    async fn set_records(&self, parts: &mut [ObjectPart]) -> Result<()> {
        let divided = parts.iter().any(|part| part.parts > 1);
        if Automaton::of(&self.records).is_none() || !divided {
            return Ok(());
        }
        let records = self.records.clone();
        let scans = parts.iter().map(|part| (part.clone(), records.clone()));
        let scans: Vec<_> = scans.collect();
        let transitions = self.executor.map(scan_states, scans).name("borders of records").await?;
        let mut state = Automaton::START;
        for (part, transition) in parts.iter_mut().zip(transitions) {
            if part.index == 0 {
                state = Automaton::START;
            }
            let after = Transition::from_bytes(transition).apply(state);
            if let Extent::Range { entry, exit, .. } = &mut part.extent {
                (*entry, *exit) = (state, after);
            }
            state = after;
        }
        Ok(())
    }
}

impl IntoFuture for Objects {
    type Output = Result<Vec<ObjectPart>, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.plan())
    }
}

/// An object and what is known of its inside.
struct Layout {
    object: StoredObject,
    blocks: Option<Blocks>,
    /// Size unpacked, if it can be divided at all.
    size: Option<u64>,
}

/// Leaves whole what its server gives only whole.
async fn only_what_has_ranges(layouts: &mut [Layout]) -> Result<(), DataError> {
    let asked = layouts.iter().enumerate().filter(|(_, layout)| {
        layout.size.is_some_and(|size| size > 1) && layout.object.storage.scheme == "http"
    });
    let asked: Vec<(usize, StoredObject)> =
        asked.map(|(place, layout)| (place, layout.object.clone())).collect();
    let whole: Vec<usize> = stream::iter(asked)
        .map(|(place, object)| async move {
            let storage = open_storage(&object.storage)?;
            match storage.get_range(&object.key, 0..1).await {
                Ok(_) => Ok(None),
                Err(error) if error.kind == StorageErrorKind::Unsupported => Ok(Some(place)),
                Err(error) => Err(DataError::from(error)),
            }
        })
        .buffer_unordered(AT_ONCE)
        .try_filter_map(|place| async move { Ok(place) })
        .try_collect()
        .await?;
    for place in whole {
        layouts[place].size = None;
    }
    Ok(())
}

impl ObjectPart {
    /// Has a part of a packed object begin at the last block that is early enough.
    fn begin_at_block(&mut self, blocks: Option<&Blocks>) {
        let (Some(blocks), Extent::Range { start, block, .. }) = (blocks, &mut self.extent) else {
            return;
        };
        // Whatever the format, it looks at no more than this before the range.
        let early = start.saturating_sub(Cut::LOOK_BEHIND);
        let after = blocks.starts.partition_point(|(_, unpacked)| *unpacked <= early);
        *block = Some(blocks.starts.get(after.wrapping_sub(1)).copied().unwrap_or((0, 0)));
    }
}
