//! Reads CSV files in blocks, on all threads of the pool: the fast twin of [`read_lines`](super::read_lines), with the
//! same columns on any number of threads. A file that is unusual anywhere is left to its twin, which has the errors.

use std::path::PathBuf;

use csv::StringRecord;
use rayon::prelude::*;

use super::block::{BlockLayout, Form, Unusual, cells};
use super::block_reader::{BLOCK, BlockReader};
use super::builder::Builder;
use super::cells::ColumnValues;
use super::columns::CsvOptions;
use super::lines::{CsvLines, FILE_SHIFT};
use super::number::number;
use super::roles::Roles;
use super::row_keys::Key;
use super::sheet::Sheet;
use super::spelling::Spelling;
use super::text::Text;

/// Rows that are looked at to tell the kinds of columns.
const LOOKED_AT: usize = 1000;

/// Blocks that are read before their lines are.
const BATCH: usize = 16;

/// Reads all rows, if nothing is unusual.
pub(super) fn read_blocks(
    files: &[PathBuf],
    roles: Roles,
    options: &CsvOptions,
) -> Result<Sheet, Unusual> {
    read_in_blocks(files, roles, options, BLOCK)
}

fn read_in_blocks(
    files: &[PathBuf],
    mut roles: Roles,
    options: &CsvOptions,
    size: usize,
) -> Result<Sheet, Unusual> {
    // Other spellings change words too; the twin reads them.
    if options.spelling != Spelling::default() {
        return Err(Unusual);
    }
    let first = CsvLines::open(&files[..1], options).map_err(|_| Unusual)?;
    let (names, header) = (first.head.names.clone(), first.head.header);
    kinds(first, &mut roles, options)?;
    let head = CsvLines::open(&files[..1], options).map_err(|_| Unusual)?.head;
    let mut layout = layout(&roles, options, names.len());
    // As an input a key has 32 bits, too few for a time, and not the text of a group.
    let number = |at: &usize| layout.columns[*at] == Some(Form::Number);
    if roles.keys.iter().any(|(at, key)| *key != Key::Weight && number(at)) {
        return Err(Unusual);
    }
    let mut builder = Builder::new(roles, &head, options);
    for (number, path) in files.iter().enumerate() {
        let own = CsvOptions { header: Some(header), ..options.clone() };
        let lines = CsvLines::open(std::slice::from_ref(path), &own).map_err(|_| Unusual)?;
        if lines.head.names != names {
            return Err(Unusual);
        }
        let (text, stream) = Text::open_stream(path, options).map_err(|_| Unusual)?;
        layout.separator = text.separator;
        let reader = BlockReader::new(stream, text.separator, options.comment, size);
        read_file(reader, &layout, header, (number as u64) << FILE_SHIFT, &mut builder)?;
    }
    match builder.rows {
        0 => Err(Unusual),
        _ => Ok(builder.finish()),
    }
}

fn read_file(
    mut reader: BlockReader<impl std::io::BufRead>,
    layout: &BlockLayout,
    mut header: bool,
    mut start: u64,
    builder: &mut Builder<'_>,
) -> Result<(), Unusual> {
    loop {
        let mut blocks = Vec::new();
        while blocks.len() < BATCH
            && let Some(block) = reader.next()?
        {
            blocks.push((block, std::mem::take(&mut header)));
        }
        if blocks.is_empty() {
            return Ok(());
        }
        let read = |(block, header): &(Vec<u8>, bool)| cells(block, layout, *header);
        let found: Vec<_> = blocks.par_iter().map(read).collect();
        for found in found {
            let found = found?;
            let begin = |row: usize| start + u64::from(found.starts[row]);
            builder.add(&found.cells, &begin).map_err(|_| Unusual)?;
            start += found.length;
        }
    }
}

/// Settles the kinds of open columns by their first fields.
fn kinds(mut lines: CsvLines, roles: &mut Roles, options: &CsvOptions) -> Result<(), Unusual> {
    let mut record = StringRecord::new();
    for _ in 0..LOOKED_AT {
        let open = roles.features.iter_mut().filter(|feature| feature.is_open());
        let mut open = open.peekable();
        if open.peek().is_none() {
            return Ok(());
        }
        if !lines.next(&mut record).map_err(|_| Unusual)? {
            return Err(Unusual);
        }
        for feature in open {
            let field = &record[feature.at];
            if !options.missing.iter().any(|missing| missing == field) {
                feature.settle(field);
            }
        }
    }
    Err(Unusual)
}

fn layout(roles: &Roles, options: &CsvOptions, n: usize) -> BlockLayout {
    let mut columns = vec![None; n];
    let form = |values: Option<&ColumnValues>| match values {
        Some(ColumnValues::Numbers(_)) => Form::Number,
        _ => Form::Word,
    };
    let mut order = Vec::new();
    let inputs = roles.features.iter().map(|feature| (feature.at, feature.cells()));
    let labels = roles.labels.iter().map(|(at, values)| (*at, Some(values)));
    for (at, values) in inputs.chain(labels) {
        columns[at] = Some(form(values));
        order.push(at);
    }
    for (at, key) in &roles.keys {
        // Words keep all digits of a number.
        let form = if *key == Key::Weight { Form::Number } else { Form::Word };
        columns[*at].get_or_insert(form);
        order.push(*at);
    }
    BlockLayout {
        separator: b',',
        comment: options.comment,
        columns,
        order,
        missing: options.missing.iter().cloned().collect(),
        missing_numbers: options.missing.iter().any(|missing| number(missing).is_some()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::column::Column;
    use super::super::read_lines::read_lines;
    use super::super::row_keys::RowKeys;
    use super::*;
    use crate::data::{RowSplit, SplitMethod};

    /// All that a sheet holds, as text.
    fn summary(sheet: &Sheet, lines: &CsvLines) -> String {
        let values = |values: &ColumnValues| match values {
            ColumnValues::Numbers(numbers) => {
                format!("{:?}", numbers.iter().map(|x| x.to_bits()).collect::<Vec<_>>())
            }
            ColumnValues::Words(words) => {
                let line = words.first().map(|(begin, word)| (lines.place(begin), word));
                format!("{:?} {:?} {line:?}", words.ids, words.words)
            }
            ColumnValues::Dates(dates) => format!("{:?}", dates.seconds),
        };
        let features: Vec<_> =
            (0..sheet.features.len()).map(|i| values(&sheet.values(i))).collect();
        let labels: Vec<_> = sheet.labels.iter().map(values).collect();
        let RowKeys { times, groups, weights } = &sheet.keys;
        let keys = format!("{times:?} {:?} {weights:?}", groups.of_rows);
        format!("{} {features:?} {labels:?} {keys}", sheet.rows)
    }

    /// Both readers on one file; the fast one may refuse it.
    fn both(text: &str, options: &CsvOptions, size: usize) -> (Option<String>, Option<String>) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rows.csv");
        std::fs::write(&path, text).unwrap();
        let files = [path];
        let Ok(lines) = CsvLines::open(&files, options) else { return (None, None) };
        let Ok(mut plain_lines) = CsvLines::open(&files, options) else { return (None, None) };
        let Ok(roles) = Roles::new(options, &lines.head) else { return (None, None) };
        let pool = |n| rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
        let fast = |n: usize| {
            let found = pool(n).install(|| read_in_blocks(&files, roles.clone(), options, size));
            found.ok().map(|sheet| summary(&sheet, &lines))
        };
        let (one, three) = (fast(1), fast(3));
        assert_eq!(one, three, "{text:?}");
        let plain = read_lines(&mut plain_lines, roles.clone(), options).ok();
        (one, plain.map(|sheet| summary(&sheet, &lines)))
    }

    fn options(missing: &[&str]) -> CsvOptions {
        let missing = missing.iter().map(|text| (*text).to_owned()).collect();
        CsvOptions { missing, comment: Some(b'#'), ..CsvOptions::default() }
    }

    #[test]
    fn usual_files_are_read_in_blocks() {
        for text in [
            "x,s,y\n1,u,a\n-2.5e3,v,b\n",
            "x;y\r\n1;2\r\n\r\n3;4\r\n",
            "x,s,y\n# no row\n1,\"u,\nv\",a\n 2 , \"w\"\"\" ,b\n",
            "x,y,\n1,2,\n3,4,\n",
            "NA,u,a\n1,NA,b\n-999,u,a\n",
        ] {
            for size in [1, 5, 7, 1000] {
                let (fast, plain) = both(text, &options(&["NA", "-999"]), size);
                assert!(fast.is_some() && fast == plain, "{text:?} {size} {fast:?} {plain:?}");
            }
        }
    }

    /// With the last but one column as the weight of rows, and the first as their group or time.
    fn with_keys(options: CsvOptions, width: usize, divided: usize, ignored: bool) -> CsvOptions {
        let column = || Column::Index(0);
        let method = match divided {
            0 => SplitMethod::Tail,
            1 => SplitMethod::Group { column: column(), seed: 0 },
            _ => SplitMethod::Time { column: column() },
        };
        CsvOptions {
            sample_weight: width.checked_sub(2).map(Column::Index),
            rows: RowSplit::new(None, 0.2, 0.2, method),
            ignore: if ignored { vec![column()] } else { Vec::new() },
            ..options
        }
    }

    #[test]
    fn weights_and_groups_are_read_in_blocks() {
        let text = "g,s,x,w,y\n007,u,1,0.5,a\n7,v,2,1e-3,b\n\"\",u,3,0,a\n007,u,4,2,b\n";
        for divided in [1, 2] {
            let options = with_keys(options(&["7"]), 5, divided, true);
            for size in [1, 5, 7, 1000] {
                let (fast, plain) = both(text, &options, size);
                assert_eq!(fast, plain.filter(|_| divided == 1), "{size}");
                assert_eq!(fast.is_some(), divided == 1);
                let keys = "[] [0, 1, 2, 0] Some([0.5, 0.001, 0.0, 2.0])";
                assert!(fast.is_none_or(|fast| fast.ends_with(keys)));
            }
        }
        for weight in ["-1", "x", "", "1e39", "inf"] {
            let text = text.replace("0.5", weight);
            let options = with_keys(options(&[]), 5, 1, true);
            assert_eq!(both(&text, &options, 5), (None, None), "{weight}");
        }
    }

    proptest! {
        /// Where the fast reader reads a file, it reads what its twin reads; and what its twin refuses, it refuses.
        #[test]
        fn blocks_are_lines(
            cells in proptest::collection::vec(
                prop_oneof![
                    8 => "-?[0-9]{1,3}([.][0-9]{1,12})?(e-?[0-9])?",
                    1 => "[a-cA é]{1,3}",
                    1 => Just("NA".to_owned()),
                    1 => Just(String::new()),
                    1 => "\"[a-b,\n ]{0,3}\"",
                    1 => " ?[0-9] ?",
                    1 => "#[0-9]",
                ],
                0..60,
            ),
            width in 1..5_usize,
            header: bool,
            end in prop_oneof![4 => Just("\n"), 1 => Just("\r\n"), 1 => Just("\r"), 1 => Just("\n\n")],
            size in 1..80_usize,
            divided in 0..3_usize,
            weighed: bool,
            ignored: bool,
        ) {
            let mut text = if header { "p,q,r,s,t"[..2 * width - 1].to_owned() + end } else { String::new() };
            for row in cells.chunks(width) {
                text += &row.join(",");
                text += end;
            }
            let plain = options(&["NA"]);
            let options = if weighed { with_keys(plain, width, divided, ignored) } else { plain };
            let (fast, plain) = both(&text, &options, size);
            if fast.is_some() {
                prop_assert_eq!(&fast, &plain, "{:?}", text);
            }
        }
    }
}
