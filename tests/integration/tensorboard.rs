//! The real TensorBoard reads what we write.
