//! What goes in and comes out unchanged.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::convert::identity;
use std::fmt::Debug;
use std::num::NonZeroU8;
use std::path::PathBuf;
use std::time::Duration;

use lithops::{Data, ExecutorExt, FunctionExecutor, Result};
use serde::{Deserialize, Serialize};

/// Sends values there and back.
async fn echo<T: Data + Clone + PartialEq + Debug>(
    exec: &FunctionExecutor,
    values: &[T],
) -> Result<()> {
    let back = exec.map(identity::<T>, values.iter().cloned()).await?;
    assert_eq!(back, values);
    Ok(())
}

pub(crate) async fn bytes_and_numbers_come_back_exactly(exec: FunctionExecutor) -> Result<()> {
    echo::<Vec<u8>>(&exec, &[(0..=255).collect(), vec![], vec![0xc0; 3]]).await?;
    echo::<Vec<i8>>(&exec, &[vec![i8::MIN, -1, 0, i8::MAX], vec![]]).await?;
    echo::<Vec<i16>>(&exec, &[vec![i16::MIN, -1, 0, i16::MAX]]).await?;
    echo::<Vec<u16>>(&exec, &[vec![0, 1, 0x1234, u16::MAX]]).await?;
    echo::<Vec<i32>>(&exec, &[vec![i32::MIN, -1, 0, i32::MAX]]).await?;
    echo::<Vec<u32>>(&exec, &[vec![0, 1, 0x1234_5678, u32::MAX]]).await?;
    echo::<Vec<i64>>(&exec, &[vec![i64::MIN, -1, 0, i64::MAX]]).await?;
    echo::<Vec<u64>>(&exec, &[vec![0, 1, u64::MAX]]).await?;
    echo::<Vec<u128>>(&exec, &[vec![0, 1, u128::MAX]]).await?;
    echo::<Vec<f32>>(&exec, &[vec![f32::MIN_POSITIVE, f32::INFINITY, 1.1]]).await?;
    echo::<(u8, i16, u64, f32, f64)>(&exec, &[(1, -2, u64::MAX, 0.1, 0.1)]).await?;
    echo::<i128>(&exec, &[i128::MIN, 0, i128::MAX]).await?;
    echo::<usize>(&exec, &[0, usize::MAX]).await?;
    // Equality can't see the sign of zero or the payload of a NaN.
    let odd = vec![-0.0, f64::NAN, f64::from_bits(0x7ff0_0000_0000_0001), f64::NEG_INFINITY];
    let bits = |numbers: &[f64]| numbers.iter().map(|n| n.to_bits()).collect::<Vec<_>>();
    let back = exec.call_async(identity::<Vec<f64>>, odd.clone()).await?;
    assert_eq!(bits(&back), bits(&odd));
    let back = exec.map(identity::<f64>, odd.clone()).await?;
    assert_eq!(bits(&back), bits(&odd));
    Ok(())
}

pub(crate) async fn texts_come_back_exactly(exec: FunctionExecutor) -> Result<()> {
    let texts = ["", " ", "\0", "line\r\nline", "žluťoučký 🦀", "\u{feff}\u{10ffff}"];
    let texts = texts.map(String::from);
    echo::<String>(&exec, &texts).await?;
    echo::<Vec<String>>(&exec, &[texts.to_vec(), vec![]]).await?;
    echo::<(String, char)>(&exec, &[("é".to_owned(), '🦀')]).await
}

pub(crate) async fn std_types_come_back_as_they_were(exec: FunctionExecutor) -> Result<()> {
    echo::<bool>(&exec, &[true, false]).await?;
    echo::<[u8; 4]>(&exec, &[[1, 2, 3, 4]]).await?;
    echo::<BTreeMap<i32, Vec<Option<u8>>>>(&exec, &[[(-1, vec![None, Some(2)])].into()]).await?;
    echo::<HashMap<String, f64>>(&exec, &[[("half".to_owned(), 0.5)].into(), HashMap::new()])
        .await?;
    echo::<BTreeSet<(u8, char)>>(&exec, &[[(1, 'a'), (1, 'b')].into()]).await?;
    echo::<Duration>(&exec, &[Duration::MAX, Duration::from_nanos(1)]).await?;
    echo::<PathBuf>(&exec, &["/a/b c".into()]).await?;
    echo::<NonZeroU8>(&exec, &[NonZeroU8::MIN, NonZeroU8::MAX]).await?;
    echo::<Box<u8>>(&exec, &[Box::new(7)]).await?;
    echo::<std::result::Result<u8, String>>(&exec, &[Ok(1), Err("no".to_owned())]).await
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Row {
    id: u32,
    #[serde(flatten)]
    place: Place,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<u8>,
    #[serde(rename = "type")]
    kind: Kind,
    #[serde(skip)]
    cache: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Place {
    x: i32,
    y: i32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Value {
    Truth(bool),
    Number(i64),
    Fraction(f64),
    Text(String),
    Numbers(Vec<u8>),
    Place(Place),
    Nothing(()),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Kind {
    Plain,
    WithParts { parts: Vec<Kind> },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t", content = "c")]
enum Event {
    Unit,
    Tuple(u8, String),
    Struct { raw: Vec<u8> },
}

pub(crate) async fn serde_attributes_are_honoured(exec: FunctionExecutor) -> Result<()> {
    let bare = Row {
        id: 1,
        place: Place { x: -1, y: 1 },
        rest: BTreeMap::new(),
        note: None,
        tags: vec![],
        kind: Kind::Plain,
        cache: 0,
    };
    let rest = [
        ("truth", Value::Truth(true)),
        ("number", Value::Number(-1)),
        ("fraction", Value::Fraction(0.5)),
        ("text", Value::Text("t".to_owned())),
        ("numbers", Value::Numbers(vec![1, 255])),
        ("place", Value::Place(Place { x: 3, y: 4 })),
        ("nothing", Value::Nothing(())),
    ];
    let full = Row {
        rest: rest.map(|(name, value)| (name.to_owned(), value)).into(),
        note: Some("n".to_owned()),
        tags: vec![1, 2],
        kind: Kind::WithParts { parts: vec![Kind::Plain, Kind::WithParts { parts: vec![] }] },
        ..bare.clone()
    };
    echo(&exec, &[bare.clone(), full]).await?;
    let skipped = exec.call_async(identity, Row { cache: 9, ..bare.clone() }).await?;
    assert_eq!(skipped, bare);
    let struct_like = Event::Struct { raw: vec![0, 255] };
    echo(&exec, &[Event::Unit, Event::Tuple(1, "x".to_owned()), struct_like]).await
}

pub(crate) async fn nothing_and_none_keep_their_places(exec: FunctionExecutor) -> Result<()> {
    let even = |n: u32| n.is_multiple_of(2).then_some(n);
    assert_eq!(exec.map(even, 0..4).await?, [Some(0), None, Some(2), None]);
    assert_eq!(exec.map(|_: u32| (), 0..3).await?, [(), (), ()]);
    assert_eq!(exec.map(|(): ()| 7, [(), ()]).await?, [7, 7]);
    assert_eq!(exec.map(|n: Option<u8>| n.is_some(), [None, Some(1)]).await?, [false, true]);
    let empty: [u32; 0] = [];
    assert_eq!(exec.map(|n: u32| n, empty).await?, empty);
    let checked = |n: u32| if n == 1 { Err(std::fmt::Error) } else { Ok(()) };
    let settled = exec.map(checked, 0..3).settled().await?;
    assert_eq!(settled.iter().map(|call| call.is_ok()).collect::<Vec<_>>(), [true, false, true]);
    Ok(())
}

pub(crate) async fn large_values_come_back_whole(exec: FunctionExecutor) -> Result<()> {
    let bytes: Vec<u8> = (0..3_000_000u32).map(|n| (n % 251) as u8).collect();
    let reversed = |mut bytes: Vec<u8>| {
        bytes.reverse();
        bytes
    };
    let mut back = exec.call_async(reversed, bytes.clone()).await?;
    back.reverse();
    assert!(back == bytes);
    let words: Vec<String> = (0..50_000).map(|n| format!("word {n}")).collect();
    assert!(exec.call_async(identity::<Vec<String>>, words.clone()).await? == words);
    Ok(())
}
