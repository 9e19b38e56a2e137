//! Why the operating system refused what SQLite wanted of it.
#![expect(unsafe_code, reason = "SQLite tells the number of the system's error only through its C interface")]

use rusqlite::{Connection, ffi};
use std::io;

/// The error of the operating system behind the last failure to open, read or write a file of this connection.
pub(super) fn last(connection: &Connection) -> Option<io::Error> {
    // SAFETY: the handle is that of an open connection, which is borrowed meanwhile and used by no other thread; the call
    // only reads a number in it.
    let number = unsafe { ffi::sqlite3_system_errno(connection.handle()) };
    (number != 0).then(|| io::Error::from_raw_os_error(number))
}
