//! The stream between a client's socket and hyper: it judges the bytes of each
//! request before hyper sees them and keeps the deadlines of a connection.

mod alarm;
mod fault;
mod framing;
mod head;
mod linger;
mod poll;
mod stream;
#[cfg(test)]
mod tests;
mod watch;

pub(crate) use self::fault::Fault;
pub(crate) use self::stream::GuardedStream;
pub(crate) use self::watch::Watch;
