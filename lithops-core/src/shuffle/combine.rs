//! Combining the values of a key before they are written.

use std::any::type_name;
use std::collections::HashMap;
use std::hash::Hash;
use std::marker::PhantomData;

use super::write::RunWriter;
use crate::function::{Data, RemoteFn, conjure};
use crate::wire::{CallError, append_value_of};

/// What a map call does with its pairs before they are written.
pub trait Combine<K, V>: Default + 'static {
    /// What names it across builds.
    fn signature() -> String;

    /// Takes a pair.
    ///
    /// # Errors
    /// [`CallError`] if pairs can't be encoded or stored.
    fn take(&mut self, key: K, value: V, writer: &mut RunWriter<'_, K>) -> Result<(), CallError>;

    /// Gives the writer what is kept.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    fn finish(self, writer: &mut RunWriter<'_, K>) -> Result<(), CallError>;
}

/// Nothing: each pair is written.
#[derive(Debug, Default)]
pub struct Keep(());

impl<K: Data + Ord, V: Data> Combine<K, V> for Keep {
    fn signature() -> String {
        String::new()
    }

    fn take(&mut self, key: K, value: V, writer: &mut RunWriter<'_, K>) -> Result<(), CallError> {
        writer.push(key, &value)
    }

    fn finish(self, _: &mut RunWriter<'_, K>) -> Result<(), CallError> {
        Ok(())
    }
}

/// Values of equal keys become one, by `F: Fn(V, V) -> V`.
#[derive(Debug)]
pub struct CombineWith<F, K, V> {
    /// A value is away only while it is being combined.
    values: HashMap<K, Option<V>>,
    bytes: u64,
    scratch: Vec<u8>,
    function: PhantomData<F>,
}

impl<F, K, V> Default for CombineWith<F, K, V> {
    fn default() -> Self {
        Self { values: HashMap::new(), bytes: 0, scratch: Vec::new(), function: PhantomData }
    }
}

impl<F, K, V> Combine<K, V> for CombineWith<F, K, V>
where
    F: Fn(V, V) -> V + RemoteFn,
    K: Data + Ord + Hash,
    V: Data,
{
    fn signature() -> String {
        format!(", combined by {}", type_name::<F>())
    }

    fn take(&mut self, key: K, value: V, writer: &mut RunWriter<'_, K>) -> Result<(), CallError> {
        // A value without a heap is as large after combining as before. Of others it is not known,
        // so all that come count: too many runs cost less than too much memory.
        if std::mem::needs_drop::<V>() {
            self.measure(&value)?;
        }
        match self.values.get_mut(&key) {
            Some(slot) => {
                *slot = Some(match slot.take() {
                    Some(before) => conjure::<F>()(before, value),
                    None => value,
                });
            }
            None => {
                if std::mem::needs_drop::<K>() {
                    self.measure(&key)?;
                }
                // A table keeps an eighth of its places free, and doubles.
                self.bytes += 2 * size_of::<(K, Option<V>)>() as u64;
                self.values.insert(key, Some(value));
            }
        }
        if self.bytes < writer.budget() / 2 {
            return Ok(());
        }
        self.empty(writer)?;
        writer.write_run()
    }

    fn finish(mut self, writer: &mut RunWriter<'_, K>) -> Result<(), CallError> {
        self.empty(writer)
    }
}

impl<F, K: Data + Ord + Hash, V: Data> CombineWith<F, K, V> {
    fn measure<T: Data>(&mut self, value: &T) -> Result<(), CallError> {
        self.scratch.clear();
        append_value_of(value, &mut self.scratch).map_err(CallError::Output)?;
        self.bytes += self.scratch.len() as u64;
        Ok(())
    }

    fn empty(&mut self, writer: &mut RunWriter<'_, K>) -> Result<(), CallError> {
        self.bytes = 0;
        for (key, value) in std::mem::take(&mut self.values) {
            if let Some(value) = value {
                writer.push(key, &value)?;
            }
        }
        Ok(())
    }
}
