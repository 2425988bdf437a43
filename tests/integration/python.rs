//! The Python module beside the program: its own tests, the example notebook and its types.

use std::path::Path;
use std::process::Command;

use crate::tensorboard::python;

/// Runs Python in the project, with the tested program in its path and the module of the checkout.
#[track_caller]
fn run(arguments: &[&str]) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let bin = Path::new(env!("CARGO_BIN_EXE_runner")).parent().unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let mut command = Command::new(python());
    command.args(arguments).current_dir(root).env("PATH", path);
    command.env("PYTHONPATH", root.join("python")).env_remove("RUNNER_LOGDIR");
    let output = command.output().expect("Python starts");
    assert!(
        output.status.success(),
        "{arguments:?}; its packages are those of tests/requirements.txt, which scripts/test.sh installs\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
}

#[test]
fn module_and_notebook_work() {
    run(&["-W", "error::ResourceWarning", "-m", "unittest", "discover", "-s", "tests/python"]);
}

#[test]
fn module_is_typed() {
    assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join("python/runner/py.typed").is_file());
    run(&["-m", "mypy", "--no-incremental"]);
}
