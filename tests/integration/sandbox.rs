//! A folder to run the program in, and all one needs to know when it did not do as it should.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

/// An empty folder, gone when this value is.
pub(crate) struct Sandbox {
    dir: TempDir,
}

/// A call of the program in a sandbox.
pub(crate) struct Runner {
    command: Command,
}

/// What a call that ended as it should has written.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Sandbox {
    pub(crate) fn new() -> Sandbox {
        Sandbox { dir: tempfile::tempdir().expect("a temporary folder") }
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Writes a file and says where it is.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        std::fs::write(&path, text).expect("a file in the sandbox");
        path
    }

    /// The program with these arguments, separated by spaces, in an environment that changes
    /// nothing; its streams are no terminals.
    pub(crate) fn runner(&self, arguments: &str) -> Runner {
        let mut command = Command::new(env!("CARGO_BIN_EXE_runner"));
        command.args(arguments.split_whitespace()).current_dir(self.path()).stdin(Stdio::null());
        for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "RUNNER_LOGDIR", "RUNNER_MEMORY"] {
            command.env_remove(name);
        }
        command.env("TERM", "xterm");
        Runner { command }
    }
}

impl Runner {
    pub(crate) fn env(mut self, name: &str, value: &str) -> Runner {
        self.command.env(name, value);
        self
    }

    /// Adds an argument, whatever is in it.
    pub(crate) fn arg(mut self, word: &str) -> Runner {
        self.command.arg(word);
        self
    }

    pub(crate) fn stdout(mut self, stdout: impl Into<Stdio>) -> Runner {
        self.command.stdout(stdout);
        self
    }

    pub(crate) fn stderr(mut self, stderr: impl Into<Stdio>) -> Runner {
        self.command.stderr(stderr);
        self
    }

    /// Runs it to its end, which must have this exit status.
    #[track_caller]
    pub(crate) fn exits(mut self, status: i32) -> Said {
        let output = self.command.output().expect("the program starts");
        self.judge(&output, status)
    }

    /// Runs it to its end, whatever that is, and returns what it has written.
    pub(crate) fn output(mut self) -> Said {
        let output = self.command.output().expect("the program starts");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Said { stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }

    /// Starts it and returns at once.
    pub(crate) fn start(&mut self) -> Child {
        self.command.spawn().expect("the program starts")
    }

    /// The output of a call whose exit status must be this one.
    #[track_caller]
    pub(crate) fn judge(&self, output: &Output, status: i32) -> Said {
        let said = Said {
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        };
        if output.status.code() != Some(status) {
            panic!("{}", self.scene(output, status, &said));
        }
        said
    }

    fn scene(&self, output: &Output, status: i32, said: &Said) -> String {
        let folder = self.command.get_current_dir().unwrap_or(Path::new("."));
        let mut files = String::new();
        list(folder, folder, &mut files);
        let rule = "=".repeat(79);
        format!(
            "\n{rule}\ncommand: {:?}\nfolder:  {}\n{files}status:  {}, want {status}\n\
             --- stdout\n{}\n--- stderr\n{}\n{rule}\n",
            self.command,
            folder.display(),
            output.status,
            said.stdout,
            said.stderr,
        )
    }
}

fn list(folder: &Path, root: &Path, files: &mut String) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let shown = path.strip_prefix(root).unwrap_or(&path);
        let _ = writeln!(files, "         {}", shown.display());
        list(&path, root, files);
    }
}
