use crate::support::World;

const COMMANDS: [&str; 14] = [
    "send",
    "messages",
    "poll",
    "listen",
    "generate",
    "draft-reply",
    "settle",
    "doctor",
    "demo",
    "sandbox",
    "login",
    "logout",
    "completions",
    "man",
];

#[test]
fn help_of_every_command() {
    let world = World::new();
    insta::assert_snapshot!("ava", world.run(&["--help"]).ok().out);
    for command in COMMANDS {
        let help = world.run(&[command, "--help"]).ok().out;
        assert!(help.contains("Examples:"), "{command} has no examples");
        assert!(help.lines().all(|line| line.chars().count() <= 80), "{command} is too wide");
        insta::assert_snapshot!(command, help);
    }
}

#[test]
fn every_command_is_listed_here() {
    let help = World::new().run(&["--help"]).ok().out;
    let listed =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    // What is indented further goes on with the line above.
    let named = listed.filter_map(|line| line.strip_prefix("  ").filter(|line| !line.starts_with(' ')));
    let names: Vec<&str> = named.filter_map(|line| line.split_whitespace().next()).collect();
    let expected: Vec<&str> = COMMANDS.iter().copied().chain(["help"]).collect();
    assert_eq!(names, expected);
}

#[test]
fn names_that_others_would_have_given_work_too() {
    let world = World::new();
    for (other, command) in [("history", "messages"), ("tail", "listen"), ("reply", "draft-reply")] {
        let help = |name| world.run(&[name, "--help"]).ok().out;
        assert_eq!(help(other), help(command));
    }
}

#[test]
fn nothing_asked_is_wrong_usage() {
    let world = World::new();
    assert!(world.run(&[]).ends_with(2).err.contains("Usage: ava"));
    assert_eq!(world.run(&["--version"]).ok().out, format!("ava {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_wrong_command_line_is_json_for_programs() {
    let world = World::new();
    let error = world.run(&["send", "--json", "--nonsense"]).ends_with(2).err_json();
    assert_eq!(error["code"], "invalid_request");
    assert_eq!(error["message"], "unexpected argument '--nonsense' found");
    let error = world.run(&["send", "--json"]).ends_with(2).err_json();
    assert_eq!(error["message"], "the following required arguments were not provided: <PHONE>");
    let error = world.run(&["generate", "+12", "--json"]).ends_with(2).err_json();
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("--user <TEXT>") && message.contains("--context <FILE>"), "{message}");
    let error = world.run(&["mesages", "--json"]).ends_with(2).err_json();
    assert!(error["hint"].as_str().unwrap().contains("'messages'"), "{error}");
}

#[test]
fn completions_and_manual_pages() {
    let world = World::new();
    for (shell, word) in [("bash", "_ava()"), ("zsh", "#compdef ava"), ("fish", "complete -c ava")] {
        let script = world.run(&["completions", shell]).ok().out;
        assert!(script.contains(word) && script.contains("draft-reply"), "{shell}");
    }
    let page = world.run(&["man"]).ok().out;
    assert!(page.contains(".TH ava 1") && page.contains(".SH \"EXIT CODES\"\n.nf\n  0  done\n"), "{page}");
    let page = world.run(&["man", "send"]).ok().out;
    assert!(page.contains("E.164") && !page.contains("EXTRA"), "{page}");
    assert!(page.contains(
        ".SH SYNOPSIS\n.nf\nava send [OPTIONS] <PHONE> [TEXT]\nava send [OPTIONS] \\-\\-csv <FILE>\n"
    ));
    // As typed: no line is filled up or broken, and a leading dot or backslash is one.
    assert!(page.contains(".SH EXAMPLES\n.nf\nava send +1234567890 \\(aqHello from AVA!\\(aq\n"), "{page}");
    assert!(page.contains(".SH NOTES\n.nf\nIt ends as sent (0)"), "{page}");
    assert!(world.run(&["man", "generate"]).ok().out.contains("\\(aqWe are.\\(aq \\(rs\n"));
    world.run(&["man", "nonsense"]).ends_with(2);

    let folder = world.home.path().join("man1");
    world.run(&["man", "--dir", folder.to_str().unwrap()]).ok();
    for command in COMMANDS {
        assert!(folder.join(format!("ava-{command}.1")).is_file(), "{command}");
    }
    assert!(folder.join("ava.1").is_file());
}
