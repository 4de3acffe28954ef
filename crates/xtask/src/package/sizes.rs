//! The ledger of sizes: what a download takes, and what it takes on disk, so that growth is seen by who causes it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use super::{What, archive, platform, version};
use crate::command::root;
use crate::report::Outcome;

/// Where they are written down.
const LEDGER: &str = "docs/sizes.toml";
/// So much more or less is no news: compilers and compressors differ a little from machine to machine.
const TOLERANCE: f64 = 0.05;
/// Nor is so little: what is packed of sources alone grows with every change of them.
const BYTES: u64 = 32 * 1024;

const HEADING: &str = "\
# What the packages take, in bytes: downloaded, and installed, which is all that is in them. By platform.
# Written by `cargo xtask package --record`; `cargo xtask test` fails on what is 5 % (and 32 KiB) larger or smaller.
";

/// One package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Size {
    download: u64,
    installed: u64,
}

/// By the package's name, without its version.
pub(super) type Sizes = BTreeMap<String, Size>;
/// By platform.
type Ledger = BTreeMap<String, Sizes>;

pub(super) fn measure(packages: &[(What, PathBuf)]) -> Result<Sizes> {
    let mut sizes = Sizes::new();
    for (what, package) in packages {
        let mut installed = 0;
        archive::read(package, |_, bytes| {
            installed += bytes.len() as u64;
            Ok(())
        })?;
        sizes.insert(name(*what, package), Size { download: package.metadata()?.len(), installed });
    }
    Ok(sizes)
}

/// `python/ava_imessage.whl`: without the version, and the tags of a wheel, of which one is the machine's libc.
fn name(what: What, package: &Path) -> String {
    let file = package.file_name().unwrap_or_default().to_string_lossy();
    let file = match file.split_once(&format!("-{}-", version())) {
        Some((name, _)) if file.ends_with(".whl") => format!("{name}.whl"),
        _ => file.replacen(&format!("-{}", version()), "", 1),
    };
    format!("{}/{file}", what.name())
}

pub(super) fn print(sizes: &Sizes) {
    println!("{:>10} {:>10}", "download", "installed");
    for (name, Size { download, installed }) in sizes {
        println!("{:>7.2} MB {:>7.2} MB  {name}", *download as f64 / 1e6, *installed as f64 / 1e6);
    }
}

/// Writes down these sizes, in place of what was known of the same packages on this platform.
pub(super) fn record(sizes: &Sizes) -> Result<()> {
    let mut ledger = ledger()?;
    ledger.entry(platform()).or_default().extend(sizes.clone());
    std::fs::write(root().join(LEDGER), format!("{HEADING}\n{}", toml::to_string(&ledger)?))?;
    println!("written down in {LEDGER}");
    Ok(())
}

/// Fails on what isn't as it was written down; of a platform of which nothing is, no size is compared.
pub(super) fn compare(sizes: &Sizes) -> Result<Outcome> {
    let ledger = ledger()?;
    let Some(known) = ledger.get(&platform()) else {
        return Ok(Outcome::Skipped(format!("{LEDGER} has nothing of {}", platform())));
    };
    let differences = differences(known, sizes);
    if !differences.is_empty() {
        bail!(
            "{}. Find out why; if it is to be so, `cargo xtask package --record` and commit {LEDGER}",
            differences.join("; ")
        );
    }
    Ok(Outcome::Passed)
}

fn ledger() -> Result<Ledger> {
    match std::fs::read_to_string(root().join(LEDGER)) {
        Ok(text) => toml::from_str(&text).context(LEDGER),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Ledger::new()),
        Err(error) => Err(error).context(LEDGER),
    }
}

fn differences(known: &Sizes, now: &Sizes) -> Vec<String> {
    let mut differences = Vec::new();
    for (name, size) in now {
        let Some(was) = known.get(name) else {
            differences.push(format!("{name} is new"));
            continue;
        };
        for (of, was, is) in
            [("download", was.download, size.download), ("installed", was.installed, size.installed)]
        {
            if is.abs_diff(was) > BYTES && is.abs_diff(was) as f64 > was as f64 * TOLERANCE {
                let percent = (is as f64 / was as f64 - 1.0) * 100.0;
                differences.push(format!("{name} ({of}) is {is} bytes, not {was}: {percent:+.1} %"));
            }
        }
    }
    // Of those that were packed: a language whose toolchain isn't there has none.
    let packed = |name: &str| now.keys().any(|other| name.split('/').next() == other.split('/').next());
    let gone = known.keys().filter(|name| packed(name) && !now.contains_key(*name));
    differences.extend(gone.map(|name| format!("{name} is gone")));
    differences
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_twentieth_is_too_much_in_both_directions() {
        let sizes = |download| Sizes::from([("a".to_owned(), Size { download, installed: 10_000_000 })]);
        let known = sizes(1_000_000);
        assert_eq!(differences(&known, &sizes(1_049_000)), [""; 0]);
        assert_eq!(differences(&known, &sizes(951_000)), [""; 0]);
        assert_eq!(
            differences(&known, &sizes(1_060_000)),
            ["a (download) is 1060000 bytes, not 1000000: +6.0 %"]
        );
        assert_eq!(
            differences(&known, &sizes(940_000)),
            ["a (download) is 940000 bytes, not 1000000: -6.0 %"]
        );
        assert_eq!(differences(&Sizes::new(), &known), ["a is new"]);
        let size = Size { download: 1, installed: 1 };
        let [two, one, other] = [&["c/a", "c/b"][..], &["c/a"], &["d/a"]]
            .map(|names| names.iter().map(|name| ((*name).to_owned(), size)).collect::<Sizes>());
        assert_eq!(differences(&two, &one), ["c/b is gone"]);
        assert_eq!(differences(&two, &other), ["d/a is new"]);
    }

    #[test]
    fn names_have_no_version() {
        let wheel = format!("ava_imessage-{}-cp39-abi3-manylinux_2_34_x86_64.whl", version());
        assert_eq!(name(What::Python, Path::new(&wheel)), "python/ava_imessage.whl");
        let archive = format!("/a/ava-imessage-c-{}-linux-x64-gnu.tar.gz", version());
        assert_eq!(name(What::C, Path::new(&archive)), "c/ava-imessage-c-linux-x64-gnu.tar.gz");
    }
}
