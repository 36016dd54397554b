//! Counting words of a large file in parts, beside what scans text fastest and a database.

#![expect(clippy::unwrap_used, reason = "a failed unwrap fails the measurement")]
#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

use std::path::Path;
use std::process::{Command, Stdio};

use lithops::prelude::*;
use table::{Table, Target, Turn, time};
use text::write_text;

#[path = "../examples/word_count/count.rs"]
mod count;
mod table;
#[path = "workload/text.rs"]
mod text;

/// What one call counts.
const PART: u64 = 16 << 20;
/// Stands in about one line of a hundred.
const NEEDLE: &str = "w4711 ";

fn main() {
    let given = |name: &str| std::env::args().any(|argument| argument == name);
    if given("--list") {
        return;
    }
    // `cargo test` only wants to see that it works.
    let (mebibytes, turns) = match (given("--bench"), given("--quick")) {
        (false, _) => (2, 1),
        (true, true) => (256, 2),
        (true, false) => (1024, 5),
    };
    let load = table::load();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("text");
    let (bytes, words) = write_text(&file, mebibytes << 20);
    // One worker: throughput a core.
    let exec = lithops::block_on(async {
        let builder = FunctionExecutor::builder().backend("processes").workers(1);
        let root = folder.path().join("jobs");
        builder.storage("file").storage_root(root).progress(false).build().await.unwrap()
    });

    let has_rg = Command::new("rg").arg("--version").stdout(Stdio::null()).status().is_ok();
    let has_duckdb =
        python("import duckdb").stderr(Stdio::null()).status().is_ok_and(|status| status.success());
    let (mut ours, mut rg, mut duckdb) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..turns {
        let (turn, counted) = time(|| lithops::block_on(count_words(&exec, &file)));
        assert_eq!(counted, words);
        ours.push(turn);
        if has_rg {
            rg.push(time(|| scan(&file)).0);
        }
        if has_duckdb {
            duckdb.push(query(&file, words));
        }
    }

    let mut table = Table::new(mebibytes == 1024);
    if has_rg {
        let name = format!("words of {mebibytes} MiB, one worker / `rg -c` of one word, time");
        table.throughput(name, bytes, &ours, &rg, Target::Under(2.0));
    } else {
        table.note("rg is not installed: Debian's package ripgrep has it".to_owned());
    }
    if has_duckdb {
        let name = format!("words of {mebibytes} MiB, one worker / DuckDB, one thread, time");
        table.throughput(name, bytes, &ours, &duckdb, Target::Under(1.0));
    } else {
        table.note("DuckDB is not installed: `pip install duckdb` has it".to_owned());
    }
    table.print(&load);
}

async fn count_words(exec: &FunctionExecutor, file: &Path) -> u64 {
    let parts = exec.objects(file).lines().chunk_size(PART).await.unwrap();
    let add =
        |all: Vec<count::Stretch>| all.iter().map(|stretch| stretch.words_by_file).sum::<u64>();
    exec.map_reduce(count::count, parts, add).await.unwrap()
}

fn scan(file: &Path) {
    let mut rg = Command::new("rg");
    let status = rg.args(["-c", NEEDLE]).arg(file).stdout(Stdio::null()).status();
    assert!(status.unwrap().success());
}

/// The time of the query alone, without that of starting Python.
fn query(file: &Path, words: u64) -> Turn {
    let script = format!(
        "import duckdb, time\n\
         db = duckdb.connect()\n\
         db.execute('SET threads = 1')\n\
         db.execute('SET enable_progress_bar = false')\n\
         begun = time.perf_counter()\n\
         lines = \"read_csv('{}', columns = {{'line': 'VARCHAR'}}, delim = '\\\\t', quote = '', \
         escape = '', header = false, auto_detect = false)\"\n\
         words = db.execute(\"SELECT sum(len(string_split(line, ' '))) FROM \" + lines).fetchone()[0]\n\
         print(time.perf_counter() - begun)\n\
         assert words == {words}, words",
        file.display()
    );
    let output = python(&script).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let seconds: f64 = String::from_utf8_lossy(&output.stdout).trim().parse().unwrap();
    Turn::of(1, std::time::Duration::from_secs_f64(seconds))
}

fn python(script: &str) -> Command {
    let mut python = Command::new("python3");
    python.args(["-c", script]);
    python
}
