//! The trained network of a run that a user names; it asks the network nothing.

use super::questions::Logdir;
use crate::experiment::Trained;
use crate::report::{Chooser, Refusal, Run};
use crate::runs::Folder;

/// The run that `word` calls, with its network.
pub(super) fn load(word: &str, place: &Logdir) -> anyhow::Result<(Run, Trained)> {
    let run = Chooser::new(&place.logdir).one(word)?;
    if !Folder::at(&run.dir).weights().is_file() {
        let message = format!("`{}` has no weights; it is {}", run.dir.display(), run.state.word());
        let help = "a run writes them at its end; `runner resume` brings it there";
        return Err(Refusal::new(message, help).into());
    }
    let plan = run.plan().map_err(anyhow::Error::msg)?;
    let trained = Trained::load(&run.dir, plan)?;
    Ok((run, trained))
}
