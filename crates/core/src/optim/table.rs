//! The macro that makes the enum of optimizers from one row for each.

/// Defines `Optimizer` with a variant for each row: a doc comment, the file, the struct, and other
/// names in a config.
macro_rules! optimizers {
    ($($(#[doc = $doc:literal])* $file:ident::$name:ident [$($alias:literal)*],)*) => {
        $(pub use $file::$name;)*

        /// The rule that updates the weights, by its Keras name.
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(tag = "name", rename_all = "lowercase")]
        pub enum Optimizer {
            $(
                $(#[doc = $doc])*
                $(#[serde(alias = $alias)] #[schemars(extend("x-aliases" = [$alias]))])*
                $name($name),
            )*
        }

        impl Optimizer {
            /// The arguments that all optimizers have.
            pub fn common_args(&self) -> &CommonArgs {
                match self { $(Optimizer::$name(optimizer) => &optimizer.shared,)* }
            }

            fn learning_rate_arg(&self) -> &LearningRate {
                match self { $(Optimizer::$name(optimizer) => &optimizer.learning_rate,)* }
            }

            /// λ: the decay that precedes the rule multiplies a parameter by 1 − λ η.
            fn weight_decay(&self) -> f64 {
                match self {
                    $(Optimizer::$name(optimizer) => {
                        if <$name as rule::Algorithm>::DECAYS_WEIGHTS { 0.0 } else { optimizer.weight_decay }
                    })*
                }
            }

            fn decay_rates(&self) -> Vec<f64> {
                match self { $(Optimizer::$name(optimizer) => rule::Algorithm::decay_rates(optimizer),)* }
            }

            fn initial_slot(&self) -> rule::InitialSlot {
                match self { $(Optimizer::$name(optimizer) => rule::Algorithm::initial_slot(optimizer),)* }
            }

            fn visit_rule<V: RuleVisitor>(&self, info: rule::StepInfo, visitor: V) -> V::Output {
                match self {
                    $(Optimizer::$name(optimizer) => {
                        rule::Algorithm::visit(optimizer, info, visitor)
                    })*
                }
            }
        }
    };
}
pub(super) use optimizers;
