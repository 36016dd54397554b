//! All sides on little work, held against values that are known: what `cargo test` runs.

use std::time::Duration;

use super::bounds::{Copy, Echoes, Kernel, Spawn};
use super::ours::Ours;
use super::rayon_pool::Rayon;
use super::turn::{Done, Turn};
use super::{Side, task};

/// Panics if a side gives another value than it should.
pub(crate) fn run() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text");
    std::fs::write(&text, "one two three\nfour five\n".repeat(1000)).unwrap();
    let marks = folder.path().join("marks");
    std::fs::create_dir(&marks).unwrap();
    let inside: u64 = (0..4).map(|seed| task::throw(task::Share { seed, samples: 1000 })).sum();
    let cases = [
        ("map 100 default".to_owned(), 5050),
        ("map 100 1".to_owned(), 5050),
        ("spin 10 1000 1".to_owned(), 10),
        ("program 3 true".to_owned(), 3),
        ("fresh 3".to_owned(), 6),
        ("bytes 3 5".to_owned(), 15),
        ("reduce 3 5".to_owned(), 15),
        (format!("words {} 4000", text.display()), 5000),
        ("throw 4 1000".to_owned(), inside),
        (format!("faulty 5 {} 1 2", marks.display()), 30),
    ];
    let mut sides: [(&str, Box<dyn Side>, usize); 7] = [
        ("processes", Box::new(Ours::warm("processes", 2)), 10),
        ("threads", Box::new(Ours::warm("threads", 2)), 8),
        ("threads-pieces", Box::new(Ours::warm("threads", 2).in_pieces()), 8),
        ("rayon", Box::new(Rayon::new(2)), 5),
        ("echo", Box::new(Echoes::start()), 2),
        ("spawn", Box::new(Spawn::build()), 2),
        ("kernel", Box::new(Kernel), 1),
    ];
    for (name, side, able) in &mut sides {
        let mut done = 0;
        for (line, expected) in &cases {
            let Some(Done { time, check }) = side.take(&Turn::parse(line)) else { continue };
            assert_eq!(check, *expected, "{name}: {line}");
            assert!(time > Duration::ZERO, "{name}: {line}");
            done += 1;
        }
        assert_eq!(done, *able, "{name} does more or less than it could");
    }
    // Each task once, and once more the one that was killed.
    assert_eq!(std::fs::read_dir(&marks).unwrap().count(), 6);
    let copied = Copy.take(&Turn::parse(&format!("words {} 4096", text.display())));
    assert_eq!(copied.unwrap().check, text.metadata().unwrap().len());
}
