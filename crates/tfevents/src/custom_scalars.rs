//! The layout of the Custom Scalars page: which tags are drawn together, and how.

use protobuf::{Message, RepeatedField};
use tensorboard_proto::layout::{
    Category, Chart, Layout, MarginChartContent, MarginChartContent_Series,
};
use tensorboard_proto::types::DataType;

use super::summary::{Summary, tensor, tensor_summary};

/// A chart of a value with a margin around it, in every run that has the three tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarginChart {
    /// What stands above it.
    pub title: String,
    /// The tag of the value.
    pub value: String,
    /// The tag of the margin's lower end.
    pub lower: String,
    /// The tag of the margin's upper end.
    pub upper: String,
}

/// The page with these charts below one heading.
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
