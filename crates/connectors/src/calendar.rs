//! Calendar.com: the contract of our own.
