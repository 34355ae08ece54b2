use super::{median, memory_in, option_in};

#[test]
fn memory_is_read_in_megabytes() {
    let status = "VmHWM:\t  125000 kB\nVmRSS:\t   62500 kB\n";
    assert_eq!(memory_in(status, "VmRSS"), Some(64.0));
    assert_eq!(memory_in(status, "VmHWM"), Some(128.0));
    assert_eq!(memory_in(status, "VmSwap"), None);
}

#[test]
fn the_median_does_not_depend_on_order() {
    assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
    assert_eq!(median(&[]), None);
}

#[test]
fn an_option_is_the_argument_behind_its_name() {
    let arguments = ["bench", "--runs", "7"].map(str::to_owned);
    assert_eq!(option_in(&arguments, "--runs").as_deref(), Some("7"));
    assert_eq!(option_in(&arguments, "--rows"), None);
    assert_eq!(option_in(&arguments, "7"), None);
}
