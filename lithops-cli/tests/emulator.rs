//! `lithops emulator`: it says how clients are pointed at it, and ends when it is told to.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "each test uses a part of it")]
mod command;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use command::{lithops, run};

#[test]
fn it_tells_where_it_is_and_ends_on_a_signal() {
    let mut emulator = lithops();
    emulator.args(["emulator", "--listen=127.0.0.1:0"]).stdout(Stdio::piped());
    let mut emulator = emulator.spawn().unwrap();
    let mut said = BufReader::new(emulator.stdout.take().unwrap());
    let mut lines = said.by_ref().lines().map(Result::unwrap);
    let url = lines.find_map(|line| Some(line.strip_prefix("export CODE_ENGINE_URL=")?.to_owned()));
    let url = url.unwrap();
    let address = url.strip_prefix("http://").unwrap().strip_suffix("/v2").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!("GET /v2/projects HTTP/1.0\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.0 401 "), "{answer}");
    let told = Command::new("kill").args(["-TERM", &emulator.id().to_string()]).status().unwrap();
    assert!(told.success());
    assert_eq!(emulator.wait().unwrap().code(), Some(0));
}

#[test]
fn an_address_that_is_taken_is_an_error() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let error = run(lithops().args(["emulator", "--listen", &address])).failed(1);
    assert!(error.starts_with(&format!("error: can't listen on {address}: ")), "{error}");
}
