//! Configs: what is accepted, and what is said of what is not.

use std::fs;
use std::path::{Path, PathBuf};

use runner::config::{Plan, load_with, render};
use runner::data::{DataError, Description, Source};

/// A folder of configs that is gone after the test.
struct Desk {
    folder: tempfile::TempDir,
    paths: Vec<PathBuf>,
    sets: Vec<String>,
    data: Description,
}

/// The tutorial's data, described without reading it.
fn mnist() -> Description {
    Description {
        rows: 60_000,
        shape: vec![28, 28],
        classes: Some(10),
        target_width: 1,
        default_scale: 255.0,
    }
}

impl Desk {
    /// A desk with one config on it, `run.toml`, that is asked for.
    fn with(text: &str) -> Desk {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Desk { folder, paths: Vec::new(), sets: Vec::new(), data: mnist() }.ask("run.toml", text)
    }

    /// Puts another file on the desk.
    fn file(self, name: &str, text: &str) -> Desk {
        fs::write(self.folder.path().join(name), text).expect("a writable folder");
        self
    }

    /// Puts another config on the desk and asks for it.
    fn ask(mut self, name: &str, text: &str) -> Desk {
        self.paths.push(self.folder.path().join(name));
        self.file(name, text)
    }

    /// Asks for a config that may not be there.
    fn ask_for(mut self, name: &str) -> Desk {
        self.paths.push(self.folder.path().join(name));
        self
    }

    fn set(mut self, argument: &str) -> Desk {
        self.sets.push(argument.to_owned());
        self
    }

    fn data(mut self, data: Description) -> Desk {
        self.data = data;
        self
    }

    fn load(&self) -> Result<Vec<Plan>, String> {
        let describe = |_: &Source| -> Result<_, DataError> { Ok(self.data.clone()) };
        load_with(&self.paths, &self.sets, &describe).map_err(|problems| {
            let pictures: Vec<_> = problems.0.iter().map(|p| render(p, false)).collect();
            let folder = format!("{}/", self.folder.path().display());
            pictures.join("\n\n").replace(&folder, "")
        })
    }

    /// The only plan.
    fn plan(&self) -> Plan {
        self.load().unwrap_or_else(|pictures| panic!("{pictures}")).remove(0)
    }

    /// What is said of what is wrong.
    fn pictures(&self) -> String {
        self.load().expect_err("a config with something wrong")
    }
}

fn configs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("configs")
}

fn tutorial() -> String {
    fs::read_to_string(configs().join("adam.toml")).expect("configs/adam.toml")
}

#[test]
fn the_tutorial_is_accepted() {
    let plan = Desk::with(&tutorial()).plan();
    assert_eq!(plan.training.epochs, 20);
}

#[test]
fn unknown_key() {
    let p = Desk::with(&tutorial().replace("learning_rate", "learnig_rate"))
        .set("optimizer.momentum=0.9")
        .set("epochs=3")
        .set("training.epochs=0")
        .set("training.batch_size=\"32\"")
        .set("model.layers.0.activation=rleu")
        .set("optimzer.name=sgd")
        .set("data.validation_split=1.0")
        .set("model.layers.7.units=5")
        .set("optimizer={")
        .pictures();
}
#[test]
fn misfit() {
    let p = Desk::with(&tutorial().replace("units = 10", "units = 12").replace("softmax", "relu"))
        .pictures();
}
