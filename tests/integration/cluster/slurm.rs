//! Submissions to a real Slurm of one node, which `scripts/slurm.sh` starts on the loopback interface.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::{
    only_sweep, same_sweep, signal_workers, submitted_reference, sweep, sweep_of, workers,
};
use crate::sandbox::{Runner, Sandbox};
use crate::searches;

/// One Slurm at a time: they would share their ports.
static ONE: Mutex<()> = Mutex::new(());

struct Slurm {
    dir: TempDir,
    _one: MutexGuard<'static, ()>,
}

impl Slurm {
    fn start() -> Slurm {
        let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let slurm = Slurm { dir: tempfile::tempdir().unwrap(), _one: one };
        let output = slurm.script("start");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "this test needs Slurm, which scripts/test.sh installs\n{said}"
        );
        slurm
    }

    fn script(&self, verb: &str) -> std::process::Output {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/slurm.sh");
        let mut command = Command::new(script);
        command.arg(verb).arg(self.dir.path());
        command.args((verb == "start").then(|| free_port().to_string())).output().unwrap()
    }

    /// Kills the daemon of the node, which cannot end its jobs any more.
    fn kill_slurmd(&self) {
        let pid = std::fs::read_to_string(self.dir.path().join("slurmd.pid")).unwrap();
        assert!(Command::new("kill").args(["-9", pid.trim()]).status().unwrap().success());
    }

    /// How often the job's first task was requeued, as Slurm counts it.
    fn restarts(&self, job: &str) -> Option<usize> {
        let told = self.ask(&format!("scontrol show job {job}"));
        let (_, rest) = told.split_once("Restarts=")?;
        rest.split_whitespace().next()?.parse().ok()
    }

    fn conf(&self) -> PathBuf {
        self.dir.path().join("slurm.conf")
    }

    fn runner(&self, sandbox: &Sandbox, call: &str) -> Runner {
        sandbox.runner(call).env("SLURM_CONF", &self.conf().to_string_lossy())
    }

    /// The output of one of Slurm's commands.
    fn ask(&self, call: &str) -> String {
        let mut words = call.split(' ');
        let mut command = Command::new(words.next().unwrap());
        let output = command.args(words).env("SLURM_CONF", self.conf()).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    #[track_caller]
    fn wait_until(&self, what: &str, mut reached: impl FnMut(&str) -> bool) {
        let until = Instant::now() + Duration::from_secs(240);
        loop {
            let tasks = self.ask("squeue -h -r -o %i|%T");
            if reached(&tasks) {
                return;
            }
            assert!(
                Instant::now() < until,
                "not {what}: {tasks}\n{}",
                self.ask("scontrol show job")
            );
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

/// Whether a stopped worker has a pending SIGTERM.
fn is_asked_to_end(sweep: &Path) -> bool {
    let mask = |process: PathBuf| {
        let status = std::fs::read_to_string(process.join("status")).unwrap_or_default();
        let pending = status.lines().find_map(|line| line.strip_prefix("ShdPnd:"));
        pending.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
    };
    // Signal 15 is bit 14.
    workers(sweep).filter_map(mask).any(|mask| mask >> 14 & 1 == 1)
}

/// A port that is free like the next one: tests of another checkout may run beside these.
fn free_port() -> u16 {
    let listen = |port| std::net::TcpListener::bind(("127.0.0.1", port));
    let port = |listener: &std::net::TcpListener| listener.local_addr().unwrap().port();
    loop {
        let first = listen(0).unwrap();
        if port(&first).checked_add(1).is_some_and(|next| listen(next).is_ok()) {
            return port(&first);
        }
    }
}

impl Drop for Slurm {
    fn drop(&mut self) {
        self.script("stop");
    }
}

#[test]
fn an_array_leaves_what_one_process_leaves() {
    let (slurm, sandbox) = (Slurm::start(), Sandbox::new());
    sandbox.file("sweep.toml", &sweep_of(100, 2));
    let want = submitted_reference(&sandbox);
    let submit = "submit sweep.toml --engine slurm --tasks 4 --logdir logs -- --time=10";
    let said = slurm.runner(&sandbox, submit).exits(0);
    let job: u64 = said.stdout.trim().parse().unwrap();
    assert!(said.stderr.contains("submitted 200 runs in 4 tasks"), "{}", said.stderr);
    let dir = only_sweep(&sandbox.path().join("logs"));
    slurm.wait_until("done", |tasks| !tasks.contains(&job.to_string()));
    same_sweep(&dir, &want);
    let again = format!("submit {} --engine slurm", dir.display());
    let said = slurm.runner(&sandbox, &again).exits(0);
    assert!(said.stderr.contains("nothing is left to do"), "{}", said.stderr);
}

#[test]
fn a_search_in_two_tasks_leaves_what_one_process_leaves() {
    let slurm = Slurm::start();
    let sandbox = searches::sandbox(&(searches::BASE.to_owned() + searches::SPACE));
    sandbox.runner("run search.toml -q --logdir home").exits(0);
    let submit = "submit search.toml --engine slurm --tasks 9 --logdir logs -- --time=10";
    let said = slurm.runner(&sandbox, submit).exits(0);
    let cut = "at most 3 can work at the same time; more tasks would only wait";
    assert!(said.stderr.contains(cut), "{}", said.stderr);
    let dir = only_sweep(&sandbox.path().join("logs"));
    slurm.runner(&sandbox, &format!("cancel {}", dir.display())).exits(0);
    slurm.wait_until("gone", str::is_empty);
    let submit = "submit search.toml --engine slurm --tasks 2 --logdir two -- --time=10";
    slurm.runner(&sandbox, submit).exits(0);
    slurm.wait_until("done", str::is_empty);
    searches::same_trials(&sandbox.path().join("two"), &sandbox.path().join("home"));
}

#[test]
fn a_task_near_its_limit_is_requeued_and_a_cancelled_one_is_not() {
    let (slurm, sandbox) = (Slurm::start(), Sandbox::new());
    sandbox.file("sweep.toml", &sweep(1000));
    let want = submitted_reference(&sandbox);
    let submit = "submit sweep.toml --engine slurm --tasks 1 --logdir logs -- --time=10";
    let job = slurm.runner(&sandbox, submit).exits(0).stdout.trim().to_owned();
    let dir = only_sweep(&sandbox.path().join("logs"));
    let begun = |dir: &Path| dir.join("0000-learning_rate=0.004,seed=0/run.json").is_file();
    slurm.wait_until("running", |_| begun(&dir));

    let again = format!("submit {} --engine slurm", dir.display());
    let said = slurm.runner(&sandbox, &again).exits(2);
    assert!(said.stderr.contains("are still queued or running"), "{}", said.stderr);

    let said = slurm.runner(&sandbox, "list").exits(0);
    assert!(said.stderr.contains("; 1 task running on "), "{}", said.stderr);
    assert!(said.stderr.contains(" of 20 runs done, "), "{}", said.stderr);
    assert!(said.stdout.contains(&format!(" {job}_0 ")), "{}", said.stdout);

    // As at the time limit: SIGTERM for the batch script, which is the worker.
    slurm.ask(&format!("scancel --batch --signal=TERM {job}"));
    let restarts = || slurm.ask(&format!("scontrol show job {job}"));
    slurm.wait_until("requeued", |_| restarts().contains("Restarts=1"));
    slurm.wait_until("running again", |tasks| tasks.contains("RUNNING"));

    let said = slurm.runner(&sandbox, &format!("cancel {}", dir.display())).exits(0);
    assert!(said.stderr.contains("cancelled 1 task of job"), "{}", said.stderr);
    slurm.wait_until("gone", str::is_empty);
    std::thread::sleep(Duration::from_secs(8));
    slurm.wait_until("dead", str::is_empty);

    let said = slurm
        .runner(&sandbox, &format!("resume {} -q --discard-checkpoints", dir.display()))
        .exits(0);
    assert_eq!(said.stderr, "");
    same_sweep(&dir, &want);
}

#[test]
fn a_preempted_task_and_a_killed_one_lose_nothing() {
    let (slurm, sandbox) = (Slurm::start(), Sandbox::new());
    sandbox.file("sweep.toml", &sweep(1000));
    let want = submitted_reference(&sandbox);
    let options = "--time=10 --partition=low --exclusive";
    let submit = format!("submit sweep.toml --engine slurm --tasks 1 --logdir logs -- {options}");
    let job = slurm.runner(&sandbox, &submit).exits(0).stdout.trim().to_owned();
    let dir = only_sweep(&sandbox.path().join("logs"));
    let records = || {
        let runs = std::fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path());
        runs.filter(|run| run.join("run.json").is_file()).count()
    };
    slurm.wait_until("running", |_| 0 < records());

    // A job of higher priority needs the node.
    slurm.ask("sbatch --partition=main --exclusive --output=/dev/null --wrap=true");
    let restarts = || slurm.ask(&format!("scontrol show job {job}"));
    slurm.wait_until("preempted", |_| restarts().contains("Restarts=1"));
    slurm.wait_until("running again", |tasks| tasks.contains("RUNNING"));

    slurm.ask(&format!("scancel --full --signal=KILL {job}"));
    slurm.wait_until("gone", str::is_empty);
    let again = format!("submit {} --engine slurm --tasks 2 -- --time=10", dir.display());
    let said = slurm.runner(&sandbox, &again).exits(0);
    assert!(said.stderr.contains("in 2 tasks"), "{}", said.stderr);
    slurm.wait_until("done", str::is_empty);
    same_sweep(&dir, &want);
}

#[test]
fn a_time_limit_in_the_middle_requeues_the_task() {
    let (slurm, sandbox) = (Slurm::start(), Sandbox::new());
    sandbox.file("sweep.toml", &sweep(1000));
    let want = submitted_reference(&sandbox);
    // A minute, at which Slurm asks for the end some seconds after the start.
    let submit = "submit sweep.toml --engine slurm --tasks 1 --logdir logs -- --time=1";
    let job = slurm.runner(&sandbox, submit).exits(0).stdout.trim().to_owned();
    let dir = only_sweep(&sandbox.path().join("logs"));
    let begun = || dir.join("0000-learning_rate=0.004,seed=0/run.json").is_file();
    slurm.wait_until("running", |_| begun());
    // Stopped, since it would be done before.
    signal_workers(&dir, "-STOP");
    let is_requeued = || Some(1) <= slurm.restarts(&job);
    slurm.wait_until("asked to end", |_| is_requeued() || is_asked_to_end(&dir));
    signal_workers(&dir, "-CONT");
    slurm.wait_until("requeued at its limit", |_| is_requeued());
    // On a busy machine, the little that is done before each limit would take long.
    slurm.ask(&format!("scontrol update JobId={job} TimeLimit=60"));
    slurm.wait_until("done", str::is_empty);
    same_sweep(&dir, &want);
}

#[test]
fn a_node_that_loses_its_daemon_loses_no_run() {
    let (slurm, sandbox) = (Slurm::start(), Sandbox::new());
    let conf = std::fs::read_to_string(slurm.conf()).unwrap();
    std::fs::write(slurm.conf(), conf + "SlurmdTimeout=6\n").unwrap();
    slurm.ask("scontrol reconfigure");
    sandbox.file("sweep.toml", &sweep(1000));
    let want = submitted_reference(&sandbox);
    let submit = "submit sweep.toml --engine slurm --tasks 1 --logdir logs -- --time=10";
    let job = slurm.runner(&sandbox, submit).exits(0).stdout.trim().to_owned();
    let dir = only_sweep(&sandbox.path().join("logs"));
    let begun = || dir.join("0000-learning_rate=0.004,seed=0/run.json").is_file();
    slurm.wait_until("running", |_| begun());

    // The worker lives on, while Slurm gives the node up and the task another try. It is stopped meanwhile, or it would
    // be done before.
    signal_workers(&dir, "-STOP");
    slurm.kill_slurmd();
    slurm.wait_until("given up", |_| Some(1) <= slurm.restarts(&job));
    signal_workers(&dir, "-CONT");
    assert!(slurm.script("slurmd").status.success());
    slurm.wait_until("done", str::is_empty);
    same_sweep(&dir, &want);
}

/// A small disk in memory.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(path: PathBuf, bytes: u64) -> SmallDisk {
        std::fs::create_dir(&path).unwrap();
        let disk = SmallDisk(path);
        disk.set("--types=tmpfs", bytes);
        disk
    }

    fn set(&self, how: &str, bytes: u64) {
        let option = if how.starts_with('-') { "" } else { "remount," };
        let mut mount = Command::new("mount");
        mount.args(how.starts_with('-').then_some(how)).arg("--options");
        mount.arg(format!("{option}size={bytes}")).arg("runner-test").arg(&self.0);
        let status = mount.status().unwrap();
        assert!(status.success(), "this test mounts a small tmpfs, as root");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_fails_runs_that_the_next_submission_finishes() {
    let (slurm, sandbox) = (Slurm::start(), Sandbox::new());
    sandbox.file("sweep.toml", &sweep(40));
    let want = submitted_reference(&sandbox);
    let program = std::fs::metadata(env!("CARGO_BIN_EXE_runner")).unwrap().len();
    let disk = SmallDisk::mount(sandbox.path().join("logs"), program + 700_000);
    let submit = "submit sweep.toml --engine slurm --tasks 2 --logdir logs -- --time=10";
    slurm.runner(&sandbox, submit).exits(0);
    let dir = only_sweep(&disk.0);
    slurm.wait_until("done", str::is_empty);
    let said = sandbox.runner("list logs --json").exits(0);
    let completed = said.stdout.matches("\"status\": \"completed\"").count();
    assert!(completed < 20, "the disk was not full");

    // Too little space for a second copy of the program: nothing is submitted, nothing is left.
    let again = format!("submit {} --engine slurm -- --time=10", dir.display());
    let said = slurm.runner(&sandbox, &again).exits(2);
    assert!(said.stderr.contains("nothing was submitted"), "{}", said.stderr);
    assert!(!dir.join("submit/0002").exists());

    disk.set("remount", 2 * program + 50_000_000);
    slurm.runner(&sandbox, &again).exits(0);
    slurm.wait_until("done", str::is_empty);
    same_sweep(&dir, &want);
}

#[test]
fn a_sweep_of_which_no_run_has_begun_is_listed_as_queued() {
    let (slurm, sandbox) = (Slurm::start(), Sandbox::new());
    sandbox.file("sweep.toml", &sweep(2));
    slurm
        .runner(&sandbox, "submit sweep.toml --engine slurm --tasks 3 -- --hold --time=1")
        .exits(0);
    let said = slurm.runner(&sandbox, "list").exits(0);
    assert!(
        said.stderr.contains("0 of 20 runs done, 20 queued; 3 tasks pending "),
        "{}",
        said.stderr
    );
}

#[test]
fn a_dry_run_prints_the_script_and_submits_nothing() {
    let sandbox = Sandbox::new();
    sandbox.file("sweep.toml", &sweep(2));
    let said =
        sandbox.runner("submit sweep.toml --engine slurm --tasks 4 -n -- --time=10").exits(0);
    assert!(said.stdout.contains("#SBATCH --array=0-3\n"), "{}", said.stdout);
    let command = "--shard \"$SLURM_ARRAY_TASK_ID/4\" --discard-checkpoints --threads";
    assert!(said.stdout.contains(command), "{}", said.stdout);
    let kept = sandbox.runner("submit sweep.toml --engine slurm -n --keep-checkpoints").exits(0);
    assert!(!kept.stdout.contains("--discard-checkpoints"), "{}", kept.stdout);
    assert!(
        said.stderr.contains("submits it with: sbatch --parsable --time=10 "),
        "{}",
        said.stderr
    );
    assert!(!sandbox.path().join("logs").exists());
}
