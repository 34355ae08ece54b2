#![expect(
    clippy::disallowed_methods,
    reason = "tests write statements that no product code may"
)]

mod lint;
