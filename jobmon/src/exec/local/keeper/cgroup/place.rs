//! Where this process may make cgroups of its own, whose memory can be limited.

use rustix::fs::{Access, access};
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// The two interfaces of the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::exec::local) enum Version {
    One,
    Two,
}

/// Where cgroups may be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::exec::local) struct Place {
    pub(super) version: Version,
    /// The cgroup that this process is in, and goes back to.
    pub(super) own: PathBuf,
    /// The cgroup in which others are made.
    pub(super) parent: PathBuf,
}

impl Place {
    /// The place of this process; none where memory cannot be limited, or this process may not do so.
    pub(in crate::exec::local) fn find() -> Option<Self> {
        let read = |path| String::from_utf8(fs::read(path).ok()?).ok();
        let (version, mount, own) = own(&read("/proc/self/mountinfo")?, &read("/proc/self/cgroup")?)?;
        let parent = match version {
            Version::One => parent_of_version_one(&own)?,
            Version::Two => parent_of_version_two(&mount, &own)?,
        };
        let is_ours = access(&parent, Access::WRITE_OK | Access::EXEC_OK).is_ok()
            && [&parent, &own].iter().all(|cgroup| access(cgroup.join("cgroup.procs"), Access::WRITE_OK).is_ok());
        is_ours.then_some(Self { version, own, parent })
    }

    /// The cgroup in which others are made.
    #[cfg(test)]
    pub(in crate::exec::local) fn parent(&self) -> &Path {
        &self.parent
    }
}

/// The cgroup that decides on the memory of this process, and where its file system is mounted.
fn own(mounts: &str, cgroups: &str) -> Option<(Version, PathBuf, PathBuf)> {
    let line = |is_it: &dyn Fn(&str) -> bool| {
        cgroups.lines().find_map(|line| {
            let (_, rest) = line.split_once(':')?;
            let (controllers, path) = rest.split_once(':')?;
            is_it(controllers).then_some(path)
        })
    };
    // A controller is in one hierarchy only; where it is in one of its own, the other version has no say.
    let (version, path) = match line(&|controllers| controllers.split(',').any(|controller| controller == "memory")) {
        Some(path) => (Version::One, path),
        None => (Version::Two, line(&str::is_empty)?),
    };
    mounts.lines().filter_map(Mount::parse).find_map(|mount| {
        let is_it = match version {
            Version::One => mount.kind == "cgroup" && mount.options.split(',').any(|option| option == "memory"),
            Version::Two => mount.kind == "cgroup2",
        };
        // Only a part of the hierarchy may be mounted, as in a container.
        let below = Path::new(path).strip_prefix(&mount.root).ok().filter(|_| is_it)?;
        Some((version, mount.point.clone(), mount.point.join(below).components().collect()))
    })
}

/// A line of `/proc/self/mountinfo`.
struct Mount<'a> {
    root: PathBuf,
    point: PathBuf,
    kind: &'a str,
    options: &'a str,
}

impl<'a> Mount<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let (place, kind) = line.split_once(" - ")?;
        let mut place = place.split(' ').skip(3);
        let mut kind = kind.split(' ');
        Some(Self {
            root: unescaped(place.next()?),
            point: unescaped(place.next()?),
            kind: kind.next()?,
            options: kind.nth(1)?,
        })
    }
}

/// A path in which blanks and the like are written as three octal digits.
fn unescaped(path: &str) -> PathBuf {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..3).filter(|_| *first == b'\\').and_then(|digits| std::str::from_utf8(digits).ok());
        if let Some(byte) = digits.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            bytes.push(byte);
            rest = &after[3..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    OsString::from_vec(bytes).into()
}

fn content(cgroup: &Path, file: &str) -> Option<String> {
    Some(fs::read_to_string(cgroup.join(file)).ok()?.trim_end().to_owned())
}

/// One below our own, where limits of our own still count, and where the kernel ends and counts whom it ends.
fn parent_of_version_one(own: &Path) -> Option<PathBuf> {
    let nests = content(own, "memory.use_hierarchy")? == "1";
    let control = content(own, "memory.oom_control")?;
    let counts = control.lines().any(|line| line.starts_with("oom_kill "));
    let ends = control.lines().any(|line| line == "oom_kill_disable 0");
    (nests && counts && ends).then(|| own.to_path_buf())
}

/// The second version wants processes at the leaves: what has some, like our own, can have no limited ones below, other
/// than the root of all. So it is one beside our own, unless that would free tasks of limits that our own has.
fn parent_of_version_two(mount: &Path, own: &Path) -> Option<PathBuf> {
    let gives_memory = |cgroup: &Path| {
        let given = content(cgroup, "cgroup.subtree_control");
        given.is_some_and(|given| given.split(' ').any(|controller| controller == "memory"))
    };
    if gives_memory(own) {
        return Some(own.to_path_buf());
    }
    let parent = own.parent().filter(|parent| parent.starts_with(mount) && gives_memory(parent))?;
    let is_free = |(file, free): (&str, &str)| {
        let value = content(own, file);
        value.is_none_or(|value| value.split(' ').next().is_none_or(|first| first == free))
    };
    let files = [("memory.max", "max"), ("memory.high", "max"), ("memory.swap.max", "max"), ("cpu.max", "max")];
    (files.into_iter().all(is_free) && is_free(("cpuset.cpus", ""))).then(|| parent.to_path_buf())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "\
24 1 254:0 / / rw,relatime - ext4 /dev/root rw
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:10 master:3 - cgroup cgroup rw,memory
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw,nsdelegate
";
    const SECOND: &str = "\
24 1 254:0 / / rw,relatime - ext4 /dev/root rw
30 23 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot
";

    fn found(mounts: &str, cgroups: &str) -> String {
        match own(mounts, cgroups) {
            Some((version, mount, own)) => format!("{version:?} {} {}", mount.display(), own.display()),
            None => "none".to_owned(),
        }
    }

    #[test]
    fn the_own_cgroup_is_found_in_either_version() {
        let hybrid = "5:cpu,cpuacct:/a\n4:memory:/user.slice/one\n1:name=systemd:/b\n0::/c\n";
        assert_eq!(found(FIRST, hybrid), "One /sys/fs/cgroup/memory /sys/fs/cgroup/memory/user.slice/one");
        assert_eq!(found(FIRST, "4:memory:/\n"), "One /sys/fs/cgroup/memory /sys/fs/cgroup/memory");
        let second = "0::/user.slice/user-1000.slice/user@1000.service/app.slice/a.scope\n";
        assert_eq!(
            found(SECOND, second),
            "Two /sys/fs/cgroup /sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice/a.scope"
        );
        assert_eq!(found(SECOND, "0::/\n"), "Two /sys/fs/cgroup /sys/fs/cgroup");
        for (mounts, cgroups) in
            [("", second), (SECOND, ""), (SECOND, "4:memory:/\n"), (FIRST, "4:pids:/\n"), ("a - b", "0")]
        {
            assert_eq!(found(mounts, cgroups), "none");
        }
    }

    #[test]
    fn a_part_of_the_hierarchy_may_be_mounted_anywhere() {
        let mounts = "50 31 0:32 /docker/ab /mnt/with\\040blank\\134 ro - cgroup cgroup rw,memory\n";
        assert_eq!(found(mounts, "4:memory:/docker/ab/c\n"), r"One /mnt/with blank\ /mnt/with blank\/c");
        assert_eq!(found(mounts, "4:memory:/docker/abc\n"), "none");
    }

    /// A directory with files that say what those of a cgroup do.
    fn cgroup(directory: &Path, files: &[(&str, &str)]) {
        fs::create_dir_all(directory).unwrap();
        for (name, text) in files {
            fs::write(directory.join(name), format!("{text}\n")).unwrap();
        }
    }

    #[test]
    fn the_first_version_must_nest_and_count() {
        let home = tempfile::tempdir().unwrap();
        let good = ("memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 3");
        cgroup(home.path(), &[("memory.use_hierarchy", "1"), good]);
        assert_eq!(parent_of_version_one(home.path()).as_deref(), Some(home.path()));
        for bad in [
            ("memory.oom_control", "oom_kill_disable 0\nunder_oom 0"),
            ("memory.oom_control", "oom_kill_disable 1\nunder_oom 0\noom_kill 3"),
            ("memory.use_hierarchy", "0"),
        ] {
            cgroup(home.path(), &[("memory.use_hierarchy", "1"), good]);
            cgroup(home.path(), &[bad]);
            assert_eq!(parent_of_version_one(home.path()), None, "{bad:?}");
        }
    }

    #[test]
    fn of_the_second_version_it_is_one_beside_our_own_that_frees_of_no_limit() {
        let home = tempfile::tempdir().unwrap();
        let mount = home.path();
        let (slice, own) = (mount.join("app.slice"), mount.join("app.slice/a.scope"));
        cgroup(&slice, &[("cgroup.subtree_control", "cpu memory pids")]);
        let free = [
            ("cgroup.subtree_control", ""),
            ("memory.max", "max"),
            ("memory.high", "max"),
            ("cpu.max", "max 100000"),
            ("cpuset.cpus", ""),
        ];
        cgroup(&own, &free);
        assert_eq!(parent_of_version_two(mount, &own), Some(slice.clone()));
        for bound in
            [("memory.max", "1073741824"), ("memory.high", "9"), ("cpu.max", "50000 100000"), ("cpuset.cpus", "0-3")]
        {
            cgroup(&own, &free);
            cgroup(&own, &[bound]);
            assert_eq!(parent_of_version_two(mount, &own), None, "{bound:?}");
        }
        cgroup(&own, &free);
        cgroup(&slice, &[("cgroup.subtree_control", "cpu pids")]);
        assert_eq!(parent_of_version_two(mount, &own), None);
        assert_eq!(parent_of_version_two(&own, &own), None, "nothing above what is mounted is ours");

        // Root, in the root of all.
        cgroup(mount, &[("cgroup.subtree_control", "memory")]);
        assert_eq!(parent_of_version_two(mount, mount).as_deref(), Some(mount));
    }
}
