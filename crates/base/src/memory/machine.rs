//! Memory limit of this process: the minimum over the machine, control groups and resource limits. An
//! unknown limit is not enforced.
//!
//! Sources: [`/proc/meminfo`](https://man7.org/linux/man-pages/man5/proc_meminfo.5.html),
//! [cgroup v2](https://docs.kernel.org/admin-guide/cgroup-v2.html) and v1, `/proc/self/limits`.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::bytes::Bytes;

/// Environment variable to override the limits of the system, such as `24GB`.
pub const VARIABLE: &str = "RUNNER_MEMORY";

/// Memory limits of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Machine {
    /// Maximum for this process.
    pub total: Bytes,
    /// Free memory at the first call of [`machine`].
    pub available: Bytes,
}

/// Memory limits of this process, read once; `None` if unknown.
pub fn machine() -> Option<Machine> {
    static FOUND: OnceLock<Option<Machine>> = OnceLock::new();
    *FOUND.get_or_init(|| match std::env::var(VARIABLE) {
        Ok(text) => text.parse().ok().map(|total| Machine { total, available: total }),
        Err(_) => Machine::read(Path::new("/")),
    })
}

/// Checks the environment variable [`VARIABLE`].
///
/// # Errors
///
/// A message for an invalid amount of memory.
pub fn check_variable() -> Result<(), String> {
    let Ok(text) = std::env::var(VARIABLE) else { return Ok(()) };
    text.parse::<Bytes>().map(drop).map_err(|error| format!("{VARIABLE}: {error}"))
}

impl Machine {
    /// Reads the limits from the files below `root`: `/`, or a fixture in tests.
    fn read(root: &Path) -> Option<Machine> {
        let info = fs::read_to_string(root.join("proc/meminfo")).ok()?;
        let number = |key: &str| kilobytes(&info, key);
        let mut found = Machine {
            total: Bytes(number("MemTotal:")?),
            available: Bytes(number("MemAvailable:")?),
        };
        for (limit, used) in groups(root) {
            found.total = found.total.min(Bytes(limit));
            found.available = found.available.min(Bytes(limit.saturating_sub(used)));
        }
        if let Some(limit) = address_space(root) {
            found.total = found.total.min(Bytes(limit));
            found.available = found.available.min(Bytes(limit));
        }
        Some(found)
    }
}

/// Parses the value of `key` (in kB) and converts to bytes.
fn kilobytes(info: &str, key: &str) -> Option<u64> {
    let line = info.lines().find_map(|line| line.strip_prefix(key))?;
    let number: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    number.checked_mul(1024)
}

/// Limit and usage in bytes of every control group of this process and of its ancestors.
fn groups(root: &Path) -> Vec<(u64, u64)> {
    let text = fs::read_to_string(root.join("proc/self/cgroup")).unwrap_or_default();
    let mut found = Vec::new();
    for line in text.lines() {
        let mut parts = line.splitn(3, ':');
        let (Some(_), Some(controllers), Some(path)) = (parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        let (mount, files) = match controllers {
            "" => ("sys/fs/cgroup", ["memory.max", "memory.current"]),
            "memory" => {
                ("sys/fs/cgroup/memory", ["memory.limit_in_bytes", "memory.usage_in_bytes"])
            }
            _ => continue,
        };
        let mount = root.join(mount);
        let inside = mount.join(path.trim_start_matches('/'));
        let folders = inside.ancestors().take_while(|folder| folder.starts_with(&mount));
        found.extend(folders.filter_map(|folder| group(folder, files)));
    }
    found
}

/// Limit and usage in bytes of a control group with a limit.
fn group(folder: &Path, files: [&str; 2]) -> Option<(u64, u64)> {
    let number = |path: PathBuf| fs::read_to_string(path).ok()?.trim().parse().ok();
    let [limit, used] = files.map(|file| number(folder.join(file)));
    Some((limit?, used.unwrap_or(0)))
}

/// Soft limit of the address space (`ulimit -v`) in bytes.
fn address_space(root: &Path) -> Option<u64> {
    let limits = fs::read_to_string(root.join("proc/self/limits")).ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max address space"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(root: &Path, files: &[(&str, &str)]) {
        for (path, text) in files {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }

    fn numbers(root: &Path) -> (u64, u64) {
        let found = Machine::read(root).unwrap();
        (found.total.0, found.available.0)
    }

    #[test]
    fn smallest_limit_applies() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        assert_eq!(Machine::read(root), None);
        let info = "MemTotal:        8000 kB\nMemFree: 1 kB\nMemAvailable:    6000 kB\n";
        write(root, &[("proc/meminfo", info)]);
        assert_eq!(numbers(root), (8000 << 10, 6000 << 10));
        write(
            root,
            &[
                ("proc/self/cgroup", "0::/outer/inner\n1:cpu:/other\n"),
                ("sys/fs/cgroup/outer/inner/memory.max", "max\n"),
                ("sys/fs/cgroup/outer/memory.max", "5000000\n"),
                ("sys/fs/cgroup/outer/memory.current", "1000000\n"),
            ],
        );
        assert_eq!(numbers(root), (5_000_000, 4_000_000));
        write(
            root,
            &[
                ("proc/self/cgroup", "4:memory:/docker/x\n"),
                ("sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes", "3000000\n"),
                ("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"),
            ],
        );
        assert_eq!(numbers(root), (3_000_000, 3_000_000));
        let limits = "Limit   Soft Limit  Hard Limit  Units\n\
                      Max address space         2000000       unlimited   bytes\n";
        write(root, &[("proc/self/limits", limits)]);
        assert_eq!(numbers(root), (2_000_000, 2_000_000));
    }

    #[test]
    fn limits_of_linux_are_known() {
        if cfg!(target_os = "linux") {
            let found = Machine::read(Path::new("/")).unwrap();
            assert!(0 < found.total.0 && found.available <= found.total, "{found:?}");
        }
    }
}
