//! Sessions and their hyperparameters, for the HParams page; never an experiment record, because
//! TensorBoard reads only one of those and would hide whatever it does not list.
//!
//! Both summaries belong into the run's own folder, above `train/` and `validation/`: TensorBoard
//! joins a session with the scalars of the folders below it.

use protobuf::well_known_types::Value;
use protobuf::{CodedOutputStream, Message};
use tensorboard_proto::api::Status;
use tensorboard_proto::plugin_hparams::{HParamsPluginData, SessionEndInfo, SessionStartInfo};
use tensorboard_proto::types::DataType;

use super::summary::{Summary, tensor, tensor_summary};

/// The number of the map `hparams` in `SessionStartInfo`.
const HPARAMS: u32 = 1;
/// The numbers of key and value in an entry of any map.
const KEY: u32 = 1;
const VALUE: u32 = 2;

/// The value of a hyperparameter; it should be of one kind in all runs that are compared.
#[derive(Clone, Debug, PartialEq)]
pub enum HParam {
    /// A number; NaN counts as not given.
    Number(f64),
    /// A word.
    Text(String),
    /// Yes or no.
    Bool(bool),
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It got to its end.
    Success,
    /// It could not go on.
    Failure,
    /// It is to be continued.
    Running,
}

/// The start of a session with these hyperparameters, at a time in seconds since 1970.
///
/// Sessions of one `group_name` share a row, their metrics averaged. The bytes follow the order of
/// `hparams`: give them sorted by name.
pub fn session_start(
    hparams: &[(String, HParam)],
    group_name: &str,
    start_time_secs: f64,
) -> Summary {
    let mut info = SessionStartInfo {
        group_name: group_name.to_owned(),
        start_time_secs,
        ..SessionStartInfo::default()
    };
    // The message's own map is a `HashMap`: its order, and so the file, would differ every time.
    for (name, value) in hparams {
        info.unknown_fields.add_length_delimited(HPARAMS, map_entry(name, value));
    }
    let mut data = HParamsPluginData::default();
    data.set_session_start_info(info);
    hparams_summary("_hparams_/session_start_info", &data)
}

/// The end of a session, at a time in seconds since 1970.
pub fn session_end(outcome: Outcome, end_time_secs: f64) -> Summary {
    let status = match outcome {
        Outcome::Success => Status::STATUS_SUCCESS,
        Outcome::Failure => Status::STATUS_FAILURE,
        Outcome::Running => Status::STATUS_RUNNING,
    };
    let mut data = HParamsPluginData::default();
    let info = SessionEndInfo { status, end_time_secs, ..SessionEndInfo::default() };
    data.set_session_end_info(info);
    hparams_summary("_hparams_/session_end_info", &data)
}

/// What a session says is in the plugin's data; the tensor is there only because it must be.
fn hparams_summary(tag: &str, data: &HParamsPluginData) -> Summary {
    let content = data.write_to_bytes().expect("a message without required fields always encodes");
    tensor_summary(tag, tensor(DataType::DT_FLOAT, &[0]), "hparams", content)
}

fn map_entry(name: &str, hparam: &HParam) -> Vec<u8> {
    let mut value = Value::new();
    match hparam {
        HParam::Number(number) => value.set_number_value(*number),
        HParam::Text(text) => value.set_string_value(text.clone()),
        HParam::Bool(yes) => value.set_bool_value(*yes),
    }
    let value = value.write_to_bytes().expect("a message without required fields always encodes");
    let mut bytes = Vec::new();
    let mut out = CodedOutputStream::vec(&mut bytes);
    out.write_string(KEY, name)
        .and_then(|()| out.write_bytes(VALUE, &value))
        .and_then(|()| out.flush())
        .expect("writing into memory cannot fail");
    drop(out);
    bytes
}
