//! One source file: its lines of code, its functions, and how it opens. Here, of Rust; [`crate::python`] has Python's.
//!
//! A line of code is one that holds anything but blanks and comments. A function is as long as its lines of code from
//! `fn` to the closing brace.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use crate::tree::wrong;

/// One source file.
#[derive(Debug)]
pub(crate) struct Source {
    /// Relative to the project.
    pub(crate) path: PathBuf,
    pub(crate) code_lines: usize,
    pub(crate) opens_with_documentation: bool,
    pub(crate) has_unfinished_work: bool,
    /// Modules that are declared in it.
    pub(crate) modules: Vec<String>,
    pub(crate) functions: Vec<Function>,
    /// The names of all functions, also of those inside of macros, which are not measured.
    pub(crate) function_names: BTreeSet<String>,
}

/// A function with a body.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) code_lines: usize,
    pub(crate) is_test: bool,
}

impl Source {
    /// The Rust file that `text` is the content of.
    pub(crate) fn parse(path: &Path, text: &str) -> io::Result<Self> {
        let tokens: TokenStream = text.parse().map_err(|error| wrong(path, error))?;
        let mut function_names = BTreeSet::new();
        add_function_names(tokens.clone(), &mut function_names);
        let mut visitor = Visitor { code_lines: code_lines(tokens, text), in_tests: false, found: Found::default() };
        visitor.visit_file(&syn::parse_file(text).map_err(|error| wrong(path, error))?);
        Ok(Self {
            path: path.to_owned(),
            code_lines: visitor.code_lines.len(),
            opens_with_documentation: text.trim_start().starts_with("//!"),
            has_unfinished_work: has_unfinished_work(text),
            modules: visitor.found.modules,
            functions: visitor.found.functions,
            function_names,
        })
    }

    pub(crate) fn is_rust(&self) -> bool {
        self.path.extension().is_some_and(|extension| extension == "rs")
    }

    pub(crate) fn file_name(&self) -> &str {
        self.path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
    }
}

/// Whether a file has a note of what is still to be done.
pub(crate) fn has_unfinished_work(text: &str) -> bool {
    [["TO", "DO"], ["FIX", "ME"]].iter().any(|halves| text.contains(&halves.concat()))
}

/// The numbers of the lines that hold code.
fn code_lines(tokens: TokenStream, text: &str) -> BTreeSet<usize> {
    let mut lines = BTreeSet::new();
    add_lines(tokens, &mut lines);
    let texts: Vec<&str> = text.lines().collect();
    // A documentation comment is a token too.
    lines.retain(|line| texts.get(line - 1).is_some_and(|text| !text.trim_start().starts_with("//")));
    lines
}

fn add_lines(tokens: TokenStream, lines: &mut BTreeSet<usize>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                lines.extend([group.span_open().start().line, group.span_close().start().line]);
                add_lines(group.stream(), lines);
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => lines.extend(range(token.span())),
        }
    }
}

/// Every name that follows `fn`.
fn add_function_names(tokens: TokenStream, names: &mut BTreeSet<String>) {
    let mut after_fn = false;
    for token in tokens {
        if let TokenTree::Group(group) = &token {
            add_function_names(group.stream(), names);
        }
        let TokenTree::Ident(name) = token else {
            after_fn = false;
            continue;
        };
        if after_fn {
            names.insert(name.to_string());
        }
        after_fn = name == "fn";
    }
}

fn range(span: Span) -> std::ops::RangeInclusive<usize> {
    span.start().line..=span.end().line
}

#[derive(Default)]
struct Found {
    modules: Vec<String>,
    functions: Vec<Function>,
}

struct Visitor {
    code_lines: BTreeSet<usize>,
    in_tests: bool,
    found: Found,
}

impl Visitor {
    fn add(&mut self, signature: &syn::Signature, body: &syn::Block, attributes: &[syn::Attribute]) {
        let lines = signature.span().start().line..=body.span().end().line;
        self.found.functions.push(Function {
            name: signature.ident.to_string(),
            code_lines: self.code_lines.range(lines).count(),
            is_test: self.in_tests || attributes.iter().any(|attribute| attribute.path().is_ident("test")),
        });
    }
}

impl<'ast> Visit<'ast> for Visitor {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        self.found.modules.push(module.ident.to_string());
        let around = self.in_tests;
        self.in_tests |= module.ident == "tests";
        visit::visit_item_mod(self, module);
        self.in_tests = around;
    }

    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.add(&function.sig, &function.block, &function.attrs);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.add(&function.sig, &function.block, &function.attrs);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        if let Some(body) = &function.default {
            self.add(&function.sig, body, &function.attrs);
        }
        visit::visit_trait_item_fn(self, function);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"//! What it is for.

/// Documented.
fn short() -> u32 {
    // A comment.
    1
}

trait Speak {
    fn silent(&self);

    fn speak(&self) { let _text = "a
        b"; }
}

#[cfg(test)]
mod tests {
    #[test]
    fn is_a_test() {}
}
"#;

    #[test]
    fn lines_of_code_are_those_with_anything_but_blanks_and_comments() {
        let source = Source::parse(Path::new("a.rs"), TEXT).unwrap();
        let functions: Vec<_> =
            source.functions.iter().map(|found| (found.name.as_str(), found.code_lines, found.is_test)).collect();
        assert_eq!(functions, [("short", 3, false), ("speak", 2, false), ("is_a_test", 1, true)]);
        assert_eq!((source.code_lines, source.opens_with_documentation), (13, true));
        assert_eq!(source.modules, ["tests"]);
    }
}
