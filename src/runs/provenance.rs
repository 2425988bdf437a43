//! The origin of a run: the machine and the state of the source. Queries never fail.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

/// The machine of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MachineInfo {
    /// The name in the network.
    pub hostname: String,
    /// Operating system and architecture, such as `linux x86_64`.
    pub os: String,
    /// The model of the processor.
    pub cpu: String,
    /// Threads shared by the runs.
    pub threads: usize,
}

impl MachineInfo {
    /// This machine, with the number of threads in use.
    pub fn here(threads: usize) -> MachineInfo {
        // Linux lists many processors slowly.
        static CPU: OnceLock<String> = OnceLock::new();
        MachineInfo {
            hostname: gethostname::gethostname().to_string_lossy().into_owned(),
            os: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            cpu: CPU.get_or_init(|| cpu_model().unwrap_or_else(|| "unknown".to_owned())).clone(),
            threads,
        }
    }
}

/// The commit checked out at `dir`, if `dir` is in a Git repository and `git` is installed.
pub fn git_commit(dir: &Path) -> Option<String> {
    line_of(Command::new("git").arg("-C").arg(dir).args(["rev-parse", "--verify", "HEAD"]))
}

fn cpu_model() -> Option<String> {
    if cfg!(target_os = "macos") {
        return line_of(Command::new("sysctl").args(["-n", "machdep.cpu.brand_string"]));
    }
    cpu_model_in(&fs::read_to_string("/proc/cpuinfo").ok()?)
}

/// The processor's name in the format of Linux's `/proc/cpuinfo`; absent on ARM.
fn cpu_model_in(cpuinfo: &str) -> Option<String> {
    let named = |line: &str| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == "model name").then(|| value.trim().to_owned())
    };
    cpuinfo.lines().find_map(named)
}

/// The output of a command, if the command succeeds and prints a line.
fn line_of(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let line = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !line.is_empty()).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_is_named_as_linux_names_it() {
        let cpuinfo =
            "processor\t: 0\nmodel\t\t: 17\nmodel name\t: AMD EPYC 9554\nflags\t\t: fpu\n";
        assert_eq!(cpu_model_in(cpuinfo).as_deref(), Some("AMD EPYC 9554"));
        assert_eq!(cpu_model_in("processor\t: 0\nBogoMIPS\t: 50.00\n"), None);
    }

    #[test]
    fn this_machine_has_a_name() {
        let machine = MachineInfo::here(3);
        assert_eq!(machine.threads, 3);
        assert!(!machine.hostname.is_empty() && !machine.cpu.is_empty());
        assert!(machine.os.starts_with(std::env::consts::OS));
    }

    #[test]
    fn no_repository_no_commit() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(git_commit(dir.path()), None);
        assert_eq!(git_commit(&dir.path().join("missing")), None);
    }
}
