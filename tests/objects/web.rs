//! Web servers as sources: with ranges and without, and addresses that lead nowhere.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use lithops::prelude::*;

use super::{on_threads, read_part, text};

/// A web server with one page, `/page`, which knows ranges or does not; answers until the test ends.
fn serve(page: Vec<u8>, ranges: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let page = page.clone();
            // A client that goes away early ends its connection only.
            thread::spawn(move || answer_all(stream, &page, ranges).ok());
        }
    });
    address
}

fn answer_all(stream: TcpStream, page: &[u8], ranges: bool) -> std::io::Result<()> {
    let mut requests = BufReader::new(stream.try_clone()?);
    let mut stream = stream;
    loop {
        let (mut first, mut range) = (String::new(), None);
        if requests.read_line(&mut first)? == 0 {
            return Ok(());
        }
        loop {
            let mut line = String::new();
            requests.read_line(&mut line)?;
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some((start, end)) =
                line.strip_prefix("range: bytes=").and_then(|range| range.split_once('-'))
            {
                let last = end.parse().unwrap_or(page.len() - 1).min(page.len() - 1);
                range = Some((start.parse::<usize>().unwrap(), last));
            }
        }
        let is_page = first.split(' ').nth(1) == Some("/page");
        let (status, head, body) = match range.filter(|_| ranges) {
            _ if !is_page => ("404 Not Found", String::new(), &b"nothing"[..]),
            Some((start, last)) => (
                "206 Partial Content",
                format!("Content-Range: bytes {start}-{last}/{}\r\n", page.len()),
                &page[start..=last],
            ),
            None => ("200 OK", String::new(), page),
        };
        let accepts = if ranges { "Accept-Ranges: bytes\r\n" } else { "" };
        let length = body.len();
        write!(
            stream,
            "HTTP/1.1 {status}\r\n{head}{accepts}ETag: \"1\"\r\nContent-Length: {length}\r\n\r\n"
        )?;
        if !first.starts_with("HEAD") {
            stream.write_all(body)?;
        }
    }
}

fn parts(address: String) -> (usize, Vec<u8>) {
    on_threads(|exec| async move {
        let parts = exec.objects(address).lines().chunk_size(1000).await.unwrap();
        (parts.len(), exec.map(read_part, parts).await.unwrap().concat())
    })
}

#[test]
fn a_page_is_divided_where_the_server_knows_ranges() {
    let page = text((0..1000).map(|n| format!("line {n}")), "\n");
    assert_eq!(page.len(), 8890);
    assert!(parts(format!("{}/page", serve(page.clone(), true))) == (9, page));
}

#[test]
fn a_page_is_one_part_where_it_does_not() {
    let page = text((0..1000).map(|n| format!("line {n}")), "\n");
    assert!(parts(format!("{}/page", serve(page.clone(), false))) == (1, page));
}

#[test]
fn a_dead_address_is_an_error_that_names_it() {
    let server = serve(b"x".to_vec(), true);
    let missing = format!("{server}/missing");
    let address = missing.clone();
    let error = on_threads(|exec| async move { exec.objects(address).await.unwrap_err() });
    let Error::Data(DataError::Nothing { uri }) = error else { panic!("{error}") };
    assert_eq!(uri, missing);

    // A port that nobody listens on: it was given to this test, and given back.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let address = format!("http://{closed}/page");
    let error = on_threads(|exec| async move { exec.objects(address).await.unwrap_err() });
    let Error::Data(DataError::Unasked { uri, source }) = error else { panic!("{error}") };
    assert_eq!(source.kind, lithops::StorageErrorKind::Unavailable);
    assert_eq!(uri, format!("http://{closed}/page"));
}
