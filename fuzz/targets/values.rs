//! Users' values, of the types that are encoded in ways of their own and of those that are not.

#![no_main]

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use lithops_core::wire::{ObjectPart, StoredObject, ValueSink, decode_value, encode_value};
use lithops_fuzz::within;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Record {
    name: String,
    numbers: Vec<u16>,
    by_name: BTreeMap<String, i64>,
    kind: Kind,
    #[serde(default)]
    maybe: Option<Box<Record>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Kind {
    Unit,
    One(bool),
    Two(u8, String),
    Named { bytes: Bytes },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Either {
    Number(u64),
    Text(String),
    List(Vec<Either>),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Tree(Vec<Tree>);

/// Decodes; what decodes is, encoded and decoded again, the same.
fn look<T>(bytes: &Bytes)
where
    T: Clone + std::fmt::Debug + PartialEq + Serialize + DeserializeOwned + 'static,
{
    // A type that nests in itself may have serde believe 1 MiB at each of 128 levels, of a few bytes each.
    let levels = bytes.len().min(128);
    let decoded = within(bytes.len() + levels * 4096, || decode_value::<T>(bytes.clone()));
    let Ok(value) = decoded else { return };
    let mut sink = ValueSink::new();
    encode_value(value.clone(), &mut sink).expect("it has just been decoded");
    assert_eq!(decode_value::<T>(sink.take()).expect("it has just been encoded"), value);
}

fuzz_target!(|data: &[u8]| {
    let Some((kind, data)) = data.split_first() else { return };
    let bytes = Bytes::copy_from_slice(data);
    match kind % 14 {
        0 => look::<Vec<u8>>(&bytes),
        1 => look::<String>(&bytes),
        2 => look::<Vec<i32>>(&bytes),
        3 => look::<Vec<u64>>(&bytes),
        4 => look::<Record>(&bytes),
        5 => look::<Either>(&bytes),
        6 => look::<Tree>(&bytes),
        7 => look::<HashMap<u8, Vec<String>>>(&bytes),
        8 => look::<Result<u8, String>>(&bytes),
        9 => look::<(u8, i64, char, bool, Option<u32>)>(&bytes),
        10 => look::<Vec<Vec<Vec<()>>>>(&bytes),
        11 => look::<ObjectPart>(&bytes),
        12 => look::<StoredObject>(&bytes),
        _ => look::<[u128; 2]>(&bytes),
    }
});
