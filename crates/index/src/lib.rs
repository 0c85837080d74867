//! Full text; can be deleted and rebuilt from the store
