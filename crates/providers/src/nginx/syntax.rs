//! nginx's configuration language: words, quotes, blocks. What a directive means is decided elsewhere.

/// A file is refused when its blocks are nested deeper; nginx's own contexts nest five deep.
const DEEPEST: usize = 32;

/// One directive with its arguments, and its block where it has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// The first word.
    pub name: String,
    /// The other words, quotes and escapes resolved.
    pub arguments: Vec<String>,
    /// What is between its braces.
    pub block: Option<Block>,
    /// The line on which it begins, counted from 1.
    pub line: usize,
}

/// What is between the braces of a directive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Where the first byte after the opening brace lies in the file.
    pub inside: usize,
    /// The directives.
    pub directives: Vec<Directive>,
}

/// A text that nginx would not take either.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct SyntaxError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong.
    pub what: &'static str,
}

/// The directives of one file, includes not followed.
///
/// # Errors
/// When quotes, braces or semicolons do not match.
pub fn parse(text: &str) -> Result<Vec<Directive>, SyntaxError> {
    let mut parser = Parser { bytes: text.as_bytes(), at: 0, counted: 0, line: 1 };
    let directives = parser.directives(0)?;
    if parser.at < parser.bytes.len() {
        return Err(parser.error("a closing brace without an opening one"));
    }
    Ok(directives)
}

struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
    /// How far line ends are counted: each once, however many directives there are.
    counted: usize,
    line: usize,
}

enum Token {
    Word(String),
    Semicolon,
    Open,
    Close,
    End,
}

impl Parser<'_> {
    fn directives(&mut self, depth: usize) -> Result<Vec<Directive>, SyntaxError> {
        if depth > DEEPEST {
            return Err(self.error("blocks are nested too deeply"));
        }
        let mut directives = Vec::new();
        let mut words: Vec<String> = Vec::new();
        let mut line = 1;
        loop {
            self.skip_blanks();
            let before = self.at;
            if words.is_empty() {
                line = self.line();
            }
            match self.token()? {
                Token::Word(word) => words.push(word),
                Token::Semicolon if words.is_empty() => {
                    return Err(self.error("a semicolon without a directive"));
                }
                Token::Semicolon => directives.push(directive(&mut words, None, line)),
                Token::Open if words.is_empty() => return Err(self.error("a block without a name")),
                Token::Open => {
                    let block = self.block(&words[0], depth)?;
                    directives.push(directive(&mut words, Some(block), line));
                }
                Token::Close | Token::End if !words.is_empty() => {
                    return Err(self.error("a directive without its semicolon"));
                }
                Token::Close => {
                    self.at = before;
                    return Ok(directives);
                }
                Token::End => return Ok(directives),
            }
        }
    }

    fn line(&mut self) -> usize {
        let passed = &self.bytes[self.counted..self.at];
        self.line += passed.iter().filter(|byte| **byte == b'\n').count();
        self.counted = self.at;
        self.line
    }

    fn block(&mut self, name: &str, depth: usize) -> Result<Block, SyntaxError> {
        let inside = self.at;
        if name.ends_with("_by_lua_block") {
            self.foreign_block()?;
            return Ok(Block { inside, directives: Vec::new() });
        }
        let directives = self.directives(depth + 1)?;
        match self.token()? {
            Token::Close => Ok(Block { inside, directives }),
            _ => Err(self.error("a block without its closing brace")),
        }
    }

    /// Lua between braces (lua-nginx-module): only the braces are counted.
    fn foreign_block(&mut self) -> Result<(), SyntaxError> {
        let mut open = 1_usize;
        while let Some(byte) = self.bytes.get(self.at) {
            self.at += 1;
            match byte {
                b'{' => open += 1,
                b'}' => open -= 1,
                _ => {}
            }
            if open == 0 {
                return Ok(());
            }
        }
        Err(self.error("a block without its closing brace"))
    }

    fn token(&mut self) -> Result<Token, SyntaxError> {
        self.skip_blanks();
        let Some(byte) = self.bytes.get(self.at).copied() else { return Ok(Token::End) };
        let token = match byte {
            b';' => Token::Semicolon,
            b'{' => Token::Open,
            b'}' => Token::Close,
            b'"' | b'\'' => return self.quoted(byte).map(Token::Word),
            _ => return Ok(Token::Word(self.word())),
        };
        self.at += 1;
        Ok(token)
    }

    fn skip_blanks(&mut self) {
        while let Some(byte) = self.bytes.get(self.at) {
            if *byte == b'#' {
                let rest = &self.bytes[self.at..];
                self.at += rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
            } else if byte.is_ascii_whitespace() {
                self.at += 1;
            } else {
                break;
            }
        }
    }

    fn quoted(&mut self, quote: u8) -> Result<String, SyntaxError> {
        self.at += 1;
        let mut word = Vec::new();
        while let Some(byte) = self.bytes.get(self.at).copied() {
            self.at += 1;
            match byte {
                b'\\' => self.escaped(&mut word),
                _ if byte == quote => return Ok(String::from_utf8_lossy(&word).into_owned()),
                _ => word.push(byte),
            }
        }
        Err(self.error("a quote without its end"))
    }

    /// A bare word ends at a blank, a semicolon or a brace; the brace of `${variable}` belongs to it.
    fn word(&mut self) -> String {
        let mut word = Vec::new();
        let mut variable = false;
        while let Some(byte) = self.bytes.get(self.at).copied() {
            match byte {
                b';' => break,
                b'{' if !variable => break,
                _ if byte.is_ascii_whitespace() => break,
                _ => {}
            }
            self.at += 1;
            variable = byte == b'$';
            if byte == b'\\' {
                self.escaped(&mut word);
            } else {
                word.push(byte);
            }
        }
        String::from_utf8_lossy(&word).into_owned()
    }

    /// nginx resolves `\"`, `\'`, `\\`, `\t`, `\r`, `\n` and keeps every other backslash (`\.` in a regular expression).
    fn escaped(&mut self, word: &mut Vec<u8>) {
        let Some(byte) = self.bytes.get(self.at).copied() else { return word.push(b'\\') };
        self.at += 1;
        match byte {
            b'"' | b'\'' | b'\\' => word.push(byte),
            b't' => word.push(b'\t'),
            b'r' => word.push(b'\r'),
            b'n' => word.push(b'\n'),
            _ => word.extend([b'\\', byte]),
        }
    }

    fn error(&self, what: &'static str) -> SyntaxError {
        let before = &self.bytes[..self.at.min(self.bytes.len())];
        SyntaxError { line: 1 + before.iter().filter(|byte| **byte == b'\n').count(), what }
    }
}

fn directive(words: &mut Vec<String>, block: Option<Block>, line: usize) -> Directive {
    let mut words = std::mem::take(words).into_iter();
    Directive { name: words.next().unwrap_or_default(), arguments: words.collect(), block, line }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_quotes_comments_and_blocks() {
        let text = "# a comment { ;\nuser  www-data;\nhttp { log_format main '$remote_addr - \"$request\"';\n\
                    server{listen 80;set $x ${y}z;location ~ \\.php$ { return 200 \"a;{}b\"; }}\n}";
        let directives = parse(text).unwrap();
        assert_eq!(directives[0].arguments, ["www-data"]);
        let http = directives[1].block.as_ref().unwrap();
        assert_eq!(http.directives[0].arguments, ["main", "$remote_addr - \"$request\""]);
        let server = http.directives[1].block.as_ref().unwrap();
        assert_eq!(&text[server.inside..server.inside + 9], "listen 80");
        assert_eq!(server.directives[1].arguments, ["$x", "${y}z"]);
        assert_eq!(server.directives[2].arguments, ["~", "\\.php$"]);
        assert_eq!(server.directives[2].block.as_ref().unwrap().directives[0].arguments, ["200", "a;{}b"]);
    }

    #[test]
    fn lua_is_skipped_by_its_braces() {
        let directives =
            parse("content_by_lua_block { local t = {a = 1}; if x then y() end }\nlisten 80;").unwrap();
        assert_eq!(directives.len(), 2);
        assert_eq!(directives[1].name, "listen");
    }

    #[test]
    fn what_is_broken_names_its_line() {
        let table = [
            ("a;\nb", 2, "a directive without its semicolon"),
            ("a {\nb;", 2, "a block without its closing brace"),
            ("a;\n}", 2, "a closing brace without an opening one"),
            ("a 'b", 1, "a quote without its end"),
            (";", 1, "a semicolon without a directive"),
            ("{}", 1, "a block without a name"),
        ];
        for (text, line, what) in table {
            assert_eq!(parse(text), Err(SyntaxError { line, what }), "{text:?}");
        }
        assert!(parse(&"a{".repeat(100_000)).is_err());
    }
}
