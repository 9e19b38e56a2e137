//! File systems.

use std::path::Path;

/// Whether a file lies on a network file system, where the shared memory of WAL mode does not work.
pub(super) fn is_on_network(path: &Path) -> bool {
    rustix::fs::statfs(path).is_ok_and(|found| is_network(found.f_type))
}

fn is_network(kind: rustix::fs::FsWord) -> bool {
    // From linux/magic.h and the file systems' own sources: NFS, CIFS, SMB2, SMB, Lustre, GPFS, BeeGFS, FUSE, AFS, 9p, Ceph.
    const NETWORK: [u32; 11] = [
        0x6969,
        0xff53_4d42,
        0xfe53_4d42,
        0x517b,
        0x0bd0_0bd0,
        0x4750_4653,
        0x1983_0326,
        0x6573_5546,
        0x5346_414f,
        0x0102_1997,
        0x00c3_6400,
    ];
    // The type's width differs between machines; the numbers have 32 bits.
    NETWORK.iter().any(|network| i64::from(*network) == kind & 0xffff_ffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_on_network_file_systems_are_known_by_the_type_of_these() {
        let told = [
            ("NFS", 0x6969),
            ("CIFS", 0xff53_4d42),
            ("CIFS where the type has a sign", -0xac_b2be),
            ("SMB2", 0xfe53_4d42),
            ("Lustre", 0x0bd0_0bd0),
            ("GPFS", 0x4750_4653),
            ("BeeGFS", 0x1983_0326),
            ("ext4", 0xef53),
            ("XFS", 0x5846_5342),
            ("btrfs", 0x9123_683e),
            ("tmpfs", 0x0102_1994),
            ("overlay", 0x794c_7630),
        ];
        let told = told.map(|(name, kind)| format!("{name}: {}", if is_network(kind) { "DELETE" } else { "WAL" }));
        insta::assert_snapshot!(told.join("\n"), @"
        NFS: DELETE
        CIFS: DELETE
        CIFS where the type has a sign: DELETE
        SMB2: DELETE
        Lustre: DELETE
        GPFS: DELETE
        BeeGFS: DELETE
        ext4: WAL
        XFS: WAL
        btrfs: WAL
        tmpfs: WAL
        overlay: WAL
        ");
    }
}
