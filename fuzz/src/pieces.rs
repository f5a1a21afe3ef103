//! Several inputs in one: cut at a mark that a person can write, too.

/// Between two pieces; the byte after it says what kind of piece follows.
const MARK: &[u8] = b"%%";

/// The pieces with the bytes that name their kinds; what stands before the first mark is of the first kind, `0`.
pub(super) fn of(bytes: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut rest = Some((b'0', bytes));
    std::iter::from_fn(move || {
        let (kind, bytes) = rest.take()?;
        let end = bytes.windows(MARK.len()).position(|two| two == MARK);
        let (piece, after) = end.map_or((bytes, None), |end| (&bytes[..end], bytes.get(end + MARK.len()..)));
        rest = after.and_then(|after| after.split_first()).map(|(kind, rest)| (*kind, rest));
        Some((kind, piece.strip_prefix(b"\n").unwrap_or(piece)))
    })
}

/// Which of `count` things a byte names: `0` is the first one.
pub(super) fn choice(kind: u8, count: usize) -> usize {
    usize::from(kind.wrapping_sub(b'0')) % count
}
