//! Submissions to a real server and worker of HyperQueue, in a network namespace of their own because they listen
//! on every interface. `tests/hyperqueue/hq.py` stands in for the command `hq`.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::{only_sweep, same_sweep, submitted_reference, sweep, workers};
use crate::sandbox::{Runner, Sandbox};
use crate::tensorboard::python;

struct HyperQueue {
    dir: TempDir,
    server: Child,
}

fn script() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hyperqueue/hq.py")
}

impl HyperQueue {
    fn start() -> HyperQueue {
        let known = Command::new(python()).args(["-c", "import hyperqueue"]).output().unwrap();
        assert!(
            known.status.success(),
            "this test needs the Python package hyperqueue, which scripts/test.sh installs"
        );
        let dir = tempfile::tempdir().unwrap();
        let mut write = Command::new(python());
        write.arg(script()).arg("write").arg(dir.path()).arg(python());
        assert!(write.status().unwrap().success());
        let server = HyperQueue::serve(dir.path());
        let hq = HyperQueue { dir, server };
        hq.wait_for_the_server();
        hq
    }

    /// Starts server and worker. Users other than root need a user namespace for one of the network.
    fn serve(dir: &Path) -> Child {
        let log = std::fs::File::create(dir.join("log")).unwrap();
        let is_root = Command::new("unshare").args(["--net", "true"]).output().unwrap();
        let mut unshare = Command::new("unshare");
        unshare.args((!is_root.status.success()).then_some("--map-root-user"));
        unshare.arg("--net").arg(python()).arg(script()).arg("serve").arg(dir).arg("2");
        unshare.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap()
    }

    /// Kills server and worker, and starts others. The new server counts its jobs from 1 again.
    fn kill_and_start(&mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
        std::fs::remove_dir_all(self.dir.path().join("server")).unwrap();
        self.server = HyperQueue::serve(self.dir.path());
        self.wait_for_the_server();
    }

    fn runner(&self, sandbox: &Sandbox, call: &str) -> Runner {
        let path = std::env::var("PATH").unwrap();
        sandbox.runner(call).env("PATH", &format!("{}:{path}", self.dir.path().display()))
    }

    fn ask(&self, call: &str) -> Option<String> {
        let hq = self.dir.path().join("hq");
        let output = Command::new(hq).arg("--output-mode=json").args(call.split(' ')).output();
        let output = output.unwrap();
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
    }

    fn wait_for_the_server(&self) {
        self.wait_until("started", || self.ask("server info").is_some());
    }

    /// Whether a task of a job has this state.
    fn has(&self, job: &str, state: &str) -> bool {
        let answer = self.ask(&format!("job info {job}")).unwrap();
        answer.contains(&format!("\"state\": \"{state}\""))
    }

    fn wait_for_the_end(&self, job: &str) {
        self.wait_until("at its end", || !self.has(job, "waiting") && !self.has(job, "running"));
    }

    #[track_caller]
    fn wait_until(&self, what: &str, reached: impl Fn() -> bool) {
        let until = Instant::now() + Duration::from_secs(240);
        while !reached() {
            let log = std::fs::read_to_string(self.dir.path().join("log")).unwrap();
            assert!(Instant::now() < until, "not {what}: {log}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

impl Drop for HyperQueue {
    fn drop(&mut self) {
        let _ = self.server.kill().and_then(|()| self.server.wait());
    }
}

#[test]
fn tasks_of_hyperqueue_leave_what_one_process_leaves() {
    let (hq, sandbox) = (HyperQueue::start(), Sandbox::new());
    sandbox.file("sweep.toml", &sweep(2));
    let want = submitted_reference(&sandbox);
    let said = hq.runner(&sandbox, "submit sweep.toml --engine hyperqueue --logdir logs").exits(0);
    let job = said.stdout.trim();
    assert!(said.stderr.contains("submitted 20 runs in 2 tasks"), "{}", said.stderr);
    let dir = only_sweep(&sandbox.path().join("logs"));
    hq.wait_for_the_end(job);
    same_sweep(&dir, &want);
    let output = std::fs::read_to_string(dir.join("submit/0001/1.out")).unwrap();
    assert!(output.contains("10 runs in this shard"), "{output}");
    let again = format!("submit {} --engine hyperqueue", dir.display());
    let said = hq.runner(&sandbox, &again).exits(0);
    assert!(said.stderr.contains("nothing is left to do"), "{}", said.stderr);
}

#[test]
fn tasks_of_a_lost_worker_are_submitted_again() {
    let (mut hq, sandbox) = (HyperQueue::start(), Sandbox::new());
    sandbox.file("sweep.toml", &sweep(1000));
    let want = submitted_reference(&sandbox);
    let submit = "submit sweep.toml --engine hyperqueue --tasks 2 --logdir logs";
    assert_eq!(hq.runner(&sandbox, submit).exits(0).stdout.trim(), "1");
    let dir = only_sweep(&sandbox.path().join("logs"));
    let begun = || dir.join("0001-learning_rate=0.004,seed=1/run.json").is_file();
    hq.wait_until("running", begun);

    let again = format!("submit {} --engine hyperqueue --tasks 2", dir.display());
    let said = hq.runner(&sandbox, &again).exits(2);
    assert!(
        said.stderr.contains("are still queued or running (running worker 1)"),
        "{}",
        said.stderr
    );
    let said = hq.runner(&sandbox, "list").exits(0);
    assert!(said.stderr.contains("2 tasks running on worker 1"), "{}", said.stderr);
    assert!(said.stdout.contains("1_0 worker 1"), "{}", said.stdout);

    // The tasks of the lost worker live on until they have saved; job 1 of the new server is another.
    hq.kill_and_start();
    hq.wait_until("ended", || workers(&dir).next().is_none());
    let said = hq.runner(&sandbox, &again).exits(0);
    assert_eq!(said.stdout.trim(), "1");
    assert!(said.stderr.contains("in 2 tasks"), "{}", said.stderr);
    hq.wait_for_the_end("1");
    same_sweep(&dir, &want);
}

#[test]
fn cancelled_job_of_hyperqueue_is_finished_at_home() {
    let (hq, sandbox) = (HyperQueue::start(), Sandbox::new());
    sandbox.file("sweep.toml", &sweep(1000));
    let want = submitted_reference(&sandbox);
    let submit = "submit sweep.toml --engine hyperqueue --tasks 3 --logdir logs -- --cpus=2";
    let job = hq.runner(&sandbox, submit).exits(0).stdout.trim().to_owned();
    let dir = only_sweep(&sandbox.path().join("logs"));
    hq.wait_until("running", || dir.join("0000-learning_rate=0.004,seed=0/run.json").is_file());
    // A task takes both cores, so that the others wait.
    assert!(hq.has(&job, "waiting"));
    let said = hq.runner(&sandbox, &format!("cancel {}", dir.display())).exits(0);
    assert!(said.stderr.contains("cancelled 3 tasks of job"), "{}", said.stderr);
    hq.wait_for_the_end(&job);
    let said = hq.runner(&sandbox, "list").exits(0);
    assert!(said.stderr.contains("no task is queued or running"), "{}", said.stderr);
    sandbox.runner(&format!("resume {} -q --discard-checkpoints", dir.display())).exits(0);
    same_sweep(&dir, &want);
}

#[test]
fn script_of_hyperqueue_is_shown_and_needs_no_server() {
    let sandbox = Sandbox::new();
    sandbox.file("sweep.toml", &sweep(2));
    let submit = "submit sweep.toml --engine hyperqueue";
    let said = sandbox.runner(&format!("{submit} -n -- --cpus=4")).exits(0);
    assert!(said.stdout.contains("#HQ --array=0-1\n"), "{}", said.stdout);
    let want = "submits it with: hq --output-mode=quiet submit --cpus=4 ";
    assert!(said.stderr.contains(want), "{}", said.stderr);
    let said = sandbox.runner(&format!("{submit} --chain 2")).exits(2);
    assert!(
        said.stderr.contains("HyperQueue starts a stopped task again itself"),
        "{}",
        said.stderr
    );
    let said = sandbox.runner(submit).env("PATH", "/nowhere").exits(2);
    assert!(
        said.stderr.contains("\n  help: submit where HyperQueue's server runs"),
        "{}",
        said.stderr
    );
    assert!(!sandbox.path().join("logs").exists());
}
