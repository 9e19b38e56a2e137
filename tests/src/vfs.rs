//! A file system for SQLite that tells what is done to its files, and fails where it is told to.
#![expect(unsafe_code, reason = "SQLite takes file systems only through its C interface")]

use rusqlite::ffi;
use std::ffi::{CStr, OsStr, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::ptr;
use std::sync::{Arc, Mutex, Once, PoisonError};

/// Something that SQLite is about to do to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed<'d> {
    /// A file is made.
    Create,
    /// Bytes are written at an offset.
    Write(u64, &'d [u8]),
    /// The file is cut to a length.
    Truncate(u64),
    /// What was written becomes durable; with `true` also which files the directory holds.
    Sync(bool),
    /// The file is deleted; with `true` that is made durable.
    Delete(bool),
}

/// Somebody who hears what is done to the files of a directory.
pub trait Watch: Send + Sync {
    /// This is about to be done to the file at `path`; an error of the operating system makes it fail.
    ///
    /// # Errors
    /// The number of the error to fail with.
    fn happens(&self, path: &Path, deed: Deed<'_>) -> Result<(), i32>;
}

static WATCHES: Mutex<Vec<(PathBuf, Arc<dyn Watch>)>> = Mutex::new(Vec::new());

/// From now on `watch` hears of the files in this directory that are opened. All connections of this process go through this
/// file system from then on; what nobody watches is passed on as it is.
pub fn watch(directory: &Path, watch: Arc<dyn Watch>) {
    static REGISTER: Once = Once::new();
    REGISTER.call_once(register);
    // SQLite names files by their real paths.
    let directory = std::fs::canonicalize(directory).unwrap_or_else(|_| directory.to_owned());
    WATCHES.lock().unwrap_or_else(PoisonError::into_inner).push((directory, watch));
}

fn watch_of(path: &Path) -> Option<Arc<dyn Watch>> {
    let watches = WATCHES.lock().unwrap_or_else(PoisonError::into_inner);
    watches.iter().find(|(directory, _)| path.parent() == Some(directory)).map(|(_, watch)| Arc::clone(watch))
}

/// Whose file it is, and whether the directory must be made durable with it.
struct Watched {
    path: PathBuf,
    watch: Arc<dyn Watch>,
    is_new_log: bool,
}

/// An open file, as SQLite sees it; behind it stands the real one, in memory that SQLite sets aside for both.
#[repr(C)]
struct File {
    base: ffi::sqlite3_file,
    watched: *mut Watched,
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

const MISSING: &str = "the file system of Unix has all methods";

fn register() {
    // SAFETY: SQLite's own file system lives as long as the process, and so does the copy, which is leaked. Its functions need of
    // the structure only `pAppData` and `mxPathname`, which the copy has as well.
    unsafe {
        let mut copy = *real_vfs();
        copy.zName = c"watched".as_ptr();
        copy.szOsFile += c_int::try_from(size_of::<File>()).expect("it is a few bytes");
        copy.pNext = ptr::null_mut();
        copy.xOpen = Some(open);
        copy.xDelete = Some(delete);
        let result = ffi::sqlite3_vfs_register(Box::leak(Box::new(copy)), 1);
        assert_eq!(result, ffi::SQLITE_OK, "the file system cannot be registered");
    }
}

fn real_vfs() -> *mut ffi::sqlite3_vfs {
    // SAFETY: the call may be made at any time; it initializes SQLite where that was not done before.
    let found = unsafe { ffi::sqlite3_vfs_find(c"unix".as_ptr()) };
    assert!(!found.is_null(), "SQLite has no file system for Unix");
    found
}

/// The path that SQLite names; null for temporary files.
fn path_of(name: *const c_char) -> Option<PathBuf> {
    if name.is_null() {
        return None;
    }
    // SAFETY: SQLite gives names that end with a zero and live as long as the call.
    let name = unsafe { CStr::from_ptr(name) };
    Some(PathBuf::from(OsStr::from_bytes(name.to_bytes())))
}

unsafe extern "C" {
    fn __errno_location() -> *mut c_int;
}

/// Does something after its watch has heard of it; fails with `code` and the watch's error otherwise.
fn heard(happens: Result<(), i32>, code: c_int, deed: impl FnOnce() -> c_int) -> c_int {
    match happens {
        Ok(()) => deed(),
        Err(number) => {
            // SAFETY: the C library gives the address of this thread's own number.
            unsafe { *__errno_location() = number };
            // As SQLite's own file system tells it.
            if number == rustix::io::Errno::NOSPC.raw_os_error() { ffi::SQLITE_FULL } else { code }
        }
    }
}

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    let path = path_of(name);
    let is_new = flags & ffi::SQLITE_OPEN_CREATE != 0 && path.as_ref().is_some_and(|path| !path.exists());
    let watch = path.and_then(|path| watch_of(&path).map(|watch| (path, watch)));
    let file = file.cast::<File>();
    // SAFETY: SQLite gives memory for a `File` and the real file behind it.
    unsafe {
        (*file).base.pMethods = ptr::null();
        (*file).watched = ptr::null_mut();
        if is_new
            && let Some((path, watch)) = &watch
            && watch.happens(path, Deed::Create).is_err()
        {
            return ffi::SQLITE_CANTOPEN;
        }
        let vfs = real_vfs();
        let result = (*vfs).xOpen.expect(MISSING)(vfs, name, real(file.cast()), flags, out);
        if !(*real(file.cast())).pMethods.is_null() {
            (*file).base.pMethods = &raw const METHODS;
        }
        if let (ffi::SQLITE_OK, Some((path, watch))) = (result, watch) {
            let logs = ffi::SQLITE_OPEN_WAL | ffi::SQLITE_OPEN_MAIN_JOURNAL;
            (*file).watched = Box::into_raw(Box::new(Watched { path, watch, is_new_log: is_new && flags & logs != 0 }));
        }
        result
    }
}

unsafe extern "C" fn delete(_: *mut ffi::sqlite3_vfs, name: *const c_char, directory: c_int) -> c_int {
    let path = path_of(name);
    let is_there = path.as_ref().is_some_and(|path| path.exists());
    let watch = path.as_ref().filter(|_| is_there).and_then(|path| watch_of(path));
    let happens = match (&path, watch) {
        (Some(path), Some(watch)) => watch.happens(path, Deed::Delete(directory != 0)),
        _ => Ok(()),
    };
    let vfs = real_vfs();
    heard(happens, ffi::SQLITE_IOERR_DELETE, || {
        // SAFETY: the arguments are those that SQLite gave.
        unsafe { (*vfs).xDelete.expect(MISSING)(vfs, name, directory) }
    })
}

/// The real file behind a `File`.
fn real(file: *mut ffi::sqlite3_file) -> *mut ffi::sqlite3_file {
    // The memory was set aside for both, one behind the other, and is aligned for both: the size is a multiple of 8.
    file.wrapping_byte_add(size_of::<File>())
}

/// Tells the watch of a file, where it has one.
///
/// # Safety
/// The file is one that `open` opened.
unsafe fn tell(file: *mut ffi::sqlite3_file, deed: Deed<'_>) -> Result<(), i32> {
    // SAFETY: the caller says so; what `open` leaked is freed by `close` only.
    match unsafe { (*file.cast::<File>()).watched.as_ref() } {
        Some(watched) => watched.watch.happens(&watched.path, deed),
        None => Ok(()),
    }
}

/// Calls a method of the real file.
macro_rules! pass_on {
    ($method:ident, $file:expr $(, $argument:expr)*) => {{
        let file = real($file);
        // SAFETY: SQLite calls this for a file that `open` opened, with arguments for that method.
        unsafe { (*(*file).pMethods).$method.expect(MISSING)(file $(, $argument)*) }
    }};
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    let watched = file.cast::<File>();
    // SAFETY: SQLite closes a file once; nothing of it is used afterwards.
    unsafe {
        if !(*watched).watched.is_null() {
            drop(Box::from_raw((*watched).watched));
        }
    }
    pass_on!(xClose, file)
}

unsafe extern "C" fn read(file: *mut ffi::sqlite3_file, to: *mut c_void, count: c_int, offset: i64) -> c_int {
    pass_on!(xRead, file, to, count, offset)
}

unsafe extern "C" fn write(file: *mut ffi::sqlite3_file, from: *const c_void, count: c_int, offset: i64) -> c_int {
    // SAFETY: SQLite gives so many bytes, and a file that `open` opened.
    let happens = unsafe {
        let bytes = std::slice::from_raw_parts(from.cast::<u8>(), usize::try_from(count).unwrap_or(0));
        tell(file, Deed::Write(offset.unsigned_abs(), bytes))
    };
    heard(happens, ffi::SQLITE_IOERR_WRITE, || pass_on!(xWrite, file, from, count, offset))
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, length: i64) -> c_int {
    // SAFETY: SQLite gives a file that `open` opened.
    let happens = unsafe { tell(file, Deed::Truncate(length.unsigned_abs())) };
    heard(happens, ffi::SQLITE_IOERR_TRUNCATE, || pass_on!(xTruncate, file, length))
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, flags: c_int) -> c_int {
    // SAFETY: SQLite gives a file that `open` opened, and uses it in one thread at a time.
    let happens = unsafe {
        let watched = (*file.cast::<File>()).watched.as_mut();
        let is_new_log = watched.is_some_and(|watched| std::mem::take(&mut watched.is_new_log));
        tell(file, Deed::Sync(is_new_log))
    };
    heard(happens, ffi::SQLITE_IOERR_FSYNC, || pass_on!(xSync, file, flags))
}

unsafe extern "C" fn file_size(file: *mut ffi::sqlite3_file, size: *mut i64) -> c_int {
    pass_on!(xFileSize, file, size)
}

unsafe extern "C" fn lock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    pass_on!(xLock, file, level)
}

unsafe extern "C" fn unlock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    pass_on!(xUnlock, file, level)
}

unsafe extern "C" fn check_reserved_lock(file: *mut ffi::sqlite3_file, is_held: *mut c_int) -> c_int {
    pass_on!(xCheckReservedLock, file, is_held)
}

unsafe extern "C" fn file_control(file: *mut ffi::sqlite3_file, what: c_int, argument: *mut c_void) -> c_int {
    pass_on!(xFileControl, file, what, argument)
}

unsafe extern "C" fn sector_size(file: *mut ffi::sqlite3_file) -> c_int {
    pass_on!(xSectorSize, file)
}

unsafe extern "C" fn device_characteristics(file: *mut ffi::sqlite3_file) -> c_int {
    pass_on!(xDeviceCharacteristics, file)
}

unsafe extern "C" fn shm_map(
    file: *mut ffi::sqlite3_file,
    page: c_int,
    size: c_int,
    extend: c_int,
    at: *mut *mut c_void,
) -> c_int {
    pass_on!(xShmMap, file, page, size, extend, at)
}

unsafe extern "C" fn shm_lock(file: *mut ffi::sqlite3_file, offset: c_int, count: c_int, flags: c_int) -> c_int {
    pass_on!(xShmLock, file, offset, count, flags)
}

unsafe extern "C" fn shm_barrier(file: *mut ffi::sqlite3_file) {
    pass_on!(xShmBarrier, file);
}

unsafe extern "C" fn shm_unmap(file: *mut ffi::sqlite3_file, delete: c_int) -> c_int {
    pass_on!(xShmUnmap, file, delete)
}
