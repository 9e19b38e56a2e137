//! What the compiler says to users: each mistake in a template has its message, and what is right compiles in strict
//! crates too. `TRYBUILD=overwrite` blesses the messages; read them afterwards.

#[test]
fn messages() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("ui/fail/*.rs");
    cases.pass("ui/pass/*.rs");
}
