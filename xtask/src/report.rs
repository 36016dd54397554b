//! A browser opens reports of jobs: its charts are drawn, and no request leaves it.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use image::RgbImage;

use crate::command::{cargo, command, output, root, run, target, works};
use crate::machine::{install_packages, is_root};
use crate::steps::Steps;

/// What the page is drawn in where the screen is light.
const GROUND: [u8; 3] = [0xff, 0xff, 0xff];
const OK: [u8; 3] = [0x2f, 0x6f, 0xbd];
const FAILED: [u8; 3] = [0xc7, 0x33, 0x1a];
/// Longest that the page of 100,000 calls may take, in milliseconds of a busy machine.
const LONGEST: u32 = 10_000;
/// Most bytes of that page.
const LARGEST: u64 = 6_000_000;
/// Where the browser asks of its own accord, whatever it shows: for the time, for updates of its own.
const BROWSERS_OWN: [&str; 3] = ["google.com", "googleapis.com", "gvt1.com"];
/// A request, and a script, that no report has.
const INTRUDER: &str =
    "<img src=\"http://192.0.2.1/picture.png\"><script>document.title = 'broken'</script>";

pub(crate) fn check(steps: &mut Steps) -> anyhow::Result<()> {
    let found = ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .find(|program| works(command(program, ["--version"])));
    let browser = match found {
        Some(browser) => browser,
        None => {
            install_packages(&["chromium", "fonts-dejavu-core"])?;
            "chromium"
        }
    };
    if !works(command(browser, ["--version"])) {
        steps.skip("reports in a browser", "there is no chromium");
        return Ok(());
    }
    steps.run("reports in a browser", |_| {
        let folder = target().join("report");
        fs::create_dir_all(&folder)?;
        let build = ["build", "--workspace", "--all-features", "--example", "report"];
        run(cargo(build))?;
        let browser = Browser::new(browser)?;
        browser.sees_requests(&folder)?;
        // A page below the pixels of its charts, and one far above.
        let small = page(&folder, 10, 4)?;
        browser.shows(&small, 10, "bars")?;
        browser.refuses_intruders(&small)?;
        let large = page(&folder, 100_000, 200)?;
        let bytes = fs::metadata(&large)?.len();
        ensure!(bytes <= LARGEST, "the page of 100,000 calls has {bytes} bytes");
        browser.shows(&large, 100_000, "cells")
    });
    Ok(())
}

/// The page of a made-up job.
fn page(folder: &Path, calls: u32, workers: u32) -> anyhow::Result<PathBuf> {
    let page = folder.join(format!("report-{calls}.html"));
    let example = target().join("debug/examples/report");
    let mut write = command(example, [calls.to_string(), workers.to_string()]);
    write.arg(&page);
    run(write)?;
    Ok(page)
}

struct Browser {
    program: &'static str,
    /// The only way to the network that it has: nobody answers there, but requests are noted.
    proxy: String,
    /// The first line of each request that is not the browser's own.
    requests: Arc<Mutex<Vec<String>>>,
    profile: tempfile::TempDir,
}

impl Browser {
    fn new(program: &'static str) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let proxy = listener.local_addr()?.to_string();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&requests);
        // Ends with this program.
        std::thread::spawn(move || {
            for visit in listener.incoming().flatten() {
                let line = request_line(visit);
                if !is_browsers_own(&line) {
                    noted.lock().unwrap_or_else(PoisonError::into_inner).push(line);
                }
            }
        });
        Ok(Self { program, proxy, requests, profile: tempfile::tempdir()? })
    }

    /// The requests since the last time.
    fn requests(&self) -> Vec<String> {
        std::mem::take(&mut *self.requests.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A page without a policy asks for a picture, and that is seen: else the checks below would
    /// show nothing.
    fn sees_requests(&self, folder: &Path) -> anyhow::Result<()> {
        let page = folder.join("asks.html");
        fs::write(&page, format!("<!DOCTYPE html><title>whole</title>{INTRUDER}"))?;
        let dom = self.dom(&page)?;
        let seen = self.requests();
        ensure!(!seen.is_empty(), "a request of the browser was not seen");
        ensure!(dom.contains("<title>broken"), "a script of the browser did not run");
        println!("    a page that asks the network is seen to: {}", seen[0]);
        Ok(())
    }

    /// The same in a report does nothing.
    fn refuses_intruders(&self, page: &Path) -> anyhow::Result<()> {
        let text = fs::read_to_string(page)?.replacen("<h1>", &format!("{INTRUDER}<h1>"), 1);
        let broken = page.with_extension("intruder.html");
        fs::write(&broken, text)?;
        let dom = self.dom(&broken)?;
        let seen = self.requests();
        ensure!(dom.contains(INTRUDER.split('>').next().unwrap_or_default()), "it is not there");
        ensure!(seen.is_empty(), "a report let {seen:?} through");
        ensure!(!dom.contains("<title>broken"), "a report let a script run that is not its own");
        println!("    a report lets through neither a request nor a script");
        Ok(())
    }

    /// Opens a report twice, once for what its script has made of it and once for what is seen.
    fn shows(&self, page: &Path, calls: u32, mode: &str) -> anyhow::Result<()> {
        let dom = self.dom(page)?;
        let picture = page.with_extension("png");
        self.screenshot(page, &picture)?;
        let seen = self.requests();
        ensure!(seen.is_empty(), "{} asked the network: {seen:?}", page.display());
        let took = attribute(&dom, "<html", "data-took")?;
        ensure!(attribute(&dom, "<html", "data-drawn")? == "3", "not every chart was drawn");
        let timeline = "<figure class=\"timeline\"";
        let (drawn, how) =
            (attribute(&dom, timeline, "data-drawn")?, attribute(&dom, timeline, "data-mode")?);
        ensure!((drawn, how) == (calls.to_string().as_str(), mode), "{drawn} calls, as {how}");
        ensure!(took.parse::<u32>()? <= LONGEST, "the page took {took} ms");
        ensure!(!dom.contains("<title>broken"), "a text of the job has run as a script");
        let (ok, failed) = pixels(&picture)?;
        println!("    {calls} calls drawn after {took} ms, {ok} pixels blue and {failed} red");
        ensure!(ok > 20_000 && failed > 100, "the screenshot shows no charts");
        Ok(())
    }

    fn dom(&self, page: &Path) -> anyhow::Result<String> {
        let mut dump = self.command();
        dump.arg("--dump-dom").arg(address(page));
        let output = output(dump)?;
        ensure!(output.status.success(), "the browser ended with {}", output.status);
        String::from_utf8(output.stdout).context("the browser printed no UTF-8")
    }

    fn screenshot(&self, page: &Path, picture: &Path) -> anyhow::Result<()> {
        let mut shoot = self.command();
        shoot.args(["--hide-scrollbars", "--window-size=1200,1270"]);
        shoot.arg(format!("--screenshot={}", picture.display())).arg(address(page));
        let output = output(shoot)?;
        ensure!(output.status.success(), "the browser ended with {}", output.status);
        Ok(())
    }

    fn command(&self) -> Command {
        let mut browser = command(self.program, ["--headless=new", "--disable-gpu"]);
        // What a browser asks of its own accord.
        browser.args([
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-default-apps",
            "--disable-domain-reliability",
            "--disable-sync",
            "--no-first-run",
            "--no-default-browser-check",
        ]);
        browser
            .arg(format!("--proxy-server={}", self.proxy))
            .arg("--proxy-bypass-list=<-loopback>");
        browser.arg(format!("--user-data-dir={}", self.profile.path().display()));
        if is_root() {
            // Chromium refuses its sandbox to root, as in most containers.
            browser.arg("--no-sandbox");
        }
        browser
    }
}

/// The first line of a request to the proxy, such as `GET http://192.0.2.1/ HTTP/1.1`.
fn request_line(visit: TcpStream) -> String {
    let mut line = String::new();
    let bounded = visit.set_read_timeout(Some(Duration::from_secs(5)));
    match bounded.and_then(|()| BufReader::new(visit).read_line(&mut line)) {
        Ok(_) => line.trim_end().to_owned(),
        Err(error) => format!("a request that can't be read: {error}"),
    }
}

/// Whether the request goes to a host that the browser asks whatever it shows; one that says nothing
/// is a connection kept for later.
fn is_browsers_own(line: &str) -> bool {
    let Some(target) = line.split(' ').nth(1) else { return line.is_empty() };
    let host = target.split_once("://").map_or(target, |(_, rest)| rest);
    let host = host.split(['/', ':']).next().unwrap_or_default();
    BROWSERS_OWN.iter().any(|own| {
        host.strip_suffix(own).is_some_and(|left| left.is_empty() || left.ends_with('.'))
    })
}

fn address(page: &Path) -> String {
    format!("file://{}", root().join(page).display())
}

/// The value of an attribute, in or behind the element that begins so.
fn attribute<'a>(dom: &'a str, element: &str, name: &str) -> anyhow::Result<&'a str> {
    let found = dom.split_once(element).and_then(|(_, behind)| {
        let (_, value) = behind.split_once(&format!("{name}=\""))?;
        value.split('"').next()
    });
    found.with_context(|| format!("{element} has no {name}: the script of the page did not run"))
}

/// How many pixels have the colour of calls with a value, and of calls that failed.
fn pixels(picture: &Path) -> anyhow::Result<(usize, usize)> {
    let picture: RgbImage = image::open(picture)?.into_rgb8();
    let of = |colour: [u8; 3]| picture.pixels().filter(|pixel| pixel.0 == colour).count();
    if of(GROUND) == 0 {
        bail!("the page's ground is not white");
    }
    Ok((of(OK), of(FAILED)))
}

#[cfg(test)]
mod tests {
    use super::is_browsers_own;

    #[test]
    fn only_requests_to_the_browsers_own_hosts_are_its_own() {
        assert!(is_browsers_own("CONNECT accounts.google.com:443 HTTP/1.1"));
        assert!(is_browsers_own("GET http://clients2.google.com/time/1/current?x=1 HTTP/1.1"));
        assert!(!is_browsers_own("GET http://192.0.2.1/picture.png HTTP/1.1"));
        assert!(!is_browsers_own("GET http://notgoogle.com/ HTTP/1.1"));
        assert!(!is_browsers_own("GET http://192.0.2.1/google.com HTTP/1.1"));
    }
}
