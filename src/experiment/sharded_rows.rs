//! Rows that a thread reads in blocks while another trains on the block before.
//!
//! ```text
//! pass(seed, epoch)   shards in the order of stream (seed, "shuffle", epoch), their rows one after the other,
//!                     cut into blocks; in block b the order of stream (seed, "block", epoch 2³² + b)
//! ```
//!
//! At most two blocks are in memory, the one that trains and the next.

use std::ops::Range;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};

use crate::data::{DataError, Preprocessing, ShardedTable};
use crate::experiment::pool::on;
use crate::experiment::row_block::{DenseTable, RowBlock, order};
use crate::random::{RandomStream, StreamPurpose};
use crate::train::{Dataset, Flow, Pass, RowBlocks, SeeBlock};

/// Some rows of a table that stays in its files.
#[derive(Debug)]
pub(super) struct ShardedRows {
    /// The table.
    pub(super) table: Arc<ShardedTable>,
    /// The rows that are meant, counted over all files.
    pub(super) rows: Range<usize>,
    /// What becomes of them.
    pub(super) preprocessing: Preprocessing,
    /// The most rows of a block, unless a batch has more.
    pub(super) buffer: usize,
    /// Threads that read.
    pub(super) threads: usize,
}

impl RowBlocks for ShardedRows {
    fn rows(&self) -> usize {
        self.rows.len()
    }

    fn visit(&self, pass: Pass, see: &mut SeeBlock<'_>) -> Result<Flow, DataError> {
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            // A block is handed over, never stored: so no third one is in memory.
            let (sender, receiver) = sync_channel(0);
            // The memory of a block returns for the next block but one.
            let (spare, spares) = channel();
            let read = || on(self.threads, || self.read(pass, &stop, (sender, spares)));
            let reading = scope.spawn(read);
            let mut flow = Flow::Continue;
            let mut skipped = pass.from % self.block_rows(pass);
            while flow == Flow::Continue
                && let Ok((dataset, order)) = receiver.recv()
            {
                flow = see(&dataset, order.get(skipped..).unwrap_or_default());
                skipped = 0;
                let _ = spare.send(dataset.into_floats());
            }
            stop.store(true, Ordering::Relaxed);
            drop((receiver, spare));
            let read = reading.join().unwrap_or_else(|panic| resume_unwind(panic));
            read.map(|()| flow)
        })
    }
}

impl ShardedRows {
    /// Reads the blocks of a pass, until they are no longer taken.
    fn read(
        &self,
        pass: Pass,
        stop: &AtomicBool,
        channels: (SyncSender<Block>, Receiver<Vec<f32>>),
    ) -> Result<(), DataError> {
        let mut reader = self.table.reader()?;
        let mut cutter = Cutter::new(self, pass, channels);
        let mut done = cutter.number * cutter.size;
        for (shard, rows) in self.shards(pass) {
            let passed = done.min(rows.len());
            done -= passed;
            let rows = rows.start + passed..rows.end;
            let mut see = |table, part| {
                cutter.cut(&DenseTable::new(&self.preprocessing, table), part);
                cutter.is_wanted && !stop.load(Ordering::Relaxed)
            };
            if !rows.is_empty() && !reader.read(shard, rows, &mut see)? {
                break;
            }
        }
        Ok(())
    }

    /// Rows of each block of a pass but the last.
    fn block_rows(&self, pass: Pass) -> usize {
        (self.buffer / pass.multiple).max(1) * pass.multiple
    }

    /// The rows of each shard in the order of a pass.
    fn shards(&self, pass: Pass) -> Vec<(usize, Range<usize>)> {
        let within = |(at, shard): (usize, &crate::data::Shard)| {
            let cut = |row: usize| row.saturating_sub(shard.first).min(shard.rows);
            let rows = cut(self.rows.start)..cut(self.rows.end);
            (!rows.is_empty()).then_some((at, rows))
        };
        let mut shards: Vec<_> =
            self.table.shards().iter().enumerate().filter_map(within).collect();
        if let Some((seed, epoch)) = pass.shuffle {
            RandomStream::new(seed, StreamPurpose::Shuffle, epoch as u64).shuffle(&mut shards);
        }
        shards
    }
}

/// A block and the order of its rows.
type Block = (Dataset, Vec<u32>);

/// Cuts the rows of a pass into blocks.
struct Cutter<'a> {
    rows: &'a ShardedRows,
    pass: Pass,
    /// Rows of a block.
    size: usize,
    /// The number of the block under way.
    number: usize,
    block: Option<RowBlock<'a>>,
    sender: SyncSender<Block>,
    spares: Receiver<Vec<f32>>,
    is_wanted: bool,
}

impl<'a> Cutter<'a> {
    fn new(
        rows: &'a ShardedRows,
        pass: Pass,
        (sender, spares): (SyncSender<Block>, Receiver<Vec<f32>>),
    ) -> Cutter<'a> {
        let size = rows.block_rows(pass);
        let number = pass.from / size;
        Cutter { rows, pass, size, number, block: None, sender, spares, is_wanted: true }
    }

    /// Takes rows of a table, and sends the blocks that are whole.
    fn cut(&mut self, table: &DenseTable, rows: Range<usize>) {
        let mut from = rows.start;
        while from < rows.end && self.is_wanted {
            let mut block = self.block.take().unwrap_or_else(|| self.open());
            let to = rows.end.min(from + block.missing());
            block.add(table, from..to);
            from = to;
            if block.missing() != 0 {
                self.block = Some(block);
                return;
            }
            self.number += 1;
            self.is_wanted = self.sender.send(block.finish(table)).is_ok();
        }
    }

    /// The block with the present number.
    fn open(&self) -> RowBlock<'a> {
        let first = self.number * self.size;
        let n_rows = self.size.min(self.rows.rows.len() - first);
        let order = order(n_rows, self.pass.shuffle, self.number);
        let buffer = self.spares.try_recv().unwrap_or_default();
        RowBlock::new(&self.rows.preprocessing, order, buffer)
    }
}
