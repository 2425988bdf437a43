//! The commands, a file for each: they ask the other modules and hand the answers to `display`.

mod board;
mod cancel;
mod check;
mod compare;
mod completions;
mod data;
mod evaluate;
mod evaluation_text;
mod export;
mod list;
mod predict;
mod predicted_table;
mod report;
mod resume;
mod rm;
mod run;
mod schema;
mod show;
mod submit;
mod tag;
mod watch;
mod work;

mod cores;
mod dry_run;
mod interrupt;
mod load;
mod lost_rows;
mod overrides;
mod print_answer;
mod proposals;
mod select;
mod trained_model;

use super::args::Command;
use super::display::console::Console;
use super::exit::Exit;

/// Runs a command.
pub(crate) fn dispatch(command: &Command, console: &Console) -> anyhow::Result<Exit> {
    match command {
        Command::Run(args) => run::run(args, console),
        Command::Resume(args) => resume::resume(args, console),
        Command::Work(args) => work::work(args, console),
        Command::Submit(args) => submit::submit(args, console),
        Command::Cancel(args) => cancel::cancel(args, console),
        Command::List(args) => list::list(args, console),
        Command::Show(args) => show::show(args, console),
        Command::Compare(args) => compare::compare(args, console),
        Command::Watch(args) => watch::watch(args, console),
        Command::Board(args) => board::board(args, console),
        Command::Report(args) => report::report(args, console),
        Command::Evaluate(args) => evaluate::evaluate(args, console),
        Command::Predict(args) => predict::predict(args, console),
        Command::Export(args) => export::export(args, console),
        Command::Tag(args) => tag::tag(args, console),
        Command::Rm(args) => rm::rm(args, console),
        Command::Check(args) => check::check(args, console),
        Command::Data(args) => data::data(args, console),
        Command::Schema(args) => schema::schema(args, console),
        Command::Completions(args) => completions::completions(args, console),
    }
}
