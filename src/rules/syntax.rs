//! The syntax of conditions: a subset of CEL (Common Expression Language), read into a tree.
//!
//! Left out on purpose: `null` arithmetic, maps, indexes, doubles, bytes, timestamps, regular
//! expressions. What is left in means the same as in CEL, so that another engine can replay it.

/// An expression, and where it begins in its text (bytes).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Expr {
    pub(super) at: usize,
    /// One past its last byte.
    pub(super) end: usize,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    Bool(bool),
    Int(i64),
    Text(String),
    List(Vec<Expr>),
    Name(String),
    Select(Box<Expr>, String),
    Not(Box<Expr>),
    Negative(Box<Expr>),
    /// All of these; n-ary, so that a long chain is not deep.
    And(Vec<Expr>),
    Or(Vec<Expr>),
    If(Box<[Expr; 3]>),
    Binary(Operator, Box<[Expr; 2]>),
    /// `name(arguments)`.
    Call(String, Vec<Expr>),
    /// `target.name(arguments)`.
    Method(Box<Expr>, String, Vec<Expr>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Compare(Comparison),
    In,
    Compute(Arithmetic),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    /// What holds where the comparison does not.
    pub(super) fn opposite(self) -> Self {
        match self {
            Self::Equal => Self::NotEqual,
            Self::NotEqual => Self::Equal,
            Self::Less => Self::GreaterOrEqual,
            Self::LessOrEqual => Self::Greater,
            Self::Greater => Self::LessOrEqual,
            Self::GreaterOrEqual => Self::Less,
        }
    }

    /// The same comparison with its sides changed.
    pub(super) fn turned(self) -> Self {
        match self {
            Self::Equal => Self::Equal,
            Self::NotEqual => Self::NotEqual,
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
}

/// What is wrong with an expression, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mistake {
    pub(super) at: usize,
    pub(super) text: String,
    pub(super) remedy: String,
}

impl Mistake {
    pub(super) fn new(at: usize, text: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { at, text: text.into(), remedy: remedy.into() }
    }
}

/// Bytes of an expression at most: forty lines of a hundred columns.
pub(super) const BYTES_MAX: usize = 4096;

/// Levels of an expression at most; a rule anybody can read has fewer than ten.
pub(super) const DEPTH_MAX: usize = 64;

/// Words CEL keeps for itself.
pub(super) const RESERVED: [&str; 17] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

/// Reads an expression.
pub(super) fn parse(text: &str) -> Result<Expr, Mistake> {
    if text.len() > BYTES_MAX {
        return Err(Mistake::new(
            0,
            format!("the expression has {} bytes, at most {BYTES_MAX} are read", text.len()),
            "split the rule, or name a part with [[define]]",
        ));
    }
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens, next: 0, depth: 0 };
    let expr = parser.expression()?;
    let token = parser.peek();
    if token.kind != Token::End {
        return Err(unexpected(token, "the expression to end here"));
    }
    let depth = depth(&expr);
    if depth > DEPTH_MAX {
        return Err(too_deep(expr.at));
    }
    Ok(expr)
}

fn too_deep(at: usize) -> Mistake {
    Mistake::new(
        at,
        format!("the expression is nested more than {DEPTH_MAX} levels deep"),
        "split the rule, or name a part with [[define]]",
    )
}

fn depth(expr: &Expr) -> usize {
    let deepest = |exprs: &[Expr]| exprs.iter().map(depth).max().unwrap_or(0);
    1 + match &expr.kind {
        Kind::Null | Kind::Bool(_) | Kind::Int(_) | Kind::Text(_) | Kind::Name(_) => 0,
        Kind::List(all) | Kind::And(all) | Kind::Or(all) | Kind::Call(_, all) => deepest(all),
        Kind::Select(of, _) | Kind::Not(of) | Kind::Negative(of) => depth(of),
        Kind::If(three) => deepest(&three[..]),
        Kind::Binary(_, two) => deepest(&two[..]),
        Kind::Method(target, _, all) => depth(target).max(deepest(all)),
    }
}

/// `a.b.c`, if the expression is a path.
pub(super) fn path(expr: &Expr) -> Option<String> {
    if let Kind::Name(name) = &expr.kind {
        Some(name.clone())
    } else if let Kind::Select(of, name) = &expr.kind {
        Some(format!("{}.{name}", path(of)?))
    } else {
        None
    }
}

/// Whether the name stands in the expression.
pub(super) fn uses(expr: &Expr, var: &str) -> bool {
    let any = |exprs: &[Expr]| exprs.iter().any(|expr| uses(expr, var));
    match &expr.kind {
        Kind::Name(name) => name == var,
        Kind::Null | Kind::Bool(_) | Kind::Int(_) | Kind::Text(_) => false,
        Kind::List(all) | Kind::And(all) | Kind::Or(all) | Kind::Call(_, all) => any(all),
        Kind::Select(of, _) | Kind::Not(of) | Kind::Negative(of) => uses(of, var),
        Kind::If(three) => any(&three[..]),
        Kind::Binary(_, two) => any(&two[..]),
        Kind::Method(target, _, all) => uses(target, var) || any(all),
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Name(String),
    Int(i64),
    Text(String),
    Sign(&'static str),
    End,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Lexeme {
    at: usize,
    end: usize,
    kind: Token,
}

/// Longest first.
const SIGNS: [&str; 20] = [
    "&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "(", ")", "[", "]", ",", ".", "?", ":", "+",
    "-", "*",
];

fn tokens(text: &str) -> Result<Vec<Lexeme>, Mistake> {
    let mut lexemes = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let first = rest.chars().next().unwrap_or_default();
        let (kind, length) = if first.is_ascii_whitespace() {
            at += 1;
            continue;
        } else if first.is_ascii_alphabetic() || first == '_' {
            let length =
                rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
            (Token::Name(rest.get(..length).unwrap_or_default().to_owned()), length)
        } else if first.is_ascii_digit() {
            number(rest, at)?
        } else if first == '"' || first == '\'' {
            string(rest, at, first)?
        } else if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
            (Token::Sign(sign), sign.len())
        } else {
            let remedy = match first {
                '&' => "and is written &&",
                '|' => "or is written ||",
                '=' => "equality is written ==",
                '，' | '（' | '）' | '“' | '”' | '。' => {
                    "use the signs of a Latin keyboard"
                }
                _ => "conditions are written in a subset of CEL",
            };
            return Err(Mistake::new(at, format!("'{first}' means nothing here"), remedy));
        };
        lexemes.push(Lexeme { at, end: at + length, kind });
        at += length;
    }
    lexemes.push(Lexeme { at: text.len(), end: text.len(), kind: Token::End });
    Ok(lexemes)
}

fn number(rest: &str, at: usize) -> Result<(Token, usize), Mistake> {
    let length = rest.bytes().take_while(u8::is_ascii_digit).count();
    let after = rest.get(length..).unwrap_or_default();
    if after.starts_with('.') && after.as_bytes().get(1).is_some_and(u8::is_ascii_digit) {
        return Err(Mistake::new(
            at,
            "there are no decimal fractions",
            r#"money is written money("5000.00"), everything else is whole"#,
        ));
    }
    if after.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        return Err(Mistake::new(at, "a number runs into a name", "put a blank between them"));
    }
    let digits = rest.get(..length).unwrap_or_default();
    let number = digits
        .parse()
        .map_err(|_overflow| Mistake::new(at, "the number is too large", "it must fit 64 bits"))?;
    Ok((Token::Int(number), length))
}

fn string(rest: &str, at: usize, quote: char) -> Result<(Token, usize), Mistake> {
    let mut value = String::new();
    let mut characters = rest.char_indices().skip(1);
    while let Some((offset, character)) = characters.next() {
        match character {
            _ if character == quote => return Ok((Token::Text(value), offset + 1)),
            '\\' => match characters.next() {
                Some((_, escaped @ ('\\' | '"' | '\''))) => value.push(escaped),
                Some(_) | None => {
                    return Err(Mistake::new(
                        at + offset,
                        "unknown escape in a text",
                        r#"only \\, \" and \' are known"#,
                    ));
                }
            },
            '\n' => break,
            _ => value.push(character),
        }
    }
    Err(Mistake::new(at, "the text is not closed", format!("end it with {quote}")))
}

fn unexpected(lexeme: &Lexeme, wanted: &str) -> Mistake {
    let found = match &lexeme.kind {
        Token::Name(name) => format!("'{name}'"),
        Token::Int(number) => format!("'{number}'"),
        Token::Text(text) => format!("\"{text}\""),
        Token::Sign(sign) => format!("'{sign}'"),
        Token::End => "the end".to_owned(),
    };
    Mistake::new(
        lexeme.at,
        format!("found {found}, expected {wanted}"),
        "compare it with a rule that works",
    )
}

struct Parser {
    tokens: Vec<Lexeme>,
    next: usize,
    depth: usize,
}

impl Parser {
    /// The token that comes next; the last one is always `End`.
    fn peek(&self) -> &Lexeme {
        &self.tokens[self.next.min(self.tokens.len() - 1)]
    }

    /// Where the token before the next one ends.
    fn end(&self) -> usize {
        self.next.checked_sub(1).and_then(|last| self.tokens.get(last)).map_or(0, |last| last.end)
    }

    fn take(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek().kind, Token::Sign(next) if next == sign);
        self.next += usize::from(found);
        found
    }

    fn expect(&mut self, sign: &'static str) -> Result<(), Mistake> {
        if self.take(sign) { Ok(()) } else { Err(unexpected(self.peek(), &format!("'{sign}'"))) }
    }

    fn node(&self, at: usize, kind: Kind) -> Expr {
        Expr { at, end: self.end(), kind }
    }

    fn expression(&mut self) -> Result<Expr, Mistake> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(too_deep(self.peek().at));
        }
        let condition = self.or()?;
        let expr = if self.take("?") {
            let then = self.or()?;
            self.expect(":")?;
            let otherwise = self.expression()?;
            let at = condition.at;
            self.node(at, Kind::If(Box::new([condition, then, otherwise])))
        } else {
            condition
        };
        self.depth -= 1;
        Ok(expr)
    }

    fn or(&mut self) -> Result<Expr, Mistake> {
        self.chain("||", Self::and, Kind::Or)
    }

    fn and(&mut self) -> Result<Expr, Mistake> {
        self.chain("&&", Self::relation, Kind::And)
    }

    fn chain(
        &mut self,
        sign: &str,
        part: fn(&mut Self) -> Result<Expr, Mistake>,
        kind: fn(Vec<Expr>) -> Kind,
    ) -> Result<Expr, Mistake> {
        let first = part(self)?;
        let at = first.at;
        let mut parts = vec![first];
        while self.take(sign) {
            parts.push(part(self)?);
        }
        match parts.pop() {
            Some(only) if parts.is_empty() => Ok(only),
            last => {
                parts.extend(last);
                Ok(self.node(at, kind(parts)))
            }
        }
    }

    fn relation(&mut self) -> Result<Expr, Mistake> {
        let left = self.sum()?;
        let operator = match &self.peek().kind {
            Token::Sign("==") => Operator::Compare(Comparison::Equal),
            Token::Sign("!=") => Operator::Compare(Comparison::NotEqual),
            Token::Sign("<") => Operator::Compare(Comparison::Less),
            Token::Sign("<=") => Operator::Compare(Comparison::LessOrEqual),
            Token::Sign(">") => Operator::Compare(Comparison::Greater),
            Token::Sign(">=") => Operator::Compare(Comparison::GreaterOrEqual),
            Token::Name(name) if name == "in" => Operator::In,
            Token::Name(_) | Token::Int(_) | Token::Text(_) | Token::Sign(_) | Token::End => {
                return Ok(left);
            }
        };
        self.next += 1;
        let right = self.sum()?;
        let at = left.at;
        Ok(self.node(at, Kind::Binary(operator, Box::new([left, right]))))
    }

    fn sum(&mut self) -> Result<Expr, Mistake> {
        let mut left = self.product()?;
        loop {
            let operator = if self.take("+") {
                Operator::Compute(Arithmetic::Add)
            } else if self.take("-") {
                Operator::Compute(Arithmetic::Subtract)
            } else {
                return Ok(left);
            };
            let right = self.product()?;
            let at = left.at;
            left = self.node(at, Kind::Binary(operator, Box::new([left, right])));
        }
    }

    fn product(&mut self) -> Result<Expr, Mistake> {
        let mut left = self.unary()?;
        while self.take("*") {
            let right = self.unary()?;
            let at = left.at;
            left = self.node(
                at,
                Kind::Binary(Operator::Compute(Arithmetic::Multiply), Box::new([left, right])),
            );
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expr, Mistake> {
        let at = self.peek().at;
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(too_deep(at));
        }
        let expr = if self.take("!") {
            let of = self.unary()?;
            self.node(at, Kind::Not(Box::new(of)))
        } else if self.take("-") {
            let of = self.unary()?;
            self.node(at, Kind::Negative(Box::new(of)))
        } else {
            self.member()?
        };
        self.depth -= 1;
        Ok(expr)
    }

    fn member(&mut self) -> Result<Expr, Mistake> {
        let mut expr = self.primary()?;
        let mut links = 0;
        while self.take(".") {
            links += 1;
            if links > DEPTH_MAX {
                return Err(too_deep(expr.at));
            }
            let lexeme = self.peek().clone();
            let Token::Name(name) = lexeme.kind else {
                return Err(unexpected(&lexeme, "a name after '.'"));
            };
            self.next += 1;
            let at = expr.at;
            let kind = if self.take("(") {
                Kind::Method(Box::new(expr), name, self.list(")")?)
            } else {
                Kind::Select(Box::new(expr), name)
            };
            expr = self.node(at, kind);
        }
        if matches!(self.peek().kind, Token::Sign("[")) {
            return Err(Mistake::new(
                self.peek().at,
                "lists have no index",
                "ask with exists(), all() or exists_one()",
            ));
        }
        Ok(expr)
    }

    fn primary(&mut self) -> Result<Expr, Mistake> {
        let lexeme = self.peek().clone();
        let at = lexeme.at;
        self.next += 1;
        let kind = match lexeme.kind {
            Token::Int(number) => Kind::Int(number),
            Token::Text(text) => Kind::Text(text),
            Token::Name(name) if name == "true" => Kind::Bool(true),
            Token::Name(name) if name == "false" => Kind::Bool(false),
            Token::Name(name) if name == "null" => Kind::Null,
            Token::Name(name) if name == "in" || RESERVED.contains(&name.as_str()) => {
                return Err(Mistake::new(
                    at,
                    format!("'{name}' is a word of CEL, not a fact"),
                    "give what was meant another name",
                ));
            }
            Token::Name(name) if self.take("(") => Kind::Call(name, self.list(")")?),
            Token::Name(name) => Kind::Name(name),
            Token::Sign("(") => {
                let mut inner = self.expression()?;
                self.expect(")")?;
                (inner.at, inner.end) = (at, self.end());
                return Ok(inner);
            }
            Token::Sign("[") => Kind::List(self.list("]")?),
            Token::Sign(_) | Token::End => {
                self.next -= 1;
                return Err(unexpected(self.peek(), "a value"));
            }
        };
        Ok(self.node(at, kind))
    }

    fn list(&mut self, close: &'static str) -> Result<Vec<Expr>, Mistake> {
        let mut elements = Vec::new();
        if self.take(close) {
            return Ok(elements);
        }
        loop {
            elements.push(self.expression()?);
            if !self.take(",") {
                self.expect(close)?;
                return Ok(elements);
            }
        }
    }
}
