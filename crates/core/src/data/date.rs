//! Dates as numbers: seconds since 1970 in the proleptic Gregorian calendar, without time zones.

/// Formats that are tried where none is given.
const FORMATS: [&str; 7] = [
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%dT%H:%M:%SZ",
    "%Y/%m/%d",
];

const DAY: i64 = 86_400;

/// The seconds since 1970 of a date in a format, or in one of the usual ones.
pub(super) fn seconds(text: &str, format: Option<&str>) -> Option<i64> {
    match format {
        Some(format) => parse(text, format),
        None => FORMATS.iter().find_map(|format| parse(text, format)),
    }
}

/// Whether a text is a date in one of the usual formats.
pub fn looks_like_date(text: &str) -> bool {
    seconds(text, None).is_some()
}

/// The inputs of a date: days since 1970, month, and day of the week from Monday.
pub(super) fn inputs(seconds: i64) -> [f32; 3] {
    let days = seconds.div_euclid(DAY);
    let month = month(days);
    let weekday = (days + 3).rem_euclid(7);
    [(seconds as f64 / DAY as f64) as f32, month as f32, weekday as f32]
}

/// A day since 1970 as year, month and day.
pub fn date_text(day: f64) -> String {
    let day = day.floor() as i64;
    let month = month(day);
    // A year has 365.2425 days; the guess is at most one off.
    let guess = 1970 + (day as f64 / 365.2425).floor() as i64;
    let year =
        [guess - 1, guess, guess + 1].into_iter().rev().find(|year| days(*year, 1, 1) <= day);
    let year = year.unwrap_or(guess);
    format!("{year:04}-{month:02}-{:02}", day - days(year, month, 1) + 1)
}

fn parse(text: &str, format: &str) -> Option<i64> {
    let (mut rest, mut letters) = (text, format.chars());
    let [mut year, mut month, mut day, mut hour, mut minute, mut second] = [1970, 1, 1, 0, 0, 0];
    while let Some(letter) = letters.next() {
        if letter != '%' {
            rest = rest.strip_prefix(letter)?;
            continue;
        }
        let (field, digits, range) = match letters.next()? {
            'Y' => (&mut year, 4, 0..=9999),
            'm' => (&mut month, 2, 1..=12),
            'd' => (&mut day, 2, 1..=31),
            'H' => (&mut hour, 2, 0..=23),
            'M' => (&mut minute, 2, 0..=59),
            'S' => (&mut second, 2, 0..=59),
            _ => return None,
        };
        let n = rest.bytes().take(digits).take_while(u8::is_ascii_digit).count();
        let number = rest[..n].parse().ok().filter(|number| range.contains(number))?;
        // A year has four digits, so that 24-01-31 is no year 24.
        if digits == 4 && n < 4 {
            return None;
        }
        *field = number;
        rest = &rest[n..];
    }
    let days = days(year, month, day);
    (rest.is_empty() && day <= month_length(year, month))
        .then_some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

/// Days since 1970, after Hinnant's [`days_from_civil`](https://howardhinnant.github.io/date_algorithms.html).
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The month of a day, by the same calendar.
fn month(days: i64) -> i64 {
    let days = days + 719_468;
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    if from_march < 10 { from_march + 3 } else { from_march - 9 }
}

fn month_length(year: i64, month: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers are those of Python's `datetime` with UTC.
    #[test]
    fn dates_are_those_of_python() {
        for (text, want) in [
            ("1970-01-01", 0),
            ("2024-02-29", 1_709_164_800),
            ("2024-02-29 12:30", 1_709_209_800),
            ("1969-12-31T23:59:59", -1),
            ("1900/3/1", -2_203_891_200),
        ] {
            assert_eq!(seconds(text, None), Some(want), "{text}");
        }
        assert_eq!(seconds("29.02.2024", Some("%d.%m.%Y")), Some(1_709_164_800));
        for wrong in ["", "2023-02-29", "24-01-31", "2024-13-01", "2024-01-01x", "2024-1", "é"] {
            assert_eq!(seconds(wrong, None), None, "{wrong}");
        }
        assert_eq!(inputs(1_709_164_800), [19782.0, 2.0, 3.0]);
        for text in ["1970-01-01", "2024-02-29", "2023-12-31", "2024-01-01", "1899-12-31"] {
            let day = seconds(text, None).map_or(0, |seconds| seconds / DAY);
            assert_eq!(date_text(day as f64), text);
        }
        assert_eq!(inputs(-1)[1..], [12.0, 2.0]);
        assert_eq!(inputs(43_200)[0], 0.5);
    }
}
