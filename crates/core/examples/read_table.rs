//! Times the reading of a table, and its preprocessing: `read_table FILE [LABEL] [THREADS]`.
#![expect(clippy::print_stdout, reason = "a program for measurements")]

use std::path::{Path, PathBuf};
use std::time::Instant;

use runner_core::data::{
    Column, CsvOptions, DataError, Preprocessing, Source, Split, TableFiles, load,
};

fn main() -> Result<(), DataError> {
    let mut arguments = std::env::args().skip(1);
    let path = PathBuf::from(arguments.next().unwrap_or_default());
    let label = arguments.next().map(|name| vec![Column::Name(name)]);
    let threads = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(2);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let source = Source::Csv(TableFiles::from(path), CsvOptions { label, ..CsvOptions::default() });
    let work = || {
        let start = Instant::now();
        let table = load(&source, Split::Train)?;
        let (rows, features) = (table.rows(), table.features());
        let data = (rows * features * 4) as f64 / 1e6;
        report("read", start, data);
        let start = Instant::now();
        let preprocessing = Preprocessing::of(&table, 1.0, rows, true);
        let (table, _) = preprocessing.apply(table);
        report("standardize", start, data);
        println!("{rows} rows of {features} inputs, {data:.0} MB of float32");
        drop(table);
        Ok(())
    };
    pool.map_or_else(|_| work(), |pool| pool.install(work))
}

/// Prints the seconds since `start`, and the peak memory so far.
fn report(what: &str, start: Instant, data: f64) {
    let status = std::fs::read_to_string(Path::new("/proc/self/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok());
    let peak: f64 = kilobytes.unwrap_or(0.0) * 1024.0 / 1e6;
    let ratio = peak / data;
    println!(
        "{what:12} {:7.2} s, peak {peak:6.0} MB, {ratio:.2} times the float32 data",
        start.elapsed().as_secs_f64()
    );
}
