//! The door: parse, call, exit.

fn main() -> std::process::ExitCode {
    runner::cli::main(std::env::args_os().collect()).into()
}
