//! Safe opening of files: regular files only, without blocking on pipes, and without following
//! symbolic links for output files.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::path::{Component, Path};

/// Opens a regular file for reading.
///
/// # Errors
///
/// Fails immediately for other file types: opening a pipe would block until a writer connects.
pub fn open(path: &Path) -> io::Result<File> {
    regular(options(OpenOptions::new().read(true), Links::Follow).open(path)?)
}

/// Reads the bytes of a regular file.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = open(path)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads a regular file as UTF-8.
pub fn read_to_string(path: &Path) -> io::Result<String> {
    let mut file = open(path)?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    Ok(text)
}

/// Opens an output file of this program with the options `wanted`.
///
/// # Errors
///
/// Fails for a symbolic link, because the target may be outside the folder.
pub fn open_own(path: &Path, wanted: &mut OpenOptions) -> io::Result<File> {
    let opened = options(wanted, Links::Refuse).open(path);
    // The error of the operating system (ELOOP) describes a loop of links.
    let is_link = || fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink());
    let file = opened.map_err(|error| if is_link() { link() } else { error })?;
    // Opening a device for writing does not wait for a reader.
    if is_device(&file.metadata()?.file_type()) { Ok(file) } else { regular(file) }
}

/// Whether the path is a folder; `false` for a missing path.
///
/// # Errors
///
/// Fails for a symbolic link or a file.
pub fn is_folder(path: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => Ok(true),
        Ok(found) if found.is_symlink() => Err(link()),
        Ok(_) => Err(io::Error::new(ErrorKind::NotADirectory, "it is a file, want a folder")),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Creates the folder `dir` and the missing folders below `root`; `root` must exist.
///
/// # Errors
///
/// Fails for a symbolic link between `root` and `dir`, and for a `dir` outside `root`.
pub fn make_below(root: &Path, dir: &Path) -> io::Result<()> {
    let outside = || io::Error::new(ErrorKind::InvalidInput, "it is not in the run's folder");
    let mut path = root.to_owned();
    for part in dir.strip_prefix(root).map_err(|_| outside())?.components() {
        let Component::Normal(name) = part else { return Err(outside()) };
        path.push(name);
        match fs::create_dir(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => is_folder(&path).map(drop)?,
            made => made?,
        }
    }
    Ok(())
}

fn link() -> io::Error {
    io::Error::new(
        ErrorKind::InvalidInput,
        "it is a symbolic link, and what it leads to may be another's; remove the link",
    )
}

/// Returns a regular file; fails for other types.
fn regular(file: File) -> io::Result<File> {
    let kind = file.metadata()?.file_type();
    if kind.is_file() {
        return Ok(file);
    }
    Err(if kind.is_dir() {
        io::Error::new(ErrorKind::IsADirectory, "it is a folder, want a file")
    } else {
        io::Error::new(
            ErrorKind::InvalidInput,
            "it is a pipe, a socket or a device, want a regular file",
        )
    })
}

#[cfg(unix)]
fn is_device(kind: &fs::FileType) -> bool {
    std::os::unix::fs::FileTypeExt::is_char_device(kind)
}

#[cfg(not(unix))]
fn is_device(_: &fs::FileType) -> bool {
    false
}

#[derive(Clone, Copy, PartialEq)]
enum Links {
    Follow,
    Refuse,
}

#[cfg(unix)]
fn options(options: &mut OpenOptions, links: Links) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let no_links = if links == Links::Refuse { libc::O_NOFOLLOW } else { 0 };
    options.custom_flags(libc::O_NONBLOCK | no_links)
}

#[cfg(not(unix))]
fn options(options: &mut OpenOptions, _: Links) -> &mut OpenOptions {
    options
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;
    use std::process::Command;

    use super::*;

    #[test]
    fn pipe_is_refused_without_waiting() {
        let dir = tempfile::tempdir().unwrap();
        let pipe = dir.path().join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let want = "it is a pipe, a socket or a device, want a regular file";
        assert_eq!(read(&pipe).unwrap_err().to_string(), want);
        assert_eq!(read(Path::new("/dev/null")).unwrap_err().to_string(), want);
        assert_eq!(read(dir.path()).unwrap_err().kind(), ErrorKind::IsADirectory);
    }

    #[test]
    fn link_is_followed_to_read_and_refused_to_write() {
        let dir = tempfile::tempdir().unwrap();
        let (file, to) = (dir.path().join("file"), dir.path().join("link"));
        fs::write(&file, "text").unwrap();
        symlink(&file, &to).unwrap();
        assert_eq!(read_to_string(&to).unwrap(), "text");
        let error = open_own(&to, OpenOptions::new().write(true)).unwrap_err().to_string();
        assert!(error.starts_with("it is a symbolic link"), "{error}");
        open_own(&file, OpenOptions::new().write(true)).unwrap();
    }

    #[test]
    fn folders_are_created_only_below_root() {
        let dir = tempfile::tempdir().unwrap();
        let (root, outside) = (dir.path().join("root"), dir.path().join("outside"));
        let error = make_below(&root, &root.join("a/b")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "the root is not made");
        fs::create_dir(&root).unwrap();
        fs::create_dir(&outside).unwrap();
        make_below(&root, &root.join("a/b")).unwrap();
        make_below(&root, &root.join("a/b")).unwrap();
        symlink(&outside, root.join("out")).unwrap();
        assert!(make_below(&root, &root.join("out/b")).is_err());
        assert!(make_below(&root, &root.join("../outside/b")).is_err());
        assert!(make_below(&root, &outside.join("b")).is_err());
        assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
    }
}
