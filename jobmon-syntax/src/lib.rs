//! The small languages of jobmon: commands, sizes of memory and lengths of time.
