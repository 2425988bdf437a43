//! Layout of the Custom Scalars dashboard.
//!
//! Format: [`tensorboard/plugins/custom_scalar/layout.proto`](https://github.com/tensorflow/tensorboard/blob/master/tensorboard/plugins/custom_scalar/layout.proto).

use protobuf::{Message, RepeatedField};
use tensorboard_proto::layout::{
    Category, Chart, Layout, MarginChartContent, MarginChartContent_Series,
};
use tensorboard_proto::types::DataType;

use super::summary::{Summary, tensor, tensor_summary};

/// A line chart with a margin (a band), drawn for every run with all three tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarginChart {
    /// Title of the chart.
    pub title: String,
    /// Tag of the line.
    pub value: String,
    /// Tag of the lower bound.
    pub lower: String,
    /// Tag of the upper bound.
    pub upper: String,
}

/// Encodes a layout with one category of `charts` under `heading`.
pub fn custom_scalars(heading: &str, charts: &[MarginChart]) -> Summary {
    let category = Category {
        title: heading.to_owned(),
        chart: RepeatedField::from_vec(charts.iter().map(chart).collect()),
        ..Category::default()
    };
    let layout = Layout { category: RepeatedField::from_vec(vec![category]), ..Layout::default() };
    let bytes = layout.write_to_bytes().expect("a message without required fields always encodes");
    let mut tensor = tensor(DataType::DT_STRING, &[]);
    tensor.string_val.push(bytes);
    tensor_summary("custom_scalars__config__", tensor, "custom_scalars", Vec::new())
}

fn chart(chart: &MarginChart) -> Chart {
    let series = MarginChartContent_Series {
        value: chart.value.clone(),
        lower: chart.lower.clone(),
        upper: chart.upper.clone(),
        ..MarginChartContent_Series::default()
    };
    let margin = MarginChartContent {
        series: RepeatedField::from_vec(vec![series]),
        ..MarginChartContent::default()
    };
    let mut proto = Chart { title: chart.title.clone(), ..Chart::default() };
    proto.set_margin(margin);
    proto
}
