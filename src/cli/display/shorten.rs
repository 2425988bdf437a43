//! Texts of at most a given width: folders and keys that runs share go first, then the middle.

use std::collections::{BTreeSet, HashSet};

use super::width::{elide_middle, text_width};

/// The least width, from `from` on, in which different texts are different when they are shortened.
pub(crate) fn min_distinct_width(texts: &[String], from: usize) -> usize {
    let all: BTreeSet<&String> = texts.iter().collect();
    let all: Vec<String> = all.into_iter().cloned().collect();
    let full = all.iter().map(|text| text_width(text)).max().unwrap_or(0);
    let differ = |width: &usize| {
        let short: HashSet<_> = shorten_all(&all, *width).into_iter().collect();
        short.len() == all.len()
    };
    (from..full).find(differ).unwrap_or(full)
}

/// The texts in at most `width` characters, all shortened in one way. Names of runs lose the folders
/// between first and last, then the keys that a sweep's runs share, then the first folder; what is still
/// too long loses its middle.
pub(crate) fn shorten_all(texts: &[String], width: usize) -> Vec<String> {
    let firsts: HashSet<_> =
        texts.iter().map(|text| text.split_once('/').map(|(first, _)| first)).collect();
    let inner = |text: &String| without_inner(text, 1 < firsts.len());
    let ways: [&dyn Fn(&String) -> String; 4] =
        [&String::clone, &inner, &|text| without_keys(&inner(text)), &|text| {
            without_keys(last(text))
        }];
    let fits = |texts: &Vec<String>| texts.iter().all(|text| text_width(text) <= width);
    let mut tried = ways.iter().map(|way| texts.iter().map(way).collect::<Vec<String>>());
    let found = tried.by_ref().find(fits);
    let shortest =
        || texts.iter().map(|text| elide_middle(&without_keys(last(text)), width)).collect();
    found.unwrap_or_else(shortest)
}

/// `a/…/c` of `a/b/c`; where the first folder is the same in all texts, `…/c`, or the run of a sweep
/// alone.
fn without_inner(text: &str, first: bool) -> String {
    let parts = text.split_once('/').and_then(|(a, rest)| Some((a, rest.rsplit_once('/')?.1)));
    match parts {
        _ if !first && last(text) != text => last(text).to_owned(),
        Some((folder, last)) if first => format!("{folder}/…/{last}"),
        Some((_, last)) => format!("…/{last}"),
        None => text.to_owned(),
    }
}

/// The folder of a run in a sweep; any other text as it is.
fn last(text: &str) -> &str {
    let last = text.rsplit_once('/').map(|(_, last)| last);
    last.filter(|last| number(last).is_some()).unwrap_or(text)
}

/// The number of a run in its sweep, and its settings.
fn number(folder: &str) -> Option<(&str, &str)> {
    let is_number = |text: &str| 4 <= text.len() && text.bytes().all(|byte| byte.is_ascii_digit());
    folder.split_once('-').filter(|(number, rest)| is_number(number) && rest.contains('='))
}

/// The number and the values of a run in a sweep: `0003-0.01,64` of `0003-learning_rate=0.01,units=64`.
fn without_keys(text: &str) -> String {
    let (folder, run) = text.split_at(text.rfind('/').map_or(0, |slash| slash + 1));
    let Some((number, settings)) = number(run) else { return text.to_owned() };
    let value =
        |setting: &str| setting.split_once('=').map_or(setting, |(_, value)| value).to_owned();
    let values: Vec<_> = settings.split(',').map(value).collect();
    format!("{folder}{number}-{}", values.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_runs_lose_what_they_share() {
        let short = |texts: &[&str], width: usize| {
            let texts: Vec<_> = texts.iter().map(|&text| text.to_owned()).collect();
            shorten_all(&texts, width)
        };
        let one = ["a/2026/0003-rate=0.1,units=64", "a/2026/0004-rate=1,units=8"];
        assert_eq!(short(&one, 29), one);
        assert_eq!(short(&one, 25), ["0003-rate=0.1,units=64", "0004-rate=1,units=8"]);
        assert_eq!(short(&one, 13), ["0003-0.1,64", "0004-1,8"]);
        assert_eq!(short(&one, 8), ["000…1,64", "0004-1,8"]);
        let two = [one[0], "b/2026/0003-rate=0.1,units=64", "c/20261123-210800"];
        let want = ["a/…/0003-0.1,64", "b/…/0003-0.1,64", "c/20261123-210800"];
        assert_eq!(short(&two, 20), want);
        assert_eq!(min_distinct_width(&two.map(str::to_owned), 12), 17);
    }
}
