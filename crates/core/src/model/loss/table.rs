//! The macro behind the table of losses.

/// The expression in brackets, or else the default.
macro_rules! or {
    ([] $default:expr) => {
        $default
    };
    ([$given:expr] $default:expr) => {
        $given
    };
}

/// Defines [`Loss`](super::Loss) with a variant for each row of the table.
macro_rules! losses {
    ($(
        $(#[$doc:meta])*
        $name:ident $([$($alias:literal),+])? {
            $($(#[$arg_doc:meta])* $arg:ident: $type:ty,)*
        } => {
            targets: $targets:ident,
            kernel: $kernel:expr,
            $(logits($last:pat): $of_logits:expr,)?
            $(link: $link:ident if $from_logits:ident,)?
            $(scale($outputs:pat, $binary:pat): $scale:expr,)?
        }
    )*) => {
        /// A loss by its Keras name; every one is averaged over the rows of a batch.
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(tag = "name", rename_all = "snake_case", deny_unknown_fields)]
        pub enum Loss {
            $(
                $(#[$doc])*
                $(
                    $(#[serde(alias = $alias)])+
                    #[schemars(extend("x-aliases" = [$($alias),+]))]
                )?
                $name { $($(#[$arg_doc])* $arg: $type,)* },
            )*
        }

        #[expect(unused_variables, reason = "a row uses the arguments that it needs")]
        impl Loss {
            /// The kind of the targets.
            pub fn target_kind(&self) -> TargetKind {
                match self { $(Loss::$name { .. } => TargetKind::$targets,)* }
            }

            /// The kernel on the outputs of the last activation.
            fn kernel(&self) -> LossKernel {
                match *self { $(Loss::$name { $($arg,)* } => $kernel,)* }
            }

            /// The kernel of a cross-entropy on the logits of `last`; none for other losses.
            fn kernel_of_logits(&self, last: Activation) -> Option<LossKernel> {
                match *self {
                    $(Loss::$name { $($arg,)* } => {
                        table::or!([$({ let $last = last; Some($of_logits) })?] None)
                    })*
                }
            }

            /// The activation from outputs to probabilities, if the config declares the outputs logits.
            pub fn link(&self) -> Option<Activation> {
                match *self {
                    $(Loss::$name { $($arg,)* } => {
                        table::or!([$($from_logits.then_some(Activation::$link))?] None)
                    })*
                }
            }

            /// Factor and shift of the targets: t ← t · factor + shift, for `outputs` outputs.
            /// `binary` says whether all targets are 0 or 1.
            pub fn smoothing(&self, outputs: usize, binary: bool) -> (f32, f32) {
                match *self {
                    $(Loss::$name { $($arg,)* } => table::or!([$({
                        let ($outputs, $binary) = (outputs as f64, binary);
                        $scale
                    })?] (1.0, 0.0)),)*
                }
            }
        }
    };
}

pub(super) use {losses, or};
