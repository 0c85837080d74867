//! Records to polars frames to tables and charts to bytes
