use std::fs;
use std::path::PathBuf;

use ava_sandbox::{Fault, On};

use crate::support::{KEY, PHONE, Ran, World};

fn config(world: &World) -> PathBuf {
    world.home.path().join(".config/ava/config.toml")
}

/// Without AVA_API_KEY.
fn keyless(world: &World, args: &[&str], more: &[(&str, &str)]) -> Ran {
    let mut command = world.command(args);
    command.env_remove("AVA_API_KEY").envs(more.iter().copied());
    world.ran(command)
}

fn log_in(world: &World) {
    world.run_with(&["login", "--stdin"], &format!("{KEY}\n")).ok();
}

#[test]
fn without_a_key_it_says_where_one_comes_from() {
    let world = World::new();
    for args in
        [&["send", PHONE, "Hello"][..], &["messages", PHONE], &["poll"], &["listen"], &["settle", "{}"]]
    {
        let ran = keyless(&world, args, &[]).ends_with(2);
        if args[0] != "settle" {
            insta::assert_snapshot!("no_key", ran.transcript());
        }
    }
    assert_eq!(keyless(&world, &["poll", "--json"], &[]).err_json()["code"], "configuration");
}

#[test]
fn a_key_is_kept_with_its_address_for_its_owner_alone() {
    let world = World::new();
    let told = world.run_with(&["login", "--stdin", "--json"], &format!("  {KEY}  \n")).ok().out_json();
    assert_eq!(told["config"], config(&world).to_str().unwrap());
    assert_eq!((&told["base_url"], &told["checked"]), (&world.sandbox.base_url().into(), &true.into()));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(config(&world)), 0o600);
        assert_eq!(mode(world.home.path().join(".config/ava")), 0o700);
    }
    let names: Vec<_> = fs::read_dir(world.home.path().join(".config/ava")).unwrap().collect();
    assert_eq!(names.len(), 1);
    keyless(&world, &["send", PHONE, "Hello"], &[]).ok();

    assert_eq!(world.run(&["logout", "--json"]).ok().out_json()["removed"], config(&world).to_str().unwrap());
    keyless(&world, &["poll"], &[]).ends_with(2);
    world.run(&["logout"]).ok();
}

#[test]
fn a_kept_key_goes_nowhere_else() {
    let (world, other) = (World::new(), World::new());
    log_in(&world);
    let url = other.sandbox.base_url();
    for ran in [
        keyless(&world, &["poll"], &[("AVA_BASE_URL", url)]),
        keyless(&world, &["poll", "--base-url", url], &[]),
        keyless(&world, &["send", PHONE, "Hello", "--base-url", "https://example.com"], &[]),
    ] {
        let ran = ran.ends_with(2);
        assert!(ran.err.contains("belongs to") && !ran.err.contains(KEY), "{ran:?}");
    }
    assert_eq!(other.sandbox.requests().len(), 0);
    // No address asked for: its own.
    let mut command = world.command(&["poll"]);
    command.env_remove("AVA_API_KEY").env_remove("AVA_BASE_URL");
    world.ran(command).ok();
}

#[test]
fn a_key_of_the_environment_goes_nowhere_by_guess() {
    let world = World::new();
    let nowhere = |args: &[&str]| {
        let mut command = world.command(args);
        // Should it be asked after all, nothing leaves this machine.
        command.env_remove("AVA_BASE_URL").env("HTTPS_PROXY", "http://127.0.0.1:9");
        world.ran(command)
    };
    let url = world.sandbox.base_url();
    log_in(&world);
    let before = world.sandbox.requests().len();
    for args in [&["poll"][..], &["send", PHONE, "Hello"], &["doctor"], &["listen"]] {
        let ran = nowhere(&[args, &["--json"]].concat()).ends_with(2);
        let error = ran.err_json();
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(url) && message.contains("https://chat.buzzedtech.com"), "{message}");
        assert_eq!(error["hint"], "Set AVA_BASE_URL, or give --base-url.");
    }
    assert_eq!(world.sandbox.requests().len(), before);
    nowhere(&["poll", "--base-url", url]).ok();
    // Where nothing else is known of, the service's own address is meant.
    for kept in ["", "api_key = 1", "base_url = \"https://chat.buzzedtech.com/\"\napi_key = \"k\""] {
        fs::write(config(&world), kept).unwrap();
        nowhere(&["poll", "--timeout", "1"]).ends_with(7);
    }
}

#[test]
fn a_key_that_is_refused_is_not_kept() {
    let world = World::new();
    log_in(&world);
    let ran = world.run_with(&["login", "--stdin"], "sk_wrong\n").ends_with(3);
    assert!(ran.err.contains("not kept"), "{ran:?}");
    assert!(fs::read_to_string(config(&world)).unwrap().contains(KEY));
    world.run_with(&["login", "--stdin"], "\n").ends_with(2);
    world.run_with(&["login", "--stdin"], "two words\n").ends_with(2);
    world.run(&["login"]).ends_with(2);
    // Unasked, or with nobody to ask, it is kept.
    assert_eq!(
        world.run_with(&["login", "--stdin", "--no-check", "--json"], "sk_new\n").ok().out_json()["checked"],
        false
    );
    world.fault(Fault { times: None, status: Some(500), ..Fault::on(On::Any) });
    let ran = world.run_with(&["login", "--stdin", "--timeout", "0.2"], "sk_newer\n").ok();
    assert!(ran.err.contains("kept UNCHECKED") && ran.out.contains("The key is unchecked."), "{ran:?}");
    assert!(fs::read_to_string(config(&world)).unwrap().contains("sk_newer"));
}

#[test]
fn a_key_that_nobody_could_try_replaces_no_login_for_another_address() {
    let world = World::new();
    log_in(&world);
    let kept = || fs::read_to_string(config(&world)).unwrap();
    let before = kept();
    let nobody = ["login", "--stdin", "--timeout", "1", "--base-url", "http://127.0.0.1:9"];
    let ran = world.run_with(&nobody, "sk_other\n").ends_with(7);
    let stays = format!(
        "so the login for {} stays: could not connect to http://127.0.0.1:9: ",
        world.sandbox.base_url()
    );
    assert!(ran.err.contains(&stays) && ran.err.contains("--no-check"), "{ran:?}");
    assert_eq!(kept(), before);
    world.run_with(&[&nobody[..], &["--no-check"]].concat(), "sk_other\n").ok();
    assert!(kept().contains("sk_other"));
    // Where there is none yet, it is kept.
    world.run(&["logout"]).ok();
    let ran = world.run_with(&nobody, "sk_first\n").ok();
    assert!(ran.err.contains("kept UNCHECKED") && ran.err.contains("http://127.0.0.1:9"), "{ran:?}");
    assert!(kept().contains("sk_first"));
}

#[cfg(unix)]
#[test]
fn a_file_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    log_in(&world);
    fs::set_permissions(config(&world), fs::Permissions::from_mode(0o640)).unwrap();
    let ran = keyless(&world, &["poll"], &[]).ends_with(2);
    assert!(ran.err.contains("chmod 600"), "{ran:?}");
    // Written anew, it is right again.
    log_in(&world);
    keyless(&world, &["poll"], &[]).ok();
}

#[test]
fn a_broken_file_is_told_without_its_words() {
    let world = World::new();
    log_in(&world);
    for broken in [&format!("api_key = {KEY}")[..], "", "base_url = 1"] {
        fs::write(config(&world), broken).unwrap();
        let ran = keyless(&world, &["poll"], &[]).ends_with(2);
        assert!(ran.err.contains("expected base_url and api_key") && !ran.err.contains(KEY), "{ran:?}");
    }
}

#[test]
fn the_file_is_where_xdg_says() {
    let world = World::new();
    let folder = world.home.path().join("elsewhere");
    let mut command = world.command(&["login", "--no-check", "--stdin"]);
    command.env("XDG_CONFIG_HOME", &folder);
    world.ran_with(command, KEY).ok();
    assert!(folder.join("ava/config.toml").is_file());
    let mut command = world.command(&["login", "--no-check", "--stdin"]);
    command.env("XDG_CONFIG_HOME", "relative");
    world.ran_with(command, KEY).ok();
    assert!(config(&world).is_file());
}

#[test]
fn a_password_in_the_address_is_shown_by_no_command() {
    const SECRET: &str = "secretpw";
    let world = World::new();
    log_in(&world);
    let path = |name: &str| world.home.path().join(name).display().to_string();
    let csv = path("in.csv");
    fs::write(&csv, format!("phone,text\n{PHONE},Hello\n")).unwrap();
    // What an earlier run by way of the sandbox left.
    world.run(&["send", "--csv", &csv]).ok();
    let commands = [
        &["send", PHONE, "Hello"][..],
        &["send", PHONE, "Hello", "--dry-run"],
        &["send", "--csv", &csv],
        &["send", "--csv", &csv, "--dry-run"],
        &["send", "--csv", &csv, "--dry-run", "--results", &path("none.jsonl")],
        &["messages", PHONE],
        &["messages", PHONE, "--all"],
        &["poll"],
        &["listen"],
        &["generate", PHONE, "--user", "Hi"],
        &["draft-reply", PHONE],
        &["settle", "{}"],
        &["doctor"],
        &["login"],
        &["login", "--stdin"],
        &["completions", "bash"],
    ];
    for command in commands {
        for json in [&[][..], &["--json"]] {
            for key in ["", KEY] {
                for url in [
                    format!("https://me:{SECRET}@127.0.0.1:9/a?b=c"),
                    format!("https://{SECRET}@127.0.0.1:9"),
                ] {
                    let args = [command, json].concat();
                    let mut asked = world.command(&args);
                    asked.env("AVA_LOG", "trace").env("AVA_API_KEY", key).env("AVA_BASE_URL", &url);
                    let ran = world.ran_with(asked, "sk_typed\n");
                    assert!(!ran.out.contains(SECRET) && !ran.err.contains(SECRET), "{args:?}: {ran:?}");
                    let by_option = [&args[..], &["--base-url", &url]].concat();
                    let mut asked = world.command(&by_option);
                    asked.env("AVA_LOG", "trace").env("AVA_API_KEY", key);
                    let ran = world.ran_with(asked, "sk_typed\n");
                    assert!(!ran.out.contains(SECRET) && !ran.err.contains(SECRET), "{by_option:?}: {ran:?}");
                }
            }
        }
    }
}
