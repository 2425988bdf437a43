//! The character between the fields of a CSV file, seen from its first lines.

use super::number::{looks_like_number, number};

/// Characters that separate fields, the usual ones first.
const SEPARATORS: [u8; 4] = *b",;\t|";

/// CsvLines that are looked at.
const LINES: usize = 50;

/// The separator of a text that starts so, if one cuts all lines into the same number of fields, two or
/// more. Of several, it is the one with the largest share of numbers among its fields.
pub(super) fn seen(start: &[u8], comment: Option<u8>, usual: u8) -> Option<u8> {
    // The last line may be cut.
    let whole = start.iter().rposition(|byte| *byte == b'\n').map_or(start, |end| &start[..end]);
    let whole = String::from_utf8_lossy(whole);
    let is_data = |line: &&str| {
        !line.trim().is_empty() && comment.is_none_or(|comment| line.as_bytes()[0] != comment)
    };
    let lines: Vec<&str> = whole.lines().filter(is_data).take(LINES).collect();
    let order =
        std::iter::once(usual).chain(SEPARATORS.into_iter().filter(|other| *other != usual));
    let shares = order.filter_map(|separator| Some((separator, share(&lines, separator)?)));
    shares.reduce(|best, other| if best.1 < other.1 { other } else { best }).map(|best| best.0)
}

/// The share of numbers among the fields, if all lines have the same number of fields.
fn share(lines: &[&str], separator: u8) -> Option<f64> {
    let width = fields(lines.first()?, separator).len();
    let (mut numbers, mut all) = (0, 0);
    for line in lines {
        let fields = fields(line, separator);
        let trailing = fields.len() == width + 1 && fields[width].is_empty();
        if width < 2 || (fields.len() != width && !trailing) {
            return None;
        }
        all += width;
        numbers += fields.iter().filter(|f| number(f).is_some() || looks_like_number(f)).count();
    }
    Some(numbers as f64 / all as f64)
}

/// The fields of a line, without the quotes around them. A quoted line break ends the field.
fn fields(line: &str, separator: u8) -> Vec<&str> {
    let (mut fields, mut begin, mut in_quotes) = (Vec::new(), 0, false);
    for (at, byte) in line.bytes().enumerate() {
        in_quotes ^= byte == b'"';
        if byte == separator && !in_quotes {
            fields.push(&line[begin..at]);
            begin = at + 1;
        }
    }
    fields.push(&line[begin..]);
    fields.iter().map(|field| field.trim().trim_matches('"')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_are_seen() {
        for (text, want) in [
            ("x;z;y\n1;2.5;a\n", Some(b';')),
            ("x\tz\ty\n1\t2.5\ta\n", Some(b'\t')),
            ("x|y\n1|a\n", Some(b'|')),
            ("x,y\n1,a;b\n2,c;d\n", Some(b',')),
            ("x;z;y\n1,5;2;a\n2,5;3;b\n", Some(b';')),
            ("1,5;2;a\n2,5;3;b\n", Some(b';')),
            ("1,a;b;c\n2,d;e;f\n", Some(b',')),
            ("name;text\n\"a;b\";\"c, d\"\n", Some(b';')),
            ("x,y,\n1,2,\n3,4\n", None),
            ("x,y\n1,2,\n3,4,\n", Some(b',')),
            ("x\n1\n2\n", None),
            ("x;y\n1;2\n3;4;5;6", Some(b';')),
            ("", None),
        ] {
            assert_eq!(seen(text.as_bytes(), None, b','), want, "{text:?}");
        }
        assert_eq!(seen(b"# made by, hand\nx;y\n1;2\n", Some(b'#'), b','), Some(b';'));
        assert_eq!(seen(b"a,b\tc,d\n", None, b'\t'), Some(b'\t'));
    }
}
