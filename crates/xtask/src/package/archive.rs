//! Archives: written so that the same files make the same bytes, and read whatever kind they are.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, bail};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

/// Of every file in an archive of ours: the first second that a zip knows, in case somebody packs it anew.
const MADE: u64 = 315_532_800;

/// Packs a folder, under the name `top`.
pub(crate) fn write(folder: &Path, top: &str, archive: &Path) -> Result<()> {
    let file = File::create(archive).with_context(|| archive.display().to_string())?;
    let mut tar = tar::Builder::new(GzEncoder::new(file, Compression::best()));
    add(&mut tar, folder, Path::new(top))?;
    tar.into_inner()?.finish()?;
    Ok(())
}

fn add(tar: &mut tar::Builder<GzEncoder<File>>, from: &Path, name: &Path) -> Result<()> {
    let data = from.symlink_metadata().with_context(|| from.display().to_string())?;
    let mut header = tar::Header::new_gnu();
    header.set_mtime(MADE);
    if data.is_symlink() {
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_mode(0o777);
        header.set_size(0);
        tar.append_link(&mut header, name, std::fs::read_link(from)?)?;
    } else if data.is_dir() {
        let mut names: Vec<_> = std::fs::read_dir(from)?.flatten().map(|entry| entry.file_name()).collect();
        names.sort();
        for inner in names {
            add(tar, &from.join(&inner), &name.join(&inner))?;
        }
    } else {
        header.set_mode(if is_executable(&data) { 0o755 } else { 0o644 });
        header.set_size(data.len());
        tar.append_data(&mut header, name, File::open(from)?)?;
    }
    Ok(())
}

#[cfg(unix)]
fn is_executable(data: &std::fs::Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&data.permissions()) & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(_data: &std::fs::Metadata) -> bool {
    false
}

/// Gives each file in an archive to `see`: its name and what is in it. What is no archive is a file by itself.
pub(crate) fn read(archive: &Path, mut see: impl FnMut(&str, &[u8]) -> Result<()>) -> Result<()> {
    let name = archive.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut bytes = Vec::new();
    let file = File::open(archive).with_context(|| archive.display().to_string())?;
    if [".whl", ".jar", ".zip"].iter().any(|ending| name.ends_with(ending)) {
        let mut zip = zip::ZipArchive::new(file)?;
        for index in 0..zip.len() {
            let mut member = zip.by_index(index)?;
            let name = member.name()?.into_owned();
            bytes.clear();
            member.read_to_end(&mut bytes)?;
            see(&name, &bytes)?;
        }
    } else if [".tar.gz", ".tgz", ".crate"].iter().any(|ending| name.ends_with(ending)) {
        for member in tar::Archive::new(GzDecoder::new(file)).entries()? {
            let mut member = member?;
            let name = member.path()?.to_string_lossy().into_owned();
            bytes.clear();
            member.read_to_end(&mut bytes)?;
            see(&name, &bytes)?;
        }
    } else {
        let mut file = file;
        file.read_to_end(&mut bytes)?;
        see(&name, &bytes)?;
    }
    Ok(())
}

/// Unpacks an archive of tar's into a folder.
pub(crate) fn unpack(archive: &Path, into: &Path) -> Result<()> {
    if !archive.is_file() {
        bail!("{} is not there", archive.display());
    }
    let file = File::open(archive)?;
    std::fs::create_dir_all(into)?;
    tar::Archive::new(GzDecoder::new(file))
        .unpack(into)
        .with_context(|| format!("unpacking {}", archive.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_is_read_and_twice_the_same() -> Result<()> {
        let folder = std::env::temp_dir().join(format!("ava-imessage-archive-{}", std::process::id()));
        let from = folder.join("from");
        std::fs::create_dir_all(from.join("lib"))?;
        std::fs::write(from.join("lib/b"), "second")?;
        std::fs::write(from.join("a"), "first")?;
        let (one, two) = (folder.join("one.tar.gz"), folder.join("two.tar.gz"));
        write(&from, "top-1", &one)?;
        std::fs::write(from.join("a"), "first")?;
        write(&from, "top-1", &two)?;
        assert_eq!(std::fs::read(&one)?, std::fs::read(&two)?);
        let mut seen = Vec::new();
        read(&one, |name, bytes| {
            seen.push((name.to_owned(), String::from_utf8_lossy(bytes).into_owned()));
            Ok(())
        })?;
        assert_eq!(seen, [("top-1/a".into(), "first".into()), ("top-1/lib/b".into(), "second".into())]);
        std::fs::remove_dir_all(folder)?;
        Ok(())
    }
}
