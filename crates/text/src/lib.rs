//! The only room that cuts Chinese
