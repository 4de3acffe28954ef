//! Built by `cargo xtask fuzz`, libFuzzer's program for the target that `AVA_FUZZ_TARGET` names. Built as everything
//! else is, it replays: `ava-fuzz` all corpora, `ava-fuzz TARGET FILE…` these inputs.

#![cfg_attr(libfuzzer, no_main)]

#[cfg(libfuzzer)]
mod libfuzzer {
    use std::sync::LazyLock;

    use ava_fuzz::Target;

    static TARGET: LazyLock<&Target> = LazyLock::new(|| {
        let name = std::env::var("AVA_FUZZ_TARGET").unwrap_or_default();
        match ava_fuzz::target(&name) {
            Ok(target) => target,
            Err(error) => {
                eprintln!("{error}");
                std::process::exit(2);
            }
        }
    });

    libfuzzer_sys::fuzz_target!(|input: &[u8]| (TARGET.run)(input));
}

#[cfg(not(libfuzzer))]
fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let inputs = match arguments.next() {
        Some(name) => {
            let target = ava_fuzz::target(&name.to_string_lossy())?;
            arguments.map(|file| (target, file.into())).collect()
        }
        None => ava_fuzz::corpora()?,
    };
    for (target, file) in &inputs {
        println!("{} {}", target.name, file.display());
        (target.run)(&std::fs::read(file)?);
    }
    println!("{} inputs replayed", inputs.len());
    Ok(())
}
