//! From a config and what varies to its runs, each checked as a config of its own; it reads no
//! file.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use sha2::{Digest, Sha256};

use super::axis::{Axis, Values};
use super::label::{label, short_keys};
use super::layers::ShortTexts;
use super::pick::Space;
use super::table::Distribution;
use crate::config::experiment::Change;
use crate::config::packed_lines::LineCache;
use crate::config::plan::Plan;
use crate::config::problem::{Location, Origin, Problem};
use crate::config::runs::{Draft, Runs};
use crate::config::set::{self, Set};
use crate::config::tree::{Node, Value};

/// Makes the plan of a config in which nothing varies, or says what is wrong with it.
pub(in crate::config) type Planner<'a> = dyn FnMut(&Node) -> Result<Plan, Vec<Problem>> + 'a;

/// The runs that `space` makes of the config `root`, and the number of draws that are none because
/// an earlier one is the same; `below` are overrides of keys within swept tables.
pub(in crate::config) fn expand(
    root: &Node,
    space: &Space,
    below: &[&Set],
    planner: &mut Planner<'_>,
) -> Result<(Runs, usize), Vec<Problem>> {
    let mut sweep = Sweeper { root, space, axes: space.axes().collect(), below, planner };
    let total = space.combinations().map_err(|problem| vec![*problem])?;
    if 0 < total {
        sweep.check_ends(&space.combination(0))?;
    }
    let Plans { draft, kept, repeats } = sweep.plans(total)?;
    if space.drawn.is_none() && !repeats.is_empty() {
        return Err(sweep.equals(&repeats));
    }
    Ok((sweep.runs(&draft, &kept), repeats.len()))
}

/// The different plans of the combinations.
struct Plans {
    draft: Draft,
    /// The combination of each plan of the draft.
    kept: Vec<u32>,
    /// The combinations that are the same as an earlier one, each after that one.
    repeats: Vec<[u32; 2]>,
}

struct Sweeper<'a, 'p> {
    root: &'a Node,
    space: &'a Space,
    axes: Vec<&'a Axis>,
    below: &'a [&'a Set],
    planner: &'a mut Planner<'p>,
}

impl Sweeper<'_, '_> {
    fn plan(&mut self, values: &[Node]) -> Result<Plan, Vec<Problem>> {
        let mut root = self.root.clone();
        let mut pairs: Vec<_> = self.axes.iter().zip(values).collect();
        // A whole table first, then the keys within it.
        pairs.sort_by_key(|(axis, _)| axis.path.len());
        let put = pairs.into_iter().map(|(axis, value)| (axis.path.as_slice(), value));
        let put = put.chain(self.below.iter().map(|set| (set.path.as_slice(), &set.values[0])));
        let failed = put.filter_map(|(path, value)| set::put(&mut root, path, value).err());
        let problems: Vec<_> = failed.map(|problem| *problem).collect();
        if problems.is_empty() { (self.planner)(&root) } else { Err(problems) }
    }

    /// Tries the ends of every range, so that what is wrong with it is said of the range and not of
    /// a draw.
    fn check_ends(&mut self, first: &[Node]) -> Result<(), Vec<Problem>> {
        let mut problems = Vec::new();
        for index in 0..self.axes.len() {
            let Values::Drawn { from, node } = &self.axes[index].values else { continue };
            for (key, value) in ["min", "max"].iter().zip(from.ends()) {
                let origin = node.entry(key).map_or(&node.origin, |entry| &entry.node.origin);
                let end = Node { value, origin: origin.clone() };
                let found = self.try_end(first, index, &end);
                problems.extend(match found.is_empty() || !self.wants_whole(first, index, *from) {
                    true => found,
                    false => vec![whole(&self.axes[index].key(), node)],
                });
            }
        }
        problems.dedup();
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    /// What is wrong with one value in the place of that at `index`.
    fn try_end(&mut self, first: &[Node], index: usize, end: &Node) -> Vec<Problem> {
        let mut values = first.to_vec();
        values[index] = end.clone();
        let found = self.plan(&values).err().unwrap_or_default();
        let here = Location::from(&end.origin);
        found.into_iter().filter(|problem| problem.location == here).collect()
    }

    /// Whether it is only that the key wants whole numbers.
    fn wants_whole(&mut self, first: &[Node], index: usize, from: Distribution) -> bool {
        let origin = first[index].origin.clone();
        let mut fits = |value| {
            let end = Node { value, origin: origin.clone() };
            self.try_end(first, index, &end).is_empty()
        };
        from.ends().iter().any(|end| match end {
            Value::Float(float) => {
                let whole = float.ceil();
                fits(Value::Integer(whole as i128)) && !fits(Value::Float(whole))
            }
            _ => false,
        })
    }

    /// Plans every combination; of the plans only their differences are kept.
    fn plans(&mut self, total: usize) -> Result<Plans, Vec<Problem>> {
        let (mut draft, mut kept, mut repeats) = (Draft::default(), Vec::new(), Vec::new());
        let mut known: HashMap<[u8; 16], u32> = HashMap::new();
        let mut found: Vec<Found> = Vec::new();
        for index in 0..total {
            let problems = match self.plan(&self.space.combination(index)) {
                Ok(plan) if found.is_empty() => {
                    let difference = draft.difference(&plan);
                    let number = index as u32;
                    match known.entry(hash(&difference)) {
                        Entry::Occupied(first) => repeats.push([*first.get(), number]),
                        Entry::Vacant(new) => {
                            new.insert(number);
                            kept.push(number);
                            draft.push(&difference);
                        }
                    }
                    continue;
                }
                Ok(_) => continue,
                Err(problems) => problems,
            };
            for problem in problems {
                match found.iter_mut().find(|found| found.problem == problem) {
                    Some(found) => found.runs += 1,
                    None => found.push(Found { problem, first: index, runs: 1 }),
                }
            }
        }
        match found.is_empty() {
            true => Ok(Plans { draft, kept, repeats }),
            false => Err(found.into_iter().map(|found| self.told(found, total)).collect()),
        }
    }

    /// A problem with what leads to it, unless that is where it is shown, or always so.
    fn told(&self, found: Found, total: usize) -> Problem {
        let swept = |problem: &Problem| match &problem.location {
            Location::Text(origin) => self.axes.iter().any(|axis| is_within(origin, axis)),
            Location::File(_) => false,
        };
        if found.runs == total || swept(&found.problem) {
            return found.problem;
        }
        let values = self.space.combination(found.first);
        let values = self.axes.iter().zip(&values);
        let changes = values
            .filter(|(axis, _)| axis.varies())
            .map(|(axis, value)| format!("{} = {}", axis.key(), change(axis, value).text()));
        let with = changes.collect::<Vec<_>>().join(", ");
        let note = format!("so in {} of {total} combinations, first with {with}", found.runs);
        let note = match &found.problem.note {
            Some(known) => format!("{known}; {note}"),
            None => note,
        };
        found.problem.note(note)
    }

    /// What makes equal runs equal: two values of one list, in every such pair of runs.
    fn equals(&self, repeats: &[[u32; 2]]) -> Vec<Problem> {
        let mut problems = Vec::new();
        for pair in repeats {
            let [first, again] = pair.map(|index| self.space.combination(index as usize));
            let differ = first.iter().zip(&again).rfind(|(one, other)| one.origin != other.origin);
            let Some((one, other)) = differ else { continue };
            let message = "this value makes the same run as another";
            let problem = Problem::at(&other.origin, message, "take one of the two out")
                .related(Some(&one.origin), "the other");
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
        problems
    }

    /// The runs of the plans in `draft`, which are those of the combinations `kept`.
    fn runs(&self, draft: &Draft, kept: &[u32]) -> Runs {
        let varying = || self.axes.iter().filter(|axis| axis.varies());
        let mut keys: Vec<_> = varying().map(|axis| axis.key()).collect();
        let replicated = 1 < self.space.seeds.len();
        keys.extend(replicated.then(|| "seed".to_owned()));
        let short = short_keys(&keys);
        let texts: Vec<_> = varying().map(short_texts).collect();
        let seeds: Vec<Option<u64>> = match self.space.seeds.is_empty() {
            true => vec![None],
            false => self.space.seeds.iter().map(|(seed, _)| Some(*seed)).collect(),
        };
        let total = draft.len() * seeds.len();
        let (mut runs, mut cache) = (draft.runs(keys), LineCache::default());
        for (place, index) in kept.iter().enumerate() {
            let values = self.space.combination(*index as usize);
            for seed in &seeds {
                let all = self.axes.iter().zip(&values).filter(|(axis, _)| axis.varies());
                let mut changes: Vec<_> = all.map(|(axis, value)| change(axis, value)).collect();
                let of_axes = changes.iter().zip(&texts);
                let mut texts: Vec<_> = of_axes.map(|(c, texts)| texts.get(&c.value)).collect();
                if let Some(seed) = seed.filter(|_| replicated) {
                    let value = toml::Value::Integer(seed as i64);
                    changes.push(Change { key: "seed".to_owned(), value });
                    texts.push(seed.to_string());
                }
                let label = label(runs.len(), total, &short, &texts);
                let values = changes.into_iter().map(|change| change.value).collect();
                runs.push(label, values, *seed, draft.at(place, &mut cache));
            }
        }
        runs
    }
}

/// A problem, and how many combinations have it.
struct Found {
    problem: Problem,
    first: usize,
    runs: usize,
}

fn change(axis: &Axis, value: &Node) -> Change {
    Change { key: axis.key(), value: value.to_toml() }
}

/// Texts for the listed values of a parameter.
fn short_texts(axis: &&Axis) -> ShortTexts {
    let values: Vec<_> = axis.list().iter().map(Node::to_toml).collect();
    ShortTexts::of(&values)
}

fn whole(key: &str, range: &Node) -> Problem {
    let at = range.entry("distribution").map_or(&range.origin, |entry| &entry.node.origin);
    let message = format!("`{key}` takes whole numbers only");
    Problem::at(at, message, "write `distribution = \"int_uniform\"`")
}

/// Whether a place is within a parameter of the sweep.
fn is_within(origin: &Origin, axis: &Axis) -> bool {
    let places = axis.list().iter().map(|node| &node.origin).chain(axis.drawn());
    let mut places = places.chain(axis.path.iter().map(|(_, origin)| origin));
    places.any(|place| {
        place.source == origin.source
            && place.span.start <= origin.span.start
            && origin.span.end <= place.span.end
    })
}

/// A number that no two different texts share.
fn hash(text: &str) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&Sha256::digest(text)[..16]);
    half
}
