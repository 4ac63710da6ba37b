//! Reading an envelope, whichever source it is of.
