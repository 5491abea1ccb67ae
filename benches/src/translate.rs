//! The rules of the edition in the languages of other engines.
//!
//! What would cost them most is prepared for them, outside of what is timed: parameters are variables,
//! definitions are written out, days are numbers, a credit code's check is a fact. A day is there twice, as
//! days since 1970 and as the number 20261123 (`_ymd`), so that years need no calendar.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::syntax::{Arithmetic, Comparison, Expr, Kind, Operator, parse};

/// A rule as it stands in its file.
#[derive(Debug, Clone, Deserialize)]
pub struct Written {
    pub id: String,
    pub when: String,
    pub rule_set: Vec<String>,
    pub applies: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Define {
    name: String,
    when: String,
}

#[derive(Debug, Deserialize)]
struct File {
    #[serde(default)]
    rule: Vec<Written>,
    #[serde(default)]
    define: Vec<Define>,
}

/// Every rule of an edition's files, and its definitions.
pub fn written(files: &BTreeMap<String, String>) -> (Vec<Written>, BTreeMap<String, String>) {
    let (mut rules, mut defines) = (Vec::new(), BTreeMap::new());
    for (name, text) in files.iter().filter(|(name, _)| name.starts_with("rules/")) {
        let file: File = toml::from_str(text).unwrap_or_else(|why| panic!("{name}: {why}"));
        rules.extend(file.rule);
        defines.extend(file.define.into_iter().map(|define| (define.name, define.when)));
    }
    (rules, defines)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    Cel,
    Zen,
}

/// A condition in another language.
pub fn translate(when: &str, defines: &BTreeMap<String, String>, language: Language) -> String {
    let expr = parse(when).unwrap_or_else(|wrong| panic!("{when}: {}", wrong.text));
    Translator { defines, language }.expr(&expr, false)
}

/// A parameter's variable.
pub fn variable(param: &str) -> String {
    format!("p_{}", param.replace('.', "_"))
}

struct Translator<'t> {
    defines: &'t BTreeMap<String, String>,
    language: Language,
}

impl Translator<'_> {
    fn zen(&self) -> bool {
        self.language == Language::Zen
    }

    /// With `ymd`, days as the number 20261123.
    fn expr(&self, expr: &Expr, ymd: bool) -> String {
        let zen = self.zen();
        let each = |all: &[Expr], sign: &str| {
            let all: Vec<String> = all.iter().map(|one| self.expr(one, false)).collect();
            format!("({})", all.join(sign))
        };
        let suffix = if ymd { "_ymd" } else { "" };
        match &expr.kind {
            Kind::Null => "null".to_owned(),
            Kind::Bool(truth) => truth.to_string(),
            Kind::Int(number) => number.to_string(),
            Kind::Text(text) => format!("\"{text}\""),
            Kind::List(all) => {
                let all: Vec<String> = all.iter().map(|one| self.expr(one, false)).collect();
                format!("[{}]", all.join(", "))
            }
            Kind::Name(name) => match self.defines.get(name) {
                Some(when) => format!("({})", translate(when, self.defines, self.language)),
                None => format!("{name}{suffix}"),
            },
            Kind::Select(of, name) => format!("{}.{name}{suffix}", self.expr(of, false)),
            Kind::Not(of) if zen => format!("not ({})", self.expr(of, false)),
            Kind::Not(of) => format!("!({})", self.expr(of, false)),
            Kind::Negative(of) => format!("-({})", self.expr(of, false)),
            Kind::And(all) => each(all, if zen { " and " } else { " && " }),
            Kind::Or(all) => each(all, if zen { " or " } else { " || " }),
            Kind::If(three) => {
                let [condition, then, otherwise] = &**three;
                let [condition, then, otherwise] =
                    [condition, then, otherwise].map(|one| self.expr(one, false));
                format!("({condition} ? {then} : {otherwise})")
            }
            Kind::Binary(operator, two) => self.binary(*operator, two),
            Kind::Call(name, arguments) => self.call(name, arguments, ymd),
            Kind::Method(target, name, arguments) => {
                let target = self.expr(target, false);
                let [first, rest @ ..] = &arguments[..] else { panic!("{name} without arguments") };
                let first = self.expr(first, false);
                match (name.as_str(), rest) {
                    ("contains" | "startsWith", []) if zen => format!("{name}({target}, {first})"),
                    (_, []) => format!("{target}.{name}({first})"),
                    (_, [body]) if zen => {
                        let name = match name.as_str() {
                            "exists" => "some",
                            "exists_one" => "one",
                            other => other,
                        };
                        format!("{name}({target} as {first}, {})", self.expr(body, false))
                    }
                    (_, [body]) => format!("{target}.{name}({first}, {})", self.expr(body, false)),
                    _ => panic!("{name}"),
                }
            }
        }
    }

    fn binary(&self, operator: Operator, two: &[Expr; 2]) -> String {
        let years =
            two.iter().any(|one| matches!(&one.kind, Kind::Call(name, _) if name == "add_years"));
        let [left, right] = [&two[0], &two[1]].map(|one| self.expr(one, years));
        let sign = match operator {
            Operator::Compare(Comparison::Equal) => "==",
            Operator::Compare(Comparison::NotEqual) => "!=",
            Operator::Compare(Comparison::Less) => "<",
            Operator::Compare(Comparison::LessOrEqual) => "<=",
            Operator::Compare(Comparison::Greater) => ">",
            Operator::Compare(Comparison::GreaterOrEqual) => ">=",
            Operator::In => "in",
            Operator::Compute(Arithmetic::Add) => "+",
            Operator::Compute(Arithmetic::Subtract) => "-",
            Operator::Compute(Arithmetic::Multiply) => "*",
        };
        format!("({left} {sign} {right})")
    }

    fn call(&self, name: &str, arguments: &[Expr], ymd: bool) -> String {
        match (name, arguments) {
            ("has", [of]) if self.zen() => format!("({} != null)", self.expr(of, false)),
            ("has", [of]) => format!("has({})", self.expr(of, false)),
            ("size", [of]) if self.zen() => format!("len({})", self.expr(of, false)),
            ("size", [of]) => format!("size({})", self.expr(of, false)),
            ("param", [Expr { kind: Kind::Text(name), .. }]) => variable(name),
            ("uscc_valid", [of]) => format!("{}_valid", self.expr(of, false)),
            ("add_days", [day, count]) if !ymd => {
                format!("({} + {})", self.expr(day, false), self.expr(count, false))
            }
            ("add_years", [day, count]) if ymd => {
                format!("({} + 10000 * {})", self.expr(day, true), self.expr(count, false))
            }
            ("years_between", [from, to]) => {
                let apart = format!("({} - {})", self.expr(to, true), self.expr(from, true));
                if self.zen() {
                    format!("floor({apart} / 10000)")
                } else {
                    format!("({apart} / 10000)")
                }
            }
            _ => panic!("no translation of {name}()"),
        }
    }
}
