//! Characters that markup writes by name or by number: `&nbsp;`, `&#9746;`.
//! Knows nothing of tags.

use crate::reading::text::{EMPTY, TICKED, windows_1252};

/// The character of the entity that `rest` begins with, and the entity's length.
pub(crate) fn entity(rest: &[u8]) -> Option<(char, usize)> {
    if rest.get(1) == Some(&b'#') {
        return numeric_entity(rest);
    }
    let near = rest.get(1..rest.len().min(12))?;
    let len = near.iter().position(|b| !b.is_ascii_alphanumeric()).unwrap_or(near.len());
    let name = std::str::from_utf8(near.get(..len)?).ok()?;
    let closed = usize::from(near.get(len) == Some(&b';'));
    let c = named_entity(name)?;
    // Without its semicolon only the commonest are taken: "AT&T" is no entity.
    (closed == 1 || matches!(name, "nbsp" | "amp" | "quot")).then_some((c, 1 + len + closed))
}

/// `&#160;`, `&#xA0;`, and the same broken over a line after the `#`.
fn numeric_entity(rest: &[u8]) -> Option<(char, usize)> {
    let near = rest.get(..rest.len().min(40))?;
    let gap = near.get(2..)?.iter().take_while(|b| b.is_ascii_whitespace()).count();
    let digits = near.get(2 + gap..)?;
    let (radix, skip) = match digits.first()? {
        b'x' | b'X' => (16, 1),
        _ => (10, 0),
    };
    let digits = digits.get(skip..)?;
    let len = digits.iter().take_while(|b| char::from(**b).is_digit(radix)).count();
    let code = std::str::from_utf8(digits.get(..len)?).ok()?;
    let code = u32::from_str_radix(code, radix).ok()?;
    let c = match u8::try_from(code) {
        Ok(byte) => windows_1252(byte),
        Err(_) => char::from_u32(code)?,
    };
    let closed = usize::from(digits.get(len) == Some(&b';'));
    (len > 0 && (gap == 0 || closed == 1)).then_some((c, 2 + gap + skip + len + closed))
}

/// Entities by name.
const NAMED: &[(&str, char)] = &[
    ("nbsp", ' '),
    ("ensp", ' '),
    ("emsp", ' '),
    ("thinsp", ' '),
    ("shy", '\u{ad}'),
    ("zwnj", '\u{200c}'),
    ("zwj", '\u{200d}'),
    ("lrm", '\u{200e}'),
    ("rlm", '\u{200f}'),
    ("amp", '&'),
    ("AMP", '&'),
    ("lt", '<'),
    ("LT", '<'),
    ("gt", '>'),
    ("GT", '>'),
    ("quot", '"'),
    ("QUOT", '"'),
    ("apos", '\''),
    ("lsquo", '‘'),
    ("rsquo", '’'),
    ("ldquo", '“'),
    ("rdquo", '”'),
    ("ndash", '–'),
    ("mdash", '—'),
    ("minus", '−'),
    ("bull", '•'),
    ("hellip", '…'),
    ("sect", '§'),
    ("para", '¶'),
    ("dagger", '†'),
    ("Dagger", '‡'),
    ("reg", '®'),
    ("copy", '©'),
    ("trade", '™'),
    ("euro", '€'),
    ("pound", '£'),
    ("yen", '¥'),
    ("cent", '¢'),
    ("deg", '°'),
    ("middot", '·'),
    ("frac12", '½'),
    ("frac14", '¼'),
    ("thorn", 'þ'),
    ("THORN", 'Þ'),
    ("yacute", 'ý'),
    ("uml", '¨'),
    ("uuml", 'ü'),
    ("Uuml", 'Ü'),
    ("ouml", 'ö'),
    ("Ouml", 'Ö'),
    ("auml", 'ä'),
    ("Auml", 'Ä'),
    ("szlig", 'ß'),
    ("eacute", 'é'),
    ("Eacute", 'É'),
    ("egrave", 'è'),
    ("ecirc", 'ê'),
    ("euml", 'ë'),
    ("agrave", 'à'),
    ("Agrave", 'À'),
    ("aacute", 'á'),
    ("acirc", 'â'),
    ("atilde", 'ã'),
    ("aring", 'å'),
    ("aelig", 'æ'),
    ("ccedil", 'ç'),
    ("iacute", 'í'),
    ("icirc", 'î'),
    ("iuml", 'ï'),
    ("ntilde", 'ñ'),
    ("oacute", 'ó'),
    ("ocirc", 'ô'),
    ("otilde", 'õ'),
    ("oslash", 'ø'),
    ("uacute", 'ú'),
    ("ugrave", 'ù'),
    ("ucirc", 'û'),
    ("times", '×'),
    ("check", TICKED),
    ("square", EMPTY),
    ("squ", EMPTY),
];

fn named_entity(name: &str) -> Option<char> {
    NAMED.iter().find(|(known, _)| *known == name).map(|(_, c)| *c)
}
