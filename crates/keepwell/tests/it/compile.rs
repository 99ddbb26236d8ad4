//! What compiles, and what the compiler says where it does not.

#[test]
fn the_attributes_accept_and_refuse_with_these_words() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/compile/pass/*.rs");
    cases.compile_fail("tests/compile/fail/*.rs");
}
