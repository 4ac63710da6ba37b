//! patchbay
fn main() {}
