//! An amount of memory as people write it, such as `24 GB`.

use std::fmt;

/// An amount of memory in bytes, displayed in powers of 1000, such as `4.4 TB`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
        if self.0 < 1000 {
            return write!(f, "{} B", self.0);
        }
        let mut value = self.0 as f64 / 1000.0;
        let mut unit = 0;
        while 999.5 <= value && unit + 1 < UNITS.len() {
            value /= 1000.0;
            unit += 1;
        }
        let decimals = usize::from(value < 9.95);
        write!(f, "{value:.decimals$} {}", UNITS[unit])
    }
}

impl std::str::FromStr for Bytes {
    type Err = String;

    /// Parses `24GB`, `24 GB`, `512MiB` or a plain number of bytes.
    fn from_str(text: &str) -> Result<Bytes, String> {
        let wrong = || format!("got `{text}`, want an amount of memory such as `24GB` or `512MiB`");
        let trimmed = text.trim();
        let end = trimmed.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(trimmed.len());
        let (number, unit) = trimmed.split_at(end);
        let number: f64 = number.parse().map_err(|_| wrong())?;
        let unit = unit.trim().to_ascii_lowercase();
        let powers = ["", "k", "m", "g", "t", "p"];
        let is = |power: &&str, end: &str| unit == format!("{power}{end}");
        let place = |end: &'static str| powers.iter().position(|power| is(power, end));
        let factor = match (place("b"), place("ib").filter(|power| 0 < *power), place("")) {
            (Some(power), ..) => 1000_f64.powi(power as i32),
            (_, Some(power), _) => 1024_f64.powi(power as i32),
            (.., Some(power)) => 1000_f64.powi(power as i32),
            _ => return Err(wrong()),
        };
        Ok(Bytes((number * factor) as u64))
    }
}
