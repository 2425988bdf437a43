//! Sessions with hyperparameters for the HParams dashboard.
//!
//! An `Experiment` record is never written: TensorBoard reads a single experiment and hides
//! unlisted hyperparameters. Both summaries belong in the run's folder, above `train/` and
//! `validation/`: TensorBoard joins a session with the scalars of subfolders.
//!
//! Format: [`plugin_data.proto`](https://github.com/tensorflow/tensorboard/blob/master/tensorboard/plugins/hparams/plugin_data.proto),
//! [`summary_v2.py`](https://github.com/tensorflow/tensorboard/blob/master/tensorboard/plugins/hparams/summary_v2.py).

use protobuf::Message;
use protobuf::well_known_types::Value;
use tensorboard_proto::api::Status;
use tensorboard_proto::plugin_hparams::{HParamsPluginData, SessionEndInfo, SessionStartInfo};
use tensorboard_proto::types::DataType;

use super::map;
use super::summary::{Summary, tensor, tensor_summary};

/// Field number of the map `hparams` in `SessionStartInfo`.
const HPARAMS: u32 = 1;

/// The value of a hyperparameter; runs are comparable if all use the same variant.
#[derive(Clone, Debug, PartialEq)]
pub enum HParam {
    /// A number; TensorBoard treats NaN as missing.
    Number(f64),
    /// A string.
    Text(String),
    /// A boolean.
    Bool(bool),
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionStatus {
    /// `STATUS_SUCCESS`: the session finished.
    Success,
    /// `STATUS_FAILURE`: the session failed.
    Failure,
    /// `STATUS_UNKNOWN`: the session was ended early, neither finished nor failed.
    Unknown,
    /// `STATUS_RUNNING`: the session will be resumed.
    Running,
}

/// Encodes the start of a session at `start_time_secs`, in seconds since the Unix epoch.
///
/// Sessions with the same `group_name` share a row with averaged metrics. The bytes follow the order
/// of `hparams`; sort by name for reproducible files.
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
    for (name, hparam) in hparams {
        info.unknown_fields.add_length_delimited(HPARAMS, map::entry(name, &value(hparam)));
    }
    let mut data = HParamsPluginData::default();
    data.set_session_start_info(info);
    hparams_summary("_hparams_/session_start_info", &data)
}

/// Encodes the end of a session at `end_time_secs`, in seconds since the Unix epoch.
pub fn session_end(outcome: SessionStatus, end_time_secs: f64) -> Summary {
    let status = match outcome {
        SessionStatus::Success => Status::STATUS_SUCCESS,
        SessionStatus::Failure => Status::STATUS_FAILURE,
        SessionStatus::Unknown => Status::STATUS_UNKNOWN,
        SessionStatus::Running => Status::STATUS_RUNNING,
    };
    let mut data = HParamsPluginData::default();
    let info = SessionEndInfo { status, end_time_secs, ..SessionEndInfo::default() };
    data.set_session_end_info(info);
    hparams_summary("_hparams_/session_end_info", &data)
}

/// Encodes `data` as plugin content; the empty tensor is required by the format.
fn hparams_summary(tag: &str, data: &HParamsPluginData) -> Summary {
    let content = data.write_to_bytes().expect("a message without required fields always encodes");
    tensor_summary(tag, tensor(DataType::DT_FLOAT, &[0]), "hparams", content)
}

fn value(hparam: &HParam) -> Value {
    let mut value = Value::new();
    match hparam {
        HParam::Number(number) => value.set_number_value(*number),
        HParam::Text(text) => value.set_string_value(text.clone()),
        HParam::Bool(yes) => value.set_bool_value(*yes),
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::{assert_same_message, from_hex};
    use tensorboard_proto::summary::Summary as SummaryProto;

    /// Decodes the plugin content of a summary with a single value.
    fn content(summary: &SummaryProto) -> HParamsPluginData {
        let metadata = summary.value[0].get_metadata();
        HParamsPluginData::parse_from_bytes(&metadata.get_plugin_data().content).unwrap()
    }

    #[test]
    fn session_start_matches_tensorboard() {
        // TensorBoard 2.21.0, `tensorboard.plugins.hparams.summary_v2.hparams_pb({..},
        // trial_id="g", start_time_secs=1500.5)` with a hyperparameter of each kind
        let cases = [
            (
                ("learning_rate", HParam::Number(0.001)),
                "0a5f0a1c5f68706172616d735f2f73657373696f6e5f73746172745f696e666f4206080112021200\
                 4a370a350a0768706172616d73122a1a280a1a0a0d6c6561726e696e675f72617465120911fca9f1\
                 d24d62503f220167290000000000729740",
            ),
            (
                ("optimizer", HParam::Text("adam".to_owned())),
                "0a580a1c5f68706172616d735f2f73657373696f6e5f73746172745f696e666f4206080112021200\
                 4a300a2e0a0768706172616d7312231a210a130a096f7074696d697a657212061a046164616d2201\
                 67290000000000729740",
            ),
            (
                ("shuffle", HParam::Bool(true)),
                "0a520a1c5f68706172616d735f2f73657373696f6e5f73746172745f696e666f4206080112021200\
                 4a2a0a280a0768706172616d73121d1a1b0a0d0a0773687566666c65120220012201672900000000\
                 00729740",
            ),
        ];
        for ((name, value), hex) in cases {
            let bytes = from_hex(hex);
            let theirs = SummaryProto::parse_from_bytes(&bytes).unwrap();
            let ours = session_start(&[(name.to_owned(), value)], "g", 1500.5).0;
            assert_eq!(content(&ours), content(&theirs));
            assert_eq!(ours.value[0].tag, theirs.value[0].tag);
            assert_eq!(ours.value[0].value, theirs.value[0].value, "the tensor");
            assert_eq!(ours.write_to_bytes().unwrap().len(), bytes.len());
        }
    }

    #[test]
    fn hyperparameters_keep_their_order() {
        let hparams: Vec<_> =
            (0..50).map(|i| (format!("h{i:02}"), HParam::Number(f64::from(i)))).collect();
        let bytes = session_start(&hparams, "g", 1.0).0.write_to_bytes().unwrap();
        let place = |name: &str| bytes.windows(3).position(|window| window == name.as_bytes());
        let places: Vec<_> = hparams.iter().map(|(name, _)| place(name).unwrap()).collect();
        assert!(places.is_sorted());
    }

    #[test]
    fn session_end_matches_tensorboard() {
        // TensorBoard 2.21.0, `summary_v2._summary_pb("_hparams_/session_end_info",
        // HParamsPluginData(session_end_info=SessionEndInfo(status=STATUS_FAILURE,
        // end_time_secs=1600.25)))`
        assert_same_message(
            &session_end(SessionStatus::Failure, 1600.25),
            "0a400a1a5f68706172616d735f2f73657373696f6e5f656e645f696e666f42060801120212004a1a0a18\
             0a0768706172616d73120d220b0802110000000000019940",
        );
        let status = |outcome| content(&session_end(outcome, 1.0).0).get_session_end_info().status;
        assert_eq!(status(SessionStatus::Success), Status::STATUS_SUCCESS);
        assert_eq!(status(SessionStatus::Unknown), Status::STATUS_UNKNOWN);
        assert_eq!(status(SessionStatus::Running), Status::STATUS_RUNNING);
    }
}
