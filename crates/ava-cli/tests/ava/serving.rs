//! `ava sandbox`, as other programs start it.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::Stdio;

use crate::support::{World, json};

#[test]
fn a_sandbox_ends_with_standard_input_if_that_is_wanted() {
    let world = World::new();
    let mut command = world.command(&["--json", "sandbox", "--until-eof", "--settings", "-"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    // The settings are a line, and what follows is passed over.
    input.write_all(b"{\"poll_lag_ms\": 5}\nand so on\n").unwrap();
    let mut ready = String::new();
    output.read_line(&mut ready).unwrap();
    let address = json(&ready)["base_url"].as_str().unwrap().trim_start_matches("http://").to_owned();
    assert!(TcpStream::connect(&address).is_ok());
    assert!(child.try_wait().unwrap().is_none());

    drop(input);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(TcpStream::connect(&address).is_err());
}

#[cfg(target_os = "linux")]
#[test]
fn a_sandbox_that_can_not_say_where_it_is_fails() {
    let world = World::new();
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let said = world.ran_into(world.command(&["sandbox"]).stdout(full)).ends_with(1).err;
    assert!(said.contains("the output could not be written: No space left"), "{said}");
    // Nobody reads it any more.
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    assert_eq!(world.ran_into(world.command(&["sandbox"]).stdout(writer)).ok().err, "");
}
