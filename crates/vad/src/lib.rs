//! Where speech starts and ends
