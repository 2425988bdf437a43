//! The batch script of a submission: options as comments for `sbatch`, and one command. Users may read and
//! change the script before they submit it themselves.

use std::path::PathBuf;

/// The contents of a batch script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// The name of the job.
    pub name: String,
    /// The folder of the sweep, absolute.
    pub sweep: PathBuf,
    /// The folder of the submission, absolute.
    pub folder: PathBuf,
    /// The number of tasks.
    pub tasks: usize,
    /// Whether a task at its time limit is requeued.
    pub requeues: bool,
    /// Whether failed runs are tried again.
    pub retry_failed: bool,
}

/// Seconds before the time limit at which a worker is asked to save and stop. Slurm may ask 60 s earlier.
const NOTICE: usize = 60;

impl Script {
    /// The script. The shell is replaced by the worker, which therefore receives each signal once.
    pub fn text(&self) -> String {
        let Script { tasks, .. } = self;
        let output = option_value(&format!("{}/", self.folder.display()).replace('%', "%%"));
        let mut lines = vec![
            "#!/bin/sh".to_owned(),
            format!("#SBATCH --job-name={}", option_value(&self.name)),
            format!("#SBATCH --array=0-{}", tasks - 1),
            format!("#SBATCH --signal=B:TERM@{NOTICE} --open-mode=append"),
            format!("#SBATCH --output={}%a.out\"", output.trim_end_matches('"')),
        ];
        lines.extend(self.requeues.then(|| "#SBATCH --requeue".to_owned()));
        let mut command = format!(
            "exec {} work {} --shard \"$SLURM_ARRAY_TASK_ID/{tasks}\" --threads \"${{SLURM_CPUS_PER_TASK:-1}}\"",
            shell(&self.folder.join("runner").to_string_lossy()),
            shell(&self.sweep.to_string_lossy()),
        );
        command.push_str(if self.requeues { " --requeue slurm" } else { "" });
        command.push_str(if self.retry_failed { " --retry-failed" } else { "" });
        lines.push(command);
        lines.join("\n") + "\n"
    }
}

/// A value of an option for `sbatch`, in double quotes.
fn option_value(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_control() && *c != '"').collect();
    format!("\"{text}\"")
}

/// A word for the shell, in single quotes.
fn shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn script_is_options_and_one_command() {
        let script = Script {
            name: "lr sweep".to_owned(),
            sweep: "/home/it's/logs/lr/1".into(),
            folder: "/home/it's/logs/lr/1/submit/0001".into(),
            tasks: 4,
            requeues: true,
            retry_failed: false,
        };
        insta::assert_snapshot!(script.text(), @r#"
        #!/bin/sh
        #SBATCH --job-name="lr sweep"
        #SBATCH --array=0-3
        #SBATCH --signal=B:TERM@60 --open-mode=append
        #SBATCH --output="/home/it's/logs/lr/1/submit/0001/%a.out"
        #SBATCH --requeue
        exec '/home/it'\''s/logs/lr/1/submit/0001/runner' work '/home/it'\''s/logs/lr/1' --shard "$SLURM_ARRAY_TASK_ID/4" --threads "${SLURM_CPUS_PER_TASK:-1}" --requeue slurm
        "#);
    }
}
