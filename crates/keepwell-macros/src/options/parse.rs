//! From the attribute's tokens to options.

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Error, Expr, Ident, Token, Type, parenthesized};

use super::{Given, Kind, Options, Row, Value, literal};
use crate::attribute::Attribute;
use crate::diagnostics::{Diagnostics, did_you_mean, quoted};

impl Options {
    /// Reads an attribute's options.
    ///
    /// # Errors
    /// There is no such option, it was given before, it has no value, or its value is a literal of the wrong kind.
    pub(crate) fn parse(attribute: Attribute, tokens: TokenStream) -> Result<Self, Error> {
        let options = Self((|input: ParseStream<'_>| parse_options(attribute, input)).parse2(tokens)?);
        options.check_twice()?;
        options.check_literals()?;
        Ok(options)
    }

    fn check_twice(&self) -> Result<(), Error> {
        let mut errors = Diagnostics::default();
        for (index, given) in self.0.iter().enumerate() {
            if self.0[..index].iter().any(|earlier| earlier.row.name == given.row.name) {
                errors.at(given.span, format!("`{}` is given twice", given.row.name));
            }
        }
        errors.finish()
    }

    fn check_literals(&self) -> Result<(), Error> {
        let mut errors = Diagnostics::default();
        for given in &self.0 {
            match &given.value {
                Value::Expression(expression) => {
                    literal::check(given.row, expression).unwrap_or_else(|error| errors.push(error));
                }
                Value::Items(_) | Value::Flag => {}
            }
        }
        errors.finish()
    }
}

fn parse_options(attribute: Attribute, input: ParseStream<'_>) -> Result<Vec<Given>, Error> {
    let mut options = Vec::new();
    while !input.is_empty() {
        options.push(parse_option(attribute, input)?);
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(options)
}

fn parse_option(attribute: Attribute, input: ParseStream<'_>) -> Result<Given, Error> {
    let name = input.call(Ident::parse_any)?;
    let row = Row::all(attribute).find(|row| name == row.name).ok_or_else(|| unknown(attribute, &name))?;
    Ok(Given { row, span: name.span(), value: parse_value(row, &name, input)? })
}

fn parse_value(row: &Row, name: &Ident, input: ParseStream<'_>) -> Result<Value, Error> {
    let no_value = || Error::new(name.span(), format!("`{name}` needs a value: write `{}`", row.example));
    match row.kind {
        Kind::Flag if input.peek(Token![=]) => {
            Err(Error::new(name.span(), format!("`{name}` takes no value: write `{name}` alone")))
        }
        Kind::Flag => Ok(Value::Flag),
        Kind::Items => parse_items(input).map(Value::Items).map_err(|_| no_value()),
        _ if !input.peek(Token![=]) => Err(no_value()),
        _ => {
            input.parse::<Token![=]>()?;
            input.parse::<Expr>().map(Value::Expression)
        }
    }
}

/// Names of items in parentheses, as in `(helper, module::Type)`.
pub(crate) fn parse_items(input: ParseStream<'_>) -> Result<Vec<Type>, Error> {
    let content;
    parenthesized!(content in input);
    Ok(Punctuated::<Type, Token![,]>::parse_terminated(&content)?.into_iter().collect())
}

fn unknown(attribute: Attribute, name: &Ident) -> Error {
    if let Some(owner) = Row::owner(&name.to_string()) {
        let (attribute, owner) = (attribute.name(), owner.name());
        return Error::new(name.span(), format!("`{name}` is an option of `#[{owner}]`, not of `#[{attribute}]`"));
    }
    let names = || Row::all(attribute).map(|row| row.name);
    let advice = did_you_mean(&name.to_string(), names());
    let (attribute, known) = (attribute.name(), quoted(names()));
    Error::new(name.span(), format!("`#[{attribute}]` has no option `{name}`; {advice}it has {known}"))
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    fn refusal(tokens: TokenStream) -> String {
        Options::parse(Attribute::Task, tokens).err().unwrap().to_string()
    }

    #[test]
    fn options_are_read_in_the_order_in_which_they_are_given() {
        let tokens = quote!(retries = 3, depends_on(helper, module::Type), associated, cache_policy = INPUTS - "day",);
        let options = Options::parse(Attribute::Task, tokens).unwrap();
        let names: Vec<&str> = options.0.iter().map(|given| given.row.name).collect();
        assert_eq!(names, ["retries", "depends_on", "associated", "cache_policy"]);
        assert_eq!(options.depends_on().len(), 2);
        assert!(options.keep() && options.retry());
    }

    #[test]
    fn an_unknown_option_is_refused_with_the_likely_one() {
        let message = refusal(quote!(retires = 3));
        assert!(message.starts_with("`#[task]` has no option `retires`; did you mean `retries`? it has `name`, "));
        let message = refusal(quote!(flow_run_name = "x"));
        assert_eq!(message, "`flow_run_name` is an option of `#[flow]`, not of `#[task]`");
    }

    #[test]
    fn an_option_without_its_value_is_refused_with_an_example() {
        assert_eq!(refusal(quote!(retries)), "`retries` needs a value: write `retries = 3`");
        assert_eq!(refusal(quote!(depends_on = x)), "`depends_on` needs a value: write `depends_on(helper, Type)`");
        assert_eq!(refusal(quote!(associated = true)), "`associated` takes no value: write `associated` alone");
    }

    #[test]
    fn a_literal_of_the_wrong_kind_is_refused_with_an_example() {
        let cases = [
            (quote!(retries = "three"), "`retries` takes a whole number, 0 or more: write `retries = 3`"),
            (quote!(retries = -1), "`retries` takes a whole number, 0 or more: write `retries = 3`"),
            (quote!(timeout = 60), "`timeout` takes a `Duration`: write `timeout = Duration::from_secs(60)`"),
            (quote!(tags = ["a", 1]), "`tags` takes an array of texts: write `tags = [\"nightly\"]`"),
            (
                quote!(result_serializer = "yaml"),
                "`result_serializer` takes \"cbor\", \"json\", \"compressed/cbor\" or \"compressed/json\": \
                 write `result_serializer = \"json\"`",
            ),
        ];
        for (tokens, expected) in cases {
            assert_eq!(refusal(tokens), expected);
        }
    }

    #[test]
    fn what_is_no_literal_is_left_to_the_compiler() {
        let tokens = quote!(retries = RETRIES, timeout = LIMIT, tags = words(), name = NAME, refresh_cache = !FRESH);
        assert_eq!(Options::parse(Attribute::Task, tokens).unwrap().0.len(), 5);
    }
}
