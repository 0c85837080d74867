//! The corridor: the only room that knows the order
