//! The binary: passes the arguments to the library and returns its exit code.

fn main() -> std::process::ExitCode {
    runner::cli::main(std::env::args_os().collect()).into()
}
