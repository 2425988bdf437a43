//! The batch script of a submission: options as comments for the engine, and one command. Users may read and
//! change the script before they submit it themselves.

use std::path::PathBuf;

use super::engine::Engine;

/// The contents of a batch script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// The engine that reads the options.
    pub engine: Engine,
    /// The name of the job.
    pub name: String,
    /// The folder of the sweep, absolute.
    pub sweep: PathBuf,
    /// The folder of the submission, absolute.
    pub folder: PathBuf,
    /// The number of tasks.
    pub tasks: usize,
    /// Whether a task of Slurm at its time limit is requeued.
    pub requeues: bool,
    /// Whether failed runs are tried again.
    pub retry_failed: bool,
    /// Whether completed runs lose their checkpoints.
    pub discard_checkpoints: bool,
}

/// Seconds before the time limit at which a worker is asked to save and stop. Slurm may ask 60 s earlier.
const NOTICE: usize = 60;

impl Script {
    /// The script. The shell is replaced by the worker, which therefore receives each signal once.
    pub fn text(&self) -> String {
        let mut text = match self.engine {
            Engine::Slurm => self.slurm(),
            Engine::HyperQueue => self.hyperqueue(),
        };
        text.insert(0, "#!/bin/sh".to_owned());
        text.join("\n") + "\n"
    }

    fn slurm(&self) -> Vec<String> {
        let Script { tasks, .. } = self;
        let output = option_value(&format!("{}/", self.folder.display()).replace('%', "%%"));
        let mut lines = vec![
            format!("#SBATCH --job-name={}", option_value(&self.name)),
            format!("#SBATCH --array=0-{}", tasks - 1),
            format!("#SBATCH --signal=B:TERM@{NOTICE} --open-mode=append"),
            format!("#SBATCH --output={}%a.out\"", output.trim_end_matches('"')),
        ];
        lines.extend(self.requeues.then(|| "#SBATCH --requeue".to_owned()));
        let mut command = self.worker("SLURM_ARRAY_TASK_ID");
        command.push_str(" --threads \"${SLURM_CPUS_PER_TASK:-1}\"");
        command.push_str(if self.requeues { " --requeue slurm" } else { "" });
        lines.push(command);
        lines
    }

    /// A task is pinned to its cores, which are all that the worker then uses. The worker appends to the file of
    /// its output, which HyperQueue would begin anew for each instance of a task.
    fn hyperqueue(&self) -> Vec<String> {
        let command = self.worker("HQ_TASK_ID");
        let folder = shell(&format!("{}/", self.folder.display()));
        vec![
            format!("#HQ --name={}", option_value(&self.name)),
            format!("#HQ --array=0-{}", self.tasks - 1),
            "#HQ --pin=taskset".to_owned(),
            "#HQ --stdout=none --stderr=none".to_owned(),
            format!("{command} >>{folder}\"$HQ_TASK_ID.out\" 2>&1"),
        ]
    }

    /// The command of the worker whose shard is in a variable of the environment.
    fn worker(&self, variable: &str) -> String {
        let retry = if self.retry_failed { " --retry-failed" } else { "" };
        let discard = if self.discard_checkpoints { " --discard-checkpoints" } else { "" };
        format!(
            "exec {} work {} --shard \"${variable}/{}\"{retry}{discard}",
            shell(&self.folder.join("runner").to_string_lossy()),
            shell(&self.sweep.to_string_lossy()),
            self.tasks
        )
    }
}

/// A value of an option for the engine, in double quotes.
fn option_value(text: &str) -> String {
    let text: String =
        text.chars().filter(|c| !c.is_control() && !['"', '\\'].contains(c)).collect();
    format!("\"{text}\"")
}

/// A word for the shell, in single quotes.
fn shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(engine: Engine) -> Script {
        Script {
            engine,
            name: "lr sweep".to_owned(),
            sweep: "/home/it's/logs/lr/1".into(),
            folder: "/home/it's/logs/lr/1/submit/0001".into(),
            tasks: 4,
            requeues: true,
            retry_failed: false,
            discard_checkpoints: true,
        }
    }

    #[test]
    fn script_is_options_and_one_command() {
        insta::assert_snapshot!(script(Engine::Slurm).text(), @r#"
        #!/bin/sh
        #SBATCH --job-name="lr sweep"
        #SBATCH --array=0-3
        #SBATCH --signal=B:TERM@60 --open-mode=append
        #SBATCH --output="/home/it's/logs/lr/1/submit/0001/%a.out"
        #SBATCH --requeue
        exec '/home/it'\''s/logs/lr/1/submit/0001/runner' work '/home/it'\''s/logs/lr/1' --shard "$SLURM_ARRAY_TASK_ID/4" --discard-checkpoints --threads "${SLURM_CPUS_PER_TASK:-1}" --requeue slurm
        "#);
    }

    #[test]
    fn script_of_hyperqueue_appends_to_the_output_of_its_task() {
        insta::assert_snapshot!(script(Engine::HyperQueue).text(), @r#"
        #!/bin/sh
        #HQ --name="lr sweep"
        #HQ --array=0-3
        #HQ --pin=taskset
        #HQ --stdout=none --stderr=none
        exec '/home/it'\''s/logs/lr/1/submit/0001/runner' work '/home/it'\''s/logs/lr/1' --shard "$HQ_TASK_ID/4" --discard-checkpoints >>'/home/it'\''s/logs/lr/1/submit/0001/'"$HQ_TASK_ID.out" 2>&1
        "#);
    }
}
