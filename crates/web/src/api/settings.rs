//! Settings for calls, for meetings and of retention. `PUT` takes any part and answers the whole.

pub mod calls;
pub mod meetings;
pub mod retention;
