//! File systems without locks between machines, by `/proc/mounts`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The reason why files in `dir` may not be locked between machines, if there is one.
pub fn lock_trouble(dir: &Path) -> Option<String> {
    let mounts = std::fs::read_to_string("/proc/mounts").ok()?;
    let dir = dir.canonicalize().ok()?;
    trouble(&mounts, &dir)
}

/// Whether [`lock_trouble`] has a reason for the folder of a run. The folder with all runs is looked at once.
pub(super) fn may_lack_locks(run: &Path) -> bool {
    static KNOWN: Mutex<BTreeMap<PathBuf, bool>> = Mutex::new(BTreeMap::new());
    let parent = run.parent().unwrap_or(run);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    match known.get(parent) {
        Some(found) => *found,
        None => {
            let found = lock_trouble(run).is_some();
            known.insert(parent.to_owned(), found);
            found
        }
    }
}

fn trouble(mounts: &str, dir: &Path) -> Option<String> {
    let fields = |line: &str| -> Option<(String, String, String)> {
        let mut fields = line.split(' ').skip(1).map(str::to_owned);
        Some((fields.next()?.replace("\\040", " "), fields.next()?, fields.next()?))
    };
    let found = mounts.lines().filter_map(fields).filter(|(point, ..)| dir.starts_with(point));
    // The last of several mounts at the same place counts.
    let (point, kind, options) = found.max_by_key(|(point, ..)| point.len())?;
    let has = |option: &str| options.split(',').any(|found| found == option);
    let reason = match &*kind {
        "nfs" | "nfs4" if has("nolock") => "it is mounted with `nolock`",
        "nfs" | "nfs4" if has("local_lock=all") || has("local_lock=flock") => {
            "it is mounted with `local_lock`"
        }
        "lustre" if has("localflock") => "it is mounted with `localflock`",
        "lustre" if !has("flock") => "it is mounted without `flock`",
        "gpfs" => "its locks may hold on one node only",
        _ => return None,
    };
    Some(format!("`{point}` is a file system of type {kind}, and {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_systems_without_locks_are_named() {
        let mounts = "/dev/vda / ext4 rw 0 0\n\
                      fs1:/home /home nfs4 rw,vers=4.2,local_lock=none 0 0\n\
                      fs2:/old /old nfs rw,nolock 0 0\n\
                      mgs:/work /work lustre rw,lazystatfs 0 0\n\
                      mgs:/fast /fast lustre rw,flock 0 0\n\
                      big /my\\040data gpfs rw 0 0\n";
        let said = |dir: &str| trouble(mounts, Path::new(dir));
        for fine in ["/tmp/x", "/home/a", "/fast/a", "/older"] {
            assert_eq!(said(fine), None, "{fine}");
        }
        for (dir, words) in
            [("/old/x", "`nolock`"), ("/work/x", "without `flock`"), ("/my data/x", "one node")]
        {
            assert!(said(dir).is_some_and(|said| said.contains(words)), "{dir}");
        }
    }
}
