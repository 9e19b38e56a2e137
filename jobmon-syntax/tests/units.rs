//! Sizes of memory and lengths of time, read and written.

use jobmon_syntax::units::{UnitError, format_memory, format_wall_time, parse_memory, parse_wall_time};
use proptest::prelude::{any, prop_assert_eq, proptest};

const K: u64 = 1 << 10;
const M: u64 = 1 << 20;
const G: u64 = 1 << 30;
const T: u64 = 1 << 40;

#[test]
fn memory_is_read_in_each_spelling() {
    let cases = [
        ("8G", 8 * G),
        ("8g", 8 * G),
        ("8GB", 8 * G),
        ("8Gb", 8 * G),
        ("8GiB", 8 * G),
        ("8gib", 8 * G),
        ("8GIB", 8 * G),
        ("512M", 512 * M),
        ("512MB", 512 * M),
        ("512MiB", 512 * M),
        ("3K", 3 * K),
        ("3kb", 3 * K),
        ("3KiB", 3 * K),
        ("2T", 2 * T),
        ("2TB", 2 * T),
        ("2TiB", 2 * T),
        ("7B", 7),
        ("1.5G", 1536 * M),
        ("1.5 GiB", 1536 * M),
        ("  1.5\tGiB  ", 1536 * M),
        ("1G512M", 1536 * M),
        ("1 G 512 M", 1536 * M),
        ("0.5G", 512 * M),
        ("0G1M", M),
        ("0.1K", 103),
        ("0.1B", 1),
        ("16777215.999T", 16_777_215 * T + (999 * T).div_ceil(1000)),
        ("18446744073709551615B", u64::MAX),
    ];
    for (text, bytes) in cases {
        assert_eq!(parse_memory(text), Ok(bytes), "`{text}`");
    }
}

#[test]
fn time_is_read_in_each_spelling() {
    let cases = [
        ("90s", 90),
        ("15m", 900),
        ("1h", 3600),
        ("1h30m", 5400),
        ("2d", 172_800),
        ("1d2h3m4s", 93_784),
        ("1H30M", 5400),
        ("1h 30m", 5400),
        (" 1 h ", 3600),
        ("1.5h", 5400),
        ("0.2s", 1),
        ("01:30:00", 5400),
        ("1:30:00", 5400),
        ("100:00:01", 360_001),
        ("00:00:01", 1),
        ("2d 01:30:00", 178_200),
        ("2d01:30:00", 178_200),
        ("2-01:30:00", 178_200),
        ("1-12:00:00", 129_600),
        ("0-00:00:09", 9),
    ];
    for (text, seconds) in cases {
        assert_eq!(parse_wall_time(text), Ok(seconds), "`{text}`");
    }
}

fn said(error: Result<u64, UnitError>) -> String {
    let said = error.expect_err("it is wrong").to_string();
    said.rsplit_once("; write it as ").expect("it says how to write it").0.to_owned()
}

#[test]
fn what_is_no_memory_is_told() {
    let cases = [
        ("", "no memory is given"),
        ("  ", "no memory is given"),
        ("8", "`8` has no unit"),
        ("1.5", "`1.5` has no unit"),
        ("1G512", "`512` has no unit"),
        ("8 512M", "`8` has no unit"),
        ("q", "`q` is no memory"),
        ("8Q", "`Q` is no unit of memory in `8Q`"),
        ("8 Gi", "`Gi` is no unit of memory in `8 Gi`"),
        ("8 bytes", "`bytes` is no unit of memory in `8 bytes`"),
        ("G", "`G` is no memory"),
        ("1.G", "`1.G` is no memory"),
        (".5G", "`.5G` is no memory"),
        ("1.2.3G", "`1.2.3G` is no memory"),
        ("8G?", "`8G?` is no memory"),
        ("8?", "`8?` is no memory"),
        ("+8G", "`+8G` is no memory"),
        ("٨G", "`٨G` is no memory"),
        ("1e3G", "`e` is no unit of memory in `1e3G`"),
        ("1M1G", "`G` comes too late in `1M1G`: each unit is given once, the largest first"),
        ("1G1G", "`G` comes too late in `1G1G`: each unit is given once, the largest first"),
        ("-8G", "`-8G` is negative"),
        ("0G", "`0G` is no memory at all"),
        ("0.0M", "`0.0M` is no memory at all"),
        ("16777216T", "`16777216T` is more memory than can be counted"),
        ("99999999999999999999999999B", "`99999999999999999999999999B` is more memory than can be counted"),
        ("16777215T1024G1M", "`16777215T1024G1M` is more memory than can be counted"),
    ];
    for (text, expected) in cases {
        assert_eq!(said(parse_memory(text)), expected, "`{text}`");
    }
}

#[test]
fn what_is_no_time_is_told() {
    let cases = [
        ("", "no time is given"),
        ("90", "`90` has no unit"),
        ("1h30", "`30` has no unit"),
        ("1 hour", "`hour` is no unit of time in `1 hour`"),
        ("90 min", "`min` is no unit of time in `90 min`"),
        ("30m1h", "`h` comes too late in `30m1h`: each unit is given once, the largest first"),
        ("h", "`h` is no time"),
        ("01:30", "`01:30` is no time of hours, minutes and seconds"),
        ("1:60:00", "`1:60:00` is no time of hours, minutes and seconds"),
        ("1:00:60", "`1:00:60` is no time of hours, minutes and seconds"),
        ("1:0:00", "`1:0:00` is no time of hours, minutes and seconds"),
        ("1:00:00:00", "`1:00:00:00` is no time of hours, minutes and seconds"),
        (":00:00", "`:00:00` is no time of hours, minutes and seconds"),
        ("+1:00:00", "`+1:00:00` is no time of hours, minutes and seconds"),
        ("2d 24:00:00", "`2d 24:00:00` is no time of hours, minutes and seconds"),
        ("d 01:00:00", "`d 01:00:00` is no time of hours, minutes and seconds"),
        ("2h 01:00:00", "`2h 01:00:00` is no time of hours, minutes and seconds"),
        ("1-12", "`1-12` is no time"),
        ("-1h", "`-1h` is negative"),
        ("-01:00:00", "`-01:00:00` is negative"),
        ("0s", "`0s` is no time at all"),
        ("00:00:00", "`00:00:00` is no time at all"),
        ("18446744073709551615d", "`18446744073709551615d` is more time than can be counted"),
        ("5124095576030432:00:00", "`5124095576030432:00:00` is more time than can be counted"),
    ];
    for (text, expected) in cases {
        assert_eq!(said(parse_wall_time(text)), expected, "`{text}`");
    }
}

#[test]
fn sizes_and_times_are_written_as_people_write_them() {
    let sizes = [
        (0, "0B"),
        (1, "1B"),
        (1000, "1000B"),
        (1023, "1023B"),
        (K, "1K"),
        (1536, "1.5K"),
        (512 * M, "512M"),
        (8 * G, "8G"),
        (G + 512 * M, "1.5G"),
        (G + 128 * M, "1.125G"),
        (G + M, "1025M"),
        (G + 1, "1073741825B"),
        (3 * T, "3T"),
    ];
    for (bytes, text) in sizes {
        assert_eq!(format_memory(bytes), text);
    }
    let times =
        [(0, "0s"), (59, "59s"), (60, "1m"), (90, "1m30s"), (5400, "1h30m"), (86_400, "1d"), (90_061, "1d1h1m1s")];
    for (seconds, text) in times {
        assert_eq!(format_wall_time(seconds), text);
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(number in 1..=u64::MAX, shift in 0_u32..64) {
        let number = (number >> shift).max(1);
        prop_assert_eq!(parse_memory(&format_memory(number)), Ok(number));
        prop_assert_eq!(parse_wall_time(&format_wall_time(number)), Ok(number));
        let round = (number >> 20).max(1) << 20;
        prop_assert_eq!(parse_memory(&format_memory(round)), Ok(round));
    }

    #[test]
    fn decimals_are_exact(thousandths in 1..16_000_000_u64) {
        let text = format!("{}.{:03}G", thousandths / 1000, thousandths % 1000);
        prop_assert_eq!(parse_memory(&text), Ok((thousandths * G).div_ceil(1000)));
    }

    #[test]
    fn any_text_is_read_or_told(text in any::<String>(), close in "[0-9.:dhmsGMK -]{0,12}") {
        for text in [text, close] {
            for read in [parse_memory(&text), parse_wall_time(&text)] {
                match read {
                    Ok(number) => assert!(number > 0),
                    Err(error) => assert!(error.to_string().contains("; write it as ")),
                }
            }
        }
    }
}
