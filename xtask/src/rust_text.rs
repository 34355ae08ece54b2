//! Rust source with the insides of comments, strings and character literals blanked
//! out, so that what is left can be searched and its braces counted.

#[cfg(test)]
mod tests;

/// The source without comments and literals: each of their bytes is a space,
/// line breaks stay, so that positions and line numbers are those of the source.
pub(crate) fn blank(source: &str) -> String {
    let mut out: Vec<u8> = source.bytes().collect();
    let mut at = 0;
    while at < out.len() {
        let end = end_of_opaque(source.as_bytes(), at);
        match end {
            Some(end) => {
                for byte in out.iter_mut().take(end).skip(at) {
                    if *byte != b'\n' {
                        *byte = b' ';
                    }
                }
                at = end;
            }
            None => at += 1,
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The end of the comment or literal that begins at `at`, if one does.
fn end_of_opaque(source: &[u8], at: usize) -> Option<usize> {
    let rest = source.get(at..)?;
    match rest {
        [b'/', b'/', ..] => Some(end_of_line(source, at)),
        [b'/', b'*', ..] => Some(end_of_block_comment(source, at)),
        [b'"', ..] => Some(end_of_string(source, at)),
        [b'\'', ..] => end_of_character(source, at),
        [b'r' | b'b' | b'c', ..] if !follows_word(source, at) => end_of_prefixed(source, at),
        _ => None,
    }
}

fn follows_word(source: &[u8], at: usize) -> bool {
    at.checked_sub(1)
        .and_then(|before| source.get(before))
        .is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}

fn end_of_line(source: &[u8], at: usize) -> usize {
    let length = source[at..].iter().position(|byte| *byte == b'\n');
    length.map_or(source.len(), |length| at + length)
}

fn end_of_block_comment(source: &[u8], at: usize) -> usize {
    let mut depth = 0_usize;
    let mut here = at;
    while here < source.len() {
        match &source[here..] {
            [b'/', b'*', ..] => {
                depth += 1;
                here += 2;
            }
            [b'*', b'/', ..] => {
                depth -= 1;
                here += 2;
                if depth == 0 {
                    return here;
                }
            }
            _ => here += 1,
        }
    }
    here
}

fn end_of_string(source: &[u8], at: usize) -> usize {
    let mut here = at + 1;
    while here < source.len() {
        match source[here] {
            b'\\' => here += 2,
            b'"' => return here + 1,
            _ => here += 1,
        }
    }
    source.len()
}

/// `'a'` and `'\n'` are characters, `'a` alone is a lifetime or label.
fn end_of_character(source: &[u8], at: usize) -> Option<usize> {
    if source.get(at + 1) == Some(&b'\\') {
        let close = source.get(at + 3..)?.iter().position(|b| *b == b'\'')?;
        return Some(at + 3 + close + 1);
    }
    // A character takes one to four bytes.
    let close = source
        .get(at + 2..)?
        .iter()
        .take(4)
        .position(|b| *b == b'\'')?;
    let inside = std::str::from_utf8(&source[at + 1..at + 2 + close]).ok()?;
    (inside.chars().count() == 1).then_some(at + 2 + close + 1)
}

/// Literals with a prefix: `b"…"`, `b'…'`, `c"…"`, `r"…"`, `r#"…"#`, `br"…"`.
fn end_of_prefixed(source: &[u8], at: usize) -> Option<usize> {
    let mut here = at;
    while matches!(source.get(here), Some(b'b' | b'c')) && here < at + 1 {
        here += 1;
    }
    match source.get(here)? {
        b'"' if here > at => Some(end_of_string(source, here)),
        b'\'' if here > at => end_of_character(source, here),
        b'r' => end_of_raw_string(source, here + 1),
        _ => None,
    }
}

fn end_of_raw_string(source: &[u8], at: usize) -> Option<usize> {
    let hashes = source.get(at..)?.iter().take_while(|b| **b == b'#').count();
    let open = at + hashes;
    if source.get(open) != Some(&b'"') {
        return None;
    }
    let mut close = vec![b'#'; hashes + 1];
    close[0] = b'"';
    let inside = &source[open + 1..];
    let length = inside
        .windows(close.len())
        .position(|window| window == close)?;
    Some(open + 1 + length + close.len())
}

/// A function of a source file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// The line of its `fn`, counted from 1.
    pub(crate) line: usize,
    /// From `fn` to the closing brace, both counted.
    pub(crate) lines: usize,
}

/// The functions with a body in a blanked source, nested ones included.
pub(crate) fn functions(blanked: &str) -> Vec<Function> {
    let bytes = blanked.as_bytes();
    let mut found = Vec::new();
    for (at, _) in blanked.match_indices("fn ") {
        if follows_word(bytes, at) {
            continue;
        }
        let name: String = blanked[at + 3..]
            .trim_start()
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect();
        let Some((_, end)) = body(bytes, at) else {
            continue;
        };
        if !name.is_empty() {
            found.push(Function {
                name,
                line: 1 + line_breaks(&bytes[..at]),
                lines: 1 + line_breaks(&bytes[at..end]),
            });
        }
    }
    found
}

/// Where the first brace block after `at` begins and ends; none if a `;` outside
/// parentheses and brackets comes first.
fn body(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let mut nesting = 0_i32;
    let mut open = at;
    loop {
        match bytes.get(open)? {
            b'(' | b'[' => nesting += 1,
            b')' | b']' => nesting -= 1,
            b';' if nesting == 0 => return None,
            b'{' if nesting == 0 => break,
            _ => {}
        }
        open += 1;
    }
    let mut depth = 0_i32;
    for (offset, byte) in bytes[open..].iter().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some((open, open + offset + 1));
        }
    }
    None
}

fn line_breaks(bytes: &[u8]) -> usize {
    bytes.split(|byte| *byte == b'\n').count() - 1
}
