//! Arrow IPC files (Feather of version 2) and streams: messages one after the other, a schema, dictionaries and batches.
//!
//! The format is that of the [specification](https://arrow.apache.org/docs/format/Columnar.html). A file has a footer
//! with the schema and the places of all messages; a stream begins with the schema.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::cells::Cells;
use super::column_info::{ColumnInfo, Wanted};
use super::flat_table::FlatTable;
use super::ipc_column::{Batch, decode, pick};
use super::ipc_schema::{IpcColumn, columns};
use crate::data::DataError;
use base::system;

/// A message's description longer than this is damaged.
const MAX_DESCRIPTION: usize = 256 << 20;

/// An open file.
pub(super) struct IpcFile {
    path: PathBuf,
    reader: BufReader<File>,
    /// Bytes of the file, and of those that are not read yet.
    size: u64,
    left: u64,
    /// The places of the messages of a file, the next one last; none of a stream.
    places: Option<Vec<u64>>,
    pub(super) columns: Vec<ColumnInfo>,
    stored: Vec<IpcColumn>,
    dictionaries: HashMap<i64, Vec<Option<String>>>,
    /// Batches that were read.
    batches: usize,
}

/// A message: its kind, its description, and its body.
struct Message {
    kind: u8,
    description: Vec<u8>,
    body: Vec<u8>,
}

impl IpcFile {
    pub(super) fn open(path: &Path) -> Result<IpcFile, DataError> {
        let io = |source| DataError::Io { path: path.to_owned(), source };
        let file = system::open(path).map_err(io)?;
        let size = file.metadata().map_err(io)?.len();
        let mut file = IpcFile {
            path: path.to_owned(),
            reader: BufReader::with_capacity(1 << 16, file),
            size,
            left: size,
            places: None,
            columns: Vec::new(),
            stored: Vec::new(),
            dictionaries: HashMap::new(),
            batches: 0,
        };
        let mut start = [0; 4];
        file.fill(&mut start)?;
        match &start {
            b"ARRO" => file.footer()?,
            _ => {
                let message = file.message(start)?.filter(|message| message.kind == 1);
                let description = message.map(|message| message.description).unwrap_or_default();
                file.schema(FlatTable::root(&description).and_then(|root| root.table(2)))?;
            }
        }
        Ok(file)
    }

    /// Takes in the schema.
    fn schema(&mut self, schema: Option<FlatTable<'_>>) -> Result<(), DataError> {
        let little_endian = schema.filter(|schema| schema.i16(0, 0) == 0);
        let stored = little_endian.and_then(columns);
        self.stored = stored.ok_or_else(|| self.damaged("it has no schema"))?;
        self.columns = self.stored.iter().map(|column| column.info.clone()).collect();
        Ok(())
    }

    /// Reads the footer: its size and a mark are the last ten bytes of the file.
    fn footer(&mut self) -> Result<(), DataError> {
        let mut end = [0; 10];
        self.seek(self.size.saturating_sub(10))?;
        self.fill(&mut end)?;
        let (size, mark) = end.split_at(4);
        let size = u64::from(u32::from_le_bytes([size[0], size[1], size[2], size[3]]));
        if mark != b"ARROW1" || self.size < size + 10 {
            return Err(self.damaged("it has no footer"));
        }
        self.seek(self.size - 10 - size)?;
        let footer = self.bytes(size as usize, MAX_DESCRIPTION)?;
        let root = FlatTable::root(&footer);
        self.schema(root.and_then(|root| root.table(1)))?;
        let blocks = |index| root.and_then(|root| root.numbers(index, 3));
        let (dictionaries, batches) =
            blocks(2).zip(blocks(3)).ok_or_else(|| self.damaged("its footer is damaged"))?;
        let all = dictionaries.chunks_exact(3).chain(batches.chunks_exact(3));
        let places: Option<Vec<u64>> = all.map(|block| u64::try_from(block[0]).ok()).collect();
        let mut places = places.ok_or_else(|| self.damaged("its footer is damaged"))?;
        places.reverse();
        self.places = Some(places);
        Ok(())
    }

    fn seek(&mut self, at: u64) -> Result<(), DataError> {
        let io = |source| DataError::Io { path: self.path.clone(), source };
        self.reader.seek(SeekFrom::Start(at)).map_err(io)?;
        self.left = self.size.saturating_sub(at);
        Ok(())
    }

    /// The next message; none at the end.
    fn next_message(&mut self) -> Result<Option<Message>, DataError> {
        let mut start = [0; 4];
        if let Some(places) = &mut self.places {
            let Some(at) = places.pop() else { return Ok(None) };
            self.seek(at)?;
        }
        if self.left < 4 {
            return Err(self.damaged("it ends without its mark"));
        }
        self.fill(&mut start)?;
        self.message(start)
    }

    /// The next batch of some columns; none at the end.
    pub(super) fn next(&mut self, wanted: &[Wanted]) -> Result<Option<Vec<Cells>>, DataError> {
        loop {
            let Some(message) = self.next_message()? else { return Ok(None) };
            match message.kind {
                2 => self.dictionary(&message)?,
                3 => {
                    let cells = self.batch(&message, wanted)?;
                    self.batches += 1;
                    return Ok(Some(cells));
                }
                _ => return Err(self.damaged("it has a message of another kind")),
            }
        }
    }

    /// The message that begins with `start`; none at the end.
    fn message(&mut self, start: [u8; 4]) -> Result<Option<Message>, DataError> {
        let mut size = start;
        if start == [0xff; 4] {
            self.fill(&mut size)?;
        }
        let size = u32::from_le_bytes(size) as usize;
        if size == 0 {
            return Ok(None);
        }
        let description = self.bytes(size, MAX_DESCRIPTION)?;
        let found = FlatTable::root(&description);
        let (kind, length) = found.map_or((0, 0), |message| (message.u8(1), message.i64(3)));
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let body = self.bytes(length, usize::MAX)?;
        Ok(Some(Message { kind, description, body }))
    }

    /// The next bytes, no more than the file has.
    fn bytes(&mut self, size: usize, max: usize) -> Result<Vec<u8>, DataError> {
        if max < size || self.left < size as u64 {
            return Err(self.damaged("a message is longer than the file"));
        }
        let mut bytes = vec![0; size];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn fill(&mut self, into: &mut [u8]) -> Result<(), DataError> {
        self.reader.read_exact(into).map_err(|source| match source.kind() {
            ErrorKind::UnexpectedEof => self.damaged("it ends too early"),
            _ => DataError::Io { path: self.path.clone(), source },
        })?;
        self.left = self.left.saturating_sub(into.len() as u64);
        Ok(())
    }

    /// Takes in the words of a dictionary, which others of its number replace or extend.
    fn dictionary(&mut self, message: &Message) -> Result<(), DataError> {
        let root = FlatTable::root(&message.description).and_then(|message| message.table(2));
        let found = root.and_then(|root| Some((root.i64(0), root.table(1)?, root.u8(2) != 0)));
        let (id, batch, extends) =
            found.ok_or_else(|| self.damaged("a dictionary has no words"))?;
        let of = |column: &&IpcColumn| column.dictionary.is_some_and(|(own, _)| own == id);
        let Some(column) = self.stored.iter().find(of) else { return Ok(()) };
        if column.info.value_type.is_none() {
            return Ok(());
        }
        let batch = Batch::new(batch, &message.body).map_err(|reason| self.damaged(reason))?;
        let words = batch.place(0, 0, 0).and_then(|place| batch.words(column, place));
        let words = words.map_err(|reason| self.column_error(column, &reason))?;
        if extends {
            self.dictionaries.entry(id).or_default().extend(words);
        } else {
            self.dictionaries.insert(id, words);
        }
        Ok(())
    }

    fn batch(&self, message: &Message, wanted: &[Wanted]) -> Result<Vec<Cells>, DataError> {
        let root = FlatTable::root(&message.description).and_then(|message| message.table(2));
        let root = root.ok_or_else(|| self.damaged("a batch has no columns"))?;
        let batch = Batch::new(root, &message.body).map_err(|reason| self.damaged(reason))?;
        let places = batch.places(&self.stored).map_err(|reason| self.damaged(reason))?;
        let read = |(at, kind): &Wanted| {
            let (column, place) = (&self.stored[*at], places[*at]);
            let cells = match column.dictionary {
                None => decode(&batch, column, place, *kind),
                Some((id, indices)) => {
                    let words = self.dictionaries.get(&id).map_or(&[][..], |words| words);
                    pick(&batch, (indices, place), words)
                }
            };
            cells.map_err(|reason| self.column_error(column, &reason))
        };
        let cells: Vec<Result<Cells, DataError>> = wanted.par_iter().map(read).collect();
        cells.into_iter().collect()
    }

    fn column_error(&self, column: &IpcColumn, reason: &str) -> DataError {
        DataError::Chunk {
            path: self.path.clone(),
            column: column.info.name.clone(),
            group: format!("batch {}", self.batches),
            reason: reason.to_owned(),
        }
    }

    fn damaged(&self, reason: &str) -> DataError {
        let help = Some("write the file again".to_owned());
        let reason = format!("it is no Arrow file: {reason}");
        DataError::Sheet { path: self.path.clone(), reason, help }
    }
}
