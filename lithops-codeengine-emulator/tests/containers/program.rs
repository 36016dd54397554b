//! What an instance does in these tests: as its first argument says.

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (what, with) = (arguments.next().unwrap(), arguments.next().unwrap_or_default());
    match what.as_str() {
        "say" => println!("{with}"),
        "exit" => std::process::exit(with.parse().unwrap()),
        "eat" => {
            let mut eaten: Vec<Vec<u8>> = Vec::new();
            loop {
                eaten.push(vec![1; 1 << 20]);
            }
        }
        "read" => print!("{}", std::fs::read_to_string(with).unwrap()),
        "write" => println!("{}", std::fs::write(with, "x").unwrap_err().kind()),
        "variable" => println!("{}", std::env::var(with).unwrap()),
        "wait" => {
            println!("waiting");
            std::thread::park();
        }
        _ => panic!("{what}"),
    }
}
