//! Settings for calls and for meetings. `PUT` takes any part and answers the whole.

pub mod calls;
pub mod meetings;
